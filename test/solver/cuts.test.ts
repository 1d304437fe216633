// Lifted covers: they hold in every plan, cut off what the linear program thinks, and the checker accepts each from its base row alone.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CoverCuts, type Cut } from '../../solver/cuts.ts';
import { loadEngine } from '../../solver/engines/load.ts';
import { boundOf, type DerivedRow, type Engine, type Model, solve } from '../../solver/index.ts';
import { LiveProgram } from '../../solver/live.ts';
import { Load } from '../../solver/load.ts';
import type { Program } from '../../solver/program.ts';
import { Meter } from '../../solver/work.ts';
import { aComponent, theComponents } from '../support/aComponent.ts';
import { aModel } from '../support/aModel.ts';
import { aRandomModel } from '../support/randomModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

const PLENTY = 1e9;
let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

/** The optimum of the relaxation for worths that were drawn: where a search may find itself. */
function aPointOf(program: Program, draws: fc.Stream<number>): Float64Array {
  const objective = program.objective.map(() => 1 + Math.round(draws.next().value! * 50));
  const live = new LiveProgram(highs, { ...program, objective }, { meter: new Meter(PLENTY) });
  live.run();
  live.dispose();
  return live.point;
}

/** Calls `see` with the counts of every plan that fits. */
function everyPlan(program: Program, see: (counts: Int32Array) => void): void {
  const counts = new Int32Array(program.columnCount);
  const left = program.multiplicity.slice();
  const go = (q: number, load: Load): void => {
    if (q === program.columnCount) {
      see(counts);
      return;
    }
    go(q + 1, load);
    const more = load.copy();
    const shape = program.shapeOf[q]!;
    while (left[shape]! > 0 && more.add(q)) {
      counts[q] = counts[q]! + 1;
      left[shape] = left[shape]! - 1;
      go(q + 1, more.copy());
    }
    left[shape] = left[shape]! + counts[q]!;
    counts[q] = 0;
  };
  go(0, new Load(program));
}

const leftSide = ({ options, coefficients }: Cut, counts: Int32Array): number =>
  options.reduce((sum, q, i) => sum + coefficients[i]! * counts[q]!, 0);

function cutsOf(program: Program): readonly Cut[] {
  const live = new LiveProgram(highs, program, { meter: new Meter(PLENTY) });
  live.run();
  for (let round = 0; round < 6 && live.cut(60) > 0; round++) live.run();
  live.dispose();
  return live.cutter.cuts;
}

describe('lifted covers', () => {
  test('hold in every plan of random programs, whatever the point they were found at', () => {
    let found = 0;
    fc.assert(
      fc.property(
        aRandomModel,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (model, draws) => {
          for (const { program } of theComponents(model)) {
            const anywhere = new CoverCuts(program, new Meter(PLENTY));
            for (let n = 0; n < 4; n++) anywhere.separate(aPointOf(program, draws), 60);
            const cuts = [...cutsOf(program), ...anywhere.cuts];
            found += cuts.length;
            if (cuts.length === 0) continue;
            everyPlan(program, (counts) => {
              for (const cut of cuts) expect(leftSide(cut, counts)).toBeLessThanOrEqual(cut.rhs);
            });
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(10);
  });

  test('of a shape of many share one coefficient', () => {
    // 3 x + 5 y <= 14 with up to four threes and two fives: three threes and one five are a cover.
    const model = aModel({
      rows: { gpu: 14 },
      groups: [
        { options: [{ worth: 31, needs: { gpu: 3 } }], times: 4 },
        { options: [{ worth: 50, needs: { gpu: 5 } }], times: 2 },
      ],
    });
    const { program } = aComponent(model);
    const cuts = cutsOf(program);
    expect(cuts.length).toBeGreaterThan(0);
    everyPlan(program, (counts) => {
      for (const cut of cuts) expect(leftSide(cut, counts)).toBeLessThanOrEqual(cut.rhs);
    });
  });

  test('lower the bound of a tick by more than half of what the LP leaves open', () => {
    for (const seed of [1, 2, 3]) {
      const { program } = aComponent(syntheticTick({ requests: 100, seed }));
      const live = new LiveProgram(highs, program, { meter: new Meter(PLENTY) });
      live.run();
      const before = live.objective;
      while (live.cut(60) > 0) live.run();
      live.dispose();
      // The optima, as HiGHS proves them in a minute.
      const best = [1_057_200, 959_695, 898_502][seed - 1]!;
      expect(live.objective).toBeGreaterThanOrEqual(best - 1e-3);
      expect(live.objective - best).toBeLessThan((before - best) / 2);
    }
  });
});

describe('a row freed of its excesses', () => {
  /** Two departments may borrow 3 together beyond 2 and 1: 4 + 4 is a cover of 6. */
  const COHORT = aModel({
    rows: { 'nominal/a': 2, 'nominal/b': 1, lent: 3 },
    excesses: [
      { of: 'nominal/a', upper: 9, into: { lent: 1 } },
      { of: 'nominal/b', upper: 9, into: { lent: 1 } },
    ],
    groups: [
      { options: [{ worth: 40, needs: { 'nominal/a': 4 } }] },
      { options: [{ worth: 39, needs: { 'nominal/b': 4 } }] },
    ],
  });

  function proven(model: Model, derived: DerivedRow): ReturnType<typeof boundOf> {
    const proof = {
      multipliers: [],
      derivedMultipliers: [{ derived: 0, numerator: 39 * 2 ** 20 }],
    };
    const certificate = { derivedRows: [derived], proof, frozenDigest: '' };
    return boundOf(model, { stage: 0, frozen: new Uint8Array(model.columnCount), certificate });
  }
  const both: DerivedRow = {
    row: 2,
    through: Int32Array.of(0, 1),
    columns: Int32Array.of(0, 1),
    coefficients: Int32Array.of(1, 1),
    rhs: 1,
  };

  test('is cut where no single row could be', () => {
    const cuts = cutsOf(aComponent(COHORT).program);
    expect(cuts.map(({ row, through, rhs }) => ({ row, through: [...through].sort(), rhs }))).toContainEqual({
      row: 2,
      through: [0, 1],
      rhs: 1,
    });
    expect(solve(COHORT, highs, { engine: 'highs', budget: { unitsMax: PLENTY } }).stages[0]).toMatchObject({
      value: 40,
      bound: 40,
    });
  });

  test('is checked: the cut follows from it, and not from the row alone, nor through one excess', () => {
    expect(proven(COHORT, both)).toEqual({ ok: true, bound: 40n });
    const { through: _, ...alone } = both;
    const faults = [alone, { ...both, through: Int32Array.of(0) }, { ...both, rhs: 0 }].map((derived) =>
      proven(COHORT, derived),
    );
    for (const fault of faults) expect(fault).toMatchObject({ ok: false, fault: 'notDerived' });
  });

  test('is no row when an excess is left negative, or does not stand in it', () => {
    for (const [row, through] of [
      [0, [1]],
      [2, [7]],
      [2, [-1]],
      [0, [0]],
    ] as const)
      expect(proven(COHORT, { ...both, row, through: Int32Array.from(through) })).toMatchObject({
        ok: false,
      });
  });
});
