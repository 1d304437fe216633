// Whole models through every engine: what a tick asks of it, for each kind of row, and at the sizes of a busy tick.
// Invariant: the oracle or another engine says what is wanted; bounds are recomputed by verify.ts. Run by test/solver/engines/engineModels.test.ts.
import { beforeAll, describe, expect, test } from 'vitest';
import { createExhaustiveEngine } from '../../solver/engines/exhaustive.ts';
import { loadEngine } from '../../solver/engines/load.ts';
import {
  checkSolution,
  type Engine,
  type Model,
  type Solution,
  type SolveOptions,
  solve,
} from '../../solver/index.ts';
import { modelsByRowKind } from '../support/rowKinds.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

const BUDGET = { unitsMax: 10_000_000 };
/** A tick's: where it ends does not matter to what is proved, and a slow engine would search for a minute. */
const TICK_BUDGET = { unitsMax: 400_000 };

function solved(model: Model, engine: Engine): Solution {
  const solution = answered(model, engine, BUDGET);
  expect(solution.termination).toBe('complete');
  return solution;
}

function answered(model: Model, engine: Engine, budget: SolveOptions['budget']): Solution {
  const solution = solve(model, engine, { engine: engine.name, budget });
  expect(solution).toMatchObject({ fault: null, engineBuild: engine.build });
  // Rows in exact integers, values, and every bound from its multipliers.
  expect(checkSolution(model, solution)).toEqual({ ok: true });
  return solution;
}

export function engineModelContract(name: string, load: () => Promise<Engine>): void {
  describe(`engine ${name} on whole models`, () => {
    const oracle = createExhaustiveEngine();
    let engine: Engine;
    beforeAll(async () => {
      engine = await load();
    });

    test.each(modelsByRowKind())('$kind: the optimum, and a bound as good as the LP', ({ model }) => {
      const solution = solved(model, engine);
      const want = solved(model, oracle);
      expect(solution.engineCalled).toBe(true);
      expect(solution.stages.map(({ value }) => value)).toEqual(want.stages.map(({ value }) => value));
      for (const [i, { bound }] of solution.stages.entries()) {
        const wantBound = want.stages[i]!.bound;
        expect(Math.abs(bound - wantBound)).toBeLessThanOrEqual(1 + wantBound * 1e-6);
      }
    });
  });
}

export function largeModelContract(name: string, load: () => Promise<Engine>): void {
  describe(`engine ${name} on a busy tick`, () => {
    let engine: Engine;
    let reference: Engine;
    beforeAll(async () => {
      engine = await load();
      reference = (await loadEngine('highs'))!;
    });

    test.each([
      { requests: 500, stages: 1 },
      { requests: 500, stages: 3 },
      { requests: 2000, stages: 1 },
    ])('$requests requests in $stages classes: proves what HiGHS proves', ({ requests, stages }) => {
      const model = syntheticTick({ requests, seed: 5, stages });
      const [first] = answered(model, engine, TICK_BUDGET).stages;
      const [want] = answered(model, reference, TICK_BUDGET).stages;
      // Cuts are found at the vertex that each came to, so bounds agree to a thousandth. The first class is one question to both; what they froze of it makes the next a question of its own.
      expect(Math.abs(first!.bound - want!.bound)).toBeLessThanOrEqual(want!.bound * 1e-3);
      // Optima of the LP tie, and the plan follows its vertex: half a hundredth is where the search ends anyway.
      expect(Math.abs(first!.value - want!.value)).toBeLessThanOrEqual(want!.value * 0.005);
    });
  });
}
