// What any store of webhooks promises: a row for each event that a webhook wants, once; in order per request; held by one at a time.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Scope } from '../../api/ports.ts';
import type { DepartmentId, DomainEvent, EventType } from '../../scheduler/index.ts';
import type { StoreUnderTest } from '../support/storeCell.ts';

const CELL = 'main';
const of = (department: string): Scope => ({ type: 'department', department: department as DepartmentId });
const RESEARCH = of('research');
const GRANTED = 'annona.request.granted.v1';
const ID = (n: number) => `whk_${String(n).padStart(26, '0')}`;
const HOLD = { rowsMax: 10, holdMs: 60_000 };

function anEvent(sequence: number, request = 'req_a', change: Partial<DomainEvent> = {}): DomainEvent {
  const names = { id: `evt_${sequence}`, department: 'research', agent: 'ada', request, type: GRANTED };
  const rest = { tick: 1, epoch: 1, at: 1000, lease: null, policyRevision: 'p', data: {} };
  return { ...names, ...rest, sequence, ...change } as unknown as DomainEvent;
}

export const webhooksContract = (name: string, open: () => Promise<StoreUnderTest>) =>
  describe(`webhooks in ${name}`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    const add = (n: number, types: EventType[] | null = null, scope = RESEARCH) =>
      store.ports.webhooks.add(
        scope,
        { id: ID(n), cell: CELL, subject: 'sam', url: 'https://a.example/', types, secret: 's' },
        3,
      );
    const dueNow = async () => {
      const due = await store.ports.webhookBook.due(CELL, HOLD);
      return due.map(({ webhook, sequence }) => `${Number(webhook.slice(4))}:${sequence}`).sort();
    };

    it('gives each webhook the events of its department that it wants, once each', async () => {
      await add(1);
      await add(2, ['annona.lease.granted.v1']);
      await add(3, null, of('sales'));
      const { webhookBook: book } = store.ports;
      const events = [
        anEvent(1),
        anEvent(2, 'req_b', { type: 'annona.lease.granted.v1' }),
        anEvent(3, 'req_c', { department: 'sales' as DepartmentId }),
      ];
      await book.fanOut(CELL, events);
      await book.fanOut(CELL, events);
      expect(await dueNow()).toEqual(['1:1', '1:2', '2:2', '3:3']);
      expect(await dueNow()).toEqual([]);
    });

    it('holds what came later of a request until what came earlier was taken or given up', async () => {
      await add(1);
      const { webhookBook: book } = store.ports;
      await book.fanOut(CELL, [anEvent(1), anEvent(2), anEvent(3, 'req_b'), anEvent(4)]);
      expect(await dueNow()).toEqual(['1:1', '1:3']);
      await book.failed({ webhook: ID(1), sequence: 1 }, { error: 'it answered 500', againInMs: 3_600_000 });
      expect(await dueNow()).toEqual([]);
      await book.delivered({ webhook: ID(1), sequence: 1 });
      expect(await dueNow()).toEqual(['1:2']);
      await book.failed({ webhook: ID(1), sequence: 2 }, { error: 'it answered 500', againInMs: null });
      expect(await dueNow()).toEqual(['1:4']);
    });

    it('counts attempts, shows what was given up, and begins anew when asked to', async () => {
      await add(1);
      const { webhookBook: book, webhooks } = store.ports;
      await book.fanOut(CELL, [anEvent(1)]);
      for (const want of [1, 2]) {
        const [due] = await book.due(CELL, HOLD);
        expect(due).toMatchObject({
          attempts: want,
          secret: 's',
          url: 'https://a.example/',
          event: { id: 'evt_1' },
        });
        await book.failed(due!, { error: `attempt ${want}`, againInMs: want === 1 ? 0 : null });
      }
      const page = await webhooks.deliveries(RESEARCH, ID(1), { limit: 9, after: null, state: 'dead' });
      expect(page.items).toMatchObject([{ state: 'dead', attempts: 2, error: 'attempt 2' }]);
      expect(await webhooks.retry(of('sales'), ID(1))).toBe(0);
      expect(await webhooks.retry(RESEARCH, ID(1))).toBe(1);
      expect(await dueNow()).toEqual(['1:1']);
    });

    it('is bounded in number, and gone with what it has not delivered', async () => {
      for (const n of [1, 2, 3]) expect(await add(n)).not.toBeNull();
      expect(await add(4)).toBeNull();
      const { webhookBook: book, webhooks } = store.ports;
      await book.fanOut(CELL, [anEvent(1)]);
      expect(await webhooks.remove(of('sales'), ID(1))).toBe(false);
      expect(await webhooks.remove(RESEARCH, ID(1))).toBe(true);
      expect(await webhooks.webhook(RESEARCH, ID(1))).toBeNull();
      expect(await dueNow()).toEqual(['2:1', '3:1']);
      const listed = await webhooks.webhooks(RESEARCH, { limit: 1, after: null });
      expect([listed.items.map(({ id }) => id), listed.next === null]).toEqual([[ID(3)], false]);
      expect((await webhooks.webhooks(of('sales'), { limit: 9, after: null })).items).toEqual([]);
    });
  });
