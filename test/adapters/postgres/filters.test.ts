// What a filtered list costs: on 100,000 rows no filter reads a table whole, neither under a plan made for its values nor under a general one.

import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Statements } from '../../../adapters/postgres/statements.ts';
import type { LeaseFilter, RequestFilter, Scope } from '../../../api/ports.ts';
import { ALL, agentScope, departmentScope } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

const ROWS = 100_000;
/** What a call looks through at most, and the row that says there is more. */
const LOOKED_MAX = 20_001;
const OPEN = 500;
const R1 = { department: 'dep-1', agent: 'agent-01' };

/** Requests granted but for the last OPEN, which wait, and one in 100, which was denied; leases ended but for the last OPEN. */
const FILL = `
  set session_replication_role = replica;
  insert into request (id, cell, department_id, agent_id, sequence, document, shape_key, opened_tick, state, verdict_allow, reasons,
    lease_id, decided_tick, decided_at_ms)
  select 'req_' || lpad(n::text, 26, '0'), 'main', 'dep-' || n % 10, 'agent-' || lpad((n % 50)::text, 2, '0'), n,
    json_build_object('id', 'req_' || lpad(n::text, 26, '0'), 'submittedAt', n, 'terms', json_build_object('class', 'standard')),
    'shape', n, state, true, case state when 'granted' then '[]' else '[{"code":"POOL_FULL"}]' end::json,
    case state when 'granted' then 'lse_' || n end, n, n
  from (select n, case when n > ${ROWS - OPEN} then 'waiting' when n % 100 = 0 then 'denied' else 'granted' end as state
    from generate_series(1, ${ROWS}) n) numbered;
  insert into lease (id, cell, department_id, agent_id, request_id, epoch, option_index, allocations, reservations, state, granted_tick,
    granted_at_ms, start_limit_at_ms, ends_at_ms, ended_tick, ended_at_ms)
  select 'lse_' || lpad(n::text, 8, '0') || '_000', 'main', 'dep-' || n % 10, 'agent-' || lpad((n % 50)::text, 2, '0'), 'req_' || lpad(n::text, 26, '0'), 1, 0,
    '[{"claim":0,"pool":"gpu-a","kind":"gpu","quantity":1,"startsAt":1,"endsAt":2}]', '[]',
    case when n > ${ROWS - OPEN} then 'granted' else 'released' end, n, n, n, n + 10,
    case when n <= ${ROWS - OPEN} then n end, case when n <= ${ROWS - OPEN} then n end
  from generate_series(1, ${ROWS}) n;
  insert into lease_live (cell, id) select cell, id from lease where ended_at_ms is null;
  insert into ledger (cell, source_id, type, department_id, lease_id, accounts, periods, amounts, tick)
  select cell, id, 'reserve', department_id, id, array['team'], array['2026-11'], array[1], granted_tick from lease;
  insert into tick (cell, tick, epoch, digest, previous_digest, configuration_revision, record, bytes)
  values ('main', 1, 1, '', '', 'cfg_1', '{"now":0}', 0);
  set session_replication_role = origin;
  analyze;
`;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows that any scan of a plan looked at, of one table. */
function looked(plan: Plan, tables: readonly string[]): number {
  const own = tables.includes(plan['Relation Name'] ?? '')
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0;
  return Math.max(own, ...(plan.Plans ?? []).map((each) => looked(each, tables)), 0);
}

describe('a filter on 100,000 rows', () => {
  let store: PostgresUnderTest;
  let reader: pg.Client;
  const statements = new Statements(join(import.meta.dirname, '../../../adapters/postgres/sql'));
  beforeAll(async () => {
    store = await postgresStore();
    await store.query(FILL);
    reader = new pg.Client({ connectionString: store.url, options: '-c role=annona_api -c jit=off' });
    await reader.connect();
  });
  afterAll(async () => {
    await reader.end();
    await store.close();
  });

  const explained = async (name: string, values: readonly (string | number | null)[], scope: Scope) => {
    const most: number[] = [];
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await reader.query('begin');
      await reader.query(
        "select set_config('annona.reach', $1, true), set_config('annona.department', $2, true), set_config('annona.accounts', 'team', true)",
        [scope.type, scope.department],
      );
      if (!/open|live|queue/.test(name)) await reader.query(statements.named('in-order').text);
      await reader.query(`set local plan_cache_mode = ${mode}`);
      await reader.query(`prepare asked as ${statements.named(name).text}`);
      const literals = values.map((value) => (value === null ? 'null' : reader.escapeLiteral(String(value))));
      const { rows } = await reader.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, timing off, format json) execute asked(${literals.join(', ')})`,
      );
      await reader.query('rollback');
      await reader.query('deallocate asked');
      most.push(looked(rows[0]!['QUERY PLAN'][0].Plan, ['request', 'lease', 'ledger', 'event']));
    }
    return Math.max(...most);
  };

  it('finds what it sees when a table is read whole', async () => {
    await reader.query('begin');
    await reader.query("select set_config('annona.reach', 'all', true)");
    const { rows } = await reader.query('explain (analyze, timing off, format json) select * from request');
    await reader.query('commit');
    expect(looked(rows[0]['QUERY PLAN'][0].Plan, ['request'])).toBeGreaterThan(ROWS - 1);
  });

  it.each<[string, Scope, readonly (string | null)[]]>([
    ['all', ALL, [null, null, '~', 'granted', null, 'CANCELLED']],
    ['all', ALL, [null, null, '~', null, 'nothing', null]],
    ['all', ALL, [null, null, `req_${'9'.repeat(26)}`, null, 'nothing', null]],
    ['all', ALL, [null, null, `req_${'50000'.padStart(26, '0')}`, null, 'nothing', null]],
    ['department', departmentScope('dep-1'), ['dep-1', null, '~', 'expired', null, null]],
    ['department', ALL, ['dep-1', null, '~', null, 'nothing', null]],
    ['agent', agentScope(R1), ['dep-1', 'agent-01', '~', 'expired', null, null]],
    ['agent', ALL, [null, 'agent-01', '~', null, null, 'NEXT_TICK']],
    ['turned-down', ALL, [null, null, '~', 'denied', null, 'CANCELLED']],
    ['open', ALL, [null, null, '~', 'waiting', null, 'NEXT_TICK']],
    ['open', departmentScope('dep-1'), ['dep-1', null, '~', 'waiting', null, null]],
  ])('of requests looks at few: %s, %j, %j', async (list, scope, values) => {
    const most = list === 'open' ? OPEN : list === 'turned-down' ? ROWS / 100 : LOOKED_MAX;
    expect(await explained(`request-list-${list}`, [...values, 51], scope)).toBeLessThanOrEqual(most);
  });

  it.each<[string, Scope, readonly (string | null)[]]>([
    ['all', ALL, [null, null, '~', 'revoked', null, null]],
    ['all', ALL, [null, null, '~', null, 'nothing', null]],
    ['all', ALL, [null, null, '~', null, null, 'nowhere']],
    ['department', departmentScope('dep-1'), ['dep-1', null, '~', 'revoked', null, null]],
    ['agent', agentScope(R1), ['dep-1', 'agent-01', '~', null, 'nothing', null]],
    ['agent', ALL, [null, 'agent-01', '~', 'expired', null, null]],
    ['live', ALL, [null, null, '~', 'active', null, null]],
    ['live', departmentScope('dep-1'), ['dep-1', null, '~', 'granted', null, 'nowhere']],
  ])('of leases looks at few: %s, %j, %j', async (list, scope, values) => {
    // Rows of a loop are told as a mean, rounded up.
    const most = list === 'live' ? 2 * OPEN : LOOKED_MAX;
    expect(await explained(`lease-list-${list}`, [...values, 51], scope)).toBeLessThanOrEqual(most);
  });

  it('of the ledger looks at few, and of the queue at what is open', async () => {
    const ledger = ['main', 'nobody', null, null, 999_999, '~', '~', 0, 51];
    expect(await explained('ledger-list', ledger, ALL)).toBeLessThanOrEqual(LOOKED_MAX);
    const on = ['main', 'nobody', null, 'agent-01', 50_000, 'lse_00050000_000', 'reserve', 1, 51];
    expect(await explained('ledger-list', on, ALL)).toBeLessThanOrEqual(LOOKED_MAX);
    expect(await explained('queue-reasons', [null, null], ALL)).toBeLessThanOrEqual(OPEN);
  });

  it('is none of usage, which counts all that a department has', async () => {
    const query = { cell: 'main', by: ['department', 'class'] as const, from: 0, to: 2 * ROWS, roots: [] };
    const [row, ...others] = await store.ports.usage.usage(departmentScope('dep-0'), query);
    expect(others).toEqual([]);
    const wantCounts = { requests: ROWS / 10, granted: ROWS / 10, denied: (ROWS - OPEN) / 100 };
    expect(row).toMatchObject({ department: 'dep-0', class: 'standard', ...wantCounts });
  });

  it('still finds everything, over pages that may be short', async () => {
    const { readers, accounts } = store.ports;
    const pages = async (
      read: (after: string | null) => Promise<{ items: readonly unknown[]; next: string | null }>,
    ) => {
      const sizes: number[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof read>> = await read(after);
        sizes.push(page.items.length);
        after = page.next;
      } while (after !== null);
      return sizes;
    };
    const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);
    const requests = (filter: RequestFilter) =>
      pages((after) => readers.requests(ALL, { ...filter, limit: 500, after }));
    const leases = (filter: LeaseFilter) =>
      pages((after) => readers.leases(ALL, { ...filter, limit: 500, after }));
    const none = await requests({ class: 'nothing' });
    expect(none).toEqual([0, 0, 0, 0, 0, 0].slice(0, none.length));
    expect(none.length).toBeGreaterThan(4);
    const wantDenied = (ROWS - OPEN) / 100;
    expect(total(await requests({ reason: 'POOL_FULL' }))).toBe(wantDenied + OPEN);
    expect(await requests({ state: 'denied' })).toEqual([500, wantDenied - 500]);
    expect(await requests({ state: 'waiting' })).toEqual([OPEN]);
    expect(total(await requests({ state: 'waiting', department: 'dep-3' }))).toBe(OPEN / 10);
    expect(total(await leases({ state: 'revoked' }))).toBe(0);
    expect(await leases({ state: 'granted' })).toEqual([OPEN]);
    const reach = { scope: ALL, cell: 'main', accounts: ['team', 'nobody'] as never[] };
    const lines = (account: string) =>
      pages((after) => accounts.ledger(reach, { account: account as never, limit: 20_000, after }));
    expect(total(await lines('nobody'))).toBe(0);
    expect(total(await lines('team'))).toBe(ROWS);
  });
});
