// What any store promises of narrowed reading: filters of lists, why requests wait, events in pages; never wider than the scope.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LeaseFilter, Page, RequestFilter, Scope } from '../../api/ports.ts';
import type { Change, DomainEvent, Reason, ResourceRequest } from '../../scheduler/index.ts';
import {
  ALL,
  agentScope,
  aRequest,
  CELL,
  departmentScope,
  StoreCell,
  type StoreUnderTest,
} from '../support/storeCell.ts';

const R1 = { department: 'research', agent: 'research-01' };
const R2 = { department: 'research', agent: 'research-02' };
const S1 = { department: 'sales', agent: 'sales-01' };
const FULL: Reason = { code: 'POOL_FULL', option: 0, claim: 0, kind: 'gpu', short: [] };
const QUOTA: Reason = { code: 'QUOTA_EXHAUSTED', option: 0, kind: 'gpu', short: [] };
const RULES: Reason = { code: 'POLICY_DENIED', rules: ['x'], policyRevision: 'pol_1' };

function asked(n: number, owner: typeof R1, priority = 'standard'): ResourceRequest {
  const request = aRequest(n, owner);
  return { ...request, submittedAt: 1000 * n, terms: { ...request.terms, class: priority } };
}

/** Numbers of the requests of a list, over all its pages. */
async function everyPage<Item>(
  read: (after: string | null) => Promise<Page<Item>>,
  numberOf: (item: Item) => number,
): Promise<number[]> {
  const seen: number[] = [];
  let after: string | null = null;
  do {
    const page: Page<Item> = await read(after);
    seen.push(...page.items.map(numberOf));
    after = page.next;
  } while (after !== null);
  return seen;
}

const numberIn = (id: string) => Number(id.slice(-4));

export const filtersContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`narrowed reading in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    beforeAll(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store);
      const decided = (request: ResourceRequest, outcome: 'waiting' | 'denied', reasons: Reason[]) => [
        cell.opened(request),
        { ...cell.decided(request, outcome), reasons } as Change,
      ];
      const leaseOf = (request: ResourceRequest, pool: string, kind: string) =>
        cell.lease({ request, allocations: [{}, { claim: 1, pool: pool as never, kind }] });
      const requests = [asked(1, R1), asked(2, R2, 'batch'), asked(3, S1)] as const;
      const leases = [
        leaseOf(requests[0], 'gpu-a', 'gpu'),
        leaseOf(requests[1], 'licence-a', 'license'),
        leaseOf(requests[2], 'licence-a', 'license'),
      ] as const;
      for (const [n, lease] of leases.entries()) await cell.tick(cell.grants(lease, requests[n]!));
      await cell.tick(cell.ended(leases[1], 'expired'));
      await cell.tick([
        ...decided(asked(4, R1), 'waiting', [FULL, QUOTA]),
        ...decided(asked(5, R1, 'batch'), 'waiting', [QUOTA]),
        ...decided(asked(6, R2), 'waiting', [FULL, FULL]),
        ...decided(asked(7, S1), 'waiting', [FULL]),
        ...decided(asked(8, S1), 'denied', [RULES]),
        ...decided(asked(9, R1, 'batch'), 'denied', [RULES]),
        cell.opened(asked(10, R2)),
      ]);
    });
    afterAll(() => store.close());

    const requests = (scope: Scope, filter: RequestFilter, limit = 2) =>
      everyPage(
        (after) => store.ports.readers.requests(scope, { ...filter, limit, after }),
        ({ request }) => numberIn(request.id),
      );
    const leases = (scope: Scope, filter: LeaseFilter, limit = 2) =>
      everyPage(
        (after) => store.ports.readers.leases(scope, { ...filter, limit, after }),
        ({ lease }) => numberIn(lease.request),
      );

    it.each<[RequestFilter, number[]]>([
      [{ state: 'waiting' }, [7, 6, 5, 4]],
      [{ state: 'queued' }, [10]],
      [{ state: 'granted' }, [3, 2, 1]],
      [{ state: 'denied' }, [9, 8]],
      [{ state: 'cancelled' }, []],
      [{ reason: 'POOL_FULL' }, [7, 6, 4]],
      [{ reason: 'QUOTA_EXHAUSTED' }, [5]],
      [{ reason: 'POLICY_DENIED' }, [9, 8]],
      [{ reason: 'POLICY_DENIED', state: 'denied', class: 'batch' }, [9]],
      [{ class: 'batch' }, [9, 5, 2]],
      [{ class: 'batch', state: 'waiting' }, [5]],
      [{ department: 'research' }, [10, 9, 6, 5, 4, 2, 1]],
      [{ department: 'research', state: 'denied' }, [9]],
      [{ agent: 'research-02' }, [10, 6, 2]],
      [{ department: 'sales', agent: 'research-02' }, []],
      [{ department: 'nobody' }, []],
      [{ class: 'nothing' }, []],
    ])('finds the requests of %j', async (filter, want) => {
      for (const limit of [1, 2, 50]) expect(await requests(ALL, filter, limit)).toEqual(want);
    });

    it.each<[LeaseFilter, number[]]>([
      [{ state: 'granted' }, [3, 1]],
      [{ state: 'expired' }, [2]],
      [{ state: 'revoked' }, []],
      [{ kind: 'gpu' }, [3, 2, 1]],
      [{ kind: 'license' }, [3, 2]],
      [{ pool: 'licence-a' }, [3, 2]],
      [{ pool: 'licence-a', state: 'granted' }, [3]],
      [{ pool: 'licence-a', kind: 'gpu' }, []],
      [{ kind: 'license', department: 'research' }, [2]],
      [{ agent: 'sales-01' }, [3]],
      [{ agent: 'sales-01', state: 'granted', kind: 'license' }, [3]],
      [{ pool: 'nowhere' }, []],
    ])('finds the leases of %j', async (filter, want) => {
      for (const limit of [1, 2, 50]) expect(await leases(ALL, filter, limit)).toEqual(want);
    });

    it('never finds more than the scope shows, whoever is asked for', async () => {
      expect(await requests(departmentScope('sales'), { department: 'research' })).toEqual([]);
      expect(await requests(departmentScope('sales'), { agent: 'research-01' })).toEqual([]);
      expect(await requests(departmentScope('sales'), { reason: 'POOL_FULL' })).toEqual([7]);
      expect(await requests(departmentScope('sales'), { state: 'denied' })).toEqual([8]);
      expect(await requests(agentScope(R1), { agent: 'research-02' })).toEqual([]);
      expect(await requests(agentScope(R1), { state: 'waiting' })).toEqual([5, 4]);
      expect(await requests(agentScope(R1), { department: 'research', class: 'batch' })).toEqual([9, 5]);
      expect(await leases(departmentScope('sales'), { department: 'research' })).toEqual([]);
      expect(await leases(departmentScope('research'), { state: 'granted' })).toEqual([1]);
      expect(await leases(agentScope(R2), { kind: 'license' })).toEqual([2]);
    });

    it('counts why requests wait, each under the reason that binds it, the most common first', async () => {
      const { readers } = store.ports;
      expect(await readers.waitingReasons(ALL)).toEqual([
        { code: 'POOL_FULL', count: 3, alsoCount: 0, oldestSubmittedAt: 4000 },
        { code: 'QUOTA_EXHAUSTED', count: 1, alsoCount: 1, oldestSubmittedAt: 5000 },
      ]);
      expect(await readers.waitingReasons(departmentScope('sales'))).toEqual([
        { code: 'POOL_FULL', count: 1, alsoCount: 0, oldestSubmittedAt: 7000 },
      ]);
      expect(await readers.waitingReasons(agentScope(R2))).toEqual([
        { code: 'POOL_FULL', count: 1, alsoCount: 0, oldestSubmittedAt: 6000 },
      ]);
      expect(await readers.waitingReasons(departmentScope('nobody'))).toEqual([]);
    });

    it('pages through the events that a scope and a filter let pass, each once and in order', async () => {
      const { readers, logs } = store.ports;
      const log = await logs.read(CELL, 0, 1000);
      const read = async (filter: Parameters<typeof readers.eventPage>[1], limit: number) => {
        const seen: DomainEvent[] = [];
        for (let after = 0; ; ) {
          const page = await readers.eventPage(CELL, filter, { limit, after });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          expect(page.last).toBe(log.length);
          seen.push(...page.items);
          if (page.through >= page.last) return seen;
          expect(page.through).toBeGreaterThan(after);
          after = page.through;
        }
      };
      for (const limit of [1, 3, 100]) {
        expect(await read({ scope: ALL }, limit)).toEqual(log);
        expect(await read({ scope: departmentScope('sales') }, limit)).toEqual(
          log.filter(({ department }) => department === 'sales'),
        );
        expect(await read({ scope: agentScope(R2) }, limit)).toEqual(
          log.filter(({ agent }) => agent === 'research-02'),
        );
        const types = ['annona.request.waiting.v1', 'annona.lease.expired.v1'] as const;
        const waiting = log.filter(({ type }) => types.some((each) => each === type));
        expect(waiting.length).toBe(5);
        expect(await read({ scope: ALL, types }, limit)).toEqual(waiting);
        const request = asked(2, R2).id;
        const ofOne = log.filter((event) => event.request === request);
        expect(ofOne.length).toBe(3);
        expect(await read({ scope: ALL, request }, limit)).toEqual(ofOne);
        expect(await read({ scope: departmentScope('sales'), request }, limit)).toEqual([]);
      }
      const beyond = await readers.eventPage(CELL, { scope: ALL }, { limit: 5, after: 10_000 });
      expect(beyond).toEqual({ items: [], through: 10_000, last: log.length });
    });
  });
