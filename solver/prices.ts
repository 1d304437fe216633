// Prices without a linear program: valid multipliers for a component whose engine failed or whose work is spent.
// Invariant: counted work, no clock, no engine; the bound they give is loose (5-25 %) but true. Called by stage.ts.
import type { Program } from './program.ts';
import { MULTIPLIER_ONE } from './relaxation.ts';

/** Halvings of the one price; below 2^-24 of the largest objective a price no longer moves a bound by a unit. */
const STEPS = 24;

/**
 * One price theta for a full row, whatever the row: lambda_i = theta / room_i over the rows with room that define no excess.
 * The bound is convex in theta; a geometric grid finds it within a factor of two, and any point of the grid is valid.
 * Numerators over 2^20, one per row.
 */
export function cheapMultipliers(program: Program): Float64Array {
  const weights = program.rhs.map((room, row) => (room > 0 && program.definedBy[row]! < 0 ? 1 / room : 0));
  const priced = weights.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
  let theta = 0;
  for (let q = 0; q < program.columnCount; q++)
    theta += program.objective[q]! * program.multiplicity[program.shapeOf[q]!]!;
  let best = { theta: 0, bound: Number.POSITIVE_INFINITY };
  for (let step = 0; step < STEPS; step++, theta /= 2) {
    const bound = theta * priced + worthAt(program, weights, theta);
    if (bound < best.bound) best = { theta, bound };
  }
  return weights.map((weight) => {
    const numerator = Math.round(best.theta * weight * MULTIPLIER_ONE);
    return Number.isSafeInteger(numerator) ? numerator : 0;
  });
}

function worthAt(program: Program, weights: Float64Array, theta: number): number {
  let sum = 0;
  for (let s = 0; s < program.shapeCount; s++) {
    let best = 0;
    for (let q = program.shapeStarts[s]!; q < program.shapeStarts[s + 1]!; q++) {
      let worth = program.objective[q]!;
      for (let e = program.starts[q]!; e < program.starts[q + 1]!; e++)
        worth -= theta * weights[program.rows[e]!]! * program.values[e]!;
      best = Math.max(best, worth);
    }
    sum += best * program.multiplicity[s]!;
  }
  return sum;
}
