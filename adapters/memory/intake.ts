// Intake in memory: written at once, with the same outcomes as the database's group commit. Called by the edge and the runner
// in simulations and tests.

import type { IntakeItem, IntakeOutcome, IntakeWriter, KnownSubmit } from '../../api/ports.ts';
import type {
  AgentId,
  Instant,
  IntakeActor,
  IntakeBatch,
  IntakeCommand,
  IntakeSource,
  RequestId,
} from '../../scheduler/index.ts';
import { assertStorable } from '../postgres/storable.ts';
import { currentRevision, rowKey, type Tables } from './tables.ts';

const SUBMIT_KEY_WINDOW_MS = 24 * 60 * 60 * 1000;

export interface MemoryIntakeOptions {
  readonly tables: Tables;
  readonly now: () => Instant;
  readonly onWritten: () => void;
}

export class MemoryIntake implements IntakeWriter, IntakeSource {
  readonly #options: MemoryIntakeOptions;

  constructor(options: MemoryIntakeOptions) {
    this.#options = options;
  }

  async write(items: readonly IntakeItem[]): Promise<readonly IntakeOutcome[]> {
    for (const item of items) assertStorable(JSON.stringify(item));
    const now = this.#options.now();
    const outcomes = items.map((item) => this.#writeOne(item, now));
    if (outcomes.some((outcome) => outcome.type === 'accepted')) this.#options.onWritten();
    return outcomes;
  }

  async known(cell: string, agent: AgentId, clientRequestId: string): Promise<KnownSubmit | null> {
    const { tables, now } = this.#options;
    const row = tables.submitKeys.get(rowKey(cell, agent, clientRequestId));
    if (row === undefined || row.received_at_ms <= now() - SUBMIT_KEY_WINDOW_MS) return null;
    return { request: row.request_id as RequestId, digest: row.digest, receivedAt: row.received_at_ms };
  }

  async take(cell: string, rowsMax: number): Promise<IntakeBatch> {
    const { tables, now } = this.#options;
    const rows: IntakeBatch['rows'][number][] = [];
    for (const id of tables.unstamped) {
      const row = tables.intake.get(id);
      if (row?.cell !== cell) continue;
      if (rows.length === rowsMax) break;
      rows.push({ id, receivedAt: row.received_at_ms, actor: row.actor, command: row.command });
    }
    return { rows, now: now(), revision: currentRevision(tables, cell) ?? '' };
  }

  #writeOne({ cell, actor, command, idempotency }: IntakeItem, now: Instant): IntakeOutcome {
    const { tables } = this.#options;
    const id = tables.lastIntakeId + 1;
    if (idempotency !== null) {
      const agent = command.type === 'submit' ? command.request.agent : (actor.agent ?? actor.subject);
      const key = rowKey(cell, agent, idempotency.key);
      const before = tables.submitKeys.get(key);
      if (before !== undefined && before.received_at_ms > now - SUBMIT_KEY_WINDOW_MS) {
        const request = before.request_id as RequestId;
        if (before.digest !== idempotency.digest) return { type: 'mismatch', request };
        return { type: 'replayed', request, receivedAt: before.received_at_ms };
      }
      tables.submitKeys.set(key, {
        cell,
        agent_id: agent,
        client_request_id: idempotency.key,
        department_id: actor.department,
        request_id: objectOf(command),
        digest: idempotency.digest,
        intake_id: id,
        received_at_ms: now,
      });
    }
    appendIntake(tables, { cell, actor, command, now });
    return { type: 'accepted', intake: id, receivedAt: now };
  }
}

/** Also for an act that comes in with something else: an edit, with its revision. */
export function appendIntake(
  tables: Tables,
  act: { cell: string; actor: IntakeActor; command: IntakeCommand; now: Instant },
): void {
  const { cell, actor, command, now } = act;
  const id = tables.lastIntakeId + 1;
  tables.lastIntakeId = id;
  tables.unstamped.add(id);
  tables.intake.set(id, {
    id,
    cell,
    department_id: actor.department,
    agent_id: actor.agent,
    actor_subject: actor.subject,
    act: command.type,
    object_id: objectOf(command),
    actor,
    command,
    received_at_ms: now,
    tick: null,
  });
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
