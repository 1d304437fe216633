// The replayed test has the numbers that Kueue publishes, and its floor is the one that follows from them.
import { describe, expect, it } from 'vitest';
import { CAPACITY, floorMs, kueueOrganisation, workloadsOf } from '../../bench/kueueWorkloads.ts';

describe("Kueue's baseline", () => {
  const configuration = kueueOrganisation();
  const workloads = workloadsOf(configuration, 100);

  it('is 15,000 workloads of 30 queues, in order of arrival, for a minute', () => {
    expect(workloads).toHaveLength(15_000);
    expect(new Set(workloads.map(({ name }) => name)).size).toBe(15_000);
    expect(new Set(workloads.map(({ agent }) => agent)).size).toBe(30);
    const arrivals = workloads.map(({ atMs }) => atMs);
    expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
    // The fiftieth of the large ones, one every 1,200 ms from 0 on.
    expect(arrivals.at(-1)).toBe(58_800);
  });

  it('lends within each cohort all that its six queues are owed, and no cohort more', () => {
    const { quotas, cohorts, pools } = configuration;
    for (const { id } of cohorts) {
      const shares = quotas.filter(({ cohort }) => cohort === id);
      expect(shares.map(({ nominal, lendingLimit }) => [nominal, lendingLimit])).toEqual(
        Array(6).fill([20, 20]),
      );
      // 20 + 100: one queue may hold the whole cohort.
      expect(new Set(shares.map(({ nominal, borrowingLimit }) => nominal + borrowingLimit))).toEqual(
        new Set([120]),
      );
    }
    expect(pools.map(({ capacity }) => capacity)).toEqual([CAPACITY]);
  });

  it('takes 66 s at least, and longer by what is run for nothing', () => {
    expect(floorMs(workloads)).toBe(66_000);
    expect(floorMs(workloads, 600_000)).toBe(67_000);
  });

  it('ends no sooner than its last workload has come and run', () => {
    const [first] = workloads;
    expect(floorMs([{ ...first!, atMs: 5000 }])).toBe(5000 + first!.of.runMs);
  });

  it('keeps every queue and class at any scale', () => {
    // Of each queue 4 small, 1 medium and 1 large one.
    expect(workloadsOf(configuration, 1)).toHaveLength(30 * 6);
  });
});
