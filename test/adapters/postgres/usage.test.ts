// What a report costs: it reads the blocks of its span and not the tables, counts the same as over everything, and is cut off in time.

import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QueryPool } from '../../../adapters/postgres/connection.ts';
import { Statements } from '../../../adapters/postgres/statements.ts';
import { PostgresUsage } from '../../../adapters/postgres/usage.ts';
import type { UsageQuery } from '../../../api/ports.ts';
import { ALL, CELL } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

const ROWS = 30_000;
const TICKS = ROWS / 10;
const TICK_MS = 1000;

/** Ten requests a tick; all are granted at once and end 1 to 11 ticks later, but one in 500, which ends after 1,500, and one in 100, denied. */
const FILL = `
  set session_replication_role = replica;
  insert into tick (cell, tick, epoch, digest, previous_digest, configuration_revision, record, bytes)
  select 'main', t, 1, '', '', 'cfg_1', json_build_object('now', ${TICK_MS} * t), 0 from generate_series(1, ${TICKS}) t;
  insert into request (id, cell, department_id, agent_id, sequence, document, shape_key, opened_tick, state, verdict_allow, lease_id,
    decided_tick, decided_at_ms)
  select 'req_' || lpad(n::text, 26, '0'), 'main', 'dep-' || n % 10, 'agent-' || n % 50, n,
    json_build_object('submittedAt', t * ${TICK_MS} - n % 97, 'options', '[]'::json, 'terms', json_build_object('class', 'standard'), 'summary', repeat('x', 400)),
    'shape', t, case when n % 100 = 0 then 'denied' else 'granted' end, true, case when n % 100 <> 0 then 'lse_' || n end, t, t * ${TICK_MS}
  from (select n, (n + 9) / 10 as t from generate_series(1, ${ROWS}) n) numbered;
  insert into lease (id, cell, department_id, agent_id, request_id, epoch, option_index, allocations, reservations, state, granted_tick,
    granted_at_ms, start_limit_at_ms, ends_at_ms, ended_tick, ended_at_ms)
  select 'lse_' || n, 'main', 'dep-' || n % 10, 'agent-' || n % 50, 'req_' || lpad(n::text, 26, '0'), 1, 0,
    json_build_array(json_build_object('claim', 0, 'pool', 'gpu-a', 'kind', 'gpu', 'quantity', 1, 'startsAt', t * ${TICK_MS}, 'endsAt', e * ${TICK_MS})),
    '[]', case when e > ${TICKS} then 'granted' else 'expired' end, t, t * ${TICK_MS}, t * ${TICK_MS}, e * ${TICK_MS},
    case when e <= ${TICKS} then e end, case when e <= ${TICKS} then e * ${TICK_MS} end
  from (
    select n, (n + 9) / 10 as t, (n + 9) / 10 + 1 + n % 11 + case when n % 500 = 1 then 1500 else 0 end as e
    from generate_series(1, ${ROWS}) n where n % 100 <> 0
  ) granted;
  insert into lease_live (cell, id) select cell, id from lease where ended_at_ms is null;
  set session_replication_role = origin;
`;

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

/** The most rows of a table that any scan of the plan looked at. */
function looked(plan: Plan, table: string): number {
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = plan['Relation Name'] === table ? (plan['Actual Rows'] + removed) * plan['Actual Loops'] : 0;
  return Math.max(own, ...(plan.Plans ?? []).map((each) => looked(each, table)));
}

describe('a report on 30,000 requests', () => {
  let store: PostgresUnderTest;
  const statements = new Statements(join(import.meta.dirname, '../../../adapters/postgres/sql'));
  beforeAll(async () => {
    store = await postgresStore();
    await store.query(FILL);
    await store.query('vacuum analyze');
  });
  afterAll(() => store.close());

  const query = (from: number, to: number): UsageQuery => ({ cell: CELL, by: [], from, to, roots: [] });
  const explained = async (from: number, to: number, mode: string): Promise<Plan> => {
    const reader = new pg.Client({ connectionString: store.url, options: '-c role=annona_api -c jit=off' });
    await reader.connect();
    await reader.query('begin');
    await reader.query("select set_config('annona.reach', 'all', true)");
    await reader.query(statements.named('by-hash').text);
    await reader.query(statements.named('usage-limits').text, ['60000']);
    await reader.query(`set local plan_cache_mode = ${mode}`);
    await reader.query(`prepare asked as ${statements.named('usage').text}`);
    const { rows } = await reader.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, timing off, format json)
       execute asked('main', ${from}, ${to}, null, null, false, false, false, false, '{}', '{}')`,
    );
    await reader.end();
    return rows[0]!['QUERY PLAN'][0].Plan;
  };

  it.each([
    ['force_custom_plan', 100],
    ['force_generic_plan', 100],
    ['force_custom_plan', TICKS - 30],
    ['force_generic_plan', TICKS - 30],
  ])('reads the blocks of a hundredth of the time, and no table (%s, from tick %i)', async (mode, tick) => {
    const plan = await explained(tick * TICK_MS, (tick + 30) * TICK_MS, mode);
    const [version] = await store.query<{ number: number }>(
      "select current_setting('server_version_num')::integer as number",
    );
    // The end of a lease has no index before PostgreSQL 16.
    const tables = version!.number >= 160_000 ? ['request', 'lease'] : ['request'];
    for (const table of tables) {
      expect(looked(plan, table)).toBeGreaterThan(0);
      expect(looked(plan, table)).toBeLessThan(ROWS / 4);
    }
  });

  it('sees when a table is read whole', async () => {
    const plan = await explained(0, TICKS * 2 * TICK_MS, 'force_custom_plan');
    expect(looked(plan, 'request')).toBeGreaterThan(ROWS - 1);
  });

  it('counts what was held all through the span, also of leases that began long before it', async () => {
    const from = 2000 * TICK_MS;
    const [row] = await store.ports.usage.usage(ALL, query(from, from + 10 * TICK_MS));
    const [want] = await store.query<{ held: number; granted: number; requests: number; denied: number }>(`
      select floor(sum(least(ends_at_ms, ended_at_ms, ${from + 10 * TICK_MS}) - greatest(granted_at_ms, ${from})) / 1000)::integer as held,
        count(*) filter (where granted_at_ms >= ${from})::integer as granted,
        (select count(*) from request where opened_tick >= 2000 and opened_tick < 2010)::integer as requests,
        (select count(*) from request where state = 'denied' and decided_tick >= 2000 and decided_tick < 2010)::integer as denied
      from lease where granted_at_ms < ${from + 10 * TICK_MS} and (ended_at_ms is null or ended_at_ms > ${from})
    `);
    expect(want!.held).toBeGreaterThan(200);
    expect({ ...row, held: row?.unitSeconds.gpu }).toMatchObject(want!);
  });

  it('is cut off by a limit of its own, and the connection goes on', async () => {
    const pool = new QueryPool(
      {
        url: store.url,
        applicationName: 'annona test',
        session: ['role=annona_api', 'jit=off'],
        queryTimeoutMs: 60_000,
        onError: () => {},
        connectionsMax: 1,
        pipeline: 'on',
      },
      statements,
    );
    const whole = query(0, TICKS * 2 * TICK_MS);
    await expect(new PostgresUsage(pool, 1).usage(ALL, whole)).rejects.toMatchObject({ code: '57014' });
    expect(await new PostgresUsage(pool, 60_000).usage(ALL, whole)).toMatchObject([{ requests: ROWS }]);
    await pool.close();
  });
});
