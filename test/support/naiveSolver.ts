// The model's definition written out as plainly as possible: what solver/ is compared with. Exponential, for tiny models only.
// Invariant: imports only the type of a model. Used by property tests of solver/.
import type { Model } from '../../solver/index.ts';

/** Least excesses and left sides of a plan, straight from the definition: e_k = max(0, lhs of its defining row - rhs). */
export function naiveLeftSides(model: Model, granted: Uint8Array): { left: number[]; excess: number[] } {
  const excess = new Array<number>(model.excessCount).fill(0);
  const left: number[] = [];
  for (let row = 0; row < model.rowCount; row++) {
    const own = model.definingRow.indexOf(row);
    let sum = 0;
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const column = model.indices[e]!;
      if (column < model.columnCount) sum += model.values[e]! * granted[column]!;
      else if (column - model.columnCount !== own)
        sum += model.values[e]! * excess[column - model.columnCount]!;
    }
    left.push(sum);
    if (own >= 0) excess[own] = Math.max(0, sum - model.rhs[row]!);
  }
  return { left, excess };
}

export function naiveFeasible(model: Model, granted: Uint8Array): boolean {
  const { left, excess } = naiveLeftSides(model, granted);
  for (let g = 0; g < model.groupCount; g++) {
    if (model.group.filter((group, j) => group === g && granted[j] === 1).length > 1) return false;
  }
  return left.every((sum, row) => {
    const own = model.definingRow.indexOf(row);
    return own < 0 ? sum <= model.rhs[row]! : excess[own]! <= model.excessUpper[own]!;
  });
}

/** What the least excesses of a plan take off the objective. */
export function naiveCost(model: Model, granted: Uint8Array): number {
  return naiveLeftSides(model, granted).excess.reduce((sum, e, k) => sum + e * model.excessCost[k]!, 0);
}

/** The best value of a stage beside frozen grants, over every choice of one column or none per group. */
export function naiveBest(model: Model, stage: number, frozen: Uint8Array): number {
  const plan = frozen.slice();
  const groups = [...model.stage.keys()].filter((g) => model.stage[g] === stage);
  const columnsOf = (g: number): number[] => [...model.group.keys()].filter((j) => model.group[j] === g);
  const before = naiveCost(model, frozen);
  const best = (at: number): number => {
    const group = groups[at];
    if (group === undefined) return before - naiveCost(model, plan);
    let most = best(at + 1);
    for (const j of columnsOf(group)) {
      plan[j] = 1;
      if (naiveFeasible(model, plan)) most = Math.max(most, model.objective[j]! + best(at + 1));
      plan[j] = 0;
    }
    return most;
  };
  return best(0);
}
