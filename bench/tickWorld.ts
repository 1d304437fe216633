// The tick's work alone: one cell in memory, whose clock moves a tick at a time and whose leases are given back when they have run.
// Invariant: one seed is one history, whatever the machine; nothing but the time that is measured differs. Called by tickWork.ts and its test.

import type pg from 'pg';
import { PostgresTickStore } from '../adapters/postgres/tickStore.ts';
import { sha256 } from '../adapters/system/digest.ts';
import {
  type Configuration,
  emptyState,
  type IntakeCommand,
  type IntakeRow,
  newMemo,
  type PolicyGate,
  type RecordedVerdict,
  type RequestId,
  type ResourceRequest,
  runTick,
  type SchedulerPorts,
  type State,
  TICK_BUDGET,
  type TickCarry,
  type TickCommit,
} from '../scheduler/index.ts';
import type { SolverService } from '../solver/index.ts';

/** What somebody asks for, and how long the lease is kept once it is there. */
export interface Ask {
  readonly agent: string;
  readonly options: ResourceRequest['options'];
  readonly terms: Pick<ResourceRequest['terms'], 'class' | 'durationSeconds'>;
  /** Infinity: for the whole run. */
  readonly holdMs: number;
}

/** One turn, in milliseconds. */
export interface TickWork {
  readonly tick: number;
  readonly pending: number;
  readonly columns: number;
  readonly totalMs: number;
  /** `verify`: what the solve phase does outside the solver; `record`: digests and the composed commit; `encode`: the commit as values of a statement. */
  readonly steps: Readonly<Record<Step, number>>;
  readonly recordBytes: number;
  readonly commitBytes: number;
}

export const STEPS = [
  'fold',
  'gate',
  'formulate',
  'solver',
  'verify',
  'decode',
  'record',
  'encode',
  'rest',
] as const;
export type Step = (typeof STEPS)[number];

export const STARTS_AT = Date.UTC(2026, 0, 5, 9);
const ACTOR_EPOCH = 1;

export class TickWorld {
  now = STARTS_AT;
  readonly state: State;
  readonly #ports: SchedulerPorts;
  #carry: TickCarry = { memo: newMemo(), unfinished: true };
  readonly #departments: ReadonlyMap<string, string>;
  readonly #holdMs = new Map<string, number>();
  readonly #due = new Map<number, IntakeRow[]>();
  readonly #tickMs: number;
  #rows = 0;
  #solverMs = 0;
  #encodeMs = 0;
  #commitBytes = 0;
  #committedAtMs = 0;

  constructor(configuration: Configuration, { solver, tickMs }: { solver: SolverService; tickMs: number }) {
    this.#tickMs = tickMs;
    this.#departments = new Map(configuration.agents.map(({ id, department }) => [id, department]));
    this.state = emptyState({ cell: configuration.cell, epoch: ACTOR_EPOCH, configuration });
    this.#ports = this.#portsOf(solver);
  }

  /** Everything that is kept to save work goes: what hangs on the configuration, on the requests that wait, and the memo of formulations. */
  forget(): void {
    this.state.configuration = structuredClone(this.state.configuration);
    this.#carry.reviewed = this.state.configuration;
    this.#carry = { ...this.#carry, memo: newMemo() };
    for (const [id, pending] of this.state.requests) this.state.requests.set(id, structuredClone(pending));
  }

  /** One turn of the cell, with these arrivals and whatever has run by now. Null: there was nothing to commit. */
  async tick(asks: readonly Ask[]): Promise<TickWork | null> {
    this.now += this.#tickMs;
    const due = this.#due.get(this.now) ?? [];
    this.#due.delete(this.now);
    const rows = [...due, ...asks.map((ask) => this.#submitted(ask))];
    this.#solverMs = 0;
    this.#encodeMs = 0;
    const fromMs = performance.now();
    const result = await runTick(this.#ports, this.state, {
      intake: { rows, now: this.now, revision: this.state.configuration.revision },
      heartbeats: { heard: [], heardThrough: 0 },
      carry: this.#carry,
    });
    const endMs = performance.now();
    if (result.type === 'epochLost') throw new Error('there is one leader here');
    if (result.type === 'idle') return null;
    this.#follow(result.commit);
    return this.#workOf(result.commit, { fromMs, endMs });
  }

  #workOf({ record }: TickCommit, { fromMs, endMs }: { fromMs: number; endMs: number }): TickWork {
    const { foldMs, gateMs, formulateMs, solveMs, decodeMs } = record.timings;
    const phases = foldMs + gateMs + formulateMs + solveMs + decodeMs;
    const steps = {
      fold: foldMs,
      gate: gateMs,
      formulate: formulateMs,
      solver: this.#solverMs,
      verify: solveMs - this.#solverMs,
      decode: decodeMs,
      record: this.#committedAtMs - fromMs - phases,
      encode: this.#encodeMs,
      rest: endMs - this.#committedAtMs - this.#encodeMs,
    };
    return {
      tick: record.tick,
      pending: record.counts.pending,
      columns: record.counts.columns,
      totalMs: endMs - fromMs - this.#solverMs,
      steps,
      recordBytes: JSON.stringify(record).length,
      commitBytes: this.#commitBytes,
    };
  }

  /** Leases that have run are released, those that are taken back given up at once. */
  #follow({ changes, epoch }: TickCommit): void {
    for (const change of changes) {
      if (change.type === 'requestOpened' && change.pending.request.restart) {
        const { id, restart } = change.pending.request;
        this.#holdMs.set(id, this.#holdMs.get(restart.of) ?? Number.POSITIVE_INFINITY);
      }
      if (change.type === 'leaseGranted') {
        const { id, request, agent } = change.lease;
        const holdMs = this.#holdMs.get(request) ?? Number.POSITIVE_INFINITY;
        if (Number.isFinite(holdMs)) this.#later(holdMs, { type: 'release', lease: id, epoch }, agent);
      }
      if (change.type === 'leaseRevoking') {
        const lease = this.state.leases.get(change.lease);
        if (lease) this.#later(this.#tickMs, { type: 'acknowledge', lease: lease.id, epoch }, lease.agent);
      }
    }
  }

  #later(afterMs: number, command: IntakeCommand, agent: string): void {
    const at = this.now + Math.max(1, Math.ceil(afterMs / this.#tickMs)) * this.#tickMs;
    const rows = this.#due.get(at) ?? [];
    rows.push(this.#row(command, agent));
    this.#due.set(at, rows);
  }

  #submitted({ agent, options, terms, holdMs }: Ask): IntakeRow {
    const number = (this.#rows + 1).toString(32).padStart(26, '0');
    const id = `req_${number}` as RequestId;
    this.#holdMs.set(id, holdMs);
    const request = {
      id,
      department: this.#departments.get(agent),
      agent,
      clientRequestId: number,
      options,
      terms: {
        ...terms,
        preemptible: true,
        classification: 'internal',
        purpose: 'bench',
        summary: 'the work of a tick',
      },
      submittedAt: this.now,
    } as ResourceRequest;
    return this.#row({ type: 'submit', request }, agent);
  }

  #row(command: IntakeCommand, agent: string): IntakeRow {
    this.#rows += 1;
    const actor = { subject: agent, department: this.#departments.get(agent), agent } as IntakeRow['actor'];
    return { id: this.#rows, receivedAt: this.now, actor, command };
  }

  #portsOf(solver: SolverService): SchedulerPorts {
    const refuse = (): never => {
      throw new Error('a tick does not ask this port');
    };
    const postgres = new PostgresTickStore({ run: (_name, values) => this.#sent(values) });
    return {
      leadership: { acquire: refuse, renew: refuse, release: refuse },
      stateSource: { load: refuse },
      intake: { take: refuse },
      configuration: { current: refuse, revision: refuse },
      heartbeats: { since: refuse },
      store: {
        commit: async (commit) => {
          this.#committedAtMs = performance.now();
          const outcome = await postgres.commit(commit);
          this.#encodeMs = performance.now() - this.#committedAtMs;
          return outcome;
        },
      },
      policy: allowAll(),
      solver: {
        solve: async (model, options) => {
          const fromMs = performance.now();
          const solution = await solver.solve(model, options);
          this.#solverMs += performance.now() - fromMs;
          return solution;
        },
        close: () => solver.close(),
      },
      observer: { committed: () => {} },
      dump: {
        write: async (name) => {
          throw new Error(`${name}: a plan did not pass its check`);
        },
      },
      stopwatch: { elapsedMs: () => performance.now() },
      timers: { sleep: refuse },
      digest: sha256,
      solveOptions: { engine: 'highs', budget: TICK_BUDGET },
    };
  }

  /** In the place of the database: counts what it would be sent, and has committed it. */
  async #sent<Row extends pg.QueryResultRow>(values: readonly unknown[]): Promise<Row[]> {
    this.#commitBytes = values.reduce<number>((sum, value) => sum + String(value ?? '').length, 0);
    return [{ outcome: 'committed' }] as unknown as Row[];
  }
}

/** Who may ask at all is measured by bench:policy. */
function allowAll(): PolicyGate {
  const under = { policyRevision: 'allow-all', dataRevision: 'none' };
  const verdict: RecordedVerdict = { allow: true, codes: [], ...under };
  return {
    ...under,
    evaluate: async (_tick, rows) => rows.map(() => verdict),
    adopt: async () => {},
  };
}
