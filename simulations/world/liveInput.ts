// What a run of the production tick is given, and what it answers. Called by liveRun.ts and whoever starts one.

import type {
  Configuration,
  Digest,
  Instant,
  PolicyGate,
  ResourceRequest,
  Stopwatch,
} from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import type { Observer, RunEnd, Watch } from '../baselines/engine.ts';
import type { Job } from '../job.ts';
import type { AccountMetrics, TickMetrics } from '../metrics/metrics.ts';
import type { ReviewTerms } from './reviewers.ts';
import type { SolverHour } from './solverHours.ts';
import type { Timeline } from './timeline.ts';

export interface LiveRunInput {
  readonly jobs: Iterable<Job>;
  readonly configuration: Configuration;
  readonly requestOf: (job: Job) => Omit<ResourceRequest, 'id' | 'clientRequestId' | 'submittedAt'>;
  readonly solver: SolverService;
  readonly digest: Digest;
  readonly observer: Observer;
  /** Pool -> its number among those of the observer. */
  readonly poolNumbers: ReadonlyMap<string, number>;
  readonly untilMs?: number;
  readonly watch?: Watch;
  /** Who judges requests; absent: everything is allowed. */
  readonly policy?: PolicyGate;
  /** The organisation's windows and months as they go on; absent: they stay as they are. */
  readonly revised?: (now: Instant) => { readonly configuration: Configuration; readonly until: Instant };
  readonly timeline?: Timeline;
  readonly solverHours?: readonly SolverHour[];
  readonly reviews?: ReviewTerms;
  readonly seed?: number;
  /** Requests pass the checks of the edge; those it refuses are dropped with its code. */
  readonly isAdmitted?: boolean;
  readonly stopwatch?: Stopwatch;
  /** Of virtual time 0; absent: `EPOCH_MS`. */
  readonly startsAt?: Instant;
}

export interface LiveRunResult {
  readonly end: RunEnd;
  readonly solver: TickMetrics;
  readonly deniedByRule: Readonly<Record<string, number>>;
  readonly accounts: Readonly<Record<string, AccountMetrics>>;
  /** Of the last tick: chained through all before it. */
  readonly digest: string;
  /** Milliseconds of each tick, by the stopwatch; empty without one. */
  readonly tickMs: readonly number[];
}
