// Jobs through the production tick in virtual time: `runTick` over the store in memory, at the instants at which anything happens.
// Invariant: a job is one request, its estimate the duration that is asked for; the lease is given back when the job has run. Called by
// ../compare.ts; the same events reach the same observer as those of a baseline.

import type {
  Change,
  Configuration,
  Digest,
  Instant,
  Lease,
  LeaseId,
  ResourceRequest,
  TickCommit,
} from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import type { Observer, RunEnd, Watch } from '../baselines/engine.ts';
import { EventHeap } from '../baselines/heap.ts';
import type { Placement } from '../baselines/room.ts';
import type { Job } from '../job.ts';
import type { TickMetrics } from '../metrics/metrics.ts';
import { World } from './world.ts';

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
}

/** The instant of virtual time 0: a Monday, so that calendars start with a week. */
export const EPOCH_MS: Instant = 1_767_571_200_000;

/** Commits of history that are kept: enough that dropping them costs little. */
const HISTORY = 256;
/** Instants between two looks at the watch. */
const LOOK_EVERY = 32;
/** A job comes, starts, falls due, ends, and is looked at a few times for a promise; far more is a loop. */
const INSTANTS_A_JOB = 64;
const INSTANTS_LEAST = 100_000;

interface Held {
  readonly job: Job;
  readonly lease: LeaseId;
  readonly epoch: number;
  readonly placement: Placement;
  readonly endsAt: number;
}

export interface LiveRunResult {
  readonly end: RunEnd;
  readonly solver: TickMetrics;
  /** Of the last tick: chained through all before it. */
  readonly digest: string;
}

/** Resolves with how it ended, as a baseline does. */
export async function runLive(input: LiveRunInput): Promise<LiveRunResult> {
  const live = await LiveRun.open(input);
  const end = await live.run();
  return { end, ...live.figures() };
}

class LiveRun {
  readonly #input: LiveRunInput;
  readonly #world: World;
  readonly #commits: TickCommit[];
  readonly #ends = new EventHeap();
  /** When waiting jobs become overdue. */
  readonly #dues = new EventHeap();
  readonly #waiting = new Map<string, Job>();
  readonly #held = new Map<number, Held>();
  readonly #byLease = new Map<string, Held>();
  readonly #targets: ReadonlyMap<string, number>;
  readonly #figures = { ticks: 0, gapMax: 0, gapSum: 0, stages: 0 };
  #submitted = 0;

  private constructor(input: LiveRunInput, world: World, commits: TickCommit[]) {
    this.#input = input;
    this.#world = world;
    this.#commits = commits;
    this.#targets = new Map(
      input.configuration.classes.map(({ name, targetWaitSeconds }) => [name, targetWaitSeconds * 1000]),
    );
  }

  static async open(input: LiveRunInput): Promise<LiveRun> {
    const commits: TickCommit[] = [];
    const { configuration, solver, digest } = input;
    const committed = (commit: TickCommit): void => void commits.push(commit);
    const world = await World.open({
      configuration,
      solver,
      digest,
      startsAt: EPOCH_MS,
      committed,
      forgetEvery: HISTORY,
    });
    return new LiveRun(input, world, commits);
  }

  async run(): Promise<RunEnd> {
    const { jobs, untilMs, watch } = this.#input;
    const horizon = untilMs ?? Number.POSITIVE_INFINITY;
    const arrivals = jobs[Symbol.iterator]();
    let next = arrivals.next();
    for (let instant = 1; ; instant++) {
      if (instant % LOOK_EVERY === 0 && watch !== undefined) {
        await watch.pause();
        if (watch.stopped()) return 'stopped';
      }
      const arrivesAt = next.done === true ? Number.POSITIVE_INFINITY : next.value.submitMs;
      if (arrivesAt === Number.POSITIVE_INFINITY && this.#held.size === 0 && this.#waiting.size === 0)
        return 'drained';
      const at = Math.min(arrivesAt, this.#ends.nextAt, this.#dues.nextAt, this.#world.dueAt() - EPOCH_MS);
      if (at === Number.POSITIVE_INFINITY) return 'stuck';
      if (at > horizon) return 'horizon';
      if (instant > INSTANTS_LEAST + INSTANTS_A_JOB * this.#submitted) return 'endless';
      this.#world.now = EPOCH_MS + at;
      while (this.#dues.nextAt <= at) this.#dues.pop();
      while (this.#ends.nextAt <= at) await this.#end(this.#ends.pop(), at);
      while (next.done !== true && next.value.submitMs <= at) {
        await this.#submit(next.value, at);
        next = arrivals.next();
      }
      await this.#world.pass(0);
      for (const commit of this.#commits.splice(0)) await this.#read(commit, at);
    }
  }

  figures(): Omit<LiveRunResult, 'end'> {
    const { ticks, gapMax, gapSum, stages } = this.#figures;
    const gapMean = stages === 0 ? 0 : gapSum / stages;
    return { solver: { ticks, gapMax, gapMean }, digest: this.#world.state.tickDigest };
  }

  async #submit(job: Job, at: number): Promise<void> {
    const { observer, requestOf } = this.#input;
    observer.submitted(job, at);
    this.#submitted += 1;
    const id = `req_${String(job.index).padStart(26, '0')}` as ResourceRequest['id'];
    const request: ResourceRequest = {
      ...requestOf(job),
      id,
      clientRequestId: id,
      submittedAt: this.#world.now,
    };
    this.#waiting.set(id, job);
    this.#dues.push(at + (this.#targets.get(request.terms.class) ?? 0), job.index);
    await this.#world.submit(request);
  }

  /** The run is over: the lease is given back, unless it was taken back before. */
  async #end(number: number, at: number): Promise<void> {
    const held = this.#held.get(number);
    if (held === undefined || held.endsAt > at) return;
    this.#held.delete(number);
    this.#byLease.delete(held.lease);
    const { job, lease, epoch, placement } = held;
    const { department, agent } = this.#input.requestOf(job);
    await this.#world.act({ type: 'release', lease, epoch }, { department, agent });
    this.#input.observer.ended(job, placement, at);
  }

  async #read({ changes, record }: TickCommit, at: number): Promise<void> {
    this.#figures.ticks += 1;
    for (const { gap } of record.stages) {
      this.#figures.gapMax = Math.max(this.#figures.gapMax, gap);
      this.#figures.gapSum += gap;
      this.#figures.stages += 1;
    }
    for (const change of changes) {
      if (change.type === 'leaseGranted') await this.#grant(change.lease, at);
      else if (change.type === 'leaseRevoking') this.#dues.push(change.revocation.graceEndsAt - EPOCH_MS, 0);
      else if (change.type === 'leaseEnded' && change.cause !== 'agent') this.#lose(change, at);
      else if (change.type === 'decided' && change.outcome !== 'waiting' && change.outcome !== 'granted')
        this.#drop(change.request, change.reasons[0]?.code ?? change.outcome);
    }
  }

  async #grant(lease: Lease, at: number): Promise<void> {
    const job = this.#waiting.get(lease.request)!;
    this.#waiting.delete(lease.request);
    const placement = lease.allocations.map(({ pool }) => this.#input.poolNumbers.get(pool)!);
    const held = { job, lease: lease.id, epoch: lease.epoch, placement, endsAt: at + job.runMs };
    this.#held.set(job.index, held);
    this.#byLease.set(lease.id, held);
    this.#ends.push(held.endsAt, job.index);
    this.#input.observer.started(job, placement, at);
    await this.#world.beat(lease);
  }

  /** Its declared end came at the very instant of its run's end, or somebody with a better right has its units. */
  #lose({ lease, cause, successor }: Extract<Change, { type: 'leaseEnded' }>, at: number): void {
    const held = this.#byLease.get(lease);
    if (held === undefined) return;
    const { job, placement } = held;
    if (cause !== 'grace') throw new Error(`the lease of ${job.name} ended by itself: ${cause}`);
    this.#held.delete(job.index);
    this.#byLease.delete(lease);
    this.#input.observer.preempted(job, placement, at);
    if (successor === undefined) this.#input.observer.dropped(job, 'REVOKED');
    else this.#waiting.set(successor, job);
  }

  #drop(request: string, why: string): void {
    const job = this.#waiting.get(request);
    if (job === undefined) return;
    this.#waiting.delete(request);
    this.#input.observer.dropped(job, why);
  }
}
