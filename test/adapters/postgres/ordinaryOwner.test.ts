// A database whose owner is no superuser, as a company's is: row-level security then binds the scheduler too, which must say so to see all.

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, openPostgres, type PostgresAdapter } from '../../../adapters/postgres/index.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import {
  agentScope,
  aRequest,
  aSubmit,
  CELL,
  departmentScope,
  StoreCell,
  type StoreUnderTest,
} from '../../support/storeCell.ts';

describe('a database with an ordinary owner', () => {
  const owner = `annona_owner_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(8).toString('hex');
  let database: TestDatabase;
  let admin: pg.Client;
  let store: PostgresAdapter;
  let url: string;
  beforeAll(async () => {
    database = await testDatabase();
    admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query(`create role ${owner} login createrole password '${password}'`);
    await admin.query(`alter database ${admin.escapeIdentifier(admin.database!)} owner to ${owner}`);
    await admin.query(`alter schema public owner to ${owner}`);
    // Where the readers' role is there already, its administrator lends it; where not, the first migration makes it.
    const { rows } = await admin.query("select from pg_roles where rolname = 'annona_api'");
    if (rows.length > 0) await admin.query(`grant annona_api to ${owner}`);
    const asOwner = new URL(database.url);
    asOwner.username = owner;
    asOwner.password = password;
    url = asOwner.href;
    await migrate(url);
    store = await openPostgres({ url });
  });
  afterAll(async () => {
    await store.close();
    await admin.end();
    const elsewhere = new URL(database.url);
    await database.drop();
    elsewhere.pathname = '/postgres';
    const cleaner = new pg.Client(elsewhere.href);
    await cleaner.connect();
    await cleaner.query(`drop role ${owner}`);
    await cleaner.end();
  });

  it('serves intake, ticks, heartbeats and readers', async () => {
    const cell = await StoreCell.open({ ports: store } as unknown as StoreUnderTest);
    const request = aRequest(1);
    const lease = cell.lease({ request });
    await store.intakeWriter.write([aSubmit(request, { key: 'k', digest: 'd' })]);
    const { rows } = await store.intake.take(CELL, 10);
    await cell.tick(cell.grants(lease, request), { intake: rows.map((row) => row.id) });
    expect(await store.heartbeatWriter.heartbeat(agentScope(request), lease.id, cell.epoch)).toMatchObject({
      type: 'recorded',
    });
    expect((await store.heartbeats.since(CELL, 0)).heard).toHaveLength(1);
    expect((await store.stateSource.load(CELL, cell.epoch)).leases.size).toBe(1);
    expect(
      (await store.readers.requests(departmentScope('research'), { limit: 10, after: null })).items,
    ).toHaveLength(1);
    expect(
      (await store.readers.requests(departmentScope('sales'), { limit: 10, after: null })).items,
    ).toEqual([]);
  });

  it('shows the owner nothing in a session that did not say what for', async () => {
    const client = new pg.Client(url);
    await client.connect();
    const seen = await client.query<{ count: number }>('select count(*)::int as count from request');
    await client.query("set annona.reach = 'all'");
    const all = await client.query<{ count: number }>('select count(*)::int as count from request');
    await client.end();
    expect([seen.rows[0]!.count, all.rows[0]!.count]).toEqual([0, 1]);
  });
});
