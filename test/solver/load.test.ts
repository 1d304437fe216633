// Loads carry excesses exactly as their definition says.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../solver/columns.ts';
import { Load } from '../../solver/load.ts';
import { aModel } from '../support/aModel.ts';
import { naiveFeasible } from '../support/naiveSolver.ts';
import { aRandomModel } from '../support/randomModel.ts';

describe('a load', () => {
  test('takes a column exactly when the definition of the model allows it, on random models and orders', () => {
    fc.assert(
      fc.property(aRandomModel, fc.infiniteStream(fc.nat(1000)), (model, draws) => {
        const load = new Load(columnsOf(model));
        const granted = new Uint8Array(model.columnCount);
        const served = new Set<number>();
        for (let step = 0; step < 20; step++) {
          const j = draws.next().value! % model.columnCount;
          if (served.has(model.group[j]!)) continue;
          granted[j] = 1;
          const want = naiveFeasible(model, granted);
          expect(load.fits(j)).toBe(want);
          expect(load.add(j)).toBe(want);
          if (want) served.add(model.group[j]!);
          else granted[j] = 0;
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a copy grows apart from its original', () => {
    const model = aModel({
      rows: { gpu: 4 },
      groups: [{ options: [{ worth: 1, needs: { gpu: 3 } }], times: 2 }],
    });
    const original = new Load(columnsOf(model));
    const copy = original.copy();
    expect(copy.add(0)).toBe(true);
    expect(copy.fits(1)).toBe(false);
    expect(original.fits(1)).toBe(true);
  });

  test('an excess of an excess is carried up a tree of cohorts', () => {
    // Team over its share by e1, department over its by e2 = max(0, e1 - 1), and the root lends 2.
    const model = aModel({
      rows: { team: 1, department: 1, root: 2 },
      excesses: [
        { of: 'team', upper: 100, into: { department: 1 } },
        { of: 'department', upper: 100, into: { root: 1 } },
      ],
      groups: [
        { options: [{ worth: 1, needs: { team: 4 } }] },
        { options: [{ worth: 1, needs: { team: 5 } }] },
        { options: [{ worth: 1, needs: { team: 1 } }] },
      ],
    });
    const load = new Load(columnsOf(model));
    expect([0, 1, 2].map((j) => load.fits(j))).toEqual([true, false, true]);
    load.add(0);
    expect(load.fits(2)).toBe(false);
  });

  test('sums beyond the safe integers never wrap back under a limit', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const model = aModel({
      rows: { a: most, share: 0, lent: most },
      excesses: [{ of: 'share', upper: most, into: { lent: most } }],
      groups: [
        { options: [{ worth: 1, needs: { a: most } }] },
        { options: [{ worth: 1, needs: { a: 1 } }] },
        { options: [{ worth: 1, needs: { share: 3 } }] },
      ],
    });
    const load = new Load(columnsOf(model));
    expect(load.add(0)).toBe(true);
    expect(load.fits(1)).toBe(false);
    expect(load.fits(2)).toBe(false);
  });
});
