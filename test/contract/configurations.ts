// What any store promises of an organisation that is edited: one revision in force, swapped whole or not at all, with its overlay and
// the act that the leader seals; and the heartbeats of agents beside it. Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigurationSwap, KeptEdit } from '../../api/ports.ts';
import type { AgentId, DepartmentId, IntakeActor, PoolId } from '../../scheduler/index.ts';
import { aConfiguration, aRequest, CELL, StoreCell, type StoreUnderTest } from '../support/storeCell.ts';

const OPERATOR = {
  subject: 'operator@research',
  department: 'research',
  agent: null,
} as unknown as IntakeActor;

function keeping(pool: string, capacity: number): KeptEdit {
  const part = {
    id: pool as PoolId,
    kind: 'gpu',
    unit: 'unit',
    capacity,
    labels: {},
    consumable: false,
    priceMinor: 0,
  };
  return {
    object: `pool/${pool}`,
    department: '',
    edit: { type: 'putPool', pool: part },
    subject: OPERATOR.subject,
  };
}

function aSwap(revision: string, change: Partial<ConfigurationSwap> = {}): ConfigurationSwap {
  const to = aConfiguration({ revision });
  return { from: null, to, kept: [], dropped: [], base: null, act: null, ...change };
}

export const configurationsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the configuration in ${name}`, () => {
    let store: StoreUnderTest;
    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());
    const configuration = () => store.ports.configuration;

    it('is none at first, and then the one that was swapped in', async () => {
      expect(await configuration().currentRevision(CELL)).toBeNull();
      expect(await configuration().base(CELL)).toBeNull();
      expect(await configuration().swap(aSwap('cfg_a', { base: 'files-1' }))).toBe('stored');
      expect(await configuration().currentRevision(CELL)).toBe('cfg_a');
      expect(await configuration().base(CELL)).toBe('files-1');
      expect(await configuration().current(CELL)).toEqual(aConfiguration({ revision: 'cfg_a' }));
    });

    it('refuses a swap from another revision, and writes nothing of it', async () => {
      const before = await store.dump();
      const late = aSwap('cfg_x', {
        from: 'cfg_old',
        kept: [keeping('gpu-x', 1)],
        base: 'files-x',
        act: {
          actor: OPERATOR,
          command: { type: 'edit', object: 'pool/gpu-x', before: null, after: 'x', revision: 'cfg_x' },
        },
      });
      expect(await configuration().swap(late)).toBe('superseded');
      expect(await configuration().swap(aSwap('cfg_x'))).toBe('superseded');
      expect(await store.dump()).toEqual(before);
      expect(await configuration().edits(CELL)).toEqual([]);
      expect(await configuration().base(CELL)).toBe('files-1');
    });

    it('stores revision, overlay and act together, and wakes the leader', async () => {
      const wakes = store.wakes();
      const command = {
        type: 'edit',
        object: 'pool/gpu-x',
        before: null,
        after: 'x',
        revision: 'cfg_b',
      } as const;
      const kept = [keeping('gpu-x', 1)];
      const swap = aSwap('cfg_b', { from: 'cfg_a', kept, act: { actor: OPERATOR, command } });
      expect(await configuration().swap(swap)).toBe('stored');
      expect(await configuration().edits(CELL)).toEqual(kept);
      const { rows, revision } = await store.ports.intake.take(CELL, 10);
      expect(revision).toBe('cfg_b');
      expect(rows.map((row) => [row.actor, row.command])).toEqual([[OPERATOR, command]]);
      expect(store.wakes()).toBe(wakes + 1);
    });

    it('keeps the last edit of each object, in the order of the last edits, and drops those named', async () => {
      await configuration().swap(aSwap('cfg_c', { from: 'cfg_b', kept: [keeping('gpu-y', 2)] }));
      await configuration().swap(aSwap('cfg_d', { from: 'cfg_c', kept: [keeping('gpu-x', 3)] }));
      expect(await configuration().edits(CELL)).toEqual([keeping('gpu-y', 2), keeping('gpu-x', 3)]);
      await configuration().swap(aSwap('cfg_e', { from: 'cfg_d', dropped: ['pool/gpu-y'] }));
      expect(await configuration().edits(CELL)).toEqual([keeping('gpu-x', 3)]);
    });

    it('still has the revisions that were in force before, and no others', async () => {
      const before = await configuration().revision(CELL, 'cfg_a');
      expect(before).toEqual(aConfiguration({ revision: 'cfg_a' }));
      await expect(configuration().revision(CELL, 'cfg_none')).rejects.toThrow(/cfg_none/);
      await expect(configuration().revision('other', 'cfg_a')).rejects.toThrow(/other/);
    });

    it('lets one of many that swap at once through', async () => {
      const from = await configuration().currentRevision(CELL);
      const outcomes = await Promise.all(
        ['cfg_p', 'cfg_q', 'cfg_r', 'cfg_s'].map((revision) =>
          configuration().swap(aSwap(revision, { from })),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
      const winner = ['cfg_p', 'cfg_q', 'cfg_r', 'cfg_s'][outcomes.indexOf('stored')];
      expect(await configuration().currentRevision(CELL)).toBe(winner);
    });

    it('tells when agents were last heard of, and never moves it back', async () => {
      const beats = store.ports.agentHeartbeats;
      const agent = { id: 'ada' as AgentId, department: 'research' as DepartmentId };
      expect(await beats.heard(CELL)).toEqual(new Map());
      const first = await beats.beat(CELL, agent);
      const second = await beats.beat(CELL, agent);
      expect(second).toBeGreaterThanOrEqual(first);
      expect(await beats.heard(CELL)).toEqual(new Map([['ada', second]]));
      expect(await beats.heard('other')).toEqual(new Map());
    });
  });

/** What live leases hold, by department, kind and pool: for quotas. */
export const heldUnitsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the units held in ${name}`, () => {
    it('are those of live leases alone', async () => {
      const store = await makeStore();
      const cell = await StoreCell.open(store);
      const [one, two] = [aRequest(1), aRequest(2, { department: 'sales', agent: 'sales-01' })];
      const leases = [one, two].map((request) => cell.lease({ request, allocations: [{ quantity: 3 }] }));
      await cell.tick(
        [one, two].flatMap((request, index) => [
          cell.opened(request),
          cell.allowed(request),
          ...cell.granted(leases[index]!),
        ]),
      );
      const held = { kind: 'gpu', pool: 'gpu-a', units: 3 };
      expect(await store.ports.logs.heldUnits(CELL)).toEqual([
        { department: 'research', ...held },
        { department: 'sales', ...held },
      ]);
      await cell.tick(cell.ended(leases[0]!));
      expect(await store.ports.logs.heldUnits(CELL)).toEqual([{ department: 'sales', ...held }]);
      expect(await store.ports.logs.heldUnits('other')).toEqual([]);
      await store.close();
    });
  });

/** Ten GPUs and 1,000 of money that two cells draw on: their limits are never more than the whole together (S1, S2). */
export const allotmentsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`allotments in ${name}`, () => {
    let store: StoreUnderTest;
    let north: StoreCell;
    let south: StoreCell;
    beforeAll(async () => {
      store = await makeStore();
    });
    afterAll(() => store.close());

    const part = (cell: string, revision: string, { gpus, budget }: { gpus: number; budget: number }) => {
      const { pools, accounts } = aConfiguration();
      const [pool, account] = [pools[0]!, accounts[0]!];
      const neighbours = [{ cell: cell === 'north' ? 'south' : 'north', departments: [], kinds: ['gpu'] }];
      return aConfiguration({
        cell,
        revision,
        pools: [{ ...pool, capacity: gpus }],
        accounts: [{ ...account, periods: account.periods.map((period) => ({ ...period, budget })) }],
        cells: {
          neighbours,
          pools: [{ pool: pool.id, whole: 10 }],
          accounts: account.periods.map(({ id }) => ({ account: account.id, period: id, whole: 1_000 })),
        },
      });
    };
    const swap = (from: string | null, to: ReturnType<typeof part>) =>
      store.ports.configuration.swap({ from, to, kept: [], dropped: [], base: null, act: null });
    const limitOf = async (cell: string) => {
      const row = (await store.dump()).capacity_use.find((one) => one.cell === cell && one.key === 'gpu-a');
      return row?.capacity;
    };

    it('a cell has no more than the others leave, and gets it once a commit of theirs has given it up', async () => {
      north = await StoreCell.open(store, part('north', 'cfg_n1', { gpus: 6, budget: 600 }));
      south = await StoreCell.open(store, part('south', 'cfg_s1', { gpus: 4, budget: 400 }));
      expect(await swap('cfg_s1', part('south', 'cfg_s2', { gpus: 5, budget: 400 }))).toBe('overAllotted');
      expect(await swap('cfg_s1', part('south', 'cfg_s2', { gpus: 4, budget: 401 }))).toBe('overAllotted');
      await expect(
        store.ports.configuration.store(part('south', 'cfg_s2', { gpus: 5, budget: 400 })),
      ).rejects.toThrow(/S1/);
      expect(await store.ports.configuration.currentRevision('south')).toBe('cfg_s1');

      // Two of the five that stay are more than is allotted from now on: they count until they are given back.
      const request = aRequest(1);
      const lease = north.lease({ request, allocations: [{ quantity: 5 }] });
      await north.tick(north.grants(lease, request), { record: { configurationRevision: 'cfg_n1' } });
      expect(await swap('cfg_n1', part('north', 'cfg_n2', { gpus: 3, budget: 500 }))).toBe('stored');
      expect(await swap('cfg_s1', part('south', 'cfg_s2', { gpus: 5, budget: 500 }))).toBe('overAllotted');
      await north.tick([], { record: { configurationRevision: 'cfg_n2' } });
      expect(await swap('cfg_s1', part('south', 'cfg_s2', { gpus: 7, budget: 500 }))).toBe('overAllotted');
      expect(await swap('cfg_s1', part('south', 'cfg_s2', { gpus: 5, budget: 500 }))).toBe('stored');
      await north.tick(north.ended(lease), { record: { configurationRevision: 'cfg_n2' } });
      expect(await swap('cfg_s2', part('south', 'cfg_s3', { gpus: 7, budget: 500 }))).toBe('stored');
      await south.tick([], { record: { configurationRevision: 'cfg_s3' } });
      expect([await limitOf('north'), await limitOf('south')]).toEqual([3, 7]);
    });

    it('of two that rise at once to the same units one has them', async () => {
      for (const [cell, before] of [
        [north, 'cfg_n2'],
        [south, 'cfg_s3'],
      ] as const) {
        const name = before === 'cfg_n2' ? 'north' : 'south';
        expect(await swap(before, part(name, `${before}-low`, { gpus: 1, budget: 500 }))).toBe('stored');
        await cell.tick([], { record: { configurationRevision: `${before}-low` } });
      }
      const outcomes = await Promise.all([
        swap('cfg_n2-low', part('north', 'cfg_n4', { gpus: 8, budget: 500 })),
        swap('cfg_s3-low', part('south', 'cfg_s5', { gpus: 8, budget: 500 })),
      ]);
      expect(outcomes.sort()).toEqual(['overAllotted', 'stored']);
    });
  });
