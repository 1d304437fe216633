// Jobs through the production tick in virtual time: `runTick` over the store in memory, at the instants at which anything happens.
// Invariant: a job is one request, its estimate the duration that is asked for; the lease is given back when the job has run. Called by
// ../compare.ts; the same events reach the same observer as those of a baseline.

import {
  admit,
  type Change,
  type Instant,
  type Lease,
  type LeaseId,
  type Reason,
  type ResourceRequest,
  type TickCommit,
} from '../../scheduler/index.ts';
import { lostFirst, type RunEnd, unitsOn } from '../baselines/engine.ts';
import { EventHeap } from '../baselines/heap.ts';
import type { Placement } from '../baselines/room.ts';
import type { Job } from '../job.ts';
import { TickLog } from '../metrics/tickLog.ts';
import type { LiveRunInput, LiveRunResult } from './liveInput.ts';
import { Reviewers } from './reviewers.ts';
import { lagAt, solverOfHours } from './solverHours.ts';
import { Standing } from './standing.ts';
import { World } from './world.ts';

/** The instant of virtual time 0: a Monday, so that calendars start with a week. */
export const EPOCH_MS: Instant = 1_767_571_200_000;

/** Commits of history that are kept: enough that dropping them costs little. */
const HISTORY = 256;
/** Instants between two looks at the watch. */
const LOOK_EVERY = 32;
/** A job comes, starts, falls due, ends, and is looked at a few times for a promise; far more is a loop. */
const INSTANTS_A_JOB = 64;
const INSTANTS_LEAST = 100_000;
/** Changes of capacity in which nothing runs and nobody starts, as the baselines count them. */
const IDLE_CHANGES_MOST = 1000;

/** The job that a request of a run asks for, by its number. */
export function jobNumberOf(request: string): number {
  return Number(request.slice('req_'.length + ATTEMPT_DIGITS));
}

const ATTEMPT_DIGITS = 6;

interface Held {
  /** As it runs: claims of the option that was granted. */
  readonly job: Job;
  /** As it was asked. */
  readonly wish: Job;
  readonly lease: LeaseId;
  readonly epoch: number;
  readonly placement: Placement;
  readonly startedAt: number;
  readonly endsAt: number;
}

/** Resolves with how it ended, as a baseline does. */
export async function runLive(input: LiveRunInput): Promise<LiveRunResult> {
  const live = await LiveRun.open(input);
  const end = await live.run();
  return { end, ...live.figures(end === 'horizon' ? input.untilMs : undefined) };
}

class LiveRun {
  readonly #input: LiveRunInput;
  readonly #world: World;
  readonly #commits: TickCommit[];
  readonly #standing: Standing;
  readonly #reviewers: Reviewers;
  readonly #startsAt: Instant;
  readonly #log: TickLog;
  readonly #ends = new EventHeap();
  /** When waiting jobs become overdue, and what else time alone brings. */
  readonly #dues = new EventHeap();
  readonly #waiting = new Map<string, Job>();
  readonly #held = new Map<number, Held>();
  readonly #byLease = new Map<string, Held>();
  /** Too large for what is left while units are out: their agents ask again when that changes. */
  readonly #away: Job[] = [];
  /** Job -> how often its agent has asked. */
  readonly #asked = new Map<number, number>();
  readonly #tickMs: number[] = [];
  #submitted = 0;
  #changes = 0;
  #idleChanges = 0;
  /** A slow solver's tick decides then; infinity: none is under way. */
  #decidesAt = Number.POSITIVE_INFINITY;
  #now = 0;

  private constructor(input: LiveRunInput, { world, commits, standing }: Opened) {
    this.#input = input;
    this.#world = world;
    this.#commits = commits;
    this.#standing = standing;
    this.#startsAt = input.startsAt ?? EPOCH_MS;
    this.#log = new TickLog(this.#startsAt);
    this.#reviewers = new Reviewers(input.reviews ?? {}, input.seed ?? 1);
  }

  static async open(input: LiveRunInput): Promise<LiveRun> {
    const commits: TickCommit[] = [];
    const { digest, policy, stopwatch, solverHours = [], startsAt = EPOCH_MS } = input;
    const standing = new Standing(input, startsAt);
    const committed = (commit: TickCommit): void => void commits.push(commit);
    let live: LiveRun | null = null;
    const world = await World.open({
      configuration: standing.configuration,
      solver: solverOfHours(input.solver, solverHours, () => live?.nowMs ?? 0),
      digest,
      startsAt,
      committed,
      forgetEvery: HISTORY,
      ...(policy !== undefined && { policy }),
      ...(stopwatch !== undefined && { stopwatch }),
    });
    live = new LiveRun(input, { world, commits, standing });
    return live;
  }

  get nowMs(): number {
    return this.#now;
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
      if (next.done === true && this.#isOver()) return 'drained';
      const at = Math.min(arrivesAt, this.#nextAt());
      if (at === Number.POSITIVE_INFINITY || (next.done === true && this.#isIdle())) return 'stuck';
      if (at > horizon) return 'horizon';
      if (instant > INSTANTS_LEAST + INSTANTS_A_JOB * (this.#submitted + this.#changes)) return 'endless';
      this.#now = at;
      this.#world.now = this.#startsAt + at;
      while (this.#dues.nextAt <= at) this.#dues.pop();
      while (this.#ends.nextAt <= at) await this.#end(this.#ends.pop(), at);
      await this.#change(at);
      while (next.done !== true && next.value.submitMs <= at) {
        await this.#arrive(next.value, at);
        next = arrivals.next();
      }
      await this.#reviewers.rule(this.#world, this.#standing.configuration);
      if (this.#isSlow(at)) continue;
      await this.#world.pass(0);
      for (const commit of this.#commits.splice(0)) await this.#read(commit, at);
    }
  }

  /** `untilMs`: through when prices and accounts are counted. */
  figures(untilMs = this.#now): Omit<LiveRunResult, 'end'> {
    const { configuration, tickDigest } = this.#world.state;
    return {
      solver: this.#log.ticks(untilMs),
      deniedByRule: this.#log.deniedByRule(),
      accounts: this.#log.accounts(configuration, untilMs),
      digest: tickDigest,
      tickMs: this.#tickMs,
    };
  }

  #isOver(): boolean {
    return this.#held.size === 0 && this.#waiting.size === 0 && this.#away.length === 0;
  }

  /** Capacity comes and goes, and nobody starts. */
  #isIdle(): boolean {
    return this.#held.size === 0 && this.#idleChanges > IDLE_CHANGES_MOST;
  }

  #nextAt(): number {
    const outside = Math.min(this.#ends.nextAt, this.#dues.nextAt, this.#standing.nextAt);
    // While a tick is under way, what is due waits for it.
    if (this.#decidesAt !== Number.POSITIVE_INFINITY) return Math.min(outside, this.#decidesAt);
    return Math.min(outside, this.#world.dueAt() - this.#startsAt);
  }

  /** Whether the tick on what came is still to come. */
  #isSlow(at: number): boolean {
    const lag = lagAt(this.#input.solverHours ?? [], at);
    if (lag > 0 && this.#decidesAt === Number.POSITIVE_INFINITY) this.#decidesAt = at + lag;
    if (lag > 0 && at < this.#decidesAt) return true;
    this.#decidesAt = Number.POSITIVE_INFINITY;
    return false;
  }

  async #arrive(job: Job, at: number): Promise<void> {
    this.#input.observer.submitted(job, at);
    this.#submitted += 1;
    await this.#ask(job, at);
  }

  async #ask(job: Job, at: number): Promise<void> {
    const { requestOf, isAdmitted = false, observer } = this.#input;
    const attempt = this.#asked.get(job.index) ?? 0;
    if (this.#input.timeline !== undefined) this.#asked.set(job.index, attempt + 1);
    const number = `${String(attempt).padStart(ATTEMPT_DIGITS, '0')}${String(job.index).padStart(20, '0')}`;
    const id = `req_${number}` as ResourceRequest['id'];
    const request: ResourceRequest = {
      ...requestOf(job),
      id,
      clientRequestId: id,
      submittedAt: this.#world.now,
    };
    if (isAdmitted) {
      const admission = admit(this.#standing.configuration, request);
      if (!admission.ok) {
        const { code } = admission.refusal;
        if (code === 'NEVER_FITS' && this.#standing.isShort) this.#away.push(job);
        else observer.dropped(job, code);
        return;
      }
    }
    this.#waiting.set(id, job);
    const { deadline, durationSeconds } = request.terms;
    this.#dues.push(at + this.#standing.targetMsOf(request.terms.class), job.index);
    if (deadline !== undefined)
      this.#dues.push(deadline - durationSeconds * 1000 + 1 - this.#startsAt, job.index);
    await this.#world.submit(request);
  }

  /** The run is over: the lease is given back, unless it was taken back before. */
  async #end(number: number, at: number): Promise<void> {
    const held = this.#held.get(number);
    if (held === undefined || held.endsAt > at) return;
    await this.#giveBack(held);
    this.#input.observer.ended(held.job, held.placement, at);
  }

  async #giveBack({ wish, lease, epoch }: Held): Promise<void> {
    this.#held.delete(wish.index);
    this.#byLease.delete(lease);
    const { department, agent } = this.#input.requestOf(wish);
    await this.#world.act({ type: 'release', lease, epoch }, { department, agent });
  }

  /** Capacity and calendar go on; whoever sat on units that failed runs no more, and asks again. */
  async #change(at: number): Promise<void> {
    if (this.#standing.nextAt > at) return;
    const { observer } = this.#input;
    this.#changes += 1;
    this.#idleChanges += 1;
    const changes = this.#standing.advance(at);
    const lost: Held[] = [];
    for (const { pool, capacity, isLoss } of changes) {
      observer.resized?.(pool, capacity, at);
      if (isLoss) lost.push(...(await this.#lose(pool, capacity, at)));
    }
    await this.#world.configure(this.#standing.configuration);
    for (const job of [...lost.map(({ wish }) => wish), ...this.#away.splice(0)]) await this.#ask(job, at);
  }

  async #lose(pool: number, capacity: number, at: number): Promise<Held[]> {
    let over = -capacity;
    for (const held of this.#held.values()) over += unitsOn(held, pool);
    const lost: Held[] = [];
    for (const held of lostFirst(this.#held.values(), pool)) {
      if (over <= 0) break;
      over -= unitsOn(held, pool);
      lost.push(held);
      await this.#giveBack(held);
      this.#input.observer.preempted(held.job, held.placement, at);
    }
    return lost;
  }

  async #read(commit: TickCommit, at: number): Promise<void> {
    this.#log.read(commit, at);
    if (this.#input.stopwatch !== undefined) {
      const { foldMs, gateMs, formulateMs, solveMs, decodeMs } = commit.record.timings;
      this.#tickMs.push(foldMs + gateMs + formulateMs + solveMs + decodeMs);
    }
    for (const change of commit.changes) {
      if (change.type === 'leaseGranted') await this.#grant(change.lease, at);
      else if (change.type === 'leaseRevoking')
        this.#dues.push(change.revocation.graceEndsAt - this.#startsAt, 0);
      else if (change.type === 'leaseEnded' && change.cause !== 'agent') this.#taken(change, at);
      else if (change.type === 'approvalMoved')
        for (const due of this.#reviewers.noticed(change.approval, this.#world.now))
          this.#dues.push(due - this.#startsAt, 0);
      else if (change.type === 'decided' && change.outcome !== 'waiting' && change.outcome !== 'granted')
        this.#drop(change.request, change.reasons, change.outcome);
      else if (change.type === 'decided' && change.outcome === 'waiting') this.#note(change);
    }
  }

  /** Rules of the policy that somebody waits for. */
  #note({ request, reasons }: Extract<Change, { type: 'decided' }>): void {
    const job = this.#waiting.get(request);
    const rules = reasons.flatMap((reason) => {
      if (reason.code === 'POLICY_LIMIT') return reason.short.map(({ what }) => what);
      return reason.code === 'AWAITING_APPROVAL' ? [reason.rule] : [];
    });
    if (job !== undefined && rules.length > 0) this.#input.observer.held?.(job, rules);
  }

  async #grant(lease: Lease, at: number): Promise<void> {
    const wish = this.#waiting.get(lease.request);
    // A slot for a reviewer is no job.
    if (wish === undefined) return;
    this.#waiting.delete(lease.request);
    this.#idleChanges = 0;
    const { poolNumbers, isAdmitted } = this.#input;
    // Windows and what is used up are counted by nobody but the tick.
    const counted = lease.allocations.filter(({ pool }) => poolNumbers.has(pool));
    const placement = counted.map(({ pool }) => poolNumbers.get(pool)!);
    const job = isAdmitted === true ? { ...wish, claims: counted } : wish;
    const ends = { startedAt: at, endsAt: at + job.runMs };
    const held = { job, wish, lease: lease.id, epoch: lease.epoch, placement, ...ends };
    this.#held.set(job.index, held);
    this.#byLease.set(lease.id, held);
    this.#ends.push(held.endsAt, job.index);
    if (lease.endsAt - this.#startsAt < held.endsAt)
      this.#dues.push(lease.endsAt - this.#startsAt, job.index);
    this.#input.observer.started(job, placement, at);
    await this.#world.beat(lease);
  }

  /** Somebody with a better right has its units, its account stopped paying, or the policy let it run shorter than it wanted. */
  #taken({ lease, cause, successor }: Extract<Change, { type: 'leaseEnded' }>, at: number): void {
    const held = this.#byLease.get(lease);
    // Its declared end came at the very instant of its run's end.
    if (held === undefined) return;
    const { job, wish, placement } = held;
    if (cause === 'heartbeat' || cause === 'startLimit')
      throw new Error(`the lease of ${job.name} ended by itself: ${cause}`);
    this.#held.delete(job.index);
    this.#byLease.delete(lease);
    this.#input.observer.preempted(job, placement, at);
    if (successor !== undefined) this.#waiting.set(successor, wish);
    else this.#input.observer.dropped(job, cause === 'grace' ? 'REVOKED' : `LEASE_${cause.toUpperCase()}`);
  }

  #drop(request: string, reasons: readonly Reason[], outcome: string): void {
    const job = this.#waiting.get(request);
    if (job === undefined) return;
    this.#waiting.delete(request);
    const [reason] = reasons;
    const why = reason?.code ?? outcome;
    if (why === 'UNSATISFIABLE' && this.#standing.isShort) {
      this.#away.push(job);
      return;
    }
    if (reason?.code === 'POLICY_DENIED') this.#input.observer.held?.(job, reason.rules);
    else if (reason !== undefined && 'rule' in reason) this.#input.observer.held?.(job, [reason.rule]);
    this.#input.observer.dropped(job, why);
  }
}

interface Opened {
  readonly world: World;
  readonly commits: TickCommit[];
  readonly standing: Standing;
}
