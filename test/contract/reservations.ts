// What any store promises of a start that is promised: it stands with its request, a new leader finds it, and it goes with the request.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartReservation } from '../../scheduler/index.ts';
import { ALL, aRequest, CELL, StoreCell, type StoreUnderTest } from '../support/storeCell.ts';

export const reservationsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`promised starts in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    beforeEach(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store);
    });
    afterEach(() => store.close());

    const request = aRequest(1);
    const promise = (startsAt: number): StartReservation => ({
      request: request.id,
      department: request.department,
      agent: request.agent,
      class: request.terms.class,
      option: 0,
      units: [{ claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 2 }],
      madeAt: 5,
      startsAt,
      endsAt: startsAt + 10,
    });
    const found = async () => {
      const { reserved } = await store.ports.stateSource.load(CELL, cell.epoch);
      const view = await store.ports.readers.request(ALL, request.id);
      return [reserved.get(request.id) ?? null, view?.reservation ?? null];
    };

    it('are found by a new leader and by readers as they were made, and as they were moved', async () => {
      await cell.tick([cell.opened(request)]);
      expect(await found()).toEqual([null, null]);
      await cell.tick([{ type: 'reservationMade', reservation: promise(100) }]);
      expect(await found()).toEqual([promise(100), promise(100)]);
      await cell.tick([{ type: 'reservationMoved', reservation: promise(90), from: 100, cause: 'earlier' }]);
      expect(await found()).toEqual([promise(90), promise(90)]);
    });

    it('go when they are dropped, and with the outcome of their request', async () => {
      await cell.tick([cell.opened(request), { type: 'reservationMade', reservation: promise(100) }]);
      await cell.tick([{ type: 'reservationDropped', reservation: promise(100), cause: 'capacityLost' }]);
      expect(await found()).toEqual([null, null]);
      await cell.tick([{ type: 'reservationMade', reservation: promise(120) }]);
      await cell.tick([cell.decided(request, 'cancelled')]);
      expect(await found()).toEqual([null, null]);
    });

    it('may change in the tick of their request’s outcome, and keep what was promised before', async () => {
      await cell.tick([cell.opened(request), { type: 'reservationMade', reservation: promise(100) }]);
      await cell.tick([
        { type: 'reservationMoved', reservation: promise(90), from: 100, cause: 'earlier' },
        cell.decided(request, 'cancelled'),
      ]);
      expect(await found()).toEqual([null, null]);
      const [row] = (await store.dump()).request;
      expect(row).toMatchObject({ state: 'cancelled', reservation: { startsAt: 100 } });
    });

    it('are written once, though the reply to a commit was lost and a later tick has moved on', async () => {
      await cell.tick([cell.opened(request)]);
      const made = await cell.tick([{ type: 'reservationMade', reservation: promise(100) }]);
      await cell.tick([{ type: 'reservationMoved', reservation: promise(90), from: 100, cause: 'earlier' }]);
      expect(await store.ports.store.commit(made)).toBe('committed');
      expect(await found()).toEqual([promise(90), promise(90)]);
    });

    it('are handed on in one tick from the request that held them', async () => {
      const [holding, taking] = [aRequest(2), aRequest(3)];
      const hold = { request: request.id, offer: 'off_1', until: 10_005, tick: 1 };
      const kept = { ...promise(5), request: holding.id, hold };
      const held = { ...holding, holdOf: hold };
      await cell.tick([
        cell.opened(request),
        cell.opened(held),
        { type: 'reservationMade', reservation: kept },
      ]);
      const before = await store.ports.stateSource.load(CELL, cell.epoch);
      expect(before.reserved.get(holding.id)).toEqual(kept);
      expect(before.requests.get(holding.id)?.request.holdOf).toEqual(hold);
      await cell.tick([
        cell.decided(held, 'cancelled'),
        cell.decided(request, 'cancelled'),
        cell.opened(taking),
        { type: 'reservationMade', reservation: { ...promise(5), request: taking.id } },
      ]);
      const { reserved } = await store.ports.stateSource.load(CELL, cell.epoch);
      expect([...reserved.keys()]).toEqual([taking.id]);
    });

    it('are of a request that there is', async () => {
      await expect(cell.tick([{ type: 'reservationMade', reservation: promise(100) }])).rejects.toThrow();
    });
  });
