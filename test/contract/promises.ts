// What any store keeps of the promises over a whole history: the checker, which shares no code with it, finds nothing.
// Run by test/adapters/memory and test/adapters/postgres.

import { describe, expect, it } from 'vitest';
import { writeHonestHistory } from '../support/honestHistory.ts';
import { checkPromises } from '../support/promises.ts';
import type { StoreUnderTest } from '../support/storeCell.ts';

export const promisesContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the promises in ${name}`, () => {
    it('are kept over a history with every kind of change', async () => {
      const store = await makeStore();
      const acknowledged = await writeHonestHistory(store);
      const events = await store.ports.logs.read('main', 0, 1000);
      const streamed = events.map(({ id, request, sequence }) => ({ id, request, sequence }));
      const dump = await store.dump();
      await store.close();
      expect(checkPromises(dump, { acknowledged, streamed })).toEqual([]);
      expect(streamed).toHaveLength(41);
    });
  });
