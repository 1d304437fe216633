// Which database a server gets, and what its operator reads when it gets none.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHolder } from '../../../adapters/postgres/embedded/lockFile.ts';
import { openDatabase } from '../../../api/roles/database.ts';
import { stopEmbedded } from '../../../api/roles/reset.ts';
import { StartRefused } from '../../../api/roles/startRefused.ts';
import { testDatabase } from '../../support/postgres.ts';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-database-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const options = (change: { directory?: string; databaseUrl?: string } = {}) => ({
  directory: join(home, 'data'),
  onIntakeWritten: () => {},
  log: () => {},
  ...change,
});

const refusalOf = (change: { directory?: string; databaseUrl?: string }) =>
  openDatabase(options(change)).then(
    () => null,
    (error: unknown) => error,
  );

describe('the embedded database', () => {
  it('is made the first time, kept the second, and gone after each close', async () => {
    for (const wantData of ['created', 'kept'] as const) {
      const database = await openDatabase(options());
      expect(database.data).toBe(wantData);
      expect(database.pid).toBeGreaterThan(0);
      await database.adapter.ping();
      await database.close();
      expect(readHolder(join(home, 'data', 'data'))).toEqual({ kind: 'none' });
    }
  });

  it('is stopped before its files are thrown away, and nothing is started where there are none', async () => {
    const database = await openDatabase(options());
    const lines: string[] = [];
    await stopEmbedded(join(home, 'nothing'), (line) => void lines.push(line));
    expect(lines).toEqual([]);
    await database.close();
  });

  it('is refused in one sentence where its folder cannot be', async () => {
    const file = join(home, 'data', 'data', 'PG_VERSION');
    writeFileSync(file, '9\n');
    const refused = await refusalOf({});
    writeFileSync(file, '18\n');
    expect(refused).toBeInstanceOf(StartRefused);
    expect((refused as StartRefused).message).toMatch(/PostgreSQL/);
  });
});

describe('the operator’s database', () => {
  it('is migrated and opened, and left running', async () => {
    const given = await testDatabase();
    const database = await openDatabase(options({ databaseUrl: given.url }));
    expect(database).toMatchObject({ data: 'external', pid: null, url: given.url });
    await database.adapter.ping();
    await database.close();
    const again = await openDatabase(options({ databaseUrl: given.url }));
    await again.close();
    await given.drop();
  });

  it('that does not answer, is not there or does not know us refuses the start, and says why', async () => {
    const given = await testDatabase();
    const wrong = (change: (url: URL) => void): string => {
      const url = new URL(given.url);
      change(url);
      return url.href;
    };
    const cases: [string, RegExp][] = [
      [wrong((url) => Object.assign(url, { port: '1' })), /ECONNREFUSED/],
      [wrong((url) => Object.assign(url, { pathname: '/nowhere' })), /"nowhere" does not exist/],
      [wrong((url) => Object.assign(url, { password: 'wrong' })), /password authentication failed/],
      ['postgres://localhost:1/x', /ECONNREFUSED/],
    ];
    for (const [databaseUrl, wantLine] of cases) {
      const refused = await refusalOf({ databaseUrl });
      expect(refused).toBeInstanceOf(StartRefused);
      expect((refused as StartRefused).obstacle).toBe('database');
      expect((refused as StartRefused).message).toMatch(wantLine);
      expect((refused as StartRefused).message).not.toContain(new URL(given.url).password);
    }
    await given.drop();
  });
});
