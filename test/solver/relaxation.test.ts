// The linear program of a stage and the way back: scales, shapes, multipliers, and what is proposed to the residual.
import { beforeAll, describe, expect, test } from 'vitest';
import { columnsOf } from '../../solver/columns.ts';
import { loadEngine } from '../../solver/engines/load.ts';
import { boundOf, type Engine, type Model } from '../../solver/index.ts';
import { Load } from '../../solver/load.ts';
import { viewStage } from '../../solver/presolve.ts';
import { cheapMultipliers } from '../../solver/prices.ts';
import { MULTIPLIER_ONE, multipliersOf, reducedPrices, relax } from '../../solver/relaxation.ts';
import { RESIDUAL_COLUMNS_MAX, residualOf, wholePart } from '../../solver/residual.ts';
import { aCertificate, aModel } from '../support/aModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

function stageOf(model: Model) {
  const columns = columnsOf(model);
  const view = viewStage({ model, columns, stage: 0, load: new Load(model, columns), frozen: [] })!;
  const relaxation = relax(model, columns, view);
  return { model, columns, view, relaxation };
}

function solved(stage: ReturnType<typeof stageOf>) {
  const lp = highs.solveLp(stage.relaxation.program, { simplexIterationsMax: 100_000 });
  const primal = lp.primal!;
  const multipliers = multipliersOf(stage.model, stage.columns, {
    ...stage,
    prices: lp.multipliers!,
    primal,
  });
  const value =
    stage.relaxation.program.objective.reduce((sum, c, j) => sum + c * primal[j]!, 0) *
    stage.relaxation.objectiveScale;
  return { primal, multipliers, value };
}

function provenBound(model: Model, multipliers: ReturnType<typeof cheapMultipliers>): number {
  const frozen = new Uint8Array(model.columnCount);
  const check = boundOf(model, { stage: 0, frozen, certificate: aCertificate(multipliers) });
  if (!check.ok) throw new Error(check.fault);
  return Number(check.bound);
}

describe('the relaxation', () => {
  test('merges equal groups into one column of their number, with a row only where there is a choice', () => {
    const { relaxation, view } = stageOf(
      aModel({
        rows: { gpu: 3, cpu: 5 },
        groups: [
          { options: [{ worth: 4, needs: { gpu: 1, cpu: 2 } }], times: 4 },
          {
            options: [
              { worth: 9, needs: { gpu: 2 } },
              { worth: 8, needs: { cpu: 4 } },
            ],
            times: 2,
          },
        ],
      }),
    );
    expect(view.rows.length).toBe(2);
    expect(relaxation.program).toMatchObject({ columnCount: 3, rowCount: 3 });
    expect([...relaxation.program.upper]).toEqual([4, 2, 2]);
    expect([...relaxation.program.rowUpper]).toEqual([3, 5, 2]);
  });

  test('keeps coefficients within 2^20 and the objective within a million, by powers of two', () => {
    const model = aModel({
      rows: { bytes: 3 * 2 ** 40, share: 2 ** 41, lent: 2 ** 39 },
      excesses: [{ of: 'share', upper: 2 ** 42, into: { lent: 1 } }],
      groups: [
        { options: [{ worth: 2 ** 30, needs: { bytes: 2 ** 40, share: 2 ** 40 } }], times: 3 },
        { options: [{ worth: 2 ** 21, needs: { bytes: 2 ** 35, share: 2 ** 38 } }], times: 9 },
      ],
    });
    const stage = stageOf(model);
    const { program } = stage.relaxation;
    expect(Math.max(...program.values)).toBeLessThanOrEqual(2 ** 20);
    expect(Math.max(...program.objective)).toBeLessThanOrEqual(1e6);
    const { multipliers, value } = solved(stage);
    const bound = provenBound(model, multipliers);
    expect(bound).toBeGreaterThanOrEqual(Math.floor(value));
    expect(bound).toBeLessThanOrEqual(value * (1 + 1e-4));
  });

  test.each([100, 400])(
    'gives multipliers whose exact bound is the LP optimum but for rounding, at %d requests',
    (requests) => {
      for (const seed of [1, 2, 3]) {
        const stage = stageOf(syntheticTick({ requests, seed }));
        const { multipliers, value } = solved(stage);
        const bound = provenBound(stage.model, multipliers);
        expect(bound).toBeGreaterThanOrEqual(Math.floor(value - 1));
        expect(bound).toBeLessThanOrEqual(value * (1 + 1e-5));
      }
    },
  );

  test('rounding never makes an excess cost its upper bound', () => {
    // Prices 10/3 and 10/9: rounded to 2^-20, three times the second falls one short of the first.
    const upper = 2 ** 50;
    const model = aModel({
      rows: { share: 4, lent: 8 },
      excesses: [{ of: 'share', upper, into: { lent: 3 } }],
      groups: [{ options: [{ worth: 10, needs: { share: 3 } }], times: 5 }],
    });
    const { multipliers, value } = solved(stageOf(model));
    expect(multipliers.map(({ row }) => row)).toEqual([0, 1]);
    expect(multipliers[0]!.numerator).toBe(3 * multipliers[1]!.numerator);
    expect(provenBound(model, multipliers)).toBe(Math.floor(value));
  });

  test('reduced prices are worth less the price of what is needed', () => {
    const { model, view } = stageOf(
      aModel({ rows: { gpu: 3 }, groups: [{ options: [{ worth: 7, needs: { gpu: 2 } }], times: 2 }] }),
    );
    expect([...reducedPrices(model, view, [{ row: 0, numerator: 3 * MULTIPLIER_ONE }])]).toEqual([
      MULTIPLIER_ONE,
    ]);
  });
});

describe('the residual', () => {
  test('holds every undecided option up to thirty columns, the rest of the whole part fixed', () => {
    const stage = stageOf(syntheticTick({ requests: 200, seed: 2 }));
    const { primal, multipliers } = solved(stage);
    const prices = reducedPrices(stage.model, stage.view, multipliers);
    const { options, fixed, program } = residualOf(stage.view, stage.relaxation, { primal, prices });
    expect(options.length).toBe(RESIDUAL_COLUMNS_MAX);
    expect([...program.integer].filter((flag) => flag === 1).length).toBe(RESIDUAL_COLUMNS_MAX);
    for (const option of options) expect(fixed[option]).toBe(0);
    const chosen = new Set(options);
    const whole = wholePart(primal, prices.length);
    expect([...fixed].every((count, option) => chosen.has(option) || count === whole[option])).toBe(true);
  });
});

describe('prices without an engine', () => {
  test('prove a better bound than none at all when demand exceeds capacity', () => {
    for (const seed of [1, 2, 3]) {
      const { model, view } = stageOf(syntheticTick({ requests: 300, seed, demandRatio: 3 }));
      expect(provenBound(model, cheapMultipliers(model, view))).toBeLessThan(provenBound(model, []));
    }
  });
});
