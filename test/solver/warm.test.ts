// A warm start: an input that saves work, changes nothing that was proved, and comes back as plain data.
import { beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import { checkSolution, type Engine, type Solution, solve, type Warm } from '../../solver/index.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

let highs: Engine;
let cold: Solution;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
  cold = solved(null);
});

const model = syntheticTick({ requests: 1500, seed: 5 });
/** Twenty times what the linear program takes; the bound is the same as with a hundred times. */
const PLENTY = 200_000;
const solved = (warm: Warm | null, unitsMax = PLENTY): Solution =>
  solve(model, highs, { engine: 'highs', budget: { unitsMax }, warm });

describe('a warm start', () => {
  test('is what a solve before left: row names and numerators, the same after a trip through JSON', () => {
    const { carry } = cold;
    expect(carry!.stages.map(({ stage }) => stage)).toEqual([0]);
    for (const [name, numerator] of carry!.stages[0]!.prices) {
      expect(model.rowNames).toContain(name);
      expect(numerator).toBeGreaterThan(0);
    }
    expect(solved(JSON.parse(JSON.stringify(carry)))).toEqual(solved(carry));
  });

  test('comes to the linear program in less work, and proves as much', () => {
    const warm = solved(cold.carry);
    expect(checkSolution(model, warm)).toEqual({ ok: true });
    const [coldStage, warmStage] = [cold.stages[0]!, warm.stages[0]!];
    expect(Math.abs(warmStage.bound - coldStage.bound)).toBeLessThanOrEqual(coldStage.bound * 1e-3);
    // The least work in which the bound is as good as the linear program's.
    const enough = coldStage.bound * 1.005;
    const budgets = Array.from({ length: 60 }, (_, i) => 1_000 * (i + 1));
    const isEnough = (start: Warm | null, units: number): boolean =>
      solved(start, units).stages[0]!.bound <= enough;
    const least = budgets.find((units) => isEnough(cold.carry, units))!;
    expect(least).toBeDefined();
    expect(budgets.filter((units) => units <= least && isEnough(null, units))).toEqual([]);
  });

  test('of another world costs work and nothing else', () => {
    const elsewhere: Warm = { stages: [{ stage: 0, prices: [['no such row', 7]] }] };
    const upsideDown: Warm = {
      stages: [{ stage: 0, prices: model.rowNames.map((name) => [name, 2 ** 40] as const) }],
    };
    const want = cold.stages[0]!;
    for (const start of [elsewhere, upsideDown]) {
      const solution = solved(start);
      expect(checkSolution(model, solution)).toEqual({ ok: true });
      expect(solution.fault).toBeNull();
      expect(Math.abs(solution.stages[0]!.bound - want.bound)).toBeLessThanOrEqual(want.bound * 1e-3);
      expect(solution.stages[0]!.value).toBeGreaterThanOrEqual(want.value * 0.99);
    }
  });

  test('is left by large models only', () => {
    const small = syntheticTick({ requests: 100, seed: 5 });
    expect(solve(small, highs, { engine: 'highs', budget: { unitsMax: 100_000 } }).carry).toBeNull();
  });
});
