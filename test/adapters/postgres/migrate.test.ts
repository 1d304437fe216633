// Bringing a database up to date: once, by many at a time, again without effect.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, NoConfigurationError, openPostgres } from '../../../adapters/postgres/index.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

describe('migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  it('are refused as missing before they ran', async () => {
    await expect(openPostgres({ url: database.url })).rejects.toThrow(/cell_head/);
  });

  it('run once when four processes start at a time, and again change nothing', async () => {
    await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    const names = async () => {
      const client = new pg.Client(database.url);
      await client.connect();
      const { rows } = await client.query<{ name: string }>('select name from annona_migration order by id');
      await client.end();
      return rows.map((row) => row.name);
    };
    const wantNames = [
      '0001_tables',
      '0002_guards',
      '0003_commit',
      '0004_row_level_security',
      '0006_readers',
    ];
    expect(await names()).toEqual(wantNames);
    await migrate(database.url);
    expect(await names()).toEqual(wantNames);
  });

  it('leave a store without a configuration, which says so', async () => {
    const store = await openPostgres({ url: database.url });
    await expect(store.configuration.current('main')).rejects.toThrow(NoConfigurationError);
    await expect(store.stateSource.load('main', 1)).rejects.toThrow(NoConfigurationError);
    // The connection is fit for use after a failed load.
    expect(await store.intake.take('main', 10)).toMatchObject({ rows: [] });
    await store.close();
  });
});
