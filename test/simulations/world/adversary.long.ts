// Whole days of adversarial arrivals, a seed each; the figures are printed as JSON. The first two hours run in adversary.test.ts.
import { expect, it } from 'vitest';
import { play, REVOCATIONS_MOST } from './adversary.ts';

const DAY_MS = 24 * 3_600_000;
const SEEDS = 20;

it('no wish of twenty days loses more than it may, no revocation repeats, and every promise holds', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { ledger, world, violations } = await play({ seed, stepMs: 15_000, lastsMs: DAY_MS });
    const { wishes, granted, revocations, byRight, acknowledged, honoured, dropped, ticks, mostOfOneWish } =
      ledger;
    const figures = {
      wishes,
      granted,
      revocations,
      byRight,
      acknowledged,
      honoured,
      dropped,
      ticks,
      mostOfOneWish,
    };
    console.log(JSON.stringify({ seed, ...figures }));
    expect([seed, world.dumped, violations, ledger.repeated]).toEqual([seed, [], [], []]);
    expect(mostOfOneWish).toBeLessThanOrEqual(REVOCATIONS_MOST);
    expect(revocations).toBeLessThanOrEqual(REVOCATIONS_MOST * wishes);
  }
});
