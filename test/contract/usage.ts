// What any store promises of usage: the numbers are those that the tables say, whoever counts them, in every scope, span and grouping.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/store.ts';
import type { Scope, UsageDimension, UsageQuery } from '../../api/ports.ts';
import type { AccountId, Change, Configuration, Lease, ResourceRequest } from '../../scheduler/index.ts';
import { countedUsage } from '../support/countedUsage.ts';
import {
  ALL,
  aConfiguration,
  agentScope,
  aRequest,
  aSubmit,
  CELL,
  departmentScope,
  StoreCell,
  type StoreUnderTest,
} from '../support/storeCell.ts';

const OWNERS = [
  { department: 'research', agent: 'research-01' },
  { department: 'research', agent: 'research-02' },
  { department: 'sales', agent: 'sales-01' },
];
const REQUESTS = 40;
const ROOTS = [
  { account: 'root' as AccountId, currency: 'EUR' },
  { account: 'dollars' as AccountId, currency: 'USD' },
];
const PAYING = ['team', 'root', 'dollars', 'gpu-use'] as AccountId[];

function configured(): Configuration {
  const base = aConfiguration();
  const [team] = base.accounts;
  if (!team) throw new Error('no account');
  return {
    ...base,
    pools: base.pools.map((pool) => ({
      ...pool,
      capacity: pool.calendar ? 0 : 1000,
      ...(pool.calendar ? { calendar: pool.calendar.map((each) => ({ ...each, capacity: 1000 })) } : {}),
    })),
    accounts: PAYING.map((id) => ({
      ...team,
      id,
      periods: team.periods.map((p) => ({ ...p, budget: 1e6 })),
    })),
  };
}

/** Forty lives, a tick every few seconds; which of them is told by the number alone. */
class Lives {
  readonly #store: StoreUnderTest;
  readonly #cell: StoreCell;

  constructor(store: StoreUnderTest, cell: StoreCell) {
    this.#store = store;
    this.#cell = cell;
  }

  async live(n: number): Promise<void> {
    const cell = this.#cell;
    const request = this.#asked(n);
    const [written] = await this.#store.ports.intakeWriter.write([aSubmit(request)]);
    if (written?.type !== 'accepted') throw new Error('not accepted');
    cell.now += 1000 * (n % 4);
    await cell.tick([cell.opened(request), cell.allowed(request)], { intake: [written.intake] });
    cell.now += 1000 * ((n * 7) % 5);
    if (n % 5 === 3) await cell.tick([cell.decided(request, 'denied')]);
    else if (n % 11 === 6) await cell.tick([cell.decided(request, 'waiting')]);
    else await this.#hold(request, n);
  }

  #asked(n: number): ResourceRequest {
    const request = aRequest(n, OWNERS[n % 3]);
    const kinds = n % 4 === 1 ? ['gpu', 'license'] : ['gpu'];
    return {
      ...request,
      options: [{ claims: kinds.map((kind) => ({ kind, quantity: 1 })) }],
      terms: { ...request.terms, class: n % 2 === 0 ? 'batch' : 'standard' },
      submittedAt: this.#cell.now - 1000 * ((n * 13) % 9),
    };
  }

  async #hold(request: ResourceRequest, n: number): Promise<void> {
    const cell = this.#cell;
    const lease = this.#lease(request, n);
    await cell.tick(cell.granted(lease));
    cell.now += 1000 * ((n * 3) % 6);
    const activated: Change[] =
      n % 3 === 0 ? [] : [{ type: 'leaseActivated', lease: lease.id, at: cell.now }];
    if (n % 7 === 2) {
      const id = `ext_${n}`;
      await cell.tick([cell.extensionOpened(lease, id), ...cell.extensionGranted(lease, id)]);
    } else if (n % 4 !== 0) {
      if (activated.length > 0) await cell.tick(activated);
      cell.now += 1000 * ((n * 5) % 7);
      await cell.tick(cell.ended(lease, n % 2 === 0 ? 'released' : 'expired', n % 6));
    }
  }

  #lease(request: ResourceRequest, n: number): Lease {
    const start = this.#cell.now;
    const window = { pool: 'review-a' as never, window: 'w1', kind: 'review', quantity: 2 };
    return this.#cell.lease({
      request,
      allocations: [
        { quantity: 1 + (n % 3) },
        ...(n % 4 === 1 ? [{ pool: 'licence-a' as never, kind: 'license', quantity: 4 }] : []),
        ...(n % 6 === 4 ? [{ ...window, startsAt: start + 2000, endsAt: start + 5000 }] : []),
      ],
      reservations: PAYING.filter((_, index) => (n + index) % 3 !== 0).map((account) => ({
        account,
        period: '2026-11',
        amount: 10,
      })),
    });
  }
}

export const usageContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`usage in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    let dump: StoreDump;
    let start: number;
    beforeAll(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store, configured());
      start = cell.now;
      const lives = new Lives(store, cell);
      for (let n = 0; n < REQUESTS; n += 1) await lives.live(n);
      dump = await store.dump();
    });
    afterAll(() => store.close());

    const query = (by: UsageDimension[], span: { from?: number; to?: number } = {}): UsageQuery => ({
      cell: CELL,
      by,
      from: start - 60_000,
      to: cell.now + 60_000,
      roots: ROOTS,
      ...span,
    });
    const check = async (scope: Scope, asked: UsageQuery) => {
      const isOwn = (row: { department_id: string; agent_id: string }) =>
        scope.type === 'all' ||
        (row.department_id === scope.department &&
          (scope.type === 'department' || row.agent_id === scope.agent));
      const counted = await store.ports.usage.usage(scope, asked);
      expect(counted).toEqual(countedUsage(dump, asked, isOwn));
      return counted;
    };

    it('holds something of everything', async () => {
      const [all] = await check(ALL, query([]));
      expect(all).toMatchObject({ department: null, requests: REQUESTS, denied: 8 });
      expect(Object.keys(all?.unitSeconds ?? {}).sort()).toEqual(['gpu', 'license', 'review']);
      expect(Object.keys(all?.settledMinor ?? {}).sort()).toEqual(['EUR', 'USD']);
      expect(all?.granted).toBeGreaterThan(20);
      expect(all?.expiredUnused).toBeGreaterThan(2);
      expect(all?.waited?.p95Ms).toBeGreaterThan(all?.waited?.p50Ms ?? 0);
    });

    it.each<UsageDimension[][]>([
      [['department']],
      [['class']],
      [['kind']],
      [['agent']],
      [['department', 'class', 'kind', 'agent']],
      [['class', 'agent']],
    ])('is what the tables say in groups of %j, for everybody', async (by) => {
      expect((await check(ALL, query(by))).length).toBeGreaterThan(1);
      await check(departmentScope('research'), query(by));
      await check(agentScope(OWNERS[1]!), query(by));
    });

    it.each([0, 1, 2, 3, 4, 5, 6])('is what the tables say of part %i of the time', async (part) => {
      const length = Math.floor((cell.now - start) / 7000) * 1000;
      const from = start + part * length;
      for (const by of [['department'], ['kind']] as UsageDimension[][])
        await check(ALL, query(by, { from, to: from + length }));
    });

    it('adds up: the parts of the time hold what the whole does', async () => {
      const middle = start + 40_000;
      const [whole] = await check(ALL, query([]));
      const [before] = await check(ALL, query([], { to: middle }));
      const [after] = await check(ALL, query([], { from: middle }));
      const sum = (field: 'requests' | 'granted' | 'denied' | 'expiredUnused') =>
        (before?.[field] ?? 0) + (after?.[field] ?? 0);
      for (const field of ['requests', 'granted', 'denied', 'expiredUnused'] as const)
        expect(sum(field)).toBe(whole?.[field]);
      expect((before?.unitSeconds.gpu ?? 0) + (after?.unitSeconds.gpu ?? 0)).toBe(whole?.unitSeconds.gpu);
    });

    it('shows nobody else’s, and nothing where nothing was', async () => {
      const rows = await check(departmentScope('sales'), query(['department', 'agent']));
      expect(rows.map(({ department, agent }) => [department, agent])).toEqual([['sales', 'sales-01']]);
      expect(await check(departmentScope('nobody'), query(['department']))).toEqual([]);
      expect(await check(ALL, query(['department'], { from: 1000, to: 2000 }))).toEqual([]);
    });
  });
