// A quantity over time in a fixed number of bins, however long the run turns out to be: when it outgrows them, neighbours are merged and bins
// are twice as wide. Invariant: the integral is exact in what was added; memory does not grow. Called by recorder.ts.

const BINS_MOST = 512;
const FIRST_WIDTH_MS = 60_000;

export class Series {
  #widthMs = FIRST_WIDTH_MS;
  #bins: number[] = [];

  /** `value` held from one instant to the other. */
  add(fromMs: number, toMs: number, value: number): void {
    if (value === 0 || toMs <= fromMs) return;
    while (toMs > this.#widthMs * BINS_MOST) this.#widen();
    for (let bin = Math.floor(fromMs / this.#widthMs); bin * this.#widthMs < toMs; bin++) {
      const start = Math.max(fromMs, bin * this.#widthMs);
      const end = Math.min(toMs, (bin + 1) * this.#widthMs);
      this.#bins[bin] = (this.#bins[bin] ?? 0) + (end - start) * value;
    }
  }

  #widen(): void {
    const before = this.#bins;
    const after: number[] = [];
    for (let i = 0; i < before.length; i++) after[i >> 1] = (after[i >> 1] ?? 0) + (before[i] ?? 0);
    this.#bins = after;
    this.#widthMs *= 2;
  }

  /** When the integral first passes `sum`, to the width of a bin; null: never. */
  passes(sum: number): number | null {
    let total = 0;
    for (const [i, value] of this.#bins.entries()) {
      const before = total;
      total += value ?? 0;
      if (total > sum) return Math.round((i + (sum - before) / (total - before)) * this.#widthMs);
    }
    return null;
  }

  /** Means over bins of equal width, through `untilMs`. */
  means(untilMs: number): { readonly widthMs: number; readonly values: readonly number[] } {
    while (untilMs > this.#widthMs * BINS_MOST) this.#widen();
    const count = Math.max(1, Math.ceil(untilMs / this.#widthMs));
    const values = Array.from({ length: count }, (_, i) => {
      const width = Math.min(this.#widthMs, untilMs - i * this.#widthMs) || this.#widthMs;
      return (this.#bins[i] ?? 0) / width;
    });
    return { widthMs: this.#widthMs, values };
  }
}
