// Row-level security: what the readers' role may see, also when a query forgets its department (S7).

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aRequest, StoreCell } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

describe('row-level security', () => {
  let store: PostgresUnderTest;
  let reader: pg.Client;
  beforeAll(async () => {
    store = await postgresStore();
    const cell = await StoreCell.open(store);
    const requests = [aRequest(1, { department: 'research' }), aRequest(2, { department: 'sales' })] as const;
    for (const request of requests) {
      const lease = cell.lease({ request });
      await cell.tick([
        ...cell.grants(lease, request),
        cell.extensionOpened(lease, `ext_${request.department}`),
      ]);
    }
    reader = new pg.Client({ connectionString: store.url, options: '-c role=annona_api' });
    await reader.connect();
  });
  afterAll(async () => {
    await reader.end();
    await store.close();
  });

  const departmentsIn = async (table: string, reach: string, department: string): Promise<string[]> => {
    await reader.query('begin');
    await reader.query(
      "select set_config('annona.reach', $1, true), set_config('annona.department', $2, true)",
      [reach, department],
    );
    const { rows } = await reader.query<{ department_id: string }>(
      `select distinct department_id from ${table} order by 1`,
    );
    await reader.query('commit');
    return rows.map((row) => row.department_id);
  };

  it.each(['request', 'lease', 'extension', 'event', 'ledger'])(
    'shows each department its own rows of %s',
    async (table) => {
      expect(await departmentsIn(table, 'department', 'research')).toEqual(['research']);
      expect(await departmentsIn(table, 'agent', 'sales')).toEqual(['sales']);
      expect(await departmentsIn(table, 'all', 'operations')).toEqual(['research', 'sales']);
      expect(await departmentsIn(table, 'department', 'nobody')).toEqual([]);
    },
  );

  it('shows nothing to a session that never said for whom it reads, nor after its transaction', async () => {
    await departmentsIn('request', 'all', 'operations');
    expect((await reader.query('select * from request')).rows).toEqual([]);
  });

  it('shows the accounts that the transaction names, and no others', async () => {
    const read = async (accounts: string): Promise<unknown[]> => {
      await reader.query('begin');
      await reader.query(
        "select set_config('annona.reach', 'all', true), set_config('annona.accounts', $1, true)",
        [accounts],
      );
      const { rows } = await reader.query(
        "select account, annona_committed_since('main', 'team', '2026-11', 0) as sum from account_use",
      );
      await reader.query('commit');
      return rows;
    };
    expect(await read('team,other')).toEqual([{ account: 'team', sum: '20' }]);
    expect(await read('other')).toEqual([]);
    const bare = await reader.query("select annona_committed_since('main', 'team', '2026-11', 0) as sum");
    expect(bare.rows).toEqual([{ sum: '0' }]);
  });

  it.each([
    'select * from tick',
    'select * from cell_head',
    'select * from audit',
    'update account_use set spent = 0',
    'select * from intake',
    'select * from leader',
    'select * from submit_key',
    "insert into request (id) values ('x')",
    "update lease set state = 'expired'",
    'delete from event',
  ])('lets readers not do this: %s', async (statement) => {
    await expect(reader.query(statement)).rejects.toThrow(/permission denied/);
  });

  it('binds the owner of the tables too, who is no superuser', async () => {
    const found = await store.query<{ relname: string }>(
      "select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity and relforcerowsecurity order by 1",
    );
    const wantForced = [
      'agent_heartbeat',
      'approval',
      'audit',
      'audit_pending',
      'configuration_edit',
      'earmark',
      'event',
      'extension',
      'heartbeat',
      'intake',
      'lease',
      'ledger',
      'obligation',
      'request',
      'request_trace',
      'side_job',
      'side_job_part',
      'submit_key',
      'webhook',
      'webhook_delivery',
    ];
    expect(found.map((row) => row.relname)).toEqual(wantForced);
  });

  it('covers every table that has a department', async () => {
    const open = await store.query(
      `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'department_id'
       where c.relkind = 'r' and not c.relrowsecurity`,
    );
    expect(open).toEqual([]);
  });
});
