// What one solve leaves to the next: prices of rows, by name, for rows come and go. Invariant: an input like any other, plain data; same
// warm start and same model, same bytes. A price is a guess and proves nothing until the checker has added it up. Called by anytime.ts.
import type { Model } from './model.ts';
import type { Warm } from './solution.ts';

/** Stage -> numerator per row of the model; 0 where nothing is known. */
export type StartPrices = ReadonlyMap<number, Float64Array>;

export function startPrices(model: Model, warm: Warm | null): StartPrices {
  const prices = new Map<number, Float64Array>();
  if (warm === null || warm.stages.length === 0) return prices;
  const rowOf = new Map(model.rowNames.map((name, row) => [name, row]));
  for (const stage of warm.stages) {
    const numerators = new Float64Array(model.rowCount);
    for (const [name, numerator] of stage.prices) {
      const row = rowOf.get(name);
      if (row !== undefined && Number.isSafeInteger(numerator) && numerator > 0) numerators[row] = numerator;
    }
    prices.set(stage.stage, numerators);
  }
  return prices;
}

/** Null when no stage was large enough to leave any. */
export function carryOf(
  model: Model,
  stages: readonly { stage: number; rowPrices: Float64Array | null }[],
): Warm | null {
  const kept = stages.flatMap(({ stage, rowPrices }) => {
    if (rowPrices === null) return [];
    const prices: [string, number][] = [];
    for (let row = 0; row < rowPrices.length; row++)
      if (rowPrices[row]! > 0) prices.push([model.rowNames[row]!, rowPrices[row]!]);
    return [{ stage, prices }];
  });
  return kept.length === 0 ? null : { stages: kept };
}
