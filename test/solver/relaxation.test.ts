// The linear program of a component and the way back: scales, shapes, multipliers.
import { beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import { boundOf, type Engine, type Model, type Multiplier } from '../../solver/index.ts';
import { pricesAt } from '../../solver/lagrangian.ts';
import { cheapMultipliers } from '../../solver/prices.ts';
import { MULTIPLIER_ONE, numeratorsOf, relax } from '../../solver/relaxation.ts';
import { aComponent } from '../support/aComponent.ts';
import { aCertificate, aModel } from '../support/aModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

function stageOf(model: Model) {
  const component = aComponent(model);
  return { model, component, program: component.program, relaxation: relax(component.program) };
}

function ofModel({ component }: ReturnType<typeof stageOf>, numerators: Float64Array): Multiplier[] {
  return Array.from(numerators, (numerator, i) => ({ row: component.rows[i]!, numerator })).filter(
    ({ numerator }) => numerator > 0,
  );
}

function solved(stage: ReturnType<typeof stageOf>) {
  const { program, relaxation } = stage;
  const { multipliers, primal } = highs.solveLp(relaxation.lp, { simplexIterationsMax: 100_000 });
  const numerators = numeratorsOf(program, relaxation, { multipliers: multipliers!, primal });
  const value =
    relaxation.lp.objective.reduce((sum, c, j) => sum + c * primal![j]!, 0) * relaxation.objectiveScale;
  return { multipliers: ofModel(stage, numerators), value };
}

function provenBound(model: Model, multipliers: readonly Multiplier[]): number {
  const frozen = new Uint8Array(model.columnCount);
  const check = boundOf(model, { stage: 0, frozen, certificate: aCertificate(multipliers) });
  if (!check.ok) throw new Error(check.fault);
  return Number(check.bound);
}

describe('the relaxation', () => {
  test('merges equal groups into one column of their number, with a row only where there is a choice', () => {
    const { relaxation, program } = stageOf(
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
    expect(program.rowCount).toBe(2);
    expect(relaxation.lp).toMatchObject({ columnCount: 3, rowCount: 3 });
    expect([...relaxation.lp.upper]).toEqual([4, 2, 2]);
    expect([...relaxation.lp.rowUpper]).toEqual([3, 5, 2]);
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
    const { lp } = stage.relaxation;
    expect(Math.max(...lp.values)).toBeLessThanOrEqual(2 ** 20);
    expect(Math.max(...lp.objective)).toBeLessThanOrEqual(1e6);
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
    const { program } = stageOf(
      aModel({ rows: { gpu: 3 }, groups: [{ options: [{ worth: 7, needs: { gpu: 2 } }], times: 2 }] }),
    );
    const multipliers = { rows: Float64Array.of(3 * MULTIPLIER_ONE), cuts: Float64Array.of(MULTIPLIER_ONE) };
    const cut = { row: 0, through: [], options: Int32Array.of(0), coefficients: Int32Array.of(2), rhs: 2 };
    expect([...pricesAt(program, [cut], multipliers)]).toEqual([7 - 3 * 2 - 1 * 2]);
  });
});

describe('prices without an engine', () => {
  test('prove a better bound than none at all when demand exceeds capacity', () => {
    for (const seed of [1, 2, 3]) {
      const stage = stageOf(syntheticTick({ requests: 300, seed, demandRatio: 3 }));
      const multipliers = ofModel(stage, cheapMultipliers(stage.program));
      expect(provenBound(stage.model, multipliers)).toBeLessThan(provenBound(stage.model, []));
    }
  });
});
