// Databases for tests: each test file gets its own on the one server of the run (test/support/globalPostgres.ts).
// Invariant: a file never sees what another wrote. Copying a migrated template takes a tenth of migrating anew.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';

export type TestServer =
  | { kind: 'embedded'; directory: string; runId: string }
  | { kind: 'given'; url: string; runId: string };

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Brings an empty database to where the tests begin. It must close its connections: a template is copied. */
  migrate?: (url: string) => Promise<void>;
  /**
   * Name under which the migrated database is kept and copied, for all files of the run that give it. Whoever gives
   * one name gives one `migrate`. Without it `migrate` runs on the new database itself.
   */
  template?: string;
}

export const DATABASE_PREFIX = 'annona_test_';

export const TEST_SERVER_OPTIONS = {
  log: () => {},
  settings: { max_connections: '200' },
};

/** A new database of its own. Call `drop` when done; what is left over goes at the end of the run. */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { migrate, template } = options;
  const { url: serverUrl, runId } = await connectable();
  const name = `${DATABASE_PREFIX}${runId}_${randomBytes(6).toString('hex')}`;
  const url = withDatabase(serverUrl, name);
  const source =
    migrate !== undefined && template !== undefined
      ? await migratedTemplate({
          serverUrl,
          name: `${DATABASE_PREFIX}${runId}_template_${template}`,
          migrate,
        })
      : 'template0';
  await onServer(serverUrl, (client) =>
    client.query(
      `CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(source)}`,
    ),
  );
  if (source === 'template0') await migrate?.(url);
  return {
    url,
    async drop() {
      await onServer(serverUrl, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`),
      );
    },
  };
}

async function connectable(): Promise<{ url: string; runId: string }> {
  const server: TestServer | undefined = inject('testServer');
  if (server === undefined) {
    throw new Error(
      'No test server: run the tests with `vitest run --config test/vitest.config.ts <files>`.',
    );
  }
  if (server.kind === 'given') return server;
  const running = await startEmbeddedPostgres({ ...TEST_SERVER_OPTIONS, directory: server.directory });
  // Leaves at once: the owner that keeps it running is the process of the whole run.
  await running.stop();
  return { url: running.url, runId: server.runId };
}

/** Made by the first file that asks, under a lock on the server, as files run in several processes. */
async function migratedTemplate(options: {
  serverUrl: string;
  name: string;
  migrate: (url: string) => Promise<void>;
}): Promise<string> {
  const { serverUrl, name, migrate } = options;
  await onServer(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
    const found = await client.query('SELECT datistemplate FROM pg_database WHERE datname = $1', [name]);
    if (found.rows[0]?.datistemplate === true) return;
    const identifier = client.escapeIdentifier(name);
    await client.query(`DROP DATABASE IF EXISTS ${identifier} WITH (FORCE)`); // its maker was killed
    await client.query(`CREATE DATABASE ${identifier} TEMPLATE template0`);
    await migrate(withDatabase(serverUrl, name));
    await client.query(`ALTER DATABASE ${identifier} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  });
  return name;
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
