// Filling: exact, maximal, first come first served within a shape.
import { beforeAll, describe, expect, test } from 'vitest';
import { columnsOf } from '../../solver/columns.ts';
import { loadEngine } from '../../solver/engines/load.ts';
import { densities, orderBy, StagePlan } from '../../solver/fill.ts';
import { type Engine, type Model, type Solution, solve, solveWithoutEngine } from '../../solver/index.ts';
import { Load } from '../../solver/load.ts';
import { type StageView, viewStage } from '../../solver/presolve.ts';
import { aModel } from '../support/aModel.ts';

function aStage(model: Model): { view: StageView; plan: StagePlan } {
  const columns = columnsOf(model);
  const load = new Load(model, columns);
  const view = viewStage({ model, columns, stage: 0, load, frozen: [] })!;
  return { view, plan: new StagePlan(model, view, load) };
}

const TWINS = aModel({
  rows: { a100: 2, h100: 1 },
  groups: [
    {
      options: [
        { worth: 8, needs: { a100: 1 } },
        { worth: 10, needs: { h100: 1 } },
      ],
      times: 5,
    },
  ],
});

describe('a stage plan', () => {
  test('takes no more than fits and says how many', () => {
    const { plan } = aStage(TWINS);
    expect(plan.take(0, 5)).toBe(2);
    expect(plan.take(0, 5)).toBe(0);
    expect(plan.take(1, 5)).toBe(1);
    expect(plan.value).toBe(26);
  });

  test('serves a shape in order of arrival, the best option first', () => {
    const { plan } = aStage(TWINS);
    plan.fill(Int32Array.of(0, 1));
    // Groups 0, 1, 2 are served; the one h100 (second option) goes to the first of them.
    expect(plan.granted()).toEqual([1, 2, 4]);
  });

  test('stops a shape where its own next group does not fit, though the row is one that presolve kept', () => {
    const model = aModel({
      rows: { gpu: 5 },
      groups: [{ options: [{ worth: 3, needs: { gpu: 2 } }], times: 3 }],
    });
    const { plan } = aStage(model);
    plan.fill(Int32Array.of(0));
    expect(plan.granted()).toEqual([0, 1]);
  });
});

describe('orders', () => {
  test('fall by score and leave ties in order of arrival', () => {
    expect([...orderBy(Float64Array.of(1, 3, 3, -2, 7))]).toEqual([4, 1, 2, 0, 3]);
  });

  test('without prices, value per share of the rows that can bind', () => {
    const model = aModel({
      rows: { gpu: 4, cpu: 100 },
      groups: [
        { options: [{ worth: 10, needs: { gpu: 4 } }] },
        { options: [{ worth: 10, needs: { gpu: 1, cpu: 50 } }] },
      ],
    });
    const { view } = aStage(model);
    expect([...densities(model, view)]).toEqual([10, 40]);
  });
});

describe('first come, first served', () => {
  let highs: Engine;
  beforeAll(async () => {
    highs = (await loadEngine('highs'))!;
  });

  test.each([
    {
      title: 'by the engine',
      answer: (model: Model): Solution => solve(model, highs, { engine: 'highs', budget: BUDGET }),
    },
    {
      title: 'without an engine',
      answer: (model: Model): Solution =>
        solveWithoutEngine(model, { engine: 'highs', engineBuild: '', fault: 'crash' }),
    },
  ])('holds among equal requests of different agents when solved $title', ({ answer }) => {
    const accounts = Object.fromEntries(Array.from({ length: 40 }, (_, agent) => [`account/${agent}`, 50]));
    const model = aModel({
      rows: { gpu: 13, cpu: 90, ...accounts },
      groups: Array.from({ length: 40 }, (_, agent) => ({
        options: [
          {
            worth: agent % 2 === 0 ? 50 : 31,
            needs: { gpu: agent % 2 === 0 ? 2 : 1, cpu: 3, [`account/${agent}`]: 7 },
          },
        ],
      })),
    });
    const { granted } = answer(model);
    for (const parity of [0, 1]) {
      const served = [...granted].filter((_, agent) => agent % 2 === parity);
      expect(served).toEqual([...served].sort((a, b) => b - a));
    }
    expect(granted.includes(1)).toBe(true);
    expect(granted.includes(0)).toBe(true);
  });
});

const BUDGET = { simplexIterationsMax: 10_000, lpCallsMax: 10 };
