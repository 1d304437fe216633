// Intake: what people ask, acknowledged after COMMIT, many items in one statement with an outcome each.
// Invariant: an item is written at most once, also when the reply to its group was lost. Called by the edge through the port IntakeWriter.

import type { IntakeItem, IntakeOutcome, IntakeWriter, KnownSubmit } from '../../api/ports.ts';
import type { AgentId, IntakeCommand, RequestId } from '../../scheduler/index.ts';
import { constraintOf, type Queries } from './connection.ts';
import { GroupCommit } from './groupCommit.ts';
import { repeating } from './retry.ts';
import { assertStorable } from './storable.ts';

/** How long a client's request id is kept. */
export const SUBMIT_KEY_WINDOW_MS = 24 * 60 * 60 * 1000;

export interface IntakeWriterOptions {
  readonly queries: Queries;
  /** For looking keys up: a burst of refused submits then stands in no group's way. */
  readonly lookups: Queries;
  /** Told after each group that wrote something: a hint that wakes the leader. Must not throw. */
  readonly onWritten: () => void;
  readonly queueItemsMax: number;
  readonly groupItemsMax: number;
  readonly groupPaceMs: number;
  readonly groupsInFlightMax: number;
}

interface OutcomeRow {
  readonly type: 'accepted' | 'replayed' | 'mismatch';
  readonly intake: number;
  readonly receivedAt: number;
  readonly request: string | null;
}

export class PostgresIntakeWriter implements IntakeWriter {
  readonly #options: IntakeWriterOptions;
  readonly #groups: GroupCommit<string, IntakeOutcome>;
  #writer: Promise<string> | null = null;
  #lastNumber = 0;
  /** Groups whose reply has not been seen. */
  readonly #open = new Set<number>();

  constructor(options: IntakeWriterOptions) {
    this.#options = options;
    this.#groups = new GroupCommit({
      ...options,
      paceMs: options.groupPaceMs,
      send: (items) => this.#send(items),
    });
  }

  /** @throws when an item can never be stored; nothing of the call is then written, and other calls are untouched. */
  async write(items: readonly IntakeItem[]): Promise<readonly IntakeOutcome[]> {
    // Each item is serialised once: checked here, joined into its group later.
    const rows = items.map((item) => JSON.stringify(intakeRow(item)));
    for (const row of rows) assertStorable(row);
    const outcomes = this.#groups.submit(items[0]?.actor.department ?? '', rows);
    if (outcomes === null) return items.map(() => ({ type: 'busy', retryAfterSeconds: 1 }));
    return outcomes;
  }

  async known(cell: string, agent: AgentId, clientRequestId: string): Promise<KnownSubmit | null> {
    // PostgreSQL refuses a NUL character, so no key has one.
    if (clientRequestId.includes('\0')) return null;
    const values = [cell, agent, clientRequestId, SUBMIT_KEY_WINDOW_MS];
    const [row] = await repeating(() => this.#options.lookups.run<KnownSubmit>('intake-known', values));
    return row ?? null;
  }

  async #send(items: readonly string[]): Promise<readonly IntakeOutcome[]> {
    const writer = await this.#identity();
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    this.#open.add(number);
    const rows = `[${items.join(',')}]`;
    try {
      const outcomes = await repeating(() => this.#writeOnce({ writer, number, rows }));
      if (outcomes.some((outcome) => outcome.type === 'accepted')) this.#options.onWritten();
      return outcomes.map(outcomeOf);
    } finally {
      this.#open.delete(number);
    }
  }

  /** A second try of a group that was committed after all breaks its primary key, and reads what the first came to. */
  async #writeOnce(group: { writer: string; number: number; rows: string }): Promise<readonly OutcomeRow[]> {
    const { queries } = this.#options;
    const seenBelow = Math.min(...this.#open);
    try {
      return await queries.run<OutcomeRow>('intake-write', [
        group.writer,
        group.number,
        seenBelow,
        group.rows,
        SUBMIT_KEY_WINDOW_MS,
      ]);
    } catch (error) {
      if (constraintOf(error) !== 'intake_group_pkey') throw error;
      return queries.run<OutcomeRow>('intake-group', [group.writer, group.number]);
    }
  }

  #identity(): Promise<string> {
    this.#writer ??= repeating(async () => {
      const [row] = await this.#options.queries.run<{ writer: string }>('intake-writer', []);
      return row!.writer;
    }).catch((error: unknown) => {
      this.#writer = null;
      throw error;
    });
    return this.#writer;
  }
}

function intakeRow(item: IntakeItem): Record<string, unknown> {
  const { command, actor, idempotency } = item;
  return {
    cell: item.cell,
    department: actor.department,
    agent: actor.agent,
    subject: actor.subject,
    act: command.type,
    object: objectOf(command),
    actor,
    command,
    keyAgent: command.type === 'submit' ? command.request.agent : (actor.agent ?? actor.subject),
    key: idempotency?.key ?? null,
    digest: idempotency?.digest ?? null,
    ...(item.traceParent === undefined ? {} : { trace: item.traceParent }),
  };
}

function objectOf(command: IntakeCommand): string {
  switch (command.type) {
    case 'submit':
      return command.request.id;
    case 'cancel':
      return command.request;
    case 'release':
    case 'acknowledge':
      return command.lease;
    case 'extend':
      return command.extension;
    case 'rule':
      return command.approval;
    case 'edit':
      return command.object;
    default: {
      const never: never = command;
      throw new Error(`unknown intake command ${JSON.stringify(never)}`);
    }
  }
}

function outcomeOf(row: OutcomeRow): IntakeOutcome {
  switch (row.type) {
    case 'accepted':
      return { type: 'accepted', intake: row.intake, receivedAt: row.receivedAt };
    case 'replayed':
      return { type: 'replayed', request: row.request as RequestId, receivedAt: row.receivedAt };
    case 'mismatch':
      return { type: 'mismatch', request: row.request as RequestId };
    default: {
      const never: never = row.type;
      throw new Error(`unknown outcome ${String(never)}`);
    }
  }
}
