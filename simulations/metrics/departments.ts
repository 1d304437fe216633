// What each department had: its jobs and their waits, its dominant share over time, what it spent. Invariant: the dominant share is the largest
// part of any kind's units that it holds (Ghodsi et al., NSDI 2011). Called by recorder.ts.

import { unitsByKind } from '../baselines/catalogue.ts';
import type { Capacity, Job } from '../job.ts';
import { Sample } from './sample.ts';
import { Series } from './series.ts';

export interface DepartmentUse {
  readonly name: string;
  readonly waits: Sample;
  readonly shares: Series;
  /** Minor units of currency an hour. */
  readonly spending: Series;
  jobs: number;
  dropped: number;
  preemptions: number;
  costMinor: number;
  /** Dominant share x milliseconds. */
  shareArea: number;
  share: number;
  since: number;
  readonly held: Map<string, number>;
}

export const HOUR_MS = 3_600_000;

/** Money for the whole of a run. */
export interface DepartmentBudget {
  readonly department: string;
  readonly minor: number;
}

export class DepartmentLedger {
  readonly #units: ReadonlyMap<string, number>;
  readonly #departments = new Map<string, DepartmentUse>();

  constructor(capacity: Capacity) {
    this.#units = unitsByKind(capacity);
  }

  /** In order of name. */
  get all(): readonly DepartmentUse[] {
    return [...this.#departments.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  submitted({ department }: Job): void {
    this.#of(department).jobs += 1;
  }

  dropped({ department }: Job): void {
    this.#of(department).dropped += 1;
  }

  preempted({ department }: Job): void {
    this.#of(department).preemptions += 1;
  }

  /** `waitMs` null: it was started before, and its wait is counted. */
  started(job: Job, at: number, waitMs: number | null): void {
    const use = this.#of(job.department);
    if (waitMs !== null) use.waits.add(waitMs / 1000);
    this.#hold(use, job, { at, sign: 1 });
  }

  ended(job: Job, at: number): void {
    this.#hold(this.#of(job.department), job, { at, sign: -1 });
  }

  spent({ department }: Job, costMinor: number, { fromMs, toMs }: { fromMs: number; toMs: number }): void {
    if (costMinor === 0 || toMs === fromMs) return;
    const use = this.#of(department);
    use.costMinor += costMinor;
    use.spending.add(fromMs, toMs, (costMinor * HOUR_MS) / (toMs - fromMs));
  }

  settle(at: number): void {
    for (const use of this.#departments.values()) settle(use, at);
  }

  #hold(use: DepartmentUse, { claims }: Job, { at, sign }: { at: number; sign: number }): void {
    settle(use, at);
    for (const { kind, quantity } of claims) use.held.set(kind, (use.held.get(kind) ?? 0) + sign * quantity);
    use.share = 0;
    for (const [kind, units] of use.held)
      use.share = Math.max(use.share, units / (this.#units.get(kind) ?? Number.POSITIVE_INFINITY));
  }

  #of(name: string): DepartmentUse {
    let use = this.#departments.get(name);
    if (use === undefined) {
      const counted = { jobs: 0, dropped: 0, preemptions: 0, costMinor: 0, shareArea: 0, share: 0, since: 0 };
      const series = { shares: new Series(), spending: new Series() };
      use = { name, waits: new Sample(), ...series, ...counted, held: new Map() };
      this.#departments.set(name, use);
    }
    return use;
  }
}

function settle(use: DepartmentUse, at: number): void {
  if (at <= use.since) return;
  use.shares.add(use.since, at, use.share);
  use.shareArea += (at - use.since) * use.share;
  use.since = at;
}
