// Jobs and recordings for tests of simulations. Called by the tests beside it.

import { type BaselineName, baseline } from '../../simulations/baselines/catalogue.ts';
import type { Observer, RunEnd } from '../../simulations/baselines/engine.ts';
import { simulate } from '../../simulations/baselines/engine.ts';
import type { QuotaLimit } from '../../simulations/baselines/greedy.ts';
import { type Capacity, type Job, type JobDraft, JobList } from '../../simulations/job.ts';

export interface ShortJob extends Partial<JobDraft> {
  /** Seconds. */
  readonly at: number;
  readonly run: number;
  readonly units: number;
  readonly estimate?: number;
}

export function jobsOf(...list: readonly ShortJob[]): readonly Job[] {
  const jobs = new JobList();
  for (const [i, { at, run, units, estimate, ...more }] of list.entries())
    jobs.add({
      name: `j${i}`,
      submitMs: at * 1000,
      runMs: run * 1000,
      estimateMs: (estimate ?? run) * 1000,
      claims: [{ kind: 'cpu', quantity: units }],
      models: [],
      department: 'a',
      agent: 'x',
      rank: 0,
      ...more,
    });
  return jobs.trace('swf', null).jobs;
}

export const cpus = (capacity: number): Capacity => ({ pools: [{ id: 'cpu', kind: 'cpu', capacity }] });

export interface Played {
  readonly end: RunEnd;
  /** Name -> second of the start. */
  readonly starts: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, string>>;
}

export function listener(): Observer & { starts: Record<string, number>; losses: Record<string, string> } {
  const starts: Record<string, number> = {};
  const losses: Record<string, string> = {};
  return {
    starts,
    losses,
    submitted() {},
    ended() {},
    preempted() {},
    dropped({ name }, why) {
      losses[name] = why;
    },
    started({ name }, _placement, at) {
      starts[name] = at / 1000;
    },
  };
}

export async function play(
  name: BaselineName,
  jobs: readonly Job[],
  capacity: Capacity,
  quotas: readonly QuotaLimit[] = [],
): Promise<Played> {
  const observer = listener();
  const end = await simulate({ jobs, ...baseline(name, { capacity, quotas, jobs }), observer });
  return { end, starts: observer.starts, dropped: observer.losses };
}

export async function* lines(...text: readonly string[]): AsyncGenerator<string> {
  yield* text;
}
