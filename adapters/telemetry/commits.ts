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

type Snapshot = NonNullable<Parameters<CommitObserver['committed']>[1]>['snapshot'];

export interface CommitMetrics {
  readonly firstDecision: Histogram;
  readonly wait: Histogram<'class' | 'outcome'>;
  readonly phase: Histogram<'phase'>;
  readonly gap: Histogram;
  readonly decisions: Counter<'outcome' | 'reason'>;
  readonly ticks: Counter<'termination'>;
  readonly stages: Counter<'method'>;
  readonly quality: Counter<'band'>;
  readonly givenUp: Counter<'class'>;
  readonly engineTicks: Counter<'engine' | 'build'>;
  readonly solverFaults: Counter<'fault'>;
  readonly simplexIterations: Counter;
  readonly reservedIdle: Counter<'pool' | 'resource'>;
  readonly events: Counter<'type'>;
  readonly revocations: Counter<'right'>;
  readonly reclaim: Histogram;
  readonly earmarksDropped: Counter;
}

/** The band of a tick in the quality ledger; null where it had no program. */
export type BandOf = (record: TickRecord) => string | null;

interface Open {
  readonly class: string;
  readonly submittedAt: Instant;
  decided: boolean;
}

export class CommitCounts {
  readonly #metrics: CommitMetrics;
  readonly #bandOf: BandOf;
  readonly #open = new Map<RequestId, Open>();
  /** Nominees who reclaim -> when notice was given for them. */
  readonly #reclaiming = new Map<RequestId, Instant>();
  /** What stood idle for reservations when the last tick with a snapshot began. */
  #idle: { readonly since: Instant; readonly units: ReadonlyMap<Pool, number> } | null = null;

  constructor(metrics: CommitMetrics, bandOf: BandOf) {
    this.#metrics = metrics;
    this.#bandOf = bandOf;
  }

  /** After a term: the next leader may be another process, and what it decides is not seen here. */
  forget(): void {
    this.#open.clear();
    this.#reclaiming.clear();
    this.#idle = null;
  }

  /** `snapshot`: what the tick decided on, where it is known. */
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
      const { id, terms, submittedAt, restart } = change.pending.request;
      // What is taken up again bears the age of its first request, and is counted from here.
      const since = restart === undefined ? submittedAt : now;
      this.#open.set(id, { class: terms.class, submittedAt: since, decided: false });
    }
    this.#addRevocation(change, now);
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

  /** From the notice to the lease, of those who took back what others had borrowed. */
  #addRevocation(change: Change, now: Instant): void {
    const { revocations, reclaim, earmarksDropped } = this.#metrics;
    if (change.type === 'leaseRevoking') revocations.inc({ right: change.revocation.right });
    if (change.type === 'earmarkMade') {
      const { request, victims, madeAt } = change.earmark;
      if (victims.some(({ right }) => right === 'reclaim')) this.#reclaiming.set(request, madeAt);
    }
    if (change.type !== 'earmarkEnded') return;
    const since = this.#reclaiming.get(change.request);
    this.#reclaiming.delete(change.request);
    if (change.end === 'dropped') earmarksDropped.inc();
    else if (since !== undefined) reclaim.observe((now - since) / 1000);
  }

  #addStages(record: TickRecord): void {
    const band = this.#bandOf(record);
    if (band !== null) this.#metrics.quality.inc({ band });
    for (const { class: name, method, gap, ended } of record.stages) {
      this.#metrics.stages.inc({ method });
      if (ended === 'workLimit') this.#metrics.givenUp.inc({ class: name });
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
