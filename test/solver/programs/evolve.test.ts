// Evolution of a packing plan: it fits, nothing more fits beside it, it is never worse, the same every time, and found where it can be tried.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPlan, firstThatFits, type Model } from '../../../solver/index.ts';
import { evolve, worthAt } from '../../../solver/programs/evolve.ts';
import { aModel } from '../../support/aModel.ts';
import { naiveBest } from '../../support/naiveSolver.ts';
import { seededDraw } from '../../support/syntheticTick.ts';

const NOTHING_IS_ENOUGH = Number.POSITIVE_INFINITY;

/** Groups of up to three options over a few rows; `tightness` of what all together would need. */
function packing({
  groups,
  rows,
  seed,
  tightness = 0.4,
}: {
  groups: number;
  rows: number;
  seed: number;
  tightness?: number;
}): Model {
  const draw = seededDraw(seed);
  const names = [...Array(rows).keys()].map((row) => `row${row}`);
  const drawn = [...Array(groups).keys()].map(() => ({
    options: [...Array(draw(1, 3)).keys()].map(() => ({
      worth: draw(1, 99),
      needs: Object.fromEntries(names.map((name) => [name, draw(0, 29)])),
    })),
  }));
  return aModel({
    rows: Object.fromEntries(names.map((name) => [name, Math.floor(groups * 15 * tightness)])),
    groups: drawn,
  });
}

const evolved = (model: Model, entries: number, enough = NOTHING_IS_ENOUGH) =>
  evolve(model, new Uint8Array(model.columnCount), { worth: model.objective, entries, enough });

const worthOf = (model: Model, granted: Uint8Array): number =>
  granted.reduce((sum, entry, j) => sum + entry * model.objective[j]!, 0);

describe('an evolved plan', () => {
  it('fits, and nothing more fits beside it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(1000),
        (groups, rows, seed) => {
          const model = packing({ groups, rows, seed });
          const { granted } = evolved(model, 20_000);
          expect(checkPlan(model, granted)).toMatchObject({ ok: true });
          expect(firstThatFits(model, granted)).toBeNull();
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is the best of all where all can be tried', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const model = packing({ groups: 8, rows: 3, seed });
      const { granted } = evolved(model, 300_000);
      expect(worthOf(model, granted)).toBe(naiveBest(model, 0, new Uint8Array(model.columnCount)));
    }
  });

  it('is never worse than the plan it was given, with however little work', () => {
    const model = packing({ groups: 40, rows: 4, seed: 5 });
    const { granted: good } = evolved(model, 500_000);
    for (const entries of [0, 1, 1000, 50_000]) {
      const again = evolve(model, good, {
        worth: new Float64Array(model.columnCount),
        entries,
        enough: NOTHING_IS_ENOUGH,
      });
      expect(worthOf(model, again.granted)).toBeGreaterThanOrEqual(worthOf(model, good));
    }
  });

  it('is the same every time, and work is counted', () => {
    const model = packing({ groups: 60, rows: 5, seed: 9 });
    const first = evolved(model, 200_000);
    expect(evolved(model, 200_000)).toEqual(first);
    expect(first.entries).toBeGreaterThanOrEqual(200_000);
    expect(first.entries).toBeLessThan(210_000);
  });

  it('ends as soon as it is good enough', () => {
    const model = packing({ groups: 60, rows: 5, seed: 9 });
    const { granted, entries } = evolved(model, 50_000_000, 1);
    expect(worthOf(model, granted)).toBeGreaterThanOrEqual(1);
    expect(entries).toBeLessThan(1_000_000);
  });

  it('ends where there are fewer plans than it wants', () => {
    const model = aModel({ rows: { gpu: 9 }, groups: [{ options: [{ worth: 5, needs: { gpu: 2 } }] }] });
    expect([...evolved(model, 1_000_000).granted]).toEqual([1]);
  });
});

describe('what a column is worth at the prices of a certificate', () => {
  const model = aModel({
    rows: { gpu: 9, cpu: 20 },
    groups: [
      { options: [{ worth: 12, needs: { gpu: 2, cpu: 4 } }] },
      { options: [{ worth: 5, needs: { cpu: 1 } }] },
      { options: [{ worth: 7, needs: {} }] },
    ],
  });
  const leaf = (gpu: number, cpu: number) => ({
    multipliers: [
      { row: 0, numerator: gpu * 2 ** 20 },
      { row: 1, numerator: cpu * 2 ** 20 },
    ],
    derivedMultipliers: [{ derived: 0, numerator: 2 ** 20 }],
  });
  const derivedRows = [{ row: 1, columns: Int32Array.of(0), coefficients: Int32Array.of(2), rhs: 2 }];
  const want = [12 / (2 * 3 + 4 * 1 + 2), 5, 7 * 2 ** 20];

  it('is its objective over what it takes of rows and derived rows', () => {
    expect([...worthAt(model, { derivedRows, proof: leaf(3, 1), frozenDigest: '' })]).toEqual(want);
  });

  it('is that of the leaf where nothing branched on is granted', () => {
    const proof = { column: 0, zero: leaf(3, 1), one: leaf(8, 8) };
    expect([...worthAt(model, { derivedRows, proof, frozenDigest: '' })]).toEqual(want);
  });
});
