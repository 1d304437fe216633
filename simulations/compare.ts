// One run of one scheduler over one workload, whichever it is: a baseline in its event loop, or `annona`, the production tick.
// Invariant: all are told the same jobs and estimates, and are counted by the same recorder. Called by api/cli/simulate, also in a worker.

import type { Configuration, Digest, Instant, PolicyGate, Stopwatch } from '../scheduler/index.ts';
import type { SolverService } from '../solver/index.ts';
import { BASELINES, type BaselineName, baseline } from './baselines/catalogue.ts';
import { type Observer, type RunEnd, simulate, type Watch } from './baselines/engine.ts';
import type { QuotaLimit } from './baselines/greedy.ts';
import type { Capacity, Job } from './job.ts';
import type { DepartmentBudget } from './metrics/departments.ts';
import { type Fate, Fates } from './metrics/fates.ts';
import type { Metrics } from './metrics/metrics.ts';
import { pictureOf, type RunPicture } from './metrics/picture.ts';
import { Recorder } from './metrics/recorder.ts';
import { companyOf, settled } from './world/company.ts';
import type { LiveRunInput, LiveRunResult } from './world/liveInput.ts';
import { runLive } from './world/liveRun.ts';
import { organisationOf } from './world/organisation.ts';
import type { ReviewTerms } from './world/reviewers.ts';
import type { SolverHour } from './world/solverHours.ts';
import { Timeline } from './world/timeline.ts';

export const SCHEDULERS = ['annona', ...BASELINES] as const;
export type SchedulerName = 'annona' | BaselineName;

/** A real organisation, instead of one that is made of the jobs. */
export interface Company {
  /** The instant of virtual time 0. */
  readonly startsAt: Instant;
  /** As it is from that instant of the run on, and until when: windows and months are expanded from it. */
  readonly at: (now: Instant) => { readonly configuration: Configuration; readonly until: Instant };
  /** How a job was asked for, where that is known; absent: it follows from its claims and terms. */
  readonly requestOf?: LiveRunInput['requestOf'];
  /** The policies of a bundle, for one run; closed with it. */
  readonly policy: (bundle: string | null, configuration: Configuration) => Promise<OpenPolicy>;
}

export interface OpenPolicy {
  readonly gate: PolicyGate;
  close(): Promise<void>;
}

export interface RunInput {
  readonly scheduler: SchedulerName;
  /** Of the policies that `annona` runs under; null: those of the organisation, or none without one. */
  readonly policies?: string | null;
  /** May be iterated more than once; a trace is shaken by the seed, a generator begins with it. */
  readonly jobsOf: (seed: number | null) => Iterable<Job>;
  readonly capacity: Capacity;
  readonly company?: Company;
  readonly quotas: readonly QuotaLimit[];
  /** Counted against, by no scheduler kept to; absent: none. */
  readonly budgets?: readonly DepartmentBudget[];
  /** Of the production tick alone. */
  readonly solverHours?: readonly SolverHour[];
  readonly reviews?: ReviewTerms;
  /** Null: the jobs as they are. */
  readonly seed: number | null;
  readonly untilMs?: number;
  readonly solver: SolverService;
  readonly digest: Digest;
  readonly watch: Watch;
  /** Told how many jobs have come so far, now and then. */
  readonly progress: (submitted: number) => void;
  readonly stopwatch?: Stopwatch;
  /** What became of each job is told too. */
  readonly wantsFates?: boolean;
}

export interface RunResult {
  readonly scheduler: SchedulerName;
  readonly policies?: string;
  readonly seed: number | null;
  readonly metrics: Metrics;
  readonly picture: RunPicture;
  /** SHA-256 over every start, drop and end; of `annona` the digest of its last tick, which all before are chained to. */
  readonly digest: string;
  /** By the job's number; only where they were wanted. */
  readonly fates?: readonly Fate[];
  /** Of `annona` with a stopwatch: of each tick. Not the same twice. */
  readonly tickMs?: readonly number[];
}

const PROGRESS_EVERY = 500;

export async function runScheduler(input: RunInput): Promise<RunResult> {
  const { scheduler, capacity, seed, untilMs, watch, digest, company } = input;
  const configuration = company?.at(company.startsAt).configuration;
  const made = input.jobsOf(seed);
  const jobs = configuration === undefined ? made : settled(made, configuration);
  const recorder = new Recorder(capacity, input.budgets);
  const trail = new Trail(digest);
  const fates = input.wantsFates === true ? new Fates() : null;
  const observer = tee([recorder, trail, ...(fates === null ? [] : [fates])], input.progress);
  const timeline = capacity.plan && new Timeline(capacity.plan, capacity.pools, seed ?? 1);
  const common = {
    observer,
    watch,
    ...(untilMs !== undefined && { untilMs }),
    ...(timeline !== undefined && { timeline }),
  };
  const told = { scheduler, seed, ...(input.policies != null && { policies: input.policies }) };
  const seen = (end: RunEnd): Pick<RunResult, 'metrics' | 'picture'> & { fates?: readonly Fate[] } => ({
    metrics: recorder.metrics(end, end === 'horizon' ? untilMs : undefined),
    picture: pictureOf(recorder),
    ...(fates !== null && { fates: fates.list }),
  });
  if (scheduler !== 'annona') {
    const end = await simulate({ jobs, ...baseline(scheduler, { ...input, jobs }), ...common });
    return { ...told, ...seen(end), digest: trail.digest() };
  }
  const { end, ...live } = await runAnnona(input, { jobs, common });
  const { metrics, ...rest } = seen(end);
  const { solver, deniedByRule, accounts, tickMs } = live;
  return {
    ...told,
    metrics: { ...metrics, solver, ...(company !== undefined && { deniedByRule, accounts }) },
    ...rest,
    digest: live.digest,
    ...(input.stopwatch !== undefined && { tickMs }),
  };
}

async function runAnnona(
  { capacity, company, solver, digest, seed, policies = null, ...input }: RunInput,
  {
    jobs,
    common,
  }: { jobs: Iterable<Job>; common: Pick<LiveRunInput, 'observer' | 'watch' | 'untilMs' | 'timeline'> },
): Promise<LiveRunResult> {
  if (capacity.pools.some(({ unitsPerNode }) => unitsPerNode !== undefined))
    throw new Error('the production tick puts no job on several nodes');
  const organisation =
    company === undefined
      ? organisationOf(jobs, capacity, digest)
      : companyOf(company.at(company.startsAt).configuration, company.startsAt);
  const numbered = capacity.machines === undefined ? capacity.pools : organisation.configuration.pools;
  const opened = await company?.policy(policies, organisation.configuration);
  const { solverHours, reviews, stopwatch } = input;
  try {
    return await runLive({
      jobs,
      ...organisation,
      ...(company?.requestOf !== undefined && { requestOf: company.requestOf }),
      solver,
      digest,
      poolNumbers: new Map(numbered.map(({ id }, number) => [id as string, number])),
      ...common,
      ...(company !== undefined && {
        revised: company.at,
        isAdmitted: true,
        startsAt: company.startsAt,
      }),
      ...(opened !== undefined && { policy: opened.gate }),
      ...(solverHours !== undefined && { solverHours }),
      ...(reviews !== undefined && { reviews }),
      ...(stopwatch !== undefined && { stopwatch }),
      seed: seed ?? 1,
    });
  } finally {
    await opened?.close();
  }
}

/** What happened, hashed block by block. */
class Trail implements Observer {
  readonly #digest: Digest;
  #hash = '';
  #lines: string[] = [];

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  submitted(): void {}

  dropped({ index }: Job, why: string): void {
    this.#add(`drop ${index} ${why}\n`);
  }

  started({ index }: Job, placement: readonly number[], at: number): void {
    this.#add(`start ${index} ${at} ${placement.join(',')}\n`);
  }

  ended({ index }: Job, _placement: readonly number[], at: number): void {
    this.#add(`end ${index} ${at}\n`);
  }

  preempted({ index }: Job, _placement: readonly number[], at: number): void {
    this.#add(`lose ${index} ${at}\n`);
  }

  digest(): string {
    this.#fold();
    return this.#hash;
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= 4096) this.#fold();
  }

  #fold(): void {
    this.#hash = this.#digest([this.#hash, ...this.#lines]);
    this.#lines = [];
  }
}

function tee(listeners: readonly Observer[], progress: RunInput['progress']): Observer {
  let come = 0;
  return {
    submitted(job, at) {
      for (const one of listeners) one.submitted(job, at);
      come += 1;
      if (come % PROGRESS_EVERY === 0) progress(come);
    },
    dropped(job, why) {
      for (const one of listeners) one.dropped(job, why);
    },
    started(job, placement, at) {
      for (const one of listeners) one.started(job, placement, at);
    },
    ended(job, placement, at) {
      for (const one of listeners) one.ended(job, placement, at);
    },
    preempted(job, placement, at) {
      for (const one of listeners) one.preempted(job, placement, at);
    },
    held(job, rules) {
      for (const one of listeners) one.held?.(job, rules);
    },
    resized(pool, capacity, at) {
      for (const one of listeners) one.resized?.(pool, capacity, at);
    },
  };
}
