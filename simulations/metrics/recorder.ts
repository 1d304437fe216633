// Listens to a run and counts: waits, slowdowns, use, shares, cost. Invariant: it decides nothing; every job that was submitted is started,
// dropped or waiting when the figures are read. Called by ../compare.ts with the events of a baseline or of the production tick.

import type { Observer, RunEnd } from '../baselines/engine.ts';
import type { Placement } from '../baselines/room.ts';
import type { Capacity, Job, SimulatedPool } from '../job.ts';
import { type DepartmentBudget, DepartmentLedger, HOUR_MS } from './departments.ts';
import { type Metrics, metricsOf } from './metrics.ts';
import { Sample } from './sample.ts';
import { Series } from './series.ts';

/** Runs shorter than that count as so long, or one second's wait of a job of a second is a slowdown like no other (Feitelson et al., 1997). */
const SLOWDOWN_LEAST_MS = 10_000;
/** Runs that a Gantt chart can still show. */
const RUNS_SHOWN_MOST = 1500;

export interface ShownRun {
  readonly name: string;
  readonly department: string;
  readonly pool: string;
  readonly units: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PoolUse {
  readonly pool: SimulatedPool;
  readonly series: Series;
  used: number;
  since: number;
  /** Units x milliseconds. */
  area: number;
  /** What it has now, and units x milliseconds of it. */
  capacity: number;
  available: number;
  peak: number;
}

export class Recorder implements Observer {
  readonly waits = new Sample();
  readonly slowdowns = new Sample();
  /** Reason -> how many will never run. */
  readonly refusals = new Map<string, number>();
  readonly shown: ShownRun[] = [];
  readonly pools: readonly PoolUse[];
  readonly departments: DepartmentLedger;
  readonly budgets: readonly DepartmentBudget[];
  jobs = 0;
  finished = 0;
  deadlineMisses = 0;
  preemptions = 0;
  workLostMs = 0;
  costMinor = 0;
  /** Of the last end, or the last event where none ended. */
  lastMs = 0;
  readonly #byNode: boolean;
  /** Index -> when it was submitted, and when it started. */
  readonly #waiting = new Map<number, Job>();
  readonly #startedAt = new Map<number, number>();
  readonly #preempted = new Set<number>();

  constructor(capacity: Capacity, budgets: readonly DepartmentBudget[] = []) {
    this.budgets = budgets;
    this.#byNode = capacity.machines !== undefined;
    this.pools = capacity.pools.map((pool) => {
      const none = { used: 0, since: 0, area: 0, available: 0, peak: 0 };
      return { pool, series: new Series(), capacity: pool.capacity, ...none };
    });
    this.departments = new DepartmentLedger(capacity);
  }

  get waiting(): Iterable<Job> {
    return this.#waiting.values();
  }

  get running(): number {
    return this.#startedAt.size;
  }

  submitted(job: Job, at: number): void {
    this.jobs += 1;
    this.#waiting.set(job.index, job);
    this.departments.submitted(job);
    this.lastMs = Math.max(this.lastMs, at);
  }

  dropped(job: Job, why: string): void {
    this.#waiting.delete(job.index);
    this.departments.dropped(job);
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
    if (job.deadlineMs !== undefined) this.deadlineMisses += 1;
  }

  started(job: Job, placement: Placement, at: number): void {
    this.#waiting.delete(job.index);
    this.#startedAt.set(job.index, at);
    const waitMs = at - job.submitMs;
    this.#use(job, placement, { at, sign: 1 });
    const isAgain = this.#preempted.has(job.index);
    this.departments.started(job, at, isAgain ? null : waitMs);
    if (isAgain) return;
    this.waits.add(waitMs / 1000);
    this.slowdowns.add(Math.max(1, (waitMs + job.runMs) / Math.max(SLOWDOWN_LEAST_MS, job.runMs)));
  }

  ended(job: Job, placement: Placement, at: number): void {
    this.finished += 1;
    if (job.deadlineMs !== undefined && at > job.deadlineMs) this.deadlineMisses += 1;
    this.#leave(job, placement, at);
    this.lastMs = Math.max(this.lastMs, at);
  }

  /** Its units were taken back, and it waits again from the beginning. */
  preempted(job: Job, placement: Placement, at: number): void {
    this.preemptions += 1;
    this.departments.preempted(job);
    this.workLostMs += at - this.#startedAt.get(job.index)!;
    this.#leave(job, placement, at);
    this.#waiting.set(job.index, job);
    this.#preempted.add(job.index);
  }

  resized(pool: number, capacity: number, at: number): void {
    const use = this.pools[pool]!;
    settle(use, at);
    use.capacity = capacity;
  }

  metrics(end: RunEnd, untilMs = this.lastMs): Metrics {
    for (const use of this.pools) settle(use, untilMs);
    this.departments.settle(untilMs);
    return metricsOf(this, end, untilMs);
  }

  #leave(job: Job, placement: Placement, at: number): void {
    const fromMs = this.#startedAt.get(job.index)!;
    this.#startedAt.delete(job.index);
    this.#use(job, placement, { at, sign: -1 });
    this.departments.ended(job, at);
    let cost = 0;
    for (const [i, { quantity }] of job.claims.entries()) {
      const { pool } = this.#poolOf(job, placement, i);
      const { priceMinor = 0, pricePer = 1 } = pool;
      cost += (quantity / pricePer) * priceMinor * ((at - fromMs) / HOUR_MS);
      if (this.shown.length < RUNS_SHOWN_MOST)
        this.shown.push({
          name: job.name,
          department: job.department,
          pool: pool.id,
          units: quantity,
          fromMs,
          toMs: at,
        });
    }
    this.costMinor += cost;
    this.departments.spent(job, cost, { fromMs, toMs: at });
  }

  #use(job: Job, placement: Placement, { at, sign }: { at: number; sign: number }): void {
    for (const [i, { quantity }] of job.claims.entries()) {
      const use = this.#poolOf(job, placement, i);
      settle(use, at);
      use.used += sign * quantity;
      use.peak = Math.max(use.peak, use.used);
    }
  }

  /** A machine is no pool: what lies on it counts to the pool of its kind. */
  #poolOf({ claims }: Job, placement: Placement, claim: number): PoolUse {
    const use = this.#byNode
      ? this.pools.find(({ pool }) => pool.kind === claims[claim]!.kind)
      : this.pools[placement[claim]!];
    if (use === undefined) throw new Error(`no pool of ${claims[claim]!.kind}`);
    return use;
  }
}

function settle(use: PoolUse, at: number): void {
  use.series.add(use.since, at, use.used);
  use.area += (at - use.since) * use.used;
  use.available += (at - use.since) * use.capacity;
  use.since = at;
}
