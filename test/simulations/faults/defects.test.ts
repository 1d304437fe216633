// The simulated cluster proved: each planted defect is found, by the promise that it breaks, in a seed that is known to show it; the same seed
// without the defect breaks nothing. defects.long.ts searches for each afresh.
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runSeed } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { DEFECTS } from './defects.ts';

const solver = createInProcessSolver();
afterAll(() => solver.close());

describe('a planted defect', () => {
  it.each(DEFECTS.map((defect) => [defect.name, defect.promise, defect] as const))(
    'is found: %s (%s)',
    async (_name, wantPromise, { seed, plant }) => {
      const { findings } = await runSeed(seed, { solver, digest: sha256, bends: plant() });
      expect(findings.map(({ promise }) => promise)).toContain(wantPromise);
    },
  );

  it('is what is found: none of their seeds breaks anything by itself', async () => {
    for (const seed of new Set(DEFECTS.map((defect) => defect.seed)))
      expect([seed, (await runSeed(seed, { solver, digest: sha256 })).findings]).toEqual([seed, []]);
  });

  it('is one of at least thirty, each of another kind', () => {
    expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length);
    expect(DEFECTS.length).toBeGreaterThanOrEqual(30);
  });
});
