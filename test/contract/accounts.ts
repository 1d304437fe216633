// What any store promises of accounts: sums of those that are named, the ledger newest first, and what a stretch of time committed.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountReach, LedgerLineView, Scope } from '../../api/ports.ts';
import type { AccountId, Lease, Reservation } from '../../scheduler/index.ts';
import {
  ALL,
  aConfiguration,
  agentScope,
  aRequest,
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
const TEAM = 'team' as AccountId;
const ROOT = 'root' as AccountId;
const HOUR_MS = 3_600_000;

function configured() {
  const base = aConfiguration();
  const [team] = base.accounts;
  if (!team) throw new Error('no account');
  const later = { id: '2026-12', startsAt: 4_000_000_000_000, endsAt: 4_100_000_000_000, budget: 1_000 };
  const periods = [...team.periods, later];
  return {
    ...base,
    accounts: [
      { ...team, parent: ROOT, periods },
      { ...team, id: ROOT, periods },
    ],
  };
}

function reservation(account: AccountId, period: string, amount: number): Reservation {
  return { account, period, amount };
}

export const accountsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the accounts in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    let start: number;
    const leases: Lease[] = [];
    beforeAll(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store, configured());
      start = cell.now;
      for (const [n, owner] of OWNERS.entries()) {
        const request = aRequest(n, owner);
        const lease = cell.lease({
          request,
          reservations: [
            reservation(TEAM, '2026-11', 10),
            reservation(TEAM, '2026-12', 3),
            reservation(ROOT, '2026-11', 10),
          ],
        });
        leases.push(lease);
        await cell.tick(cell.grants(lease, request));
        cell.now += HOUR_MS;
      }
      await cell.tick(cell.ended(leases[0]!, 'released', 2));
      cell.now += HOUR_MS;
      await cell.tick([
        cell.extensionOpened(leases[2]!, 'ext_1'),
        ...cell.extensionGranted(leases[2]!, 'ext_1', 7),
      ]);
    });
    afterAll(() => store.close());

    const reach = (scope: Scope, accounts: AccountId[] = [TEAM, ROOT]): AccountReach => ({
      scope,
      cell: CELL,
      accounts,
    });
    const linesOf = async (of: AccountReach, query: { period?: string; limit?: number } = {}) => {
      const { limit = 50, ...filter } = query;
      const lines: LedgerLineView[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof store.ports.accounts.ledger>> =
          await store.ports.accounts.ledger(of, { account: TEAM, ...filter, limit, after });
        lines.push(...page.items);
        after = page.next;
      } while (after !== null);
      return lines;
    };
    const brief = (line: LedgerLineView) => `${line.tick} ${line.type} ${line.period} ${line.amount}`;

    it('sums what is committed, of the accounts that are named', async () => {
      const { accounts } = store.ports;
      const wantTeam = [
        { account: 'team', period: '2026-11', reserved: 27, spent: 2 },
        { account: 'team', period: '2026-12', reserved: 6, spent: 2 },
      ];
      expect(await accounts.accountUse(reach(agentScope(OWNERS[0]!), [TEAM]))).toEqual(wantTeam);
      expect(await accounts.accountUse(reach(ALL))).toEqual([
        { account: 'root', period: '2026-11', reserved: 20, spent: 2 },
        { account: 'root', period: '2026-12', reserved: 0, spent: 0 },
        ...wantTeam,
      ]);
      expect(await accounts.accountUse(reach(ALL, []))).toEqual([]);
    });

    it('tells the lines of an account newest first, whole and in any size of page', async () => {
      const all = await linesOf(reach(ALL));
      expect(all.map(brief)).toEqual([
        '5 reserve 2026-11 7',
        '4 settle 2026-12 2',
        '4 settle 2026-11 2',
        '4 refund 2026-12 1',
        '4 refund 2026-11 8',
        '3 reserve 2026-12 3',
        '3 reserve 2026-11 10',
        '2 reserve 2026-12 3',
        '2 reserve 2026-11 10',
        '1 reserve 2026-12 3',
        '1 reserve 2026-11 10',
      ]);
      expect(all[0]).toEqual({
        type: 'reserve',
        source: 'ext_1',
        lease: leases[2]!.id,
        account: 'team',
        period: '2026-11',
        amount: 7,
        tick: 5,
      });
      for (const limit of [1, 2, 3, 10, 11]) expect(await linesOf(reach(ALL), { limit })).toEqual(all);
    });

    it('shows a reader the lines of its own leases alone, and a period if asked', async () => {
      const agent = await linesOf(reach(agentScope(OWNERS[1]!)));
      expect(agent.map(brief)).toEqual(['2 reserve 2026-12 3', '2 reserve 2026-11 10']);
      const department = await linesOf(reach(departmentScope('research')), { period: '2026-11' });
      expect(department.map(brief)).toEqual([
        '4 settle 2026-11 2',
        '4 refund 2026-11 8',
        '2 reserve 2026-11 10',
        '1 reserve 2026-11 10',
      ]);
      expect(await linesOf(reach(departmentScope('nobody')))).toEqual([]);
      expect(await linesOf(reach(ALL), { period: 'never' })).toEqual([]);
      expect(await linesOf(reach(ALL, [ROOT]))).toEqual([]);
    });

    it('says what was committed since an instant, whoever holds it', async () => {
      const { accounts } = store.ports;
      const since = (ms: number, of = reach(agentScope(OWNERS[1]!))) =>
        accounts.committedSince(of, { account: TEAM, period: '2026-11', since: ms });
      expect(await since(0)).toBe(29);
      expect(await since(start + 2 * HOUR_MS)).toBe(10 - 8 + 7);
      expect(await since(start + 2 * HOUR_MS + 1)).toBe(-8 + 7);
      expect(await since(start + 4 * HOUR_MS)).toBe(7);
      expect(await since(start + 9 * HOUR_MS)).toBe(0);
      expect(await since(0, reach(ALL, [ROOT]))).toBe(0);
    });

    it.each([
      'nonsense',
      '',
      Buffer.from('5/x/steal/1').toString('base64url'),
      Buffer.from('7').toString('base64url'),
    ])('refuses the cursor %j', async (after) => {
      const query = { account: TEAM, limit: 5, after };
      await expect(store.ports.accounts.ledger(reach(ALL), query)).rejects.toThrow(/cursor/);
    });
  });
