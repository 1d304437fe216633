// What a grant is worth: classes before everything, then requests, age and share; penalties never outweigh serving at all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import { ageBucket, agedValue, EXTENSION_VALUE, penaltyOf } from '../../../scheduler/formulate/objective.ts';
import { arbitrarySnapshot } from '../../support/arbitrarySnapshot.ts';
import { aConfiguration, aPool, aRequest, aState, NOW, type RequestBuilder } from '../../support/builders.ts';
import { aCrowd } from './crowd.ts';

const configuration = aConfiguration().pool(
  aPool('a').gpu(8, 'a100').price(10),
  aPool('h').gpu(8, 'h100').price(20),
);

/** Beside a crowd, so that no pool stands for the others. */
function valuesOf(...requests: RequestBuilder[]): number[] {
  const { model } = formulate(
    aState(configuration)
      .request(...requests, aCrowd())
      .snapshot(),
    newMemo(),
  );
  return [...model.objective];
}

describe('age', () => {
  it.each([
    [0, 0],
    [119_999, 0],
    [120_000, 1],
    [240_000, 2],
    [120_000 * 64, 7],
    [120_000 * 10_000, 7],
  ])('of %i ms at a target wait of two minutes is bucket %i', (waitedMs, wantBucket) => {
    expect(ageBucket(waitedMs, 120)).toBe(wantBucket);
  });

  it('raises the value eightfold at most', () => {
    expect(agedValue(1000, 0)).toBe(1000);
    expect(agedValue(1000, 7)).toBe(8000);
  });
});

describe('a column', () => {
  it('of a better preference is worth more', () => {
    const [h, a] = valuesOf(aRequest().gpu(1).prefer('h100', 'a100'));
    expect(h).toBeGreaterThan(a!);
  });

  it('of a later option is worth less', () => {
    const [first, second] = valuesOf(aRequest().gpu(1, { model: 'a100' }).or().gpu(1, { model: 'a100' }));
    expect(first).toBeGreaterThan(second!);
  });

  it('of a cheaper pool is worth more', () => {
    const [a, h] = valuesOf(aRequest().gpu(1));
    expect(a).toBeGreaterThan(h!);
  });

  it('of a bigger option gains nothing by its size', () => {
    const [small] = valuesOf(aRequest().gpu(1, { model: 'a100' }));
    const [beside] = valuesOf(aRequest().gpu(1, { model: 'a100' }).or().gpu(8, { model: 'a100' }));
    expect(beside).toBe(small);
  });

  it('of an older request is worth more', () => {
    const [young, old] = valuesOf(
      aRequest(1).gpu(1, { model: 'a100' }),
      aRequest(2)
        .gpu(1, { model: 'a100' })
        .submittedAt(NOW - 3_600_000),
    );
    expect(old).toBeGreaterThan(young!);
  });
});

it('a class is a stage, by its rank', () => {
  const requests = ['batch', 'critical', 'standard'].map((name, i) =>
    aRequest(i + 1)
      .gpu(1, { model: 'a100' })
      .class(name),
  );
  const { model } = formulate(
    aState(configuration)
      .request(...requests)
      .snapshot(),
    newMemo(),
  );
  expect([...model.stage]).toEqual([3, 0, 2]);
});

it('no sum of penalties outweighs serving the request at all', () => {
  const worst = penaltyOf({
    ranks: 99,
    option: 15,
    windowsSkipped: 99,
    looseness: 99,
    cost: 1e9,
    leastCost: 0,
    mostCost: 1e9,
  });
  expect(worst).toBe(920);
});

it('every column of every tick is worth between 1 and a million', () => {
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      for (const value of formulate(snapshot, newMemo()).model.objective) {
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(1_000_000);
      }
    }),
    { numRuns: 100 },
  );
  expect(EXTENSION_VALUE).toBeGreaterThan(agedValue(65_000, 7));
});
