// Numbers that are counted exactly and kept: eight bytes each. Called by recorder.ts.

export class Sample {
  #values = new Float64Array(1024);
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  /** 0 of none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
    this.#sum += value;
  }

  /** The least value that no more than `1 - share` of the sample exceeds (nearest rank); 0 of none. */
  quantiles(...shares: readonly number[]): number[] {
    const sorted = this.sorted();
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  }

  sorted(): Float64Array {
    return this.#values.slice(0, this.#count).sort();
  }
}
