// One loop for a whole cluster in virtual time: what happens next is the earliest event, and all that follows from it ends before the next.
// Invariant: time is whole microseconds and moves only here; equal instants keep the order in which they were asked for, so that one seed
// is one history. Called by simulations/faults.

import type { Instant } from '../../scheduler/index.ts';

/** One incarnation of a process: what it waits for dies with it, and stands still while it is paused. */
export class Life {
  readonly name: string;
  alive = true;
  /** While it stands still: what has come for it meanwhile, in order. Null: it runs. */
  parked: (() => void)[] | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly life: Life | null;
  readonly run: () => void;
}

export class Loop {
  readonly #startsAt: Instant;
  readonly #heap: Happening[] = [];
  #at = 0;
  #order = 0;

  constructor(startsAt: Instant) {
    this.#startsAt = startsAt;
  }

  /** The clock of the store: milliseconds. */
  get now(): Instant {
    return this.#startsAt + Math.floor(this.#at / 1000);
  }

  /** Virtual microseconds since the start. */
  get elapsedUs(): number {
    return this.#at;
  }

  /** `life` null: it happens whoever has died meanwhile, as a message that is under way arrives. */
  after(us: number, life: Life | null, run: () => void): void {
    this.#push({ at: this.#at + Math.max(0, Math.floor(us)), order: this.#order++, life, run });
  }

  /** Resolves early, without error, when the signal aborts. */
  sleep(ms: number, life: Life, signal?: AbortSignal): Promise<void> {
    return new Promise((done) => {
      if (signal?.aborted) {
        done();
        return;
      }
      signal?.addEventListener('abort', () => done(), { once: true });
      this.after(ms * 1000, life, done);
    });
  }

  /** Stands still for so long, or until it is resumed. */
  pause(life: Life, ms: number): void {
    if (life.parked !== null) return;
    const parked: (() => void)[] = [];
    life.parked = parked;
    this.after(ms * 1000, null, () => {
      if (life.parked === parked) this.resume(life);
    });
  }

  /** What has come meanwhile happens now, in the order in which it came. */
  resume(life: Life): void {
    const parked = life.parked ?? [];
    life.parked = null;
    for (const run of parked) this.after(0, life, run);
  }

  /** Until this virtual microsecond, or until `isOver` says so; then the clock stands there. */
  async run(untilUs: number, isOver: () => boolean = () => false): Promise<void> {
    await settled();
    while (!isOver()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > untilUs) break;
      this.#pop();
      const { life } = next;
      if (life?.alive === false) continue;
      this.#at = next.at;
      if (life?.parked) {
        life.parked.push(next.run);
        continue;
      }
      next.run();
      await settled();
    }
    if (!isOver()) this.#at = Math.max(this.#at, untilUs);
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let i = heap.push(happening) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(happening, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when no promise that is resolved by now has anything left to do. */
function settled(): Promise<void> {
  return new Promise((done) => {
    setImmediate(done);
  });
}
