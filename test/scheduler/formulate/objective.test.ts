// What a grant is worth: classes before everything, then requests, age and share; penalties never outweigh serving at all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import {
  ageBucket,
  DEADLINE_ALLOWANCE_MOST,
  deadlineBonus,
  deadlineBucket,
  EXTENSION_VALUE,
  penaltyOf,
  worthOf,
} from '../../../scheduler/formulate/objective.ts';
import { arbitrarySnapshot } from '../../support/arbitrarySnapshot.ts';
import { aConfiguration, aPool, aRequest, aState, NOW, type RequestBuilder } from '../../support/builders.ts';
import { aCrowd } from './crowd.ts';

const configuration = aConfiguration().pool(
  aPool('a').gpu(8, 'a100').price(10),
  aPool('h').gpu(8, 'h100').price(20),
);

const ONE = { pressing: 1, missed: 0 };
const NO_BLEMISH = {
  ranks: 0,
  option: 0,
  windowsSkipped: 0,
  looseness: 0,
  cost: 0,
  leastCost: 0,
  mostCost: 0,
};

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
    const plain = { share: 0, alike: 1, bonus: 0, penalty: 0 };
    expect(worthOf({ ...plain, ageBucket: 0 })).toBe(1000);
    expect(worthOf({ ...plain, ageBucket: 7 })).toBe(8000);
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
  const most = { share: 64_000, alike: 1, ageBucket: 7, bonus: DEADLINE_ALLOWANCE_MOST, penalty: 0 };
  expect(EXTENSION_VALUE).toBeGreaterThan(worthOf(most));
});

describe('splitting a request', () => {
  it('into n equal parts of one agent is worth no more than the whole', () => {
    const small = { share: 0, ageBucket: 0, bonus: 0, penalty: 0 };
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1000 }), fc.nat({ max: 7 }), (parts, bucket) => {
        const whole = worthOf({ ...small, alike: 1, ageBucket: bucket });
        expect(parts * worthOf({ ...small, alike: parts, ageBucket: bucket })).toBeLessThanOrEqual(whole);
      }),
    );
  });

  it('is worth no more, share and all', () => {
    const [whole] = valuesOf(aRequest(1).gpu(8, { model: 'a100' }));
    for (const parts of [2, 4, 8]) {
      const split = Array.from({ length: parts }, (_, i) =>
        aRequest(i + 1).gpu(8 / parts, { model: 'a100' }),
      );
      const values = valuesOf(...split).slice(0, parts);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(whole!);
    }
  });

  it('keeps the order of preferences, however many there are', () => {
    for (const alike of [1, 8, 60, 250]) {
      const worth = (ranks: number) =>
        worthOf({ share: 10, alike, ageBucket: 0, bonus: 0, penalty: penaltyOf({ ...NO_BLEMISH, ranks }) });
      expect(worth(0)).toBeGreaterThan(worth(1));
      expect(worth(5)).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('a deadline', () => {
  const bucketOf = (waitSeconds: number) =>
    deadlineBucket({ deadline: NOW + (600 + waitSeconds) * 1000, durationSeconds: 600 }, NOW, 120);

  it.each([
    [0, 3],
    [119, 3],
    [120, 2],
    [240, 1],
    [480, 0],
    [100_000, 0],
  ])('that lets it wait %i s at a target wait of two minutes is in bucket %i', (waitSeconds, wantBucket) => {
    expect(bucketOf(waitSeconds)).toBe(wantBucket);
  });

  it('is worth the class’s allowance when it presses, and nothing while it does not', () => {
    const [pressing, early, none] = valuesOf(
      aRequest(1)
        .gpu(1, { model: 'a100' })
        .terms({ deadline: NOW + 610_000 }),
      aRequest(2)
        .gpu(1, { model: 'a100' })
        .terms({ deadline: NOW + 36_000_000 }),
      aRequest(3).gpu(1, { model: 'a100' }),
    );
    expect(pressing! - none!).toBe(200);
    expect(early).toBe(none);
  });

  it('that many requests of one agent claim is worth no more to all of them together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (pressing) => {
        expect(pressing * deadlineBonus(1000, 3, { pressing, missed: 0 })).toBeLessThanOrEqual(1000);
      }),
    );
  });

  it('is worth less to an agent that let deadlines pass', () => {
    const bonuses = [0, 1, 2, 9, 99].map((missed) => deadlineBonus(200, 3, { pressing: 1, missed }));
    expect(bonuses).toEqual([200, 100, 50, 0, 0]);
  });

  it('counts in a class that allows it, up to what the class allows', () => {
    expect(deadlineBonus(0, 3, ONE)).toBe(0);
    expect(deadlineBonus(400, 1, ONE)).toBe(100);
  });
});
