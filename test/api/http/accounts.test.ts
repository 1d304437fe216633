// /v1/accounts: who sees which account, whose lines, and when a budget runs out.

import { describe, expect, it } from 'vitest';
import { ROLES } from '../../../scheduler/index.ts';
import { aReportingEdge, PAYING, type ReportingEdge } from './reportingEdge.ts';
import { AS_ANVIL, AS_FORGE, AS_OPERATOR, AS_SCOUT, type Call, expectProblem } from './support.ts';

const ALL_ACCOUNTS = ['acme', 'anvil', 'forge', 'idle', 'research', 'scout'];
const OF_RESEARCH = ['acme', 'anvil', 'forge', 'research'];

describe('accounts', () => {
  it('are shown to those for whom they pay, with their ancestors, role by role', async () => {
    const edge = await aReportingEdge();
    const shown = async (as: string) => {
      const { items } = (await edge.call({ method: 'GET', url: '/v1/accounts', as })).json();
      return items.map(({ id }: { id: string }) => id);
    };
    expect(await shown(AS_FORGE)).toEqual(['acme', 'forge', 'research']);
    expect(await shown(AS_SCOUT)).toEqual(['acme', 'scout']);
    for (const role of ROLES.filter((each) => each !== 'agent')) {
      const isWide = ['operator', 'auditor', 'administrator'].includes(role);
      expect([role, await shown(`${role}:research`)]).toEqual([role, isWide ? ALL_ACCOUNTS : OF_RESEARCH]);
      if (!isWide) expect([role, await shown(`${role}:sales`)]).toEqual([role, ['acme', 'scout']]);
    }
  });

  it('hide what is not the reader’s as if it were not there', async () => {
    const edge = await aReportingEdge();
    for (const path of ['', '/ledger', '/forecast'])
      for (const id of ['scout', 'anvil', 'idle', 'nothing', '%00'])
        expectProblem(
          await edge.call({ method: 'GET', url: `/v1/accounts/${id}${path}`, as: AS_FORGE }),
          'NOT_FOUND',
        );
  });

  it('show budget, reserved, spent and what is left of each period', async () => {
    const edge = await aReportingEdge();
    const answer = (await edge.call({ method: 'GET', url: '/v1/accounts/acme', as: AS_FORGE })).json();
    expect(answer).toEqual({
      id: 'acme',
      title: 'Account acme',
      parent: null,
      measure: { type: 'money', currency: 'EUR' },
      classes: null,
      periods: [
        {
          id: '2026-10',
          startsAt: '2026-10-01T00:00:00.000Z',
          endsAt: '2026-11-01T00:00:00.000Z',
          current: false,
          budget: 500,
          overcommit: 0,
          reserved: 0,
          spent: 0,
          available: 500,
        },
        {
          id: '2026-11',
          startsAt: '2026-11-01T00:00:00.000Z',
          endsAt: '2026-12-01T00:00:00.000Z',
          current: true,
          budget: 1000,
          overcommit: 0,
          reserved: 200,
          spent: 30,
          available: 770,
        },
      ],
    });
  });

  it('leave nothing, not less, where a budget was cut below what is committed', async () => {
    const cut = {
      ...PAYING,
      accounts: PAYING.accounts.map((each) => ({
        ...each,
        periods: each.periods.map((period) => ({ ...period, budget: 50 })),
      })),
    };
    const low = await aReportingEdge(cut);
    const { periods } = (await low.call({ method: 'GET', url: '/v1/accounts/acme', as: AS_OPERATOR })).json();
    expect(periods[1]).toMatchObject({ budget: 50, reserved: 200, spent: 30, available: 0 });
  });

  it('are listed in pages', async () => {
    const edge = await aReportingEdge();
    const page = async (query: string) =>
      (await edge.call({ method: 'GET', url: `/v1/accounts${query}`, as: AS_OPERATOR })).json();
    const first = await page('?limit=4');
    const second = await page(`?limit=4&after=${first.next}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ALL_ACCOUNTS);
    expect(second.next).toBeNull();
  });
});

describe('the ledger of an account', () => {
  it('is newest first, of the reader’s leases alone, while the sums are everybody’s', async () => {
    const edge = await aReportingEdge();
    const lines = async (as: string, query = '') =>
      (await edge.call({ method: 'GET', url: `/v1/accounts/acme/ledger${query}`, as })).json();
    const brief = (page: { items: { tick: number; type: string; amount: number }[] }) =>
      page.items.map(({ tick, type, amount }) => `${tick} ${type} ${amount}`);
    expect(brief(await lines(AS_OPERATOR))).toEqual([
      '4 settle 30',
      '4 refund 70',
      '3 reserve 100',
      '2 reserve 100',
      '1 reserve 100',
    ]);
    expect(brief(await lines('department-head:research'))).toEqual([
      '4 settle 30',
      '4 refund 70',
      '2 reserve 100',
      '1 reserve 100',
    ]);
    expect(brief(await lines(AS_ANVIL))).toEqual(['2 reserve 100']);
    expect(brief(await lines(AS_OPERATOR, '?period=2026-10'))).toEqual([]);
    const first = await lines(AS_OPERATOR, '?limit=3');
    const second = await lines(AS_OPERATOR, `?limit=3&after=${first.next}&period=2026-11`);
    expect([first.items.length, brief(second), second.next]).toEqual([
      3,
      ['2 reserve 100', '1 reserve 100'],
      null,
    ]);
    expect(first.items[0]).toEqual({
      type: 'settle',
      source: edge.leases.forge.id,
      lease: edge.leases.forge.id,
      account: 'acme',
      period: '2026-11',
      amount: 30,
      tick: 4,
    });
  });

  it.each(['?period=', '?period=a%00b', '?limit=0', '?account=acme'])('refuses %s', async (query) => {
    const edge = await aReportingEdge();
    const url = `/v1/accounts/acme/ledger${query}`;
    expectProblem(await edge.call({ method: 'GET', url, as: AS_OPERATOR }), 'QUERY_INVALID');
  });
});

describe('the forecast of an account', () => {
  it('states both paces, and the earlier end of the two', async () => {
    const edge = await aReportingEdge();
    const url = '/v1/accounts/acme/forecast';
    const answer = (await edge.call({ method: 'GET', url, as: AS_SCOUT })).json();
    expect(answer).toMatchObject({
      account: 'acme',
      period: '2026-11',
      at: '2026-11-26T09:00:00.000Z',
      endsAt: '2026-12-01T00:00:00.000Z',
      budget: 1000,
      reserved: 200,
      spent: 30,
      available: 770,
      runsOutAt: null,
      reason: 'budgetLasts',
    });
    expect(answer.methods).toMatchObject([
      { method: 'period', from: '2026-11-01T00:00:00.000Z', burnt: 230, burntPerDay: 9, projectedSpend: 272 },
      // Tick 3 reserved 100 a day ago to the millisecond, tick 4 gave 70 back.
      {
        method: 'lastDay',
        from: '2026-11-25T09:00:00.000Z',
        burnt: 30,
        burntPerDay: 30,
        projectedSpend: 369,
      },
    ]);
  });

  it('of an account without a period now says so', async () => {
    const edge = await aReportingEdge({
      ...PAYING,
      accounts: PAYING.accounts.map((each) => ({ ...each, periods: each.periods.slice(0, 1) })),
    });
    const url = '/v1/accounts/acme/forecast';
    const answer = (await edge.call({ method: 'GET', url, as: AS_OPERATOR })).json();
    expect(answer).toMatchObject({ period: null, runsOutAt: null, reason: 'noCurrentPeriod', methods: [] });
  });
});

describe('the budget of a period', () => {
  const url = '/v1/accounts/acme/periods/2026-11';
  const put = (
    edge: ReportingEdge,
    body: object,
    headers: Record<string, string>,
    more: Partial<Call> = {},
  ) => edge.call({ method: 'PUT', url, as: AS_OPERATOR, body, headers, ...more });

  it('is edited under the ETag that was read, and counts at once; the rest of the account stays', async () => {
    const edge = await aReportingEdge();
    const read = await edge.call({ method: 'GET', url, as: AS_FORGE });
    expect(read.json()).toMatchObject({
      account: 'acme',
      id: '2026-11',
      budget: 1000,
      spent: 30,
      available: 770,
    });
    const before = String(read.headers.etag);
    const edited = await put(edge, { budget: 200, overcommit: 50 }, { 'if-match': before });
    // Below what is committed: nothing is left, and nothing is taken back.
    expect(edited.json()).toMatchObject({
      budget: 200,
      overcommit: 50,
      reserved: 200,
      spent: 30,
      available: 20,
    });
    expect(edited.headers.etag).not.toBe(before);
    const { periods } = (await edge.call({ method: 'GET', url: '/v1/accounts/acme', as: AS_FORGE })).json();
    expect(periods.map(({ budget }: { budget: number }) => budget)).toEqual([500, 200]);
    const late = await put(edge, { budget: 5000 }, { 'if-match': before });
    expectProblem(late, 'PRECONDITION_FAILED');
    expect(late.headers.etag).toBe(edited.headers.etag);
    // No overcommit is the period as a file without one has it.
    const back = await put(edge, { budget: 1000 }, { 'if-match': String(edited.headers.etag) });
    expect(back.headers.etag).toBe(before);
  });

  it('is written for the audit, with the reason that was given', async () => {
    const edge = await aReportingEdge();
    const headers = { 'if-match': '*', 'annona-reason': encodeURIComponent('a grant of the Länder came in') };
    await put(edge, { budget: 2000 }, headers);
    const { rows } = await edge.intake.take('main', 10);
    expect(rows.at(-1)).toMatchObject({
      actor: { because: 'a grant of the Länder came in' },
      command: { type: 'edit', object: 'budget/acme/2026-11' },
    });
  });

  it('is previewed with what is committed, and nothing is stored', async () => {
    const edge = await aReportingEdge();
    const more = { url: `${url}?dryRun=true` };
    expect((await put(edge, { budget: 100 }, { 'if-match': '*' }, more)).json()).toMatchObject({
      dryRun: true,
      before: { budget: 1000, overcommit: 0 },
      after: { budget: 100 },
      used: 230,
      belowUse: true,
    });
    const most = Number.MAX_SAFE_INTEGER;
    const faulty = await put(edge, { budget: most, overcommit: 1 }, { 'if-match': '*' }, more);
    expect(faulty.json().errors).toMatchObject([{ pointer: '/overcommit', code: 'range' }]);
    expect((await edge.call({ method: 'GET', url, as: AS_FORGE })).json().budget).toBe(1000);
  });

  it('is for those who may, of accounts and periods that there are', async () => {
    const edge = await aReportingEdge();
    expectProblem(await put(edge, { budget: 1 }, { 'if-match': '*' }, { as: AS_FORGE }), 'ROLE_NOT_ALLOWED');
    expectProblem(await put(edge, { budget: 1 }, {}), 'PRECONDITION_REQUIRED');
    expectProblem(await put(edge, { budget: -1 }, { 'if-match': '*' }), 'NUMBER_INVALID');
    for (const other of [
      '/v1/accounts/acme/periods/1999-01',
      '/v1/accounts/none/periods/2026-11',
      '/v1/accounts/%00/periods/%00',
    ])
      expectProblem(await put(edge, { budget: 1 }, { 'if-match': '*' }, { url: other }), 'NOT_FOUND');
    const made = await put(
      edge,
      { budget: 1 },
      { 'if-none-match': '*' },
      { url: url.replace('2026-11', '1999-01') },
    );
    expect(expectProblem(made, 'EDIT_INVALID').errors).toMatchObject([
      { pointer: '/period', allowed: ['2026-10', '2026-11'] },
    ]);
    // Of another department: as if it were not there.
    const foreign = { method: 'GET', url: '/v1/accounts/scout/periods/2026-11', as: AS_FORGE } as const;
    expectProblem(await edge.call(foreign), 'NOT_FOUND');
  });
});
