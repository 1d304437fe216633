// One run of one scheduler over one workload, whichever it is: a baseline in its event loop, or `annona`, the production tick.
// Invariant: all are told the same jobs and estimates, and are counted by the same recorder. Called by api/cli/simulate, also in a worker.

import type { Digest } from '../scheduler/index.ts';
import type { SolverService } from '../solver/index.ts';
import { BASELINES, type BaselineName, baseline } from './baselines/catalogue.ts';
import { type Observer, simulate, type Watch } from './baselines/engine.ts';
import type { QuotaLimit } from './baselines/greedy.ts';
import type { Capacity, Job } from './job.ts';
import type { DepartmentBudget } from './metrics/departments.ts';
import type { Metrics } from './metrics/metrics.ts';
import { pictureOf, type RunPicture } from './metrics/picture.ts';
import { Recorder } from './metrics/recorder.ts';
import { runLive } from './world/liveRun.ts';
import { organisationOf } from './world/organisation.ts';

export const SCHEDULERS = ['annona', ...BASELINES] as const;
export type SchedulerName = 'annona' | BaselineName;

export interface RunInput {
  readonly scheduler: SchedulerName;
  /** May be iterated more than once; a trace is shaken by the seed, a generator begins with it. */
  readonly jobsOf: (seed: number | null) => Iterable<Job>;
  readonly capacity: Capacity;
  readonly quotas: readonly QuotaLimit[];
  /** Counted against, by no scheduler kept to; absent: none. */
  readonly budgets?: readonly DepartmentBudget[];
  /** Null: the jobs as they are. */
  readonly seed: number | null;
  readonly untilMs?: number;
  readonly solver: SolverService;
  readonly digest: Digest;
  readonly watch: Watch;
  /** Told how many jobs have come so far, now and then. */
  readonly progress: (submitted: number) => void;
}

export interface RunResult {
  readonly scheduler: SchedulerName;
  readonly seed: number | null;
  readonly metrics: Metrics;
  readonly picture: RunPicture;
  /** SHA-256 over every start, drop and end; of `annona` the digest of its last tick, which all before are chained to. */
  readonly digest: string;
}

const PROGRESS_EVERY = 500;

export async function runScheduler(input: RunInput): Promise<RunResult> {
  const { scheduler, capacity, seed, untilMs, watch, digest } = input;
  const jobs = input.jobsOf(seed);
  const recorder = new Recorder(capacity, input.budgets);
  const trail = new Trail(digest);
  const observer = tee(recorder, trail, input.progress);
  const common = { observer, watch, ...(untilMs !== undefined && { untilMs }) };
  if (scheduler !== 'annona') {
    const end = await simulate({ jobs, ...baseline(scheduler, { ...input, jobs }), ...common });
    const metrics = recorder.metrics(end, end === 'horizon' ? untilMs : undefined);
    return { scheduler, seed, metrics, picture: pictureOf(recorder), digest: trail.digest() };
  }
  if (capacity.pools.some(({ unitsPerNode }) => unitsPerNode !== undefined))
    throw new Error('the production tick puts no job on several nodes');
  const organisation = organisationOf(jobs, capacity, digest);
  const poolNumbers = new Map(
    organisation.configuration.pools.map(({ id }, number) => [id as string, number]),
  );
  const { solver } = input;
  const live = await runLive({ jobs, ...organisation, solver, digest, poolNumbers, ...common });
  const metrics = recorder.metrics(live.end, live.end === 'horizon' ? untilMs : undefined);
  return {
    scheduler,
    seed,
    metrics: { ...metrics, solver: live.solver },
    picture: pictureOf(recorder),
    digest: live.digest,
  };
}

/** What happened, hashed block by block. */
class Trail {
  readonly #digest: Digest;
  #hash = '';
  #lines: string[] = [];

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= 4096) this.#fold();
  }

  digest(): string {
    this.#fold();
    return this.#hash;
  }

  #fold(): void {
    this.#hash = this.#digest([this.#hash, ...this.#lines]);
    this.#lines = [];
  }
}

function tee(recorder: Recorder, trail: Trail, progress: RunInput['progress']): Observer {
  return {
    submitted(job, at) {
      recorder.submitted(job, at);
      if (recorder.jobs % PROGRESS_EVERY === 0) progress(recorder.jobs);
    },
    dropped(job, why) {
      trail.add(`drop ${job.index} ${why}\n`);
      recorder.dropped(job, why);
    },
    started(job, placement, at) {
      trail.add(`start ${job.index} ${at} ${placement.join(',')}\n`);
      recorder.started(job, placement, at);
    },
    ended(job, placement, at) {
      trail.add(`end ${job.index} ${at}\n`);
      recorder.ended(job, placement, at);
    },
    preempted(job, placement, at) {
      trail.add(`lose ${job.index} ${at}\n`);
      recorder.preempted(job, placement, at);
    },
  };
}
