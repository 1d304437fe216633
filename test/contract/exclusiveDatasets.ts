// What any store promises of a dataset that one lease holds exclusively: it is its one holder at every commit (S1).
// Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aConfiguration, aRequest, CELL, StoreCell, type StoreUnderTest } from '../support/storeCell.ts';

const AN_HOUR = [{ account: 'team', period: '2026-11', amount: 10 }] as never;

export const exclusiveDatasetsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`exclusive datasets in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    let requests = 0;
    beforeEach(async () => {
      store = await makeStore();
      const [gpus] = aConfiguration().pools;
      const dataset = { ...gpus!, id: 'corpus' as never, kind: 'dataset', capacity: 4 };
      cell = await StoreCell.open(store, aConfiguration({ pools: [gpus!, dataset] }));
      requests = 0;
    });
    afterEach(() => store.close());

    const reading = (...quantities: readonly (number | 'alone')[]) => {
      requests += 1;
      const request = aRequest(requests);
      const allocations = quantities.map((quantity, claim) => {
        const seat = { claim, pool: 'corpus' as never, kind: 'dataset' };
        return quantity === 'alone' ? { ...seat, exclusive: true as const } : { ...seat, quantity };
      });
      const lease = cell.lease({ request, allocations, reservations: AN_HOUR });
      return { lease, grant: cell.grants(lease, request) };
    };
    const held = async () => [...(await store.ports.stateSource.load(CELL, cell.epoch)).exclusive];
    const refused = (changes: Parameters<StoreCell['tick']>[0]) =>
      expect(cell.tick(changes)).rejects.toThrow(/exclusive/);

    it('one holder at a time, and the next in the very commit that ends its lease', async () => {
      const first = reading('alone');
      await cell.tick(first.grant);
      expect(await held()).toEqual(['corpus']);
      const second = reading('alone');
      await cell.tick([...cell.ended(first.lease), ...second.grant]);
      expect(await held()).toEqual(['corpus']);
      await cell.tick([...cell.ended(second.lease), ...reading(1).grant, ...reading(2).grant]);
      expect(await held()).toEqual([]);
    });

    it('a holder’s own further seats are its own', async () => {
      const holder = reading('alone', 3);
      await cell.tick(holder.grant);
      await cell.tick(cell.ended(holder.lease));
      expect(await held()).toEqual([]);
    });

    it('no reader beside it, whichever came first', async () => {
      await refused([...reading('alone').grant, ...reading(1).grant]);
    });

    it('no reader after it', async () => {
      await cell.tick(reading('alone').grant);
      await refused(reading(1).grant);
    });

    it('no holder after a reader that goes on reading, though another ends', async () => {
      const [one, other] = [reading(1), reading(1)];
      await cell.tick([...one.grant, ...other.grant]);
      await refused([...cell.ended(one.lease), ...reading('alone').grant]);
    });

    it('readers again once it is over, in commits of their own', async () => {
      const holder = reading('alone');
      await cell.tick(holder.grant);
      await cell.tick(cell.ended(holder.lease));
      await cell.tick(reading(1).grant);
      await cell.tick(reading(3).grant);
      expect(await held()).toEqual([]);
    });
  });
