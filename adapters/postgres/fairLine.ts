// A bounded line with a lane a department: whoever floods fills its own lane, and the next in turn is who was served least.
// Invariant: within a lane first come, first served; a lane never holds more than the room that is free, so that others always find some.
// Order by start-time fair queueing (Goyal, Vin, Cheng 1996), shares by dynamic thresholds (Choudhury, Hahne 1998). Used by groupCommit.ts.

export interface Sized {
  readonly items: readonly unknown[];
}

interface Lane<Call> {
  readonly name: string;
  readonly waiting: Call[];
  /** Items waiting or under way. */
  held: number;
  /** Items that the lane was served, on a clock that stands where the lane served least stands. */
  served: number;
}

export class FairLine<Call extends Sized> {
  readonly #itemsMax: number;
  readonly #lanes = new Map<string, Lane<Call>>();
  #held = 0;
  #waiting = 0;
  /** Where a lane begins that was away: what it did not use is not saved up. */
  #clock = 0;

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax;
  }

  /** Items that wait. */
  waiting(): number {
    return this.#waiting;
  }

  /**
   * False: there is no room in this lane, and nothing was taken. Alone a lane holds half of the line, beside another a third each, and so on:
   * what is left over is for who comes next. A call bigger than that is taken by an empty line, or it never could be.
   */
  join(name: string, call: Call): boolean {
    const size = call.items.length;
    const held = this.#lanes.get(name)?.held ?? 0;
    if (this.#held > 0 && held + size > this.#itemsMax - this.#held - size) return false;
    const lane = this.#lanes.get(name) ?? { name, waiting: [], held: 0, served: this.#clock };
    this.#lanes.set(name, lane);
    lane.waiting.push(call);
    lane.held += size;
    this.#held += size;
    this.#waiting += size;
    return true;
  }

  /** The next call, which is under way from now on; null when none waits. Answers how to say that it is done. */
  next(): { readonly call: Call; readonly done: () => void } | null {
    let least: Lane<Call> | null = null;
    for (const lane of this.#lanes.values()) {
      if (lane.waiting.length > 0 && (least === null || lane.served < least.served)) least = lane;
    }
    const call = least?.waiting.shift();
    if (least === null || call === undefined) return null;
    const lane = least;
    const size = call.items.length;
    this.#waiting -= size;
    this.#clock = lane.served;
    lane.served += size;
    return { call, done: () => this.#leave(lane, size) };
  }

  #leave(lane: Lane<Call>, size: number): void {
    lane.held -= size;
    this.#held -= size;
    if (lane.held === 0) this.#lanes.delete(lane.name);
  }
}
