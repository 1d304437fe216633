// The one tail of a cell's event log in this process: told of commits where the leader lives, polling where it does not.
// Invariant: events are delivered once, in order, without gaps; what is not next in line is read from the log instead.

import type { DomainEvent } from '../../scheduler/index.ts';
import type { EventLog } from '../ports.ts';

export interface EventTailOptions {
  readonly cell: string;
  readonly log: EventLog;
  readonly deliver: (events: readonly DomainEvent[]) => void;
  /** A failed read: the next poll tries again. */
  readonly onError: (error: unknown) => void;
  /** A second behind at most in a process that no leader tells anything. */
  readonly pollMs: number;
  /** Newest events kept in memory, so that a thousand reconnecting clients cost the database nothing. */
  readonly keptMax: number;
}

const PAGE = 1000;

export class EventTail {
  readonly #options: EventTailOptions;
  #head = 0;
  #kept: DomainEvent[] = [];
  #reading = false;
  /** There may be more than the read that is running will see. */
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EventTailOptions) {
    this.#options = options;
  }

  /** Reads the newest events into memory and begins to follow. */
  async start(): Promise<void> {
    const { cell, log, keptMax, pollMs } = this.#options;
    const last = await log.last(cell);
    const newest: DomainEvent[] = [];
    for (let from = Math.max(0, last - keptMax); from < last; from = newest.at(-1)?.sequence ?? last) {
      const page = await log.read(cell, from, PAGE);
      if (page.length === 0) break;
      newest.push(...page);
    }
    this.#kept = newest;
    this.#head = newest.at(-1)?.sequence ?? last;
    this.#timer = setInterval(() => void this.#readOn(), pollMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** After a commit, in order. */
  publish(events: readonly DomainEvent[]): void {
    const fresh = events.filter((event) => event.sequence > this.#head);
    if (fresh.length === 0) return;
    const inLine = fresh.every((event, index) => event.sequence === this.#head + 1 + index);
    // Also while a read is under way: what it brings is cut at the head that it then finds.
    if (inLine) this.#accept(fresh);
    else void this.#readOn();
  }

  /** Reads on now, and not at the next poll. */
  look(): void {
    void this.#readOn();
  }

  /** Sequence of the last delivered event. */
  head(): number {
    return this.#head;
  }

  /** Events after a sequence, oldest first; some may not have been delivered yet. */
  async history(after: number, limit: number): Promise<readonly DomainEvent[]> {
    const oldest = this.#kept[0];
    if (oldest && oldest.sequence <= after + 1) {
      const from = firstAbove(this.#kept, after);
      return this.#kept.slice(from, from + limit);
    }
    return this.#options.log.read(this.#options.cell, after, limit);
  }

  #accept(events: readonly DomainEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    const { keptMax, deliver } = this.#options;
    this.#head = last.sequence;
    for (const event of events) this.#kept.push(event);
    // Cut at twice the size: shifting the array once per event would cost its length every time.
    if (this.#kept.length > 2 * keptMax) this.#kept = this.#kept.slice(-keptMax);
    deliver(events);
  }

  async #readOn(): Promise<void> {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    const { cell, log, onError } = this.#options;
    try {
      while (this.#again) {
        this.#again = false;
        const page = await log.read(cell, this.#head, PAGE);
        this.#accept(page.filter((event) => event.sequence > this.#head));
        if (page.length === PAGE) this.#again = true;
      }
    } catch (error) {
      onError(error);
    } finally {
      this.#reading = false;
    }
  }
}

/** Index of the first event above a sequence; events are sorted. */
function firstAbove(events: readonly DomainEvent[], sequence: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle] as DomainEvent).sequence > sequence) high = middle;
    else low = middle + 1;
  }
  return low;
}
