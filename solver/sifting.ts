// Sifting: a large linear program by way of small ones. Prices from elsewhere say which shapes are in doubt; only those are priced in, the
// rest stand at what the prices say, and whoever the new prices contradict joins. Invariant: the bound at the end is over all columns,
// whatever was left out; the fixed shapes fit together in exact integers. Called by bounding.ts.
import { Load } from './load.ts';
import type { Program } from './program.ts';

export interface Sieve {
  /** Option -> 1 when it is priced in. */
  readonly open: Uint8Array;
  /** Option -> count that stands without being asked. */
  readonly fixed: Int32Array;
}

/** The `most` shapes whose best and second-best choice (an option or nothing) lie nearest together, relative to the worth. */
export function sieveAt(program: Program, prices: Float64Array, most: number): Sieve {
  const { shapeCount, shapeStarts, multiplicity, objective } = program;
  const margin = new Float64Array(shapeCount);
  const best = new Int32Array(shapeCount);
  for (let s = 0; s < shapeCount; s++) {
    let first = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    for (let q = shapeStarts[s]!; q < shapeStarts[s + 1]!; q++) {
      const price = prices[q]!;
      if (price > first) {
        second = first;
        first = price;
        best[s] = q;
      } else if (price > second) second = price;
    }
    margin[s] = (first > 0 ? first - Math.max(0, second) : -first) / objective[best[s]!]!;
  }
  const ranked = margin.slice().sort();
  const limit = ranked[Math.min(most, shapeCount) - 1]!;
  const open = new Uint8Array(program.columnCount);
  const fixed = new Int32Array(program.columnCount);
  const load = new Load(program);
  for (let s = 0; s < shapeCount; s++) {
    const q = best[s]!;
    let doubtful = margin[s]! <= limit;
    if (!doubtful && prices[q]! > 0) {
      const count = load.addMost(q, multiplicity[s]!);
      fixed[q] = count;
      doubtful = count < multiplicity[s]!;
    }
    if (doubtful) openNear(program, open, { prices, shape: s, within: 2 * limit });
  }
  return { open, fixed };
}

/** Options of a shape whose price is within so much of its worth from the best. */
function openNear(
  program: Program,
  open: Uint8Array,
  { prices, shape, within }: { prices: Float64Array; shape: number; within: number },
): void {
  const { shapeStarts, objective } = program;
  let best = 0;
  for (let q = shapeStarts[shape]!; q < shapeStarts[shape + 1]!; q++) best = Math.max(best, prices[q]!);
  for (let q = shapeStarts[shape]!; q < shapeStarts[shape + 1]!; q++) {
    if (prices[q]! >= best - within * objective[q]!) open[q] = 1;
  }
}

/** Opens what the prices contradict; says how much the bound may still fall by it. */
export function widen(program: Program, sieve: Sieve, prices: Float64Array): number {
  const { shapeCount, shapeStarts, multiplicity, objective } = program;
  const { open, fixed } = sieve;
  let slack = 0;
  for (let s = 0; s < shapeCount; s++) {
    let best = 0;
    let held = Number.NEGATIVE_INFINITY;
    let openBest = 0;
    let stands = -1;
    for (let q = shapeStarts[s]!; q < shapeStarts[s + 1]!; q++) {
      const price = prices[q]!;
      if (price > best) best = price;
      if (open[q] === 1) openBest = Math.max(openBest, price);
      if (fixed[q]! > 0) {
        held = price;
        stands = q;
      }
    }
    const reached = stands >= 0 && fixed[stands] === multiplicity[s] ? held : openBest;
    const loss = (best - reached) * multiplicity[s]!;
    if (loss <= 1e-9 * objective[shapeStarts[s]!]!) continue;
    slack += loss;
    if (stands >= 0) fixed[stands] = 0;
    for (let q = shapeStarts[s]!; q < shapeStarts[s + 1]!; q++) {
      if (q === stands || prices[q]! >= best - NEAR * objective[q]!) open[q] = 1;
    }
  }
  return slack;
}

/** Options this near to the best of their shape come along: the next prices may turn to them. */
const NEAR = 0.1;
