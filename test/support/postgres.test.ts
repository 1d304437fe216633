// The databases of the test run: separate, made from one migrated template, and gone when dropped.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from './postgres.ts';
import { testDatabase } from './postgres.ts';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a test database', () => {
  const runs: string[] = [];
  const migrate = async (url: string) => {
    runs.push(url);
    await query(url, 'CREATE TABLE grain (bushels bigint NOT NULL)');
  };
  let first: TestDatabase;
  let second: TestDatabase;

  beforeAll(async () => {
    [first, second] = await Promise.all([
      testDatabase({ migrate, template: 'grain' }),
      testDatabase({ migrate, template: 'grain' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([first.drop(), second.drop()]);
  });

  it('is migrated once, however many ask for the template', () => {
    expect(runs).toHaveLength(1);
  });

  it('shows nothing of what another one holds', async () => {
    await query(first.url, 'INSERT INTO grain VALUES (7)');
    expect(await query(first.url, 'SELECT bushels FROM grain')).toEqual([{ bushels: '7' }]);
    expect(await query(second.url, 'SELECT bushels FROM grain')).toEqual([]);
  });

  it('is migrated itself when no template is named', async () => {
    const own = await testDatabase({ migrate });
    expect(runs.at(-1)).toBe(own.url);
    expect(await query(own.url, 'SELECT bushels FROM grain')).toEqual([]);
    await own.drop();
  });

  it('is gone when dropped, even with a connection open', async () => {
    const short = await testDatabase();
    const client = new pg.Client(short.url);
    const ended = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await short.drop();
    await ended;
    await expect(query(short.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });
});
