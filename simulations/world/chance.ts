// Chance from one seed: the same seed is the same world. Whole numbers alone, so that it is the same on every engine.
// Called by adversary.ts.

/** Marsaglia's xorshift on 32 bits ("Xorshift RNGs", 2003, triple 13, 17, 5). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    // Zero is its one fixed point; a few turns part seeds that are neighbours.
    this.#state = (seed ^ 0x9e3779b9) | 0 || 1;
    for (let turn = 0; turn < 8; turn++) this.#next();
  }

  /** From 0 to below `limit`, a whole number of at most 2^31. */
  below(limit: number): number {
    return (this.#next() >>> 1) % limit;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True so many times in a hundred. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  #next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x;
  }
}
