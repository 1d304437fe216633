// What the solver promises on any model: feasible, maximal, never above its bound, the true optimum in between, stage by stage.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createExhaustiveEngine } from '../../solver/engines/exhaustive.ts';
import { loadEngine } from '../../solver/engines/load.ts';
import {
  checkPlan,
  checkSolution,
  type Engine,
  firstThatFits,
  type Model,
  type Solution,
  solve,
  solveTrivially,
  solveWithoutEngine,
} from '../../solver/index.ts';
import { naiveBest, naiveFeasible } from '../support/naiveSolver.ts';
import { aRandomModel } from '../support/randomModel.ts';

const BUDGET = { unitsMax: 10_000_000 };

let highs: Engine;
let glpk: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
  glpk = (await loadEngine('glpk'))!;
});

function expectPromises(model: Model, solution: Solution): void {
  expect(checkPlan(model, solution.granted)).toMatchObject({ ok: true });
  expect(naiveFeasible(model, solution.granted)).toBe(true);
  expect(firstThatFits(model, solution.granted)).toBeNull();
  expect(checkSolution(model, solution)).toEqual({ ok: true });
  for (const outcome of solution.stages) {
    const frozen = solution.granted.map((entry, j) =>
      model.stage[model.group[j]!]! < outcome.stage ? entry : 0,
    );
    const wantBest = naiveBest(model, outcome.stage, frozen);
    expect(outcome.value).toBeLessThanOrEqual(wantBest);
    expect(outcome.bound).toBeGreaterThanOrEqual(wantBest);
  }
}

describe('solve on random models', () => {
  test('with HiGHS: feasible, maximal, the optimum between value and bound of every stage, and the same bytes again', () => {
    fc.assert(
      fc.property(aRandomModel, (model) => {
        const solution = solve(model, highs, { engine: 'highs', budget: BUDGET });
        expect(solution.termination).toBe('complete');
        expectPromises(model, solution);
        expect(solve(model, highs, { engine: 'highs', budget: BUDGET })).toEqual(solution);
      }),
      { numRuns: 1000 },
    );
  });

  test('models of at most 30 columns are solved to the optimum', () => {
    fc.assert(
      fc.property(aRandomModel, (model) => {
        for (const engine of [highs, glpk, createExhaustiveEngine()]) {
          const solution = solve(model, engine, { engine: engine.name, budget: BUDGET });
          expectPromises(model, solution);
          for (const { stage, value } of solution.stages) {
            const frozen = solution.granted.map((entry, j) =>
              model.stage[model.group[j]!]! < stage ? entry : 0,
            );
            expect(value).toBe(naiveBest(model, stage, frozen));
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('without an engine: the same promises, and a fault said aloud', () => {
    fc.assert(
      fc.property(aRandomModel, (model) => {
        const solution = solveWithoutEngine(model, { engine: 'highs', engineBuild: 'none', fault: 'crash' });
        expect(solution).toMatchObject({ termination: 'fault', fault: 'crash', engineCalled: false });
        expectPromises(model, solution);
      }),
      { numRuns: 300 },
    );
  });

  test('an answer without an engine call is the answer with one, whenever it exists', () => {
    let answered = 0;
    fc.assert(
      fc.property(aRandomModel, (model) => {
        const trivial = solveTrivially(model, { engine: 'highs', engineBuild: highs.build });
        const solution = solve(model, highs, { engine: 'highs', budget: BUDGET });
        expect(trivial === null).toBe(solution.engineCalled);
        if (trivial === null) return;
        answered++;
        expect(trivial).toEqual(solution);
        for (const { value, bound } of trivial.stages) expect(bound).toBe(value);
      }),
      { numRuns: 300 },
    );
    expect(answered).toBeGreaterThan(10);
  });
});
