// What any store promises of heartbeats: fenced by epoch, for live leases that the caller may see, heard by the leader (S9).
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease, LeaseId } from '../../scheduler/index.ts';
import {
  agentScope,
  aRequest,
  CELL,
  departmentScope,
  StoreCell,
  type StoreUnderTest,
} from '../support/storeCell.ts';

export const heartbeatsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`heartbeats in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    let held: Lease;
    let over: Lease;
    const owner = { department: 'research', agent: 'research-01' };
    beforeAll(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store);
      const requests = [aRequest(1, owner), aRequest(2, owner)] as const;
      held = cell.lease({ request: requests[0] });
      over = cell.lease({ request: requests[1] });
      await cell.tick([...cell.grants(held, requests[0]), ...cell.grants(over, requests[1])]);
      await cell.tick(cell.ended(over));
    });
    afterAll(() => store.close());
    const beat = (lease: LeaseId, epoch = cell.epoch, scope = agentScope(owner)) =>
      store.ports.heartbeatWriter.heartbeat(scope, lease, epoch);

    it('are recorded for a live lease, and heard by the leader', async () => {
      const outcome = await beat(held.id);
      expect(outcome).toMatchObject({ type: 'recorded', state: 'granted', endsAt: held.endsAt });
      const at = outcome.type === 'recorded' ? outcome.at : 0;
      const { heard, readThrough } = await store.ports.heartbeats.since(CELL, at);
      expect(heard).toEqual([{ lease: held.id, at }]);
      expect(readThrough).toBeGreaterThan(0);
      expect((await store.ports.heartbeats.since(CELL, at + 1)).heard).toEqual([]);
      expect((await store.ports.readers.lease(agentScope(owner), held.id))?.heartbeatAt).toBe(at);
    });

    it('come back with the state: a lease is active when the leader has folded it', async () => {
      await beat(held.id);
      await cell.tick([{ type: 'leaseActivated', lease: held.id, at: cell.now }]);
      expect(await beat(held.id)).toMatchObject({ type: 'recorded', state: 'active' });
      const state = await store.ports.stateSource.load(CELL, cell.epoch);
      expect(state.heardAt.get(held.id)).toBeGreaterThanOrEqual(cell.now);
    });

    it('with another epoch are refused, and nothing is heard of them', async () => {
      const before = await store.ports.heartbeats.since(CELL, 0);
      expect(await beat(held.id, cell.epoch + 1)).toEqual({ type: 'staleEpoch', epoch: cell.epoch });
      expect((await store.ports.heartbeats.since(CELL, 0)).heard).toEqual(before.heard);
    });

    it('of an ended lease learn how it ended', async () => {
      expect(await beat(over.id)).toEqual({ type: 'ended', state: 'released' });
    });

    it('of a lease that is not theirs, or is not there, learn nothing', async () => {
      expect(await beat('lse_zz_zz' as LeaseId)).toEqual({ type: 'absent' });
      expect(await beat(held.id, cell.epoch, agentScope({ ...owner, agent: 'research-02' }))).toEqual({
        type: 'absent',
      });
      expect(await beat(held.id, cell.epoch, departmentScope('sales'))).toEqual({ type: 'absent' });
      expect(await beat(held.id, cell.epoch, departmentScope('research'))).toMatchObject({
        type: 'recorded',
      });
    });

    it('never move back, however many come at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 40 }, () => beat(held.id)));
      const latest = Math.max(...outcomes.map((outcome) => (outcome.type === 'recorded' ? outcome.at : 0)));
      const { heard } = await store.ports.heartbeats.since(CELL, 0);
      expect(heard).toEqual([{ lease: held.id, at: latest }]);
    });

    it('say until when the work is safe, and the latest word counts', async () => {
      const { heartbeatWriter, heartbeats, stateSource } = store.ports;
      const say = (checkpointAt?: number) =>
        heartbeatWriter.heartbeat(agentScope(owner), held.id, cell.epoch, checkpointAt);
      await say(5000);
      await Promise.all([say(4000), say(7000), say()]);
      const { heard } = await heartbeats.since(CELL, 0);
      expect(heard).toMatchObject([{ lease: held.id, checkpointAt: 7000 }]);
      const state = await stateSource.load(CELL, cell.epoch);
      expect(state.checkpoints).toEqual(new Map([[held.id, 7000]]));
    });

    it('are told that a lease is on notice, and that it ends with its grace', async () => {
      const graceEndsAt = held.endsAt - 1;
      const revocation = {
        right: 'repair',
        since: cell.now,
        graceEndsAt,
        request: null,
        department: null,
      } as const;
      await cell.tick([{ type: 'leaseRevoking', lease: held.id, revocation }]);
      expect(await beat(held.id)).toMatchObject({ type: 'recorded', state: 'revoking', endsAt: graceEndsAt });
    });
  });
