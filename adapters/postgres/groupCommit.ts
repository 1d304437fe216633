// Many small writes in few statements: calls that arrive together go to the database as one group and share its COMMIT.
// Invariant: a call is never torn over two groups, and one that the database refuses fails alone. Used by intakeWriter.ts and heartbeats.ts.

import { isDataError } from './connection.ts';

export interface GroupCommitOptions<Item, Outcome> {
  /** A group is sent at the latest with the call that makes it this big. */
  readonly groupItemsMax: number;
  /**
   * Least time between two groups, unless one is full: calls wait that long for company, where each else would pay a COMMIT of its own. A writer
   * that has been idle for so long sends at once.
   */
  readonly paceMs: number;
  /** More than one, so that a call need not wait for the whole round trip of the group before it. */
  readonly groupsInFlightMax: number;
  /** Items waiting or under way; beyond it calls are refused. */
  readonly queueItemsMax: number;
  /** Writes the group: all of it or nothing. One outcome an item, in order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Outcome[]>;
}

interface Call<Item, Outcome> {
  readonly items: readonly Item[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Item, Outcome> {
  readonly #options: GroupCommitOptions<Item, Outcome>;
  readonly #waiting: Call<Item, Outcome>[] = [];
  #waitingItems = 0;
  #heldItems = 0;
  #groupsInFlight = 0;
  #isScheduled = false;
  #paced: NodeJS.Timeout | null = null;

  constructor(options: GroupCommitOptions<Item, Outcome>) {
    this.#options = options;
  }

  /** Resolves when the call's items are committed; null: the queue is full and nothing was taken. */
  submit(items: readonly Item[]): Promise<readonly Outcome[]> | null {
    if (items.length === 0) return Promise.resolve([]);
    // A call bigger than the queue is let in when the queue is empty, or it never could be.
    if (this.#heldItems > 0 && this.#heldItems + items.length > this.#options.queueItemsMax) return null;
    const done = new Promise<readonly Outcome[]>((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
    });
    this.#waitingItems += items.length;
    this.#heldItems += items.length;
    this.#schedule();
    return done;
  }

  #schedule(): void {
    if (this.#waiting.length === 0 || this.#isScheduled) return;
    if (this.#groupsInFlight >= this.#options.groupsInFlightMax) return;
    if (this.#paced !== null && this.#waitingItems < this.#options.groupItemsMax) return;
    this.#isScheduled = true;
    // Not at once: the calls of this turn of the event loop join the group.
    setImmediate(() => this.#flush());
  }

  /** From the last group on, also when that was full and came early. */
  #pace(): void {
    if (this.#paced !== null) clearTimeout(this.#paced);
    this.#paced = setTimeout(() => {
      this.#paced = null;
      this.#schedule();
    }, this.#options.paceMs);
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#groupsInFlight >= this.#options.groupsInFlightMax) return;
    const group: Call<Item, Outcome>[] = [];
    let size = 0;
    while (this.#waiting.length > 0 && size < this.#options.groupItemsMax) {
      const call = this.#waiting.shift()!;
      group.push(call);
      size += call.items.length;
    }
    if (group.length === 0) return;
    this.#waitingItems -= size;
    this.#pace();
    this.#groupsInFlight += 1;
    void this.#write(group).finally(() => {
      this.#groupsInFlight -= 1;
      this.#heldItems -= size;
      this.#schedule();
    });
    this.#schedule();
  }

  /** Never rejects: each call learns its own fate. A group with a bad call is halved until that call stands alone. */
  async #write(group: readonly Call<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#options.send(group.flatMap((call) => call.items));
      let from = 0;
      for (const call of group) {
        call.resolve(outcomes.slice(from, from + call.items.length));
        from += call.items.length;
      }
    } catch (error) {
      if (group.length > 1 && isDataError(error)) {
        const middle = group.length >> 1;
        await this.#write(group.slice(0, middle));
        await this.#write(group.slice(middle));
        return;
      }
      for (const call of group) call.reject(error);
    }
  }
}
