// What multipliers prove of a program, in doubles: for choosing among multipliers, for closing leaves, and for the order of options.
// Invariant: a figure from here is never published; the certificate's bound comes from verify.ts. Called by bounding.ts, dive.ts and tree.ts.
import type { Cut } from './cuts.ts';
import { Load } from './load.ts';
import type { Program } from './program.ts';
import { MULTIPLIER_ONE } from './relaxation.ts';

/** Numerators over 2^20: one per row of the program, one per cut of the pool (shorter when later cuts have none). */
export interface Multipliers {
  readonly rows: Float64Array;
  readonly cuts: Float64Array;
}

/** A part of the plans: those that grant at least `lower` and nothing of what is closed. */
export interface Part {
  /** Option -> count. */
  readonly lower: Int32Array;
  /** Option -> 1 when no more of it may be granted. */
  readonly closed: Uint8Array;
}

/** Option -> objective - lambda A - mu alpha, in units of the objective. */
export function pricesAt(program: Program, cuts: readonly Cut[], multipliers: Multipliers): Float64Array {
  const { columnCount, starts, rows, values, objective } = program;
  const lambda = multipliers.rows;
  const prices = new Float64Array(columnCount);
  for (let q = 0; q < columnCount; q++) {
    let spent = 0;
    for (let e = starts[q]!; e < starts[q + 1]!; e++) spent += lambda[rows[e]!]! * values[e]!;
    prices[q] = objective[q]! - spent / MULTIPLIER_ONE;
  }
  for (let c = 0; c < multipliers.cuts.length; c++) {
    const mu = multipliers.cuts[c]! / MULTIPLIER_ONE;
    if (mu === 0) continue;
    const { options, coefficients } = cuts[c]!;
    for (let i = 0; i < options.length; i++)
      prices[options[i]!] = prices[options[i]!]! - mu * coefficients[i]!;
  }
  return prices;
}

/**
 * The bound by weak duality, above the value of every plan of the part: what the lower counts are worth at their prices is theirs, the
 * rest of every shape its best open option or nothing.
 */
export function boundAt(
  program: Program,
  cuts: readonly Cut[],
  { multipliers, prices, part }: { multipliers: Multipliers; prices: Float64Array; part?: Part },
): number {
  const lambda = multipliers.rows;
  let sum = 0;
  for (let i = 0; i < program.rowCount; i++) {
    if (lambda[i]! > 0) sum += (lambda[i]! / MULTIPLIER_ONE) * program.rhs[i]!;
  }
  for (let c = 0; c < multipliers.cuts.length; c++)
    sum += (multipliers.cuts[c]! / MULTIPLIER_ONE) * cuts[c]!.rhs;
  for (let s = 0; s < program.shapeCount; s++) {
    let best = 0;
    let left = program.multiplicity[s]!;
    for (let q = program.shapeStarts[s]!; q < program.shapeStarts[s + 1]!; q++) {
      if (part !== undefined) {
        left -= part.lower[q]!;
        sum += part.lower[q]! * prices[q]!;
        if (part.closed[q] === 1) continue;
      }
      if (prices[q]! > best) best = prices[q]!;
    }
    sum += best * left;
  }
  return sum + excessesAt(program, lambda, part);
}

/** What the excesses add: each at the better of the least it can be and its upper bound, plus the cost that the empty plan pays anyway. */
function excessesAt(program: Program, lambda: Float64Array, part: Part | undefined): number {
  if (program.excessCount === 0) return 0;
  const load = new Load(program);
  let sum = load.cost;
  for (let q = 0; part !== undefined && q < part.lower.length; q++) load.addMost(q, part.lower[q]!);
  for (let k = 0; k < program.excessCount; k++) {
    let price = lambda[program.definingRow[k]!]! / MULTIPLIER_ONE - program.excessCost[k]!;
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) {
      price -= (lambda[program.useRows[u]!]! / MULTIPLIER_ONE) * program.useValues[u]!;
    }
    sum += price * (price > 0 ? program.excessUpper[k]! : load.excess(k));
  }
  return sum;
}
