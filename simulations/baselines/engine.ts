// The event-driven core under all baselines: arrivals and ends in virtual time, one pass of the scheduler at each instant at which anything
// happened, and nothing in between. Invariant: ends come before arrivals of the same instant; a job runs once, for its own run time.
// Called by ../compare.ts with any iterable of jobs, so that a generated workload never lies in memory whole.

import type { Job } from '../job.ts';
import { EventHeap } from './heap.ts';
import type { Placement, Room } from './room.ts';

/** An order in which waiting jobs start. One object serves one run. */
export interface Discipline {
  /** The job waits from now on. */
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
}

export interface EngineInput {
  readonly jobs: Iterable<Job>;
  readonly room: Room;
  readonly discipline: Discipline;
  readonly observer: Observer;
  /** No event after it is looked at; absent: until everything has ended. */
  readonly untilMs?: number;
  readonly watch?: Watch;
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
}

/** Instants between two looks at `stopped`. */
const LOOK_EVERY = 4096;

export async function simulate(input: EngineInput): Promise<RunEnd> {
  const { jobs, room, discipline, observer, untilMs, watch } = input;
  const running = new Map<number, Running>();
  const ends = new EventHeap();
  const arrivals = jobs[Symbol.iterator]();
  const horizon = untilMs ?? Number.POSITIVE_INFINITY;
  let next = arrivals.next();
  let now = 0;
  const desk: Desk = {
    room,
    start(job, placement) {
      room.take(job, placement);
      running.set(job.index, { job, placement });
      ends.push(now + job.runMs, job.index);
      observer.started(job, placement, now);
    },
  };
  for (let instant = 1; ; instant++) {
    if (instant % LOOK_EVERY === 0 && watch !== undefined) {
      await watch.pause();
      if (watch.stopped()) return 'stopped';
    }
    const arrivesAt = next.done === true ? Number.POSITIVE_INFINITY : next.value.submitMs;
    const at = Math.min(arrivesAt, ends.nextAt);
    if (at === Number.POSITIVE_INFINITY) return discipline.waiting === 0 ? 'drained' : 'stuck';
    if (at > horizon) return 'horizon';
    if (at < now) throw new Error(`jobs are out of order at ${at} ms`);
    now = at;
    let freed = false;
    while (ends.nextAt === now) {
      const number = ends.pop();
      const { job, placement } = running.get(number)!;
      running.delete(number);
      room.give(job, placement);
      discipline.ended?.(job);
      observer.ended(job, placement, now);
      freed = true;
    }
    while (next.done !== true && next.value.submitMs === now) {
      const job = next.value;
      observer.submitted(job, now);
      if (room.everFits(job)) discipline.enqueue(job);
      else observer.dropped(job, 'larger than the capacity');
      next = arrivals.next();
    }
    discipline.pass(now, desk, freed);
  }
}
