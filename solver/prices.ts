// Prices without a linear program: valid multipliers for a stage whose engine failed or whose budget is spent.
// Invariant: counted work, no clock, no engine; the bound they give is loose (5-25 %) but true. Called by anytime.ts.

import type { Model } from './model.ts';
import type { StageView } from './presolve.ts';
import { MULTIPLIER_ONE } from './relaxation.ts';
import type { Multiplier } from './solution.ts';

/** Halvings of the one price; below 2^-24 of the largest objective a price no longer moves a bound by a unit. */
const STEPS = 24;

/**
 * One price theta for a full row, whatever the row: lambda_i = theta / room_i over the rows with room that define no excess.
 * The bound is convex in theta; a geometric grid finds it within a factor of two, and any point of the grid is valid.
 */
export function cheapMultipliers(model: Model, view: StageView): Multiplier[] {
  const defining = new Set(model.definingRow);
  const weights = Float64Array.from(view.rows, (row, local) =>
    view.room[local]! > 0 && !defining.has(row) ? 1 / view.room[local]! : 0,
  );
  const priced = weights.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
  let theta = 0;
  for (const f of view.fitting.keys()) theta += model.objective[view.fitting[f]!]!;
  let best = { theta: 0, bound: Number.POSITIVE_INFINITY };
  for (let step = 0; step < STEPS; step++, theta /= 2) {
    const bound = theta * priced + worthAt(model, view, { weights, theta });
    if (bound < best.bound) best = { theta, bound };
  }
  const multipliers: Multiplier[] = [];
  for (const [local, row] of view.rows.entries()) {
    const numerator = Math.round(best.theta * weights[local]! * MULTIPLIER_ONE);
    if (numerator > 0 && Number.isSafeInteger(numerator)) multipliers.push({ row, numerator });
  }
  return multipliers;
}

function worthAt(
  model: Model,
  view: StageView,
  { weights, theta }: { weights: Float64Array; theta: number },
): number {
  let sum = 0;
  let best = 0;
  for (const [q, f] of view.optionFitting.entries()) {
    let worth = model.objective[view.fitting[f]!]!;
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      worth -= theta * weights[view.entryRows[e]!]! * view.entryValues[e]!;
    }
    best = Math.max(best, worth);
    const shape = view.optionShape[q]!;
    if (view.optionShape[q + 1] === shape) continue;
    sum += best * view.shapes[shape]!.groups.length;
    best = 0;
  }
  return sum;
}
