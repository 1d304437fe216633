// What any store promises of leadership: one holder at a time, and an epoch that rises with every election (S8).
// Run by test/adapters/memory, test/adapters/postgres and test/adapters/etcd.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LeaderDirectory } from '../../api/ports.ts';
import type { Leadership } from '../../scheduler/index.ts';
import type { StoreUnderTest } from '../support/storeCell.ts';

export type LeadershipUnderTest = Pick<StoreUnderTest, 'expireLeader' | 'close'> & {
  rival(): Promise<Leadership & LeaderDirectory>;
  readonly ports: { readonly leadership: Leadership & LeaderDirectory };
};

export const leadershipContract = (name: string, makeStore: () => Promise<LeadershipUnderTest>) =>
  describe(`leadership in ${name}`, () => {
    let store: LeadershipUnderTest;
    let ours: Leadership & LeaderDirectory;
    let theirs: Leadership & LeaderDirectory;
    let cell = 0;
    let main: string;
    beforeAll(async () => {
      store = await makeStore();
      ours = store.ports.leadership;
      theirs = await store.rival();
    });
    beforeEach(() => {
      cell += 1;
      main = `cell-${cell}`;
    });
    afterAll(() => store.close());

    it('is given to the first, and to nobody else while it is renewed', async () => {
      const epoch = await ours.acquire(main);
      expect(epoch).toBe(1);
      expect(await theirs.acquire(main)).toBeNull();
      expect(await ours.renew(main, epoch!)).toBe(true);
      expect(await theirs.acquire(main)).toBeNull();
    });

    it('is a matter of each cell', async () => {
      expect(await ours.acquire(main)).toBe(1);
      expect(await theirs.acquire(`other-${main}`)).toBe(1);
    });

    it('passes at once when it is released, with a higher epoch', async () => {
      await ours.release(main, (await ours.acquire(main))!);
      expect(await theirs.acquire(main)).toBe(2);
    });

    it('passes when it ran out, and the one before learns it at its renewal', async () => {
      const epoch = (await ours.acquire(main))!;
      await store.expireLeader();
      expect(await theirs.acquire(main)).toBe(epoch + 1);
      expect(await ours.renew(main, epoch)).toBe(false);
      expect(await theirs.renew(main, epoch + 1)).toBe(true);
    });

    it('may be renewed late when nobody took it', async () => {
      const epoch = (await ours.acquire(main))!;
      await store.expireLeader();
      expect(await ours.renew(main, epoch)).toBe(true);
      expect(await theirs.acquire(main)).toBeNull();
    });

    it('is not ended by a release with an epoch that is over', async () => {
      const epoch = (await ours.acquire(main))!;
      await store.expireLeader();
      const next = (await theirs.acquire(main))!;
      await ours.release(main, epoch);
      expect(await theirs.renew(main, next)).toBe(true);
      expect(await ours.acquire(main)).toBeNull();
    });

    it('is taken up again by its own holder under a new epoch', async () => {
      const epoch = (await ours.acquire(main))!;
      expect(await ours.acquire(main)).toBe(epoch + 1);
      expect(await ours.renew(main, epoch)).toBe(false);
    });

    describe('is found', () => {
      const OURS = { url: 'http://10.0.0.1:7401', secret: 'of ours' };
      const THEIRS = { url: 'http://10.0.0.2:7401', secret: 'of theirs' };
      beforeEach(() => {
        ours.announce(OURS);
        theirs.announce(THEIRS);
      });

      it('nowhere while nobody has it, and then with its epoch by all', async () => {
        expect(await theirs.find(main)).toBeNull();
        const epoch = (await ours.acquire(main))!;
        expect(await theirs.find(main)).toEqual({ ...OURS, epoch });
        expect(await ours.find(main)).toEqual({ ...OURS, epoch });
      });

      it('nowhere once it was given up, and elsewhere when another has it', async () => {
        await ours.release(main, (await ours.acquire(main))!);
        expect(await theirs.find(main)).toBeNull();
        const epoch = (await theirs.acquire(main))!;
        expect(await ours.find(main)).toEqual({ ...THEIRS, epoch });
      });

      it('nowhere once it ran out', async () => {
        await ours.acquire(main);
        await store.expireLeader();
        expect(await theirs.find(main)).toBeNull();
      });

      it('at an address that was announced after the election, from the next renewal on', async () => {
        const epoch = (await ours.acquire(main))!;
        ours.announce({ ...OURS, url: 'http://10.0.0.3:7401' });
        await ours.renew(main, epoch);
        expect(await theirs.find(main)).toEqual({ ...OURS, url: 'http://10.0.0.3:7401', epoch });
      });
    });
  });
