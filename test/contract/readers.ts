// What any store promises of reading: scopes, pages, and that what a reader may not see is as if it were not there (S7).
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../api/ports.ts';
import type { ExtensionId, Lease, LeaseId, RequestId } from '../../scheduler/index.ts';
import {
  ALL,
  actorOf,
  agentScope,
  aRequest,
  aSubmit,
  CELL,
  departmentScope,
  requestId,
  StoreCell,
  type StoreUnderTest,
} from '../support/storeCell.ts';

const OWNERS = [
  { department: 'research', agent: 'research-01' },
  { department: 'research', agent: 'research-02' },
  { department: 'sales', agent: 'sales-01' },
];
const REQUESTS = 12;

export const readersContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the readers in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    const leases: Lease[] = [];
    beforeAll(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store);
      for (let n = 0; n < REQUESTS; n += 1) {
        const request = aRequest(n, OWNERS[n % 3]);
        const lease = cell.lease({ request });
        const grants =
          n < 6 ? cell.grants(lease, request) : [cell.opened(request), cell.decided(request, 'waiting')];
        if (n < 6) leases.push(lease);
        await cell.tick(grants);
      }
      await cell.tick([
        cell.extensionOpened(leases[0]!, 'ext_1'),
        ...cell.extensionGranted(leases[0]!, 'ext_1'),
      ]);
      await cell.tick(cell.ended(leases[3]!));
    });
    afterAll(() => store.close());

    const idsIn = async (scope: Scope, limit = 100) => {
      const page = await store.ports.readers.requests(scope, { limit, after: null });
      return page.items.map(({ request }) => request.id);
    };
    const ownedBy = (owner: (each: (typeof OWNERS)[0]) => boolean): RequestId[] =>
      Array.from({ length: REQUESTS }, (_, n) => n)
        .filter((n) => owner(OWNERS[n % 3]!))
        .map(requestId)
        .reverse();

    it('shows an agent its own requests, a department its own, and everything to those who may', async () => {
      expect(await idsIn(agentScope(OWNERS[1]!))).toEqual(ownedBy((owner) => owner.agent === 'research-02'));
      expect(await idsIn(departmentScope('research'))).toEqual(
        ownedBy((owner) => owner.department === 'research'),
      );
      expect(await idsIn(ALL)).toEqual(ownedBy(() => true));
      expect(await idsIn(departmentScope('nobody'))).toEqual([]);
    });

    it('answers for what is hidden as for what is missing', async () => {
      const { readers } = store.ports;
      const sales = departmentScope('sales');
      expect(await readers.request(sales, requestId(0))).toBeNull();
      expect(await readers.request(sales, requestId(999))).toBeNull();
      expect(await readers.lease(sales, leases[0]!.id)).toBeNull();
      expect(await readers.lease(agentScope(OWNERS[1]!), leases[0]!.id)).toBeNull();
      expect(await readers.extension(sales, 'ext_1' as ExtensionId)).toBeNull();
      expect((await readers.leases(sales, { limit: 10, after: null })).items).toHaveLength(2);
    });

    it.each(['', 'req_x', "'; drop table request; --", 'a\u0000b', '\ud800', 'x'.repeat(10_000)])(
      'knows no id %j, and does not fail',
      async (id) => {
        const { readers } = store.ports;
        expect(await readers.request(ALL, id as RequestId)).toBeNull();
        expect(await readers.lease(ALL, id as LeaseId)).toBeNull();
        expect(await readers.extension(ALL, id as ExtensionId)).toBeNull();
      },
    );

    it('tells a request with its Decision', async () => {
      const granted = await store.ports.readers.request(ALL, requestId(0));
      expect(granted).toEqual({
        request: aRequest(0, OWNERS[0]),
        state: 'granted',
        reasons: [],
        lease: leases[0]!.id,
        tick: 1,
        decidedAt: cell.now,
        reservation: null,
      });
      const waiting = await store.ports.readers.request(ALL, requestId(7));
      expect(waiting).toMatchObject({
        state: 'waiting',
        lease: null,
        tick: 8,
        reasons: [{ code: 'NEXT_TICK', option: 0 }],
      });
    });

    it('tells a lease with what extended it and what ended it', async () => {
      const extended = await store.ports.readers.lease(ALL, leases[0]!.id);
      const wantEndsAt = leases[0]!.endsAt + 5_000;
      expect(extended?.lease.endsAt).toBe(wantEndsAt);
      expect(extended?.lease.allocations.map((allocation) => allocation.endsAt)).toEqual([wantEndsAt]);
      expect(extended?.lease.reservations).toEqual([{ account: 'team', period: '2026-11', amount: 15 }]);
      const ended = await store.ports.readers.lease(ALL, leases[3]!.id);
      expect(ended).toMatchObject({ lease: { state: 'released' }, endedAt: cell.now, heartbeatAt: null });
      expect(await store.ports.readers.extension(ALL, 'ext_1' as ExtensionId)).toEqual({
        id: 'ext_1',
        lease: leases[0]!.id,
        seconds: 5,
        outcome: 'granted',
        endsAt: wantEndsAt,
        reasons: [],
      });
    });

    it.each([1, 2, 3, 5, 11, 12, 13])('shows every request once in pages of %i', async (limit) => {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof store.ports.readers.requests>> =
          await store.ports.readers.requests(ALL, { limit, after });
        seen.push(...page.items.map(({ request }) => request.id));
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(ownedBy(() => true));
    });

    it('filters by state, also across pages', async () => {
      const { readers } = store.ports;
      const first = await readers.requests(ALL, { limit: 4, after: null, state: 'waiting' });
      const second = await readers.requests(ALL, { limit: 4, after: first.next, state: 'waiting' });
      expect([...first.items, ...second.items].map(({ state }) => state)).toEqual(Array(6).fill('waiting'));
      expect(second.next).toBeNull();
      expect((await readers.leases(ALL, { limit: 10, after: null, state: 'released' })).items).toHaveLength(
        1,
      );
    });

    it.each(['not a cursor', '####', 'AAAA', '', Buffer.from('a b').toString('base64url')])(
      'refuses the cursor %j',
      async (after) => {
        await expect(store.ports.readers.requests(ALL, { limit: 1, after })).rejects.toThrow(/cursor/);
        await expect(store.ports.logs.ticks(CELL, { limit: 1, after })).rejects.toThrow(/cursor/);
      },
    );

    it('shows ticks newest first, and one by its number', async () => {
      const first = await store.ports.logs.ticks(CELL, { limit: 10, after: null });
      const rest = await store.ports.logs.ticks(CELL, { limit: 10, after: first.next });
      const numbers = [...first.items, ...rest.items].map(({ tick }) => tick);
      expect(numbers).toEqual(Array.from({ length: 14 }, (_, n) => 14 - n));
      expect(rest.next).toBeNull();
      expect((await store.ports.logs.tick(CELL, 3))?.digest).toBe('digest of 3');
      expect(await store.ports.logs.tick(CELL, 99)).toBeNull();
      expect(await store.ports.logs.tick(CELL, Number.NaN)).toBeNull();
    });

    it('counts the newest ticks by how good they were proved to be, and leaves proofs to the single one', async () => {
      const all = await store.ports.logs.quality(CELL, 100);
      expect(all.map(({ tick }) => tick)).toEqual(Array.from({ length: 14 }, (_, n) => 14 - n));
      expect(await store.ports.logs.quality('nowhere', 5)).toEqual([]);
      const { items } = await store.ports.logs.ticks(CELL, { limit: 500, after: null });
      for (const listed of items) {
        const whole = (await store.ports.logs.tick(CELL, listed.tick))!;
        const stages = whole.stages.map(({ certificate: _, ...stage }) => stage);
        expect(listed).toEqual({ ...whole, stages });
        const told = stages.map(({ class: name, method, gap, ended }) => ({
          class: name,
          method,
          gap,
          ended,
        }));
        const { tick, fault, counts } = whole;
        const want = { tick, fault, columns: counts.columns, stages: told };
        expect((await store.ports.logs.quality(CELL, 100)).find((one) => one.tick === tick)).toEqual(want);
      }
      expect(items.filter(({ stages }) => stages.length > 0).length).toBeGreaterThan(0);
    });

    it('reads the log in order from any number', async () => {
      const { logs } = store.ports;
      const last = await logs.last(CELL);
      expect(last).toBe(cell.sequence);
      const all = await logs.read(CELL, 0, 1000);
      expect(all.map(({ sequence }) => sequence)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
      expect(await logs.read(CELL, 4, 3)).toEqual(all.slice(4, 7));
      expect(await logs.read(CELL, last, 10)).toEqual([]);
      expect(all[0]).toMatchObject({
        type: 'annona.request.granted.v1',
        request: requestId(0),
        lease: leases[0]!.id,
        tick: 1,
      });
      expect(await logs.last('nowhere')).toBe(0);
    });

    it('tells what every pool and window has in use', async () => {
      const use = await store.ports.logs.poolUse(CELL);
      expect(Object.fromEntries(use)).toEqual({ 'gpu-a': 5, 'licence-a': 0, 'review-a@w1': 0 });
    });

    it('moves a relay’s cursor forward alone', async () => {
      const cursor = store.ports.relayCursors.under(3);
      expect(await cursor.read('kafka', CELL)).toBe(0);
      await cursor.advance('kafka', CELL, 7);
      await cursor.advance('kafka', CELL, 3);
      expect(await cursor.read('kafka', CELL)).toBe(7);
      expect(await cursor.read('other', CELL)).toBe(0);
    });

    it('refuses a relay after which another was elected', async () => {
      const { relayCursors } = store.ports;
      await relayCursors.under(5).advance('fenced', CELL, 7);
      await expect(relayCursors.under(4).advance('fenced', CELL, 9)).rejects.toThrow('epoch 4');
      expect(await relayCursors.under(6).read('fenced', CELL)).toBe(7);
      await relayCursors.under(6).advance('fenced', CELL, 8);
      expect(await relayCursors.under(4).read('fenced', CELL)).toBe(8);
    });

    // Last, as it adds to what the others count.
    it('shows what was acknowledged before any tick has folded it, to those alone who may see it', async () => {
      const { readers, intakeWriter } = store.ports;
      const owner = OWNERS[0]!;
      const request = aRequest(50, owner);
      const extension = 'ext_50' as ExtensionId;
      const { id: lease, epoch } = leases[3]!;
      const [submitted, extended] = await intakeWriter.write([
        aSubmit(request),
        {
          cell: CELL,
          actor: actorOf(owner),
          command: { type: 'extend', extension, lease, epoch, seconds: 5 },
          idempotency: null,
        },
      ]);
      if (submitted?.type !== 'accepted' || extended?.type !== 'accepted') throw new Error('not accepted');
      expect(await readers.request(agentScope(owner), request.id)).toEqual({
        request: { ...request, submittedAt: submitted.receivedAt },
        state: 'queued',
        reasons: [],
        lease: null,
        tick: null,
        decidedAt: null,
        reservation: null,
      });
      const wantExtension = {
        id: extension,
        lease,
        seconds: 5,
        outcome: 'pending',
        endsAt: null,
        reasons: [],
      };
      expect(await readers.extension(agentScope(owner), extension)).toEqual(wantExtension);
      for (const scope of [agentScope(OWNERS[1]!), departmentScope('sales')]) {
        expect(await readers.request(scope, request.id)).toBeNull();
        expect(await readers.extension(scope, extension)).toBeNull();
      }
      // The lease has ended: the tick stamps the extension and opens nothing. The submit opens its request.
      await cell.tick([cell.opened(request), cell.decided(request, 'denied')], {
        intake: [submitted.intake, extended.intake],
      });
      expect(await readers.request(ALL, request.id)).toMatchObject({ state: 'denied' });
      expect(await readers.extension(ALL, extension)).toEqual({ ...wantExtension, outcome: 'denied' });
    });
  });
