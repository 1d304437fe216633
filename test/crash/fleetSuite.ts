// The suite of many processes through bad days under load. Invariant: the seed is printed first. Run by fleetCrashes.test.ts, and for longer by
// fleetCrashes.long.ts.

import { beforeAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../support/postgres.ts';
import { type Aftermath, fleetCrashes } from './fleetCrashes.ts';

export function describeFleetCrashes(run: {
  readonly cuts: number;
  readonly halfOpen?: number;
  readonly replays?: boolean;
  readonly kills: number;
  readonly seed: number;
  readonly limitMs: number;
}): void {
  const { cuts, halfOpen = 0, replays = false, kills, seed, limitMs } = run;
  describe(`many processes under load, ${cuts} lines cut and ${kills} members killed`, () => {
    let after: Aftermath;
    beforeAll(async () => {
      console.log(`fleet crashes: CRASH_SEED=${seed}`);
      const database = await testDatabase();
      // A run that does not come to its end says where it stood.
      const note = (line: string): void => console.log(`fleet crashes: ${line}`);
      after = await fleetCrashes({ cuts, halfOpen, replays, kills, seed, database, note });
      console.log(`fleet crashes: ${JSON.stringify(after)}`);
    }, limitMs);

    it('meet requests under way, and leaders that change', () => {
      expect(after.cuts).toBe(cuts);
      expect(after.killed).toHaveLength(kills);
      expect(after.submits).toBeGreaterThan(10 * kills);
      expect(after.epochs).toBeGreaterThan(2);
    });

    it('lose nothing that was acknowledged', () => {
      expect(after.lost).toEqual([]);
    });

    it('write nothing twice', () => {
      expect(after.duplicated).toEqual([]);
    });

    it('break no promise, and give everything back in the end', () => {
      expect(after.broken).toEqual([]);
      expect(after.leaked).toBe(0);
    });

    it.runIf(replays)('replay every tick that they committed to its digest', () => {
      expect(after.different).toEqual([]);
      expect(after.replayed).toBe(after.ticks);
    });

    it('date what they decide by the database’s clock, also where their own is wrong', () => {
      expect(after.misdated).toBe(0);
    });
  });
}
