// Plans: exact, maximal, first come first served within a shape.
import { beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import { type Engine, type Model, type Solution, solve, solveWithoutEngine } from '../../solver/index.ts';
import { densities, orderBy, Planner } from '../../solver/plan.ts';
import { aComponent } from '../support/aComponent.ts';
import { aModel } from '../support/aModel.ts';

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

describe('a plan of a program', () => {
  test('takes what is wanted as far as it fits, then what still does', () => {
    const planner = new Planner(aComponent(TWINS).program);
    expect(planner.build(Int32Array.of(0, 1), Float64Array.of(5, 0))).toEqual({
      counts: Int32Array.of(2, 1),
      value: 26,
    });
    expect(planner.build(Int32Array.of(1, 0), null)).toEqual({ counts: Int32Array.of(2, 1), value: 26 });
  });

  test('reads a value a hair below a whole number as that number, and a fraction as nothing', () => {
    const planner = new Planner(aComponent(TWINS).program);
    const { counts } = planner.build(Int32Array.of(0, 1), Float64Array.of(1 - 1e-9, 0.9));
    expect([...counts]).toEqual([2, 1]);
  });

  test('is worth less what its excesses cost', () => {
    const model = aModel({
      rows: { share: 2, gpu: 4 },
      excesses: [{ of: 'share', upper: 9, cost: 3, into: {} }],
      groups: [{ options: [{ worth: 10, needs: { share: 1, gpu: 1 } }], times: 6 }],
    });
    const planner = new Planner(aComponent(model).program);
    expect(planner.build(Int32Array.of(0), null)).toEqual({ counts: Int32Array.of(4), value: 40 - 2 * 3 });
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
    expect([...densities(aComponent(model).program)]).toEqual([10, 40]);
  });
});

describe('first come, first served', () => {
  let highs: Engine;
  beforeAll(async () => {
    highs = (await loadEngine('highs'))!;
  });

  test('serves a shape in order of arrival, the best option first', () => {
    // Groups 0, 1, 2 are served; the one h100 (second option) goes to the first of them.
    const { granted } = solve(TWINS, highs, { engine: 'highs', budget: BUDGET });
    expect([...granted.keys()].filter((j) => granted[j] === 1)).toEqual([1, 2, 4]);
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

const BUDGET = { unitsMax: 1_000_000 };
