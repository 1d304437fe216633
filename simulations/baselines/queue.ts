// Disciplines with one queue: first come first served, shortest first, and EASY backfill. Invariant: whoever is first is never passed by a
// job that would delay it, by the estimates told. Called through catalogue.ts.

import type { Job } from '../job.ts';
import type { Desk, Discipline } from './engine.ts';
import type { Room } from './room.ts';
import { Sorted } from './sorted.ts';

/** First come, first served: who does not fit holds up all behind it. */
export class Fcfs implements Discipline {
  readonly #queue: Job[] = [];
  #head = 0;

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  enqueue(job: Job): void {
    this.#queue.splice(placeOf(job, this.#queue, this.#head), 0, job);
  }

  pass(_now: number, desk: Desk): void {
    for (; this.#head < this.#queue.length; this.#head++) {
      const job = this.#queue[this.#head]!;
      const placement = desk.room.find(job);
      if (placement === null) break;
      desk.start(job, placement);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }
}

/** Shortest estimate first; whoever is shortest and does not fit holds up all others. */
export class Sjf implements Discipline {
  readonly #queue = new Sorted<Job>((a, b) => a.estimateMs - b.estimateMs || a.index - b.index);

  get waiting(): number {
    return this.#queue.size;
  }

  enqueue(job: Job): void {
    this.#queue.add(job);
  }

  pass(_now: number, desk: Desk): void {
    for (let job = this.#queue.at(0); job !== undefined; job = this.#queue.at(0)) {
      const placement = desk.room.find(job);
      if (placement === null) return;
      this.#queue.removeAt(0);
      desk.start(job, placement);
    }
  }
}

/** By arrival: almost always behind all others. */
function placeOf({ index }: Job, queue: readonly Job[], from: number): number {
  let at = queue.length;
  while (at > from && queue[at - 1]!.index > index) at -= 1;
  return at;
}

interface Runs {
  readonly job: Job;
  readonly placement: readonly number[];
  readonly endsAt: number;
}

/** The instant at which the head of the queue can start, and the room of that instant with the head in it. */
interface Shadow {
  readonly at: number;
  readonly room: Room;
}

/**
 * EASY: the head of the queue has a reservation at the earliest instant that estimates allow; others start when they fit now and either end
 * by then or fit beside it then (Lifka: "The ANL/IBM SP scheduling system", 1995; Mu'alem and Feitelson, 2001).
 */
export class Easy implements Discipline {
  #queue: Job[] = [];
  /** Of the queue's beginning, those that were looked at since units last came back. */
  #looked = 0;
  #shadow: Shadow | null = null;
  readonly #running = new Sorted<Runs>((a, b) => a.endsAt - b.endsAt || a.job.index - b.job.index);
  readonly #byJob = new Map<number, Runs>();

  get waiting(): number {
    return this.#queue.length;
  }

  enqueue(job: Job): void {
    this.#queue.splice(placeOf(job, this.#queue, 0), 0, job);
  }

  ended(job: Job): void {
    const runs = this.#byJob.get(job.index)!;
    this.#byJob.delete(job.index);
    this.#running.remove(runs);
  }

  pass(now: number, desk: Desk, freed: boolean): void {
    if (freed) {
      this.#shadow = null;
      this.#looked = 0;
    }
    if (this.#shadow === null) this.#startHeads(now, desk);
    const head = this.#queue[0];
    if (head === undefined) return;
    this.#shadow ??= this.#shadowOf(head, desk.room, now);
    this.#backfill(now, desk, this.#shadow);
  }

  #startHeads(now: number, desk: Desk): void {
    let started = 0;
    for (; started < this.#queue.length; started++) {
      const job = this.#queue[started]!;
      const placement = desk.room.find(job);
      if (placement === null) break;
      this.#start(job, placement, { now, desk });
    }
    if (started > 0) this.#queue.splice(0, started);
  }

  #backfill(now: number, desk: Desk, shadow: Shadow): void {
    const queue = this.#queue;
    let kept = Math.max(1, this.#looked);
    const failed = new Set<number>();
    for (let i = kept; i < queue.length; i++) {
      const job = queue[i]!;
      const placement = failed.has(job.shape) ? null : desk.room.find(job);
      if (placement === null) failed.add(job.shape);
      const starts = placement !== null && this.#passes(job, now, shadow);
      if (starts) this.#start(job, placement, { now, desk });
      else queue[kept++] = job;
    }
    queue.length = kept;
    this.#looked = kept;
  }

  /** Whether it delays nobody; then its units are taken from the room of the head's instant, if it runs that long. */
  #passes(job: Job, now: number, { at, room }: Shadow): boolean {
    if (now + job.estimateMs <= at) return true;
    const then = room.find(job);
    if (then === null) return false;
    room.take(job, then);
    return true;
  }

  #start(job: Job, placement: readonly number[], { now, desk }: { now: number; desk: Desk }): void {
    const runs = { job, placement, endsAt: now + job.estimateMs };
    this.#running.add(runs);
    this.#byJob.set(job.index, runs);
    desk.start(job, placement);
  }

  /** One end after the other until the head fits: another end at that very instant is no part of what others may use beside it. */
  #shadowOf(head: Job, room: Room, now: number): Shadow {
    const later = room.copy();
    let at = now;
    let i = 0;
    for (let found = later.find(head); ; found = later.find(head)) {
      if (found !== null) {
        later.take(head, found);
        return { at, room: later };
      }
      const next = this.#running.at(i++);
      // Units are out, and nothing that runs brings them back: nobody can delay the head.
      if (next === undefined) return { at: Number.POSITIVE_INFINITY, room: later };
      at = Math.max(now, next.endsAt);
      later.give(next.job, next.placement);
    }
  }
}
