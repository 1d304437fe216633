// Many small writes in few statements: calls that arrive together go to the database as one group and share its COMMIT.
// Invariant: a call is never torn over two groups, and one that the database refuses fails alone; departments take turns. Used by intakeWriter.ts and heartbeats.ts.

import { isDataError } from './connection.ts';
import { FairLine } from './fairLine.ts';

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
  /** Items waiting or under way; a department may have as many as are free besides, which is half of them when it is alone. */
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
  readonly #line: FairLine<Call<Item, Outcome>>;
  #groupsInFlight = 0;
  #isScheduled = false;
  #paced: NodeJS.Timeout | null = null;

  constructor(options: GroupCommitOptions<Item, Outcome>) {
    this.#options = options;
    this.#line = new FairLine(options.queueItemsMax);
  }

  /** Resolves when the call's items are committed; null: the department's part of the queue is full and nothing was taken. */
  submit(department: string, items: readonly Item[]): Promise<readonly Outcome[]> | null {
    if (items.length === 0) return Promise.resolve([]);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome[]>();
    if (!this.#line.join(department, { items, resolve, reject })) return null;
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#line.waiting() === 0 || this.#isScheduled) return;
    if (this.#groupsInFlight >= this.#options.groupsInFlightMax) return;
    if (this.#paced !== null && this.#line.waiting() < this.#options.groupItemsMax) return;
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
    const group: { readonly call: Call<Item, Outcome>; readonly done: () => void }[] = [];
    for (let size = 0; size < this.#options.groupItemsMax; ) {
      const next = this.#line.next();
      if (next === null) break;
      group.push(next);
      size += next.call.items.length;
    }
    if (group.length === 0) return;
    this.#pace();
    this.#groupsInFlight += 1;
    void this.#write(group.map(({ call }) => call)).finally(() => {
      this.#groupsInFlight -= 1;
      for (const { done } of group) done();
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
