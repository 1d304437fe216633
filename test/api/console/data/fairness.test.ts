// Shares against quotas, prices and gaps, as the first page sums them up.
import { expect, it } from 'vitest';
import {
  cohortsOf,
  gapOf,
  lendingSentence,
  oldestOf,
  pricesOf,
  tickMs,
} from '../../../../api/console/data/fairness.ts';

const quota = (department: string, used: number, change: object = {}) => ({
  department,
  kind: 'gpu',
  nominal: 100,
  borrowingLimit: 50,
  lendingLimit: 40,
  cohort: 'makers',
  used,
  ...change,
});

it('says who borrows, and of whom', () => {
  const [makers, alone] = cohortsOf([
    quota('research', 130),
    quota('product', 20),
    quota('sales', 7, { cohort: null }),
  ]);
  expect(makers).toMatchObject({ kind: 'gpu', cohort: 'makers', borrowed: 30, idle: 80 });
  expect(
    makers!.members.map(({ department, borrows, couldLend }) => [department, borrows, couldLend]),
  ).toEqual([
    ['research', 30, 0],
    ['product', 0, 40],
  ]);
  expect(lendingSentence(makers!)).toBe('research 30 gpu borrowed from product (80 idle)');
  expect(alone!.cohort).toBeNull();
  expect(lendingSentence(alone!)).toBe('');
});

const stage = { stage: 0, method: 'lp', value: 1, bound: 1, frozenDigest: '' };

it('takes the worst gap, and the dearest price of a row', () => {
  const stages = [
    { ...stage, class: 'a', gap: 0.01, multipliers: [['capacity/h100', 1_048_576]] as const },
    { ...stage, class: 'b', gap: 0.002, multipliers: [['capacity/h100', 524_288]] as const },
  ];
  expect(gapOf({ stages })).toBe(0.01);
  expect([...pricesOf({ stages })]).toEqual([['capacity/h100', 1]]);
  expect(gapOf({ stages: [] })).toBeNull();
  expect(pricesOf({ stages: [{ ...stage, class: 'a', gap: 0, multipliers: null }] }).size).toBe(0);
});

it('sums what a tick took, and finds who waits longest', () => {
  expect(tickMs({ timings: { foldMs: 1, solveMs: 2.5 } })).toBe(3.5);
  expect(tickMs({})).toBeNull();
  const item = { code: 'POOL_FULL', actor: 'wait', advice: '', count: 1, alsoCount: 0 };
  const items = ['2026-11-27T01:00:00.000Z', '2026-11-26T01:00:00.000Z', null].map((oldestSubmittedAt) => ({
    ...item,
    oldestSubmittedAt,
  }));
  expect(oldestOf({ waiting: 3, items })).toBe('2026-11-26T01:00:00.000Z');
  expect(oldestOf({ waiting: 0, items: [] })).toBeNull();
});
