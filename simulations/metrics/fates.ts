// What became of each job, for comparisons job by job. Invariant: one entry a job that came, by its number. Called by ../compare.ts.

import type { Observer } from '../baselines/engine.ts';
import type { Job } from '../job.ts';

export interface Fate {
  readonly name: string;
  readonly department: string;
  /** From its submit to its first start; null: it never started. */
  readonly waitMs: number | null;
  /** Why it will never run; null: it runs, ran or waits. */
  readonly dropped: string | null;
  /** Of the policy, that denied it or kept it waiting; sorted. */
  readonly rules: readonly string[];
}

export class Fates implements Observer {
  readonly list: Fate[] = [];

  submitted({ index, name, department }: Job): void {
    this.list[index] = { name, department, waitMs: null, dropped: null, rules: [] };
  }

  dropped({ index }: Job, why: string): void {
    this.list[index] = { ...this.list[index]!, dropped: why };
  }

  started({ index, submitMs }: Job, _placement: readonly number[], at: number): void {
    const fate = this.list[index]!;
    if (fate.waitMs === null) this.list[index] = { ...fate, waitMs: at - submitMs };
  }

  held({ index }: Job, rules: readonly string[]): void {
    const fate = this.list[index]!;
    this.list[index] = { ...fate, rules: [...new Set([...fate.rules, ...rules])].sort() };
  }

  ended(): void {}

  preempted(): void {}
}
