// What any store promises of a tick: all of it or nothing, by the leader alone, once (S3, S5, S8, S9), and a state that comes back whole.
// The refusals stand in tickRefusals.ts. Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeUp } from '../../scheduler/adopt.ts';
import { apply } from '../../scheduler/domain/apply.ts';
import type { Change, PoolId, State } from '../../scheduler/index.ts';
import { checkPromises } from '../support/promises.ts';
import {
  aConfiguration,
  agentScope,
  aRequest,
  aSubmit,
  CELL,
  StoreCell,
  type StoreUnderTest,
  usedOf,
} from '../support/storeCell.ts';

export const tickStoreContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the tick store in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    beforeEach(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store);
    });
    afterEach(() => store.close());
    const load = () => store.ports.stateSource.load(CELL, cell.epoch);

    it('gives the state back as the leader had it, after every kind of change', async () => {
      const memory = await load();
      const tick = async (changes: Parameters<StoreCell['tick']>[0]) => {
        await cell.tick(changes);
        for (const change of changes) apply(memory, change);
        memory.tick = cell.tickNumber;
        memory.tickDigest = cell.digest;
        memory.eventSequence = cell.sequence;
      };
      const requests = Array.from({ length: 6 }, (_, n) => aRequest(n + 1));
      const [queued, waiting, granted, ended, denied, extended] = requests;
      const leases = [granted, ended, extended].map((request) => cell.lease({ request: request! }));
      await tick([
        cell.opened(queued!),
        cell.opened(waiting!),
        cell.allowed(waiting!),
        cell.decided(waiting!, 'waiting'),
        ...cell.grants(leases[0]!, granted!),
        ...cell.grants(leases[1]!, ended!),
        cell.opened(denied!),
        cell.decided(denied!, 'denied'),
        ...cell.grants(leases[2]!, extended!),
        cell.extensionOpened(leases[2]!, 'ext_a'),
        ...cell.extensionGranted(leases[2]!, 'ext_a'),
      ]);
      expect(comparable(await load())).toEqual(comparable(memory));
      await tick([
        { type: 'leaseActivated', lease: leases[1]!.id, at: cell.now },
        ...cell.ended(leases[1]!),
        cell.extensionOpened(leases[0]!, 'ext_b'),
        cell.extensionOpened(leases[2]!, 'ext_c'),
        {
          type: 'extensionDecided',
          extension: 'ext_c' as never,
          lease: leases[2]!.id,
          outcome: 'denied',
          endsAt: null,
          reservations: [],
          reasons: [],
        },
      ]);
      expect(comparable(await load())).toEqual(comparable(memory));
      expect((await load()).requests.get(aRequest(2).id)?.waitingCodes).toEqual(['NEXT_TICK']);
    });

    it('knows of a pool that left the configuration whether its units come back', async () => {
      const memory = await load();
      const kinds = { 'gpu-a': 'gpu', 'licence-a': 'license' };
      const leases = Object.entries(kinds).map(([pool, kind], n) => {
        const request = aRequest(n + 1);
        const lease = cell.lease({ request, allocations: [{ pool: pool as PoolId, kind, quantity: 2 }] });
        return { lease, grant: cell.grants(lease, request) };
      });
      const tick = async (changes: Parameters<StoreCell['tick']>[0], configurationRevision: string) => {
        await cell.tick(changes, { record: { configurationRevision } });
        for (const change of changes) apply(memory, change);
        memory.tick = cell.tickNumber;
        memory.tickDigest = cell.digest;
        memory.eventSequence = cell.sequence;
      };
      await tick(
        leases.flatMap(({ grant }) => grant),
        'cfg_1',
      );
      const { pools } = aConfiguration();
      const less = aConfiguration({
        revision: 'cfg_2',
        pools: pools.filter(({ kind }) => kind === 'review'),
      });
      await store.ports.configuration.store(less);
      takeUp(memory, less);
      const began: Change[] = leases.map(({ lease }) => ({
        type: 'leaseActivated',
        lease: lease.id,
        at: cell.now,
      }));
      await tick(began, 'cfg_2');
      expect(comparable(await load())).toEqual(comparable(memory));
      await tick(
        leases.flatMap(({ lease }) => cell.ended(lease)),
        'cfg_2',
      );
      expect(comparable(await load())).toEqual(comparable(memory));
      expect([...memory.goneConsumables]).toEqual(['licence-a']);
      const dump = await store.dump();
      expect([usedOf(dump, 'gpu-a'), usedOf(dump, 'licence-a')]).toEqual([0, 2]);
    });

    it('gives back the past use that its last record tells, and none where that tells of none', async () => {
      const levels = [['research/gpu', 2048, 7] as const];
      const pastUse = { atSeconds: 1_795_424_400, stepSeconds: 18_900, levels };
      await cell.tick([cell.opened(aRequest(1))], { record: { pastUse } });
      expect((await load()).pastUse).toEqual(pastUse);
      await cell.tick([cell.opened(aRequest(2))]);
      expect((await load()).pastUse).toBeUndefined();
    });

    it('stamps the intake rows that it folded, and they are not taken again', async () => {
      await store.ports.intakeWriter.write([
        aSubmit(aRequest(1)),
        aSubmit(aRequest(2)),
        aSubmit(aRequest(3)),
      ]);
      const { rows } = await store.ports.intake.take(CELL, 2);
      await cell.tick([cell.opened(aRequest(1)), cell.opened(aRequest(2))], {
        intake: rows.map((row) => row.id),
      });
      const left = (await store.ports.intake.take(CELL, 10)).rows;
      expect(left.map((row) => row.command)).toEqual([{ type: 'submit', request: aRequest(3) }]);
      expect((await store.dump()).intake.map((row) => row.tick)).toEqual([1, 1, null]);
    });

    it('writes an audit entry for every row folded and every terminal outcome', async () => {
      const said = aSubmit(aRequest(1));
      await store.ports.intakeWriter.write([
        { ...said, actor: { ...said.actor, because: 'asked for by "Zoë"' } },
        aSubmit(aRequest(2)),
      ]);
      const { rows } = await store.ports.intake.take(CELL, 10);
      const [first, second] = [aRequest(1), aRequest(2)];
      const changes = [
        cell.opened(first),
        cell.decided(first, 'denied'),
        cell.opened(second),
        cell.decided(second, 'waiting'),
      ];
      await cell.tick(changes, { intake: rows.map((row) => row.id) });
      await cell.tick([cell.decided(second, 'cancelled')]);
      const entries = (await store.dump()).audit.toSorted((a, b) => a.sequence - b.sequence);
      const wantEntries = [
        [1, 'spiffe://research-01', 'submit', first.id, 'asked for by "Zoë"'],
        [2, 'spiffe://research-01', 'submit', second.id, null],
        [3, 'leader', 'denied', first.id, null],
        [4, 'leader', 'cancelled', second.id, null],
      ];
      const shown = entries.map(({ sequence, actor, act, object_id, because }) => [
        sequence,
        actor,
        act,
        object_id,
        because,
      ]);
      expect(shown).toEqual(wantEntries);
    });

    it('takes the same tick twice as one', async () => {
      const request = aRequest(1);
      const commit = await cell.tick(cell.grants(cell.lease({ request }), request));
      const before = await store.dump();
      expect(await store.ports.store.commit(commit)).toBe('committed');
      expect(await store.dump()).toEqual(before);
    });

    it('knows its tick also when another leads by now', async () => {
      const commit = await cell.tick([cell.opened(aRequest(1))]);
      await store.expireLeader();
      await (await store.rival()).acquire(CELL);
      expect(await store.ports.store.commit(commit)).toBe('committed');
    });

    it('writes nothing under an epoch that is over', async () => {
      const request = aRequest(1);
      await store.ports.intakeWriter.write([aSubmit(request)]);
      await store.expireLeader();
      const epoch = await (await store.rival()).acquire(CELL);
      const before = await store.dump();
      const commit = cell.compose(cell.grants(cell.lease({ request }), request), { intake: [1] });
      expect(await store.ports.store.commit(commit)).toBe('epochLost');
      expect(await store.dump()).toEqual(before);
      expect(epoch).toBe(cell.epoch + 1);
    });

    it('returns renewable units when a lease ends, and those of a consumable only if it never began', async () => {
      const licence = { pool: 'licence-a', kind: 'license' } as never;
      const window = { pool: 'review-a', kind: 'review', window: 'w1', startsAt: 3_900_000_000_000 } as never;
      const [begun, unbegun] = [aRequest(1), aRequest(2)];
      const leases = [begun, unbegun].map((request) =>
        cell.lease({ request, allocations: [{}, licence, window] }),
      );
      await cell.tick([...cell.grants(leases[0]!, begun), ...cell.grants(leases[1]!, unbegun)]);
      await cell.tick([{ type: 'leaseActivated', lease: leases[0]!.id, at: cell.now }]);
      await cell.tick([...cell.ended(leases[0]!), ...cell.ended(leases[1]!, 'expired', 0)]);
      const dump = await store.dump();
      expect(usedOf(dump, 'gpu-a')).toBe(0);
      expect(usedOf(dump, 'licence-a')).toBe(1);
      expect(usedOf(dump, 'review-a', 'w1')).toBe(0);
    });

    it('keeps the units of a window that has begun', async () => {
      const request = aRequest(1);
      const window = { pool: 'review-a', kind: 'review', window: 'w1', startsAt: 3_900_000_000_000 } as never;
      const lease = cell.lease({ request, allocations: [window] });
      await cell.tick(cell.grants(lease, request));
      cell.now = 3_900_000_000_000;
      await cell.tick(cell.ended(lease));
      expect(usedOf(await store.dump(), 'review-a', 'w1')).toBe(1);
    });

    it('lets a tick that was decided under the revision before still fit, and then keeps to the new one', async () => {
      const requests = [1, 2, 3].map((n) => aRequest(n));
      const leases = requests.map((request) => cell.lease({ request, allocations: [{ quantity: 4 }] }));
      await cell.tick(cell.grants(leases[0]!, requests[0]!));
      const pools = aConfiguration().pools.map((pool) =>
        pool.id === 'gpu-a' ? { ...pool, capacity: 2 } : pool,
      );
      await store.ports.configuration.store(aConfiguration({ revision: 'cfg_2', pools }));
      await cell.tick(cell.grants(leases[1]!, requests[1]!));
      const under2 = { record: { configurationRevision: 'cfg_2' } };
      await expect(cell.tick(cell.grants(leases[2]!, requests[2]!), under2)).rejects.toThrow(/S1/);
      await cell.tick(cell.ended(leases[0]!), under2);
      expect((await store.dump()).capacity_use.find((row) => row.key === 'gpu-a')).toMatchObject({
        used: 4,
        capacity: 2,
      });
      expect((await store.ports.configuration.current(CELL)).revision).toBe('cfg_2');
    });

    it('keeps the leases of two cells apart, though their ids are the same', async () => {
      const requests = [aRequest(1), aRequest(2, { department: 'sales', agent: 'sales-01' })];
      const other = await StoreCell.open(store, aConfiguration({ cell: 'other' }));
      const leases = [cell.lease({ request: requests[0]! }), other.lease({ request: requests[1]! })];
      expect(leases[0]!.id).toBe(leases[1]!.id);
      const submits = requests.map((request) => aSubmit(request));
      await store.ports.intakeWriter.write([submits[0]!, { ...submits[1]!, cell: 'other' }]);
      const folded = async (name: string) => ({
        intake: (await store.ports.intake.take(name, 10)).rows.map((row) => row.id),
      });
      await cell.tick(cell.grants(leases[0]!, requests[0]!), await folded(CELL));
      await other.tick(other.grants(leases[1]!, requests[1]!), await folded('other'));
      const { heartbeatWriter, stateSource, readers } = store.ports;
      const beat = await heartbeatWriter.heartbeat(agentScope(requests[1]!), leases[1]!.id, other.epoch);
      expect(beat.type).toBe('recorded');
      expect((await store.ports.heartbeats.since(CELL, 0)).heard).toEqual([]);
      expect((await store.ports.heartbeats.since('other', 0)).heard).toHaveLength(1);
      await other.tick(other.ended(leases[1]!));
      expect([...(await stateSource.load(CELL, cell.epoch)).leases.values()]).toEqual([leases[0]]);
      expect([...(await stateSource.load('other', other.epoch)).leases.values()]).toEqual([]);
      const states = requests.map(
        async (request, n) => (await readers.lease(agentScope(request), leases[n]!.id))?.lease.state,
      );
      expect(await Promise.all(states)).toEqual(['granted', 'released']);
      expect(checkPromises(await store.dump())).toEqual([]);
    });

    it('takes nothing more from a pool that the new revision does not name', async () => {
      const pools = aConfiguration().pools.filter((pool) => pool.id !== 'gpu-a');
      await store.ports.configuration.store(aConfiguration({ revision: 'cfg_2', pools }));
      await cell.tick([], { record: { configurationRevision: 'cfg_2' } });
      expect((await store.dump()).capacity_use.find((row) => row.key === 'gpu-a')).toMatchObject({
        used: 0,
        capacity: 0,
      });
    });
  });

/** Without what was touched and is nothing again: a map with a zero says the same as one without. */
function comparable(state: State): unknown {
  const nonZero = [...state.accounts].filter(([, use]) => use.reserved + use.spent > 0);
  return {
    ...state,
    // Kept until the events of a tick are told; these ticks have none told by the scheduler.
    justEnded: new Map(),
    used: new Map([...state.used].filter(([, units]) => units > 0)),
    quotaUse: new Map([...state.quotaUse].filter(([, units]) => units > 0)),
    accounts: new Map(nonZero),
  };
}
