// Whether what a solution claims is true, by the definition alone: every plan of every stage tried. For tiny models.
// Invariant: shares nothing with the checker. Used by tests that tamper.
import type { Model, Solution } from '../../solver/index.ts';
import { naiveBest, naiveCost, naiveFeasible } from './naiveSolver.ts';

/** Feasible and maximal; values as granted; no plan of a stage beside the frozen grants above its bound; gaps as they are defined. */
export function naiveIsTrue(
  model: Model,
  { granted, stages }: Pick<Solution, 'granted' | 'stages'>,
): boolean {
  const isPlan = granted.length === model.columnCount && granted.every((entry) => entry <= 1);
  if (!isPlan || !naiveFeasible(model, granted) || !isMaximal(model, granted)) return false;
  const wantStages = [...new Set(model.stage)].sort((a, b) => a - b);
  if (stages.length !== wantStages.length) return false;
  return stages.every(({ stage, value, bound, gap }, i) => {
    const upTo = (last: number): Uint8Array =>
      granted.map((entry, j) => (model.stage[model.group[j]!]! <= last ? entry : 0));
    const worth = (plan: Uint8Array): number =>
      plan.reduce((sum, entry, j) => sum + entry * model.objective[j]!, 0) - naiveCost(model, plan);
    return (
      stage === wantStages[i] &&
      value === worth(upTo(stage)) - worth(upTo(stage - 1)) &&
      bound >= naiveBest(model, stage, upTo(stage - 1)) &&
      gap === (bound - value) / Math.max(1, Math.abs(bound))
    );
  });
}

function isMaximal(model: Model, granted: Uint8Array): boolean {
  const served = new Set(model.group.filter((_, j) => granted[j] === 1));
  return model.group.every((group, j) => {
    if (served.has(group)) return true;
    const more = granted.slice();
    more[j] = 1;
    return !naiveFeasible(model, more);
  });
}
