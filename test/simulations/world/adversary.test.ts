// Two hours of a day in which everybody tries to make leases go round in circles; the whole day is in adversary.long.ts.
import { expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import type { CommitObserver, TickCommit } from '../../../scheduler/index.ts';
import type { Snapshot } from '../../../scheduler/snapshot.ts';
import { decideTickFile, tickFileParser, toTickFile } from '../../../scheduler/tickFile.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { play, REVOCATIONS_MOST } from './adversary.ts';

it.each([1, 2, 3])(
  'seed %i: revocations end, no wish loses more than it may, and every promise holds',
  async (seed) => {
    const { ledger, world, violations } = await play({ seed, stepMs: 15_000, lastsMs: 2 * 3_600_000 });
    expect(world.dumped).toEqual([]);
    expect(violations).toEqual([]);
    expect(ledger.mostOfOneWish).toBeLessThanOrEqual(REVOCATIONS_MOST);
    expect(ledger.revocations).toBeLessThanOrEqual(REVOCATIONS_MOST * ledger.wishes);
    expect(ledger.repeated).toEqual([]);
    // The world was as hostile as it claims to be.
    expect(ledger.revocations).toBeGreaterThan(5);
    expect(ledger.honoured).toBeGreaterThan(0);
  },
);

it('the same seed is the same history', async () => {
  const histories = [];
  for (let run = 0; run < 2; run += 1) {
    const { world } = await play({ seed: 4, stepMs: 15_000, lastsMs: 3_600_000 });
    histories.push(world.state.tickDigest);
  }
  expect(histories[0]).not.toBe('');
  expect(histories[1]).toBe(histories[0]);
});

it('the rig can tell: where wishes may lose more, some do', async () => {
  const { ledger } = await play({ seed: 1, stepMs: 15_000, lastsMs: 4 * 3_600_000, revocationsMost: 9 });
  expect(ledger.mostOfOneWish).toBeGreaterThan(REVOCATIONS_MOST);
});

it('every tick that took something back, or held units for somebody, is decided alike from its file', async () => {
  const ticks: { commit: TickCommit; snapshot: Snapshot }[] = [];
  const committed: CommitObserver['committed'] = (commit, on) => {
    if (on && (commit.record.revocations !== undefined || on.snapshot.earmarks.length > 0))
      ticks.push({ commit, snapshot: on.snapshot });
  };
  await play({ seed: 5, stepMs: 15_000, lastsMs: 2 * 3_600_000, committed });
  expect(ticks.length).toBeGreaterThan(20);
  const parse = tickFileParser();
  const solver = createInProcessSolver();
  for (const { commit, snapshot } of ticks) {
    const read = parse(JSON.parse(JSON.stringify(toTickFile(snapshot))));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const answer = await decideTickFile(read.snapshot, { solver, digest: sha256 });
    expect(answer.recordDigests).toEqual(commit.record.digests);
    expect(answer.revocations ?? []).toEqual(commit.record.revocations?.plans ?? []);
  }
  await solver.close();
});
