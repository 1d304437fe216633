// Holds one PostgreSQL for the whole test run, and cleans up after it. Invariant: what it leaves behind is nothing.
// The embedded server starts with the first test that asks for a database (test/support/postgres.ts): a run of the
// solver's tests alone pays nothing. With DATABASE_URL set, that server is used.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';
import { forgetOwner, joinOwners } from '../../adapters/postgres/embedded/owners.ts';
import type { TestServer } from './postgres.ts';
import { DATABASE_PREFIX, TEST_SERVER_OPTIONS } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer;
  }
}

export default function setup(project: TestProject): () => Promise<void> {
  const runId = randomBytes(4).toString('hex');
  const url = process.env.DATABASE_URL;
  if (url !== undefined && url !== '') {
    project.provide('testServer', { kind: 'given', url, runId });
    return () => dropDatabases(url, runId);
  }
  // Where the test files' own folders are, too. The long runs set none.
  const home = project.config.env?.TMPDIR ?? tmpdir();
  const directory = mkdtempSync(join(home, 'annona-test-postgres-'));
  // The owner through the whole run: workers come and go, and the last one out would stop the server.
  const owner = joinOwners(join(directory, 'owners'));
  project.provide('testServer', { kind: 'embedded', directory, runId });
  return async () => {
    if (existsSync(join(directory, 'data'))) {
      const server = await startEmbeddedPostgres({ ...TEST_SERVER_OPTIONS, directory });
      forgetOwner(owner);
      await server.stop();
    }
    rmSync(directory, { recursive: true, force: true });
  };
}

/** Databases of this run that their tests did not drop, templates among them. */
async function dropDatabases(url: string, runId: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const like = `${DATABASE_PREFIX}${runId}\\_%`;
  const found = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE datname LIKE $1',
    [like],
  );
  for (const { datname } of found.rows) {
    const name = client.escapeIdentifier(datname);
    await client.query(`ALTER DATABASE ${name} WITH IS_TEMPLATE false`);
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
  await client.end();
}
