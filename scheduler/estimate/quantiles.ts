// Observed ratios in per mille, counted in fixed classes, and their quantiles: whole numbers only, the same on every machine.
// Invariant: old observations fade: all counts are halved when there are many. Called by ratios.ts and errors.ts.

/** Lower edges of the classes, in per mille: fine about 1, where it matters, and twice as wide at each doubling beyond. */
const EDGES = [
  0, 25, 50, 75, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 950,
  1000, 1050, 1100, 1200, 1300, 1400, 1600, 1800, 2000, 2500, 3000, 4000, 6000, 8000, 12_000, 16_000, 32_000,
  64_000,
] as const;

const COUNT_MAX = 1024;

export class Quantiles {
  readonly #counts = new Array<number>(EDGES.length).fill(0);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(perMille: number): void {
    let index = EDGES.length - 1;
    while (index > 0 && EDGES[index]! > perMille) index -= 1;
    this.#counts[index]! += 1;
    this.#total += 1;
    if (this.#total >= COUNT_MAX) this.#fade();
  }

  /** The least class edge that `percent` of what was observed lies below; null before anything was. */
  above(percent: number): number | null {
    const index = this.#classOf(percent);
    return index === null ? null : (EDGES[index + 1] ?? EDGES[index]!);
  }

  /** The largest class edge that all but `percent` of what was observed lies above. */
  below(percent: number): number | null {
    const index = this.#classOf(percent);
    return index === null ? null : EDGES[index]!;
  }

  #classOf(percent: number): number | null {
    if (this.#total === 0) return null;
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen * 100 >= percent * this.#total) return index;
    }
    return EDGES.length - 1;
  }

  #fade(): void {
    this.#total = 0;
    for (const [index, count] of this.#counts.entries()) {
      this.#counts[index] = count >> 1;
      this.#total += count >> 1;
    }
  }
}

export function scaled(ms: number, perMille: number): number {
  return Math.floor((ms * perMille) / 1000);
}
