// What a commit adds to the metrics: decisions, events, phases, gaps, and how long requests waited.
// Invariant: knows a request from its opening to its terminal Decision, and forgets it then; one that an earlier leader opened is
// counted but not timed. Called by metrics.ts.

import type { Counter, Histogram } from 'prom-client';
import type {
  Change,
  CommitObserver,
  Instant,
  Pool,
  RequestId,
  TickCommit,
  TickRecord,
} from '../../scheduler/index.ts';

type Snapshot = NonNullable<Parameters<CommitObserver['committed']>[1]>;

export interface CommitMetrics {
  readonly firstDecision: Histogram;
  readonly wait: Histogram<'class' | 'outcome'>;
  readonly phase: Histogram<'phase'>;
  readonly gap: Histogram;
  readonly decisions: Counter<'outcome' | 'reason'>;
  readonly ticks: Counter<'termination'>;
  readonly stages: Counter<'method'>;
  readonly engineTicks: Counter<'engine' | 'build'>;
  readonly solverFaults: Counter<'fault'>;
  readonly simplexIterations: Counter;
  readonly reservedIdle: Counter<'pool' | 'resource'>;
  readonly events: Counter<'type'>;
}

interface Open {
  readonly class: string;
  readonly submittedAt: Instant;
  decided: boolean;
}

export class CommitCounts {
  readonly #metrics: CommitMetrics;
  readonly #open = new Map<RequestId, Open>();
  /** What stood idle for reservations when the last tick with a snapshot began. */
  #idle: { readonly since: Instant; readonly units: ReadonlyMap<Pool, number> } | null = null;

  constructor(metrics: CommitMetrics) {
    this.#metrics = metrics;
  }

  /** After a term: the next leader may be another process, and what it decides is not seen here. */
  forget(): void {
    this.#open.clear();
    this.#idle = null;
  }

  add({ record, changes, events }: TickCommit, snapshot?: Snapshot): void {
    if (snapshot !== undefined) this.#addIdle(snapshot);
    const { ticks, engineTicks, solverFaults, simplexIterations } = this.#metrics;
    ticks.inc({ termination: record.termination });
    if (record.engineCalled) engineTicks.inc({ engine: record.engine, build: record.engineBuild });
    if (record.fault !== null) solverFaults.inc({ fault: record.fault });
    simplexIterations.inc(record.work.simplexIterations);
    for (const event of events) this.#metrics.events.inc({ type: event.type });
    for (const change of changes) this.#addChange(change, record.now);
    this.#addStages(record);
    this.#addTimings(record.timings);
  }

  /** Between two ticks nothing changes. */
  #addIdle(snapshot: Snapshot): void {
    const { since, units } = this.#idle ?? { since: snapshot.now, units: new Map() };
    for (const [{ id, kind }, idle] of units) {
      const seconds = Math.max(0, snapshot.now - since) / 1000;
      this.#metrics.reservedIdle.inc(
        { pool: kind === 'agent' ? 'agents' : id, resource: kind },
        idle * seconds,
      );
    }
    this.#idle = { since: snapshot.now, units: idleUnits(snapshot) };
  }

  #addChange(change: Change, now: Instant): void {
    if (change.type === 'requestOpened') {
      const { id, terms, submittedAt } = change.pending.request;
      this.#open.set(id, { class: terms.class, submittedAt, decided: false });
    }
    if (change.type !== 'decided') return;
    const { firstDecision, wait, decisions } = this.#metrics;
    decisions.inc({ outcome: change.outcome, reason: change.reasons[0]?.code ?? 'NONE' });
    const open = this.#open.get(change.request);
    if (!open) return;
    // Submission is stamped by an API process, the tick by the database: a clock a little ahead must not count backwards.
    const seconds = Math.max(0, now - open.submittedAt) / 1000;
    if (!open.decided) firstDecision.observe(seconds);
    open.decided = true;
    if (change.outcome === 'waiting') return;
    wait.observe({ class: open.class, outcome: change.outcome }, seconds);
    this.#open.delete(change.request);
  }

  #addStages({ stages }: TickRecord): void {
    for (const { method, gap } of stages) {
      this.#metrics.stages.inc({ method });
      // An empty stage has nothing to prove.
      if (method !== 'empty') this.#metrics.gap.observe(gap);
    }
  }

  #addTimings({ foldMs, gateMs, formulateMs, solveMs, decodeMs }: TickRecord['timings']): void {
    const phases = { fold: foldMs, gate: gateMs, formulate: formulateMs, solve: solveMs, decode: decodeMs };
    for (const [phase, ms] of Object.entries(phases)) this.#metrics.phase.observe({ phase }, ms / 1000);
  }
}

/** min(free, promised) of each pool that anything is promised of; who reads a dataset alone is promised all of it. */
function idleUnits({ configuration, reservations, used }: Snapshot): Map<Pool, number> {
  const idle = new Map<Pool, number>();
  if (reservations.length === 0) return idle;
  const promised = new Map<string, number>();
  for (const { pool, window, quantity, exclusive } of reservations.flatMap(({ units }) => units))
    if (window === undefined)
      promised.set(pool, exclusive ? Number.POSITIVE_INFINITY : (promised.get(pool) ?? 0) + quantity);
  for (const pool of configuration.pools) {
    const free = Math.max(0, pool.capacity - (used.get(pool.id) ?? 0));
    const units = Math.min(free, promised.get(pool.id) ?? 0);
    if (units > 0 && !pool.consumable) idle.set(pool, units);
  }
  return idle;
}
