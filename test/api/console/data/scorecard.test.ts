// The scorecard's figures: quotients of what the API counts, and nothing where there is nothing to divide by.
import { expect, it } from 'vitest';
import { dominantOf, heldOf, ratesOf, weightPart } from '../../../../api/console/data/scorecard.ts';
import type { Quota, Share, UsageRow } from '../../../../api/console/data/shapes.ts';

const ROW: UsageRow = {
  department: 'research',
  requests: 12,
  granted: 8,
  denied: 2,
  waitedMeanMs: 100,
  waitedP50Ms: 90,
  waitedP95Ms: 400,
  unitSeconds: { gpu: 36_000, cpu: 7200 },
  settledMinor: null,
  expiredUnused: 2,
};
const GPU: Quota = {
  department: 'research',
  kind: 'gpu',
  nominal: 10,
  borrowingLimit: 5,
  lendingLimit: 0,
  cohort: 'labs',
  used: 4,
};
const share = (department: string, priority: string, unitSeconds: number): Share => ({
  department,
  class: priority,
  kind: 'gpu',
  unitSeconds,
  thousandths: 0,
});

it('counts what was held against the own share and against all that was held, over all classes', () => {
  const shares = [
    share('research', 'batch', 100),
    share('research', 'standard', 200),
    share('sales', 'batch', 900),
  ];
  const held = heldOf({ department: 'research', row: ROW, quotas: [GPU], shares, spanSeconds: 7200 });
  expect(held).toEqual([
    { kind: 'cpu', unitHours: 2, ofOwn: null, usedNow: null, own: null, ofAll: null },
    { kind: 'gpu', unitHours: 10, ofOwn: 0.5, usedNow: 4, own: 10, ofAll: 0.25 },
  ]);
});

it('says nothing where there is nothing to divide by', () => {
  const none = { ...ROW, granted: 0, denied: 0, expiredUnused: 0, unitSeconds: {} };
  expect(ratesOf(none)).toEqual({ granted: null, denied: null, unused: null });
  const quotas = [{ ...GPU, nominal: 0 }];
  const [gpu] = heldOf({ department: 'research', row: none, quotas, shares: [], spanSeconds: 7200 });
  expect(gpu).toMatchObject({ unitHours: 0, ofOwn: null, ofAll: null });
  expect(weightPart('research', [])).toBeNull();
});

it('tells granted and denied of those decided, and what was never taken up of those granted', () => {
  expect(ratesOf(ROW)).toEqual({ granted: 0.8, denied: 0.2, unused: 0.25 });
  expect(
    weightPart('a', [
      { id: 'a', weight: 1 },
      { id: 'b', weight: 3 },
    ]),
  ).toBe(0.25);
});

it('holds the largest of its parts against the part of its weight', () => {
  const shares = [share('research', 'batch', 300), share('sales', 'batch', 900)];
  const cpu = { ...share('research', 'batch', 1), kind: 'cpu' };
  const others = { ...share('sales', 'batch', 9), kind: 'cpu' };
  const of = (department: string, all: Share[]) =>
    heldOf({ department, row: ROW, quotas: [GPU], shares: all, spanSeconds: 7200 });
  const held = of('research', [...shares, cpu, others]);
  expect(dominantOf(held, 0.125)).toEqual({ kind: 'gpu', part: 0.25, times: 2 });
  expect(dominantOf(held, null)).toMatchObject({ times: null });
  expect(dominantOf(of('hr', shares), 0.125)).toBeNull();
  expect(dominantOf([], 0.125)).toBeNull();
});
