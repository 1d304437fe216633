// A thousand histories of a whole cluster under faults, a seed each: every promise holds in all of them, and a seed is one history.
// The hundred thousand are in faults.long.ts; what the checker would see if a promise broke is in defects.test.ts.
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { type RunReport, runSeed } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';

const SEEDS = 1000;
const AT_ONCE = 100;
const solver = createInProcessSolver();
afterAll(() => solver.close());

describe('a cluster under faults', () => {
  const sums = { ticks: 0, leases: 0, epochs: 0, faults: 0 };

  it.each(Array.from({ length: SEEDS / AT_ONCE }, (_, n) => n * AT_ONCE + 1))(
    `keeps every promise in ${AT_ONCE} histories from seed %i on`,
    async (from) => {
      const failed: Pick<RunReport, 'seed' | 'findings'>[] = [];
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        const { findings, ...report } = await runSeed(seed, { solver, digest: sha256 });
        if (findings.length > 0) failed.push({ seed, findings });
        for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
      }
      expect(failed).toEqual([]);
    },
  );

  it('was as hostile as it claims to be: leaders fell, calls failed, and work went on', () => {
    expect(sums.epochs).toBeGreaterThan(1.5 * SEEDS);
    expect(sums.faults).toBeGreaterThan(4 * SEEDS);
    expect(sums.ticks).toBeGreaterThan(10 * SEEDS);
    expect(sums.leases).toBeGreaterThan(5 * SEEDS);
  });

  it('ends with its faults what was struck before and answered after: a leader that loads goes on', async () => {
    expect((await runSeed(70_626, { solver, digest: sha256 })).findings).toEqual([]);
  });

  it('is the same history for the same seed, told or not', async () => {
    for (const seed of [7, 8, 9]) {
      const first = await runSeed(seed, { solver, digest: sha256 });
      const again = await runSeed(seed, { solver, digest: sha256, isStoryKept: true });
      expect(again.digest).toBe(first.digest);
      expect(again.story.length).toBeGreaterThan(100);
    }
    const [one, another] = await Promise.all([7, 8].map((seed) => runSeed(seed, { solver, digest: sha256 })));
    expect(one!.digest).not.toBe(another!.digest);
  });
});
