// A hundred thousand histories of a cluster under faults; a failing one is replayed a hundred times, to the same digest. Printed as JSON.
import { afterAll, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runSeed } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { DEFECTS } from './defects.ts';

const SEEDS = 100_000;
const REPLAYS = 100;
const solver = createInProcessSolver();
afterAll(() => solver.close());

it(`keeps every promise in ${SEEDS} histories`, async () => {
  const sums = { ticks: 0, requests: 0, leases: 0, epochs: 0, faults: 0, virtualMs: 0 };
  const failed: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await runSeed(seed, { solver, digest: sha256 });
    if (report.findings.length > 0) failed.push(seed);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
  }
  console.log(JSON.stringify({ simulation: 'faults', seeds: SEEDS, failed, sums }));
  expect(failed).toEqual([]);
});

it(`a failing history is the same ${REPLAYS} times`, async () => {
  const { seed, plant } = DEFECTS[0]!;
  const digests = new Set<string>();
  for (let replay = 0; replay < REPLAYS; replay++)
    digests.add((await runSeed(seed, { solver, digest: sha256, bends: plant() })).digest);
  expect(digests.size).toBe(1);
});
