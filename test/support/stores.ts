// The two stores that the contract suites run on: in memory, and on a database of its own in the run's PostgreSQL.
// Invariant: a store under test is empty and nobody else's. Used by test/adapters/memory and test/adapters/postgres.

import pg from 'pg';
import { createMemoryStore } from '../../adapters/memory/store.ts';
import { migrate, openPostgres, type PostgresOptions } from '../../adapters/postgres/index.ts';
import { dumpPostgres } from '../../bench/postgresDump.ts';
import { testDatabase } from './postgres.ts';
import type { StoreUnderTest } from './storeCell.ts';

export { dumpPostgres };

export async function memoryStore(): Promise<StoreUnderTest> {
  let now = 1_795_424_400_000;
  let wakes = 0;
  const store = createMemoryStore({
    now: () => now,
    onIntakeWritten: () => {
      wakes += 1;
    },
  });
  return {
    ports: store,
    rival: async () => store.leadershipOf('rival'),
    dump: async () => store.dump(),
    ageKeys: async (ms) => {
      now += ms;
    },
    expireLeader: async () => {
      now += 60_000;
    },
    wakes: () => wakes,
    close: async () => {},
  };
}

export interface PostgresUnderTest extends StoreUnderTest {
  readonly url: string;
  /** As the superuser: sees every row, and what it breaks is its own business. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  open(options?: Partial<PostgresOptions>): Promise<Awaited<ReturnType<typeof openPostgres>>>;
}

/** Copied from one template for all files of the run. */
export async function postgresStore(options: Partial<PostgresOptions> = {}): Promise<PostgresUnderTest> {
  const database = await testDatabase({ migrate, template: 'annona_store' });
  let wakes = 0;
  const onIntakeWritten = (): void => {
    wakes += 1;
  };
  const opened: { close(): Promise<void> }[] = [];
  const open: PostgresUnderTest['open'] = async (more) => {
    const adapter = await openPostgres({ url: database.url, onIntakeWritten, ...options, ...more });
    opened.push(adapter);
    return adapter;
  };
  const ports = await open();
  const admin = new pg.Client(database.url);
  await admin.connect();
  const query: PostgresUnderTest['query'] = async <Row extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ) => (await admin.query<Row>(text, values)).rows;
  return {
    ports,
    url: database.url,
    query,
    open,
    rival: async () => (await open({ holder: 'rival' })).leadership,
    dump: () => dumpPostgres(admin),
    ageKeys: async (ms) => {
      await query('update submit_key set received_at_ms = received_at_ms - $1', [ms]);
      await query('update call_key set started_at_ms = started_at_ms - $1', [ms]);
    },
    expireLeader: async () => {
      await query('update leader set expires_at_ms = 0');
    },
    wakes: () => wakes,
    close: async () => {
      for (const adapter of opened) await adapter.close();
      await admin.end();
      await database.drop();
    },
  };
}
