// The event-driven core under all baselines: arrivals and ends in virtual time, one pass of the scheduler at each instant at which anything
// happened, and nothing in between. Invariant: ends come before arrivals of the same instant; a job runs once, for its own run time.
// Called by ../compare.ts with any iterable of jobs, so that a generated workload never lies in memory whole.

import type { Job } from '../job.ts';
import type { Timeline } from '../world/timeline.ts';
import { EventHeap } from './heap.ts';
import type { Placement, Room } from './room.ts';

/** An order in which waiting jobs start. One object serves one run. */
export interface Discipline {
  /** The job waits from now on; whoever lost its units, from where it stood before. */
  enqueue(job: Job): void;
  /** Starts whoever may start. `freed`: units came back since the last pass. */
  pass(now: number, desk: Desk, freed: boolean): void;
  /** A job that it started has ended, its units are free. */
  ended?(job: Job): void;
  readonly waiting: number;
}

/** What a discipline may do. */
export interface Desk {
  readonly room: Room;
  start(job: Job, placement: Placement): void;
}

/** Told of everything, in order. */
export interface Observer {
  submitted(job: Job, at: number): void;
  /** It will never run, and why. */
  dropped(job: Job, why: string): void;
  started(job: Job, placement: Placement, at: number): void;
  ended(job: Job, placement: Placement, at: number): void;
  /** Its units were taken back before it was done; it waits again. */
  preempted(job: Job, placement: Placement, at: number): void;
  /** Rules of the policy deny it, or it waits for what they ask for. */
  held?(job: Job, rules: readonly string[]): void;
  /** From now on the pool, by its number, has so many units. */
  resized?(pool: number, capacity: number, at: number): void;
}

export interface EngineInput {
  readonly jobs: Iterable<Job>;
  readonly room: Room;
  readonly discipline: Discipline;
  readonly observer: Observer;
  /** No event after it is looked at; absent: until everything has ended. */
  readonly untilMs?: number;
  readonly watch?: Watch;
  /** When units fail, and when there are more or less of them; absent: never. */
  readonly timeline?: Timeline;
}

/** How a run is stopped from outside: asked at times, never more than so often. */
export interface Watch {
  /** Lets signals and progress through. */
  pause(): Promise<void>;
  /** True ends the run with what was seen so far. */
  stopped(): boolean;
}

/**
 * `drained`: everything ended. `stuck`: jobs wait that nothing will ever start. `endless`: far more instants than jobs can explain, given up.
 * `horizon`, `stopped`: ended from outside.
 */
export type RunEnd = 'drained' | 'horizon' | 'stopped' | 'stuck' | 'endless';

interface Running {
  readonly job: Job;
  readonly placement: Placement;
  readonly startedAt: number;
  readonly endsAt: number;
}

/** Instants between two looks at `stopped`. */
const LOOK_EVERY = 4096;
/** Changes of capacity in which nothing runs and nobody starts: those who wait then fit at no hour. */
const IDLE_CHANGES_MOST = 1000;

export function simulate(input: EngineInput): Promise<RunEnd> {
  return new Engine(input).run();
}

class Engine {
  readonly #input: EngineInput;
  readonly #running = new Map<number, Running>();
  readonly #ends = new EventHeap();
  readonly #desk: Desk;
  #now = 0;
  #freed = false;
  #idleChanges = 0;

  constructor(input: EngineInput) {
    this.#input = input;
    this.#desk = { room: input.room, start: (job, placement) => this.#start(job, placement) };
  }

  async run(): Promise<RunEnd> {
    const { jobs, discipline, untilMs, watch, timeline } = this.#input;
    const arrivals = jobs[Symbol.iterator]();
    const horizon = untilMs ?? Number.POSITIVE_INFINITY;
    let next = arrivals.next();
    for (let instant = 1; ; instant++) {
      if (instant % LOOK_EVERY === 0 && watch !== undefined) {
        await watch.pause();
        if (watch.stopped()) return 'stopped';
      }
      const arrivesAt = next.done === true ? Number.POSITIVE_INFINITY : next.value.submitMs;
      const changesAt = timeline?.nextAt ?? Number.POSITIVE_INFINITY;
      const isOver = next.done === true && this.#running.size === 0;
      if (isOver && discipline.waiting === 0) return 'drained';
      const at = Math.min(arrivesAt, this.#ends.nextAt, changesAt);
      if (at === Number.POSITIVE_INFINITY) return 'stuck';
      if (isOver && this.#idleChanges > IDLE_CHANGES_MOST) return 'stuck';
      if (at > horizon) return 'horizon';
      if (at < this.#now) throw new Error(`jobs are out of order at ${at} ms`);
      this.#now = at;
      this.#freed = false;
      this.#endDue();
      if (changesAt === at) this.#change(timeline!);
      while (next.done !== true && next.value.submitMs === at) {
        this.#submit(next.value);
        next = arrivals.next();
      }
      discipline.pass(at, this.#desk, this.#freed);
    }
  }

  #start(job: Job, placement: Placement): void {
    const { room, observer } = this.#input;
    const endsAt = this.#now + job.runMs;
    room.take(job, placement);
    this.#running.set(job.index, { job, placement, startedAt: this.#now, endsAt });
    this.#ends.push(endsAt, job.index);
    this.#idleChanges = 0;
    observer.started(job, placement, this.#now);
  }

  #submit(job: Job): void {
    const { room, discipline, observer } = this.#input;
    observer.submitted(job, this.#now);
    if (room.everFits(job)) discipline.enqueue(job);
    else observer.dropped(job, 'larger than the capacity');
  }

  #endDue(): void {
    while (this.#ends.nextAt === this.#now) {
      const running = this.#running.get(this.#ends.pop());
      // Whoever lost its units ends later, or has another end by now.
      if (running?.endsAt !== this.#now) continue;
      this.#leave(running);
      this.#input.observer.ended(running.job, running.placement, this.#now);
    }
  }

  #leave({ job, placement }: Running): void {
    this.#running.delete(job.index);
    this.#input.room.give(job, placement);
    this.#input.discipline.ended?.(job);
    this.#freed = true;
  }

  #change(timeline: Timeline): void {
    const { room, discipline, observer } = this.#input;
    this.#idleChanges += 1;
    this.#freed = true;
    for (const { pool, capacity, isLoss } of timeline.pop()) {
      observer.resized?.(pool, capacity, this.#now);
      let over = room.resize(pool, capacity);
      if (over === 0 || !isLoss) continue;
      for (const running of lostFirst(this.#running.values(), pool)) {
        if (over <= 0) break;
        over -= unitsOn(running, pool);
        this.#leave(running);
        observer.preempted(running.job, running.placement, this.#now);
        discipline.enqueue(running.job);
      }
    }
  }
}

/** Whoever sits on units that fail: the latest to start, who loses least. */
export function lostFirst<
  T extends { readonly job: Job; readonly placement: Placement; readonly startedAt: number },
>(running: Iterable<T>, pool: number): T[] {
  return [...running]
    .filter(({ placement }) => placement.includes(pool))
    .sort((a, b) => b.startedAt - a.startedAt || b.job.index - a.job.index);
}

export function unitsOn(
  { job, placement }: { readonly job: Job; readonly placement: Placement },
  pool: number,
): number {
  return job.claims.reduce((sum, { quantity }, i) => sum + (placement[i] === pool ? quantity : 0), 0);
}
