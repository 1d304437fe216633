// The checker rejects what is false and computes bounds by hand-checkable arithmetic.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import {
  boundOf,
  checkPlan,
  checkSolution,
  type Engine,
  firstThatFits,
  type Model,
  type Multiplier,
  type Solution,
  type StageCertificate,
  type StageOutcome,
  solve,
} from '../../solver/index.ts';
import { aCertificate, aModel, aPlan } from '../support/aModel.ts';
import { naiveBest, naiveFeasible } from '../support/naiveSolver.ts';
import { aRandomModel } from '../support/randomModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

const ONE = 2 ** 20;

/** Rows gpu <= 4 and share - e <= 2 with e <= 3 lent at most 1; three groups of two options. */
const MODEL = aModel({
  rows: { gpu: 4, share: 2, lent: 1 },
  excesses: [{ of: 'share', upper: 3, into: { lent: 1 } }],
  groups: [
    {
      options: [
        { worth: 30, needs: { gpu: 2, share: 2 } },
        { worth: 20, needs: { gpu: 1 } },
      ],
    },
    {
      options: [
        { worth: 30, needs: { gpu: 2, share: 2 } },
        { worth: 20, needs: { gpu: 1 } },
      ],
    },
    { options: [{ worth: 9, needs: { share: 4 } }] },
  ],
});

function bound(model: Model, multipliers: readonly Multiplier[], frozen = new Uint8Array(model.columnCount)) {
  return boundOf(model, { stage: 0, frozen, certificate: aCertificate(multipliers) });
}

function multipliersIn({ proof }: StageCertificate): readonly Multiplier[] {
  if ('column' in proof) throw new Error('a proof by branching');
  return proof.multipliers;
}

describe('checkPlan', () => {
  test('accepts a feasible plan and says what each stage is worth', () => {
    expect(checkPlan(MODEL, aPlan(MODEL, [0, 3]))).toEqual({ ok: true, values: new Map([[0, 50]]) });
  });

  test.each([
    { title: 'over a row', columns: [0, 2], want: { broken: 'row', row: 2, lhs: 2, rhs: 1 } },
    {
      title: 'over the upper bound of an excess',
      columns: [0, 4],
      want: { broken: 'row', row: 1, lhs: 6, rhs: 5 },
    },
    {
      title: 'with two columns of one group',
      columns: [0, 1],
      want: { broken: 'group', group: 0, lhs: 2, rhs: 1 },
    },
  ])('rejects a plan $title, with the numbers', ({ columns, want }) => {
    expect(checkPlan(MODEL, aPlan(MODEL, columns))).toEqual({ ok: false, ...want });
  });

  test('rejects a plan of the wrong length, and entries that are neither 0 nor 1', () => {
    expect(checkPlan(MODEL, new Uint8Array(3))).toEqual({ ok: false, broken: 'entry', column: 3 });
    expect(checkPlan(MODEL, new Uint8Array(9))).toEqual({ ok: false, broken: 'entry', column: 5 });
    expect(checkPlan(MODEL, Uint8Array.of(0, 2, 0, 0, 0))).toEqual({ ok: false, broken: 'entry', column: 1 });
  });

  test('agrees with the definition on random plans of random models', () => {
    fc.assert(
      fc.property(aRandomModel, fc.infiniteStream(fc.nat(2)), (model, draws) => {
        const granted = Uint8Array.from(model.group, () => (draws.next().value === 0 ? 1 : 0));
        expect(checkPlan(model, granted).ok).toBe(naiveFeasible(model, granted));
      }),
      { numRuns: 500 },
    );
  });
});

describe('boundOf', () => {
  test('with no multipliers is the best column of every group that fits alone', () => {
    // The third group needs an excess of 2 and only 1 is lent: it does not count.
    expect(bound(MODEL, [])).toEqual({ ok: true, bound: 60n });
  });

  test('prices rows, groups and excesses as its formula says', () => {
    // gpu at 12: 4 x 12 + 2 x max(0, 30 - 24, 20 - 12).
    expect(bound(MODEL, [{ row: 0, numerator: 12 * ONE }])).toEqual({ ok: true, bound: 64n });
    // share at 5 alone: 2 x 5 + 2 x max(30 - 10, 20) + the excess's box 3 x 5.
    expect(bound(MODEL, [{ row: 1, numerator: 5 * ONE }])).toEqual({ ok: true, bound: 65n });
    // share and lent at 5: 2 x 5 + 1 x 5 + 2 x 20, and the excess is paid for.
    const both = [1, 2].map((row) => ({ row, numerator: 5 * ONE }));
    expect(bound(MODEL, both)).toEqual({ ok: true, bound: 55n });
  });

  test('rounds down, and only at the end', () => {
    expect(bound(MODEL, [{ row: 0, numerator: 1 }])).toEqual({ ok: true, bound: 60n });
    const paidFor = [1, 2].map((row) => ({ row, numerator: 5 * ONE + 1 }));
    expect(bound(MODEL, paidFor)).toEqual({ ok: true, bound: 55n });
  });

  test('counts the room that frozen grants leave', () => {
    const model = aModel({
      rows: { gpu: 5 },
      groups: [
        { stage: 0, options: [{ worth: 1, needs: { gpu: 2 } }] },
        { stage: 1, options: [{ worth: 10, needs: { gpu: 2 } }], times: 3 },
      ],
    });
    const certificate = aCertificate([{ row: 0, numerator: 5 * ONE }]);
    const empty = new Uint8Array(4);
    expect(boundOf(model, { stage: 1, frozen: empty, certificate })).toEqual({ ok: true, bound: 25n });
    expect(boundOf(model, { stage: 1, frozen: aPlan(model, [0]), certificate })).toEqual({
      ok: true,
      bound: 15n,
    });
  });

  test('stays exact where doubles do not', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const model = aModel({
      rows: { a: most },
      groups: [{ options: [{ worth: most, needs: { a: most - 1 } }] }],
    });
    const wantBound = (3n * BigInt(most) + BigInt(most) * BigInt(ONE) - 3n * BigInt(most - 1)) >> 20n;
    expect(bound(model, [{ row: 0, numerator: 3 }])).toEqual({ ok: true, bound: wantBound });
  });

  test('is never below the optimum, whatever the multipliers', () => {
    const price = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 * ONE }));
    fc.assert(
      fc.property(aRandomModel, fc.array(price, { minLength: 5, maxLength: 5 }), (model, prices) => {
        const check = bound(
          model,
          prices.map((numerator, row) => ({ row, numerator })),
        );
        const wantAtLeast = naiveBest(model, 0, new Uint8Array(model.columnCount));
        expect(check.ok && check.bound >= BigInt(wantAtLeast)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    {
      title: 'a negative multiplier',
      multipliers: [{ row: 0, numerator: -1 }],
      want: { fault: 'notANumerator', of: 'row', at: 0 },
    },
    {
      title: 'a fraction',
      multipliers: [{ row: 0, numerator: 0.5 }],
      want: { fault: 'notANumerator', of: 'row', at: 0 },
    },
    {
      title: 'a row that does not exist',
      multipliers: [{ row: 3, numerator: 1 }],
      want: { fault: 'unknown', of: 'row', at: 3 },
    },
    {
      title: 'a row named twice',
      multipliers: [
        { row: 1, numerator: 1 },
        { row: 1, numerator: 1 },
      ],
      want: { fault: 'twice', of: 'row', at: 1 },
    },
  ])('refuses $title', ({ multipliers, want }) => {
    expect(bound(MODEL, multipliers)).toEqual({ ok: false, ...want });
  });
});

describe('firstThatFits', () => {
  test('names the first column of an unserved group that still fits, excess included', () => {
    expect(firstThatFits(MODEL, aPlan(MODEL, []))).toBe(0);
    // Beside column 0 the other large option would need an excess of 2; the small one fits.
    expect(firstThatFits(MODEL, aPlan(MODEL, [0]))).toBe(3);
    expect(firstThatFits(MODEL, aPlan(MODEL, [0, 3]))).toBeNull();
  });
});

describe('checkSolution', () => {
  const model = syntheticTick({ requests: 60, seed: 3, stages: 2 });
  let highs: Engine;
  let solution: Solution;
  beforeAll(async () => {
    highs = (await loadEngine('highs'))!;
    solution = solve(model, highs, {
      engine: 'highs',
      budget: { unitsMax: 1_000_000 },
    });
  });

  function tampered(change: (outcome: StageOutcome) => Partial<StageOutcome>): Solution {
    return {
      ...solution,
      stages: solution.stages.map((outcome, i) => (i === 0 ? { ...outcome, ...change(outcome) } : outcome)),
    };
  }

  test('accepts what the solver said', () => {
    expect(solution.stages.map(({ certificate }) => multipliersIn(certificate).length > 0)).toEqual([
      true,
      true,
    ]);
    expect(checkSolution(model, solution)).toEqual({ ok: true });
  });

  test('rejects a value that the plan does not have', () => {
    expect(
      checkSolution(
        model,
        tampered(({ value }) => ({ value: value + 1 })),
      ),
    ).toEqual({ ok: false, claim: 'value', stage: 0 });
  });

  test.each([-1, 1, 0.5, Number.NaN])('rejects a bound that is off by %d', (off) => {
    expect(
      checkSolution(
        model,
        tampered(({ bound }) => ({ bound: bound + off })),
      ),
    ).toEqual({ ok: false, claim: 'bound', stage: 0 });
  });

  test('rejects a gap that does not follow from bound and value', () => {
    expect(
      checkSolution(
        model,
        tampered(({ gap }) => ({ gap: gap + 0.01 })),
      ),
    ).toEqual({ ok: false, claim: 'gap', stage: 0 });
  });

  test('rejects a certificate whose multiplier was lowered below zero', () => {
    const change = ({ certificate }: StageOutcome): Partial<StageOutcome> => ({
      certificate: aCertificate(
        multipliersIn(certificate).map((multiplier, i) =>
          i === 0 ? { ...multiplier, numerator: -7 } : multiplier,
        ),
      ),
    });
    expect(checkSolution(model, tampered(change))).toMatchObject({
      ok: false,
      stage: 0,
      proof: { fault: 'notANumerator', of: 'row' },
    });
  });

  test('rejects a missing stage', () => {
    expect(checkSolution(model, { ...solution, stages: solution.stages.slice(1) })).toMatchObject({
      ok: false,
      claim: 'stages',
    });
  });

  test('rejects a plan with one grant more than the rows allow', () => {
    const served = new Set([...model.group].filter((_, j) => solution.granted[j] === 1));
    const extra = model.group.findIndex((group) => !served.has(group));
    const granted = solution.granted.slice();
    granted[extra] = 1;
    expect(checkSolution(model, { ...solution, granted })).toMatchObject({
      ok: false,
      plan: { broken: 'row' },
    });
  });

  test('rejects a plan that leaves out what would fit, though its claims are consistent', () => {
    const roomy = aModel({
      rows: { gpu: 2 },
      groups: [{ options: [{ worth: 4, needs: { gpu: 1 } }], times: 2 }],
    });
    const outcome = { stage: 0, method: 'greedy' as const, value: 4, bound: 8, gap: 0.5 };
    const work = { simplexIterations: 0, lpCalls: 0, mipCalls: 0, dpCells: 0 };
    const stages = [{ ...outcome, certificate: aCertificate(), work, ended: 'complete' as const }];
    expect(checkSolution(roomy, { granted: aPlan(roomy, [0]), stages })).toEqual({
      ok: false,
      notMaximal: 1,
    });
  });
});
