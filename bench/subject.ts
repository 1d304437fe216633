// The server under test: a process of its own on the embedded database, in a directory that is gone afterwards.
// Invariant: what was started is stopped, however the bench ends. Called by httpRun.ts, drainRun.ts and kueueRun.ts, and by cell.ts for one of many processes.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { StoreDump } from '../adapters/memory/store.ts';
import { loadOrganisation, problemLine } from '../api/organisation/index.ts';
import { sha256 } from '../api/roles/digest.ts';
import { type ForkedServer, forkServer } from '../api/roles/forkServer.ts';
import {
  DEFAULT_AUDIENCE,
  DEFAULT_ISSUER,
  DEFAULT_TICK_INTERVAL_MS,
  type ServerOptions,
} from '../api/roles/serverOptions.ts';
import { tokenMint } from '../api/roles/token.ts';
import type { Configuration, Instant } from '../scheduler/index.ts';
import { dumpPostgres } from './postgresDump.ts';
import type { Watched } from './processors.ts';

/** Where it answers, and the sums of the process that decides. */
export type Served = Pick<ForkedServer, 'url' | 'databaseUrl' | 'stats' | 'stop'>;

export interface Subject {
  readonly server: Served;
  readonly watched: Watched;
  readonly configuration: Configuration;
  /** The Authorization header of an agent. */
  authorizationOf(agent: string): string;
  readonly operatorAuthorization: string;
  /** Rows of one of the queries in sql/. */
  query<Row extends pg.QueryResultRow>(name: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Everything that is stored, as the checker of the promises reads it. */
  dump(): Promise<StoreDump>;
  stop(): Promise<void>;
}

const ACME = fileURLToPath(new URL('../examples/acme', import.meta.url));

export interface SubjectOptions {
  /** Whether HTTP has a process of its own. */
  readonly edge?: 'process' | 'inside';
  /** examples/acme when absent. */
  readonly configuration?: Configuration;
  readonly limits?: ServerOptions['limits'];
}

export async function startSubject(options: SubjectOptions = {}): Promise<Subject> {
  const { edge = 'process', limits, configuration = await acme() } = options;
  const directory = await mkdtemp(join(tmpdir(), 'annona-bench-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const server = await forkServer({
      directory,
      configuration,
      cell: configuration.cell,
      host: '127.0.0.1',
      port: 0,
      portBusy: 'fail',
      kafkaBrokers: [],
      issuer: DEFAULT_ISSUER,
      audience: DEFAULT_AUDIENCE,
      engine: 'highs',
      edge,
      ...(limits && { limits }),
      tickIntervalMs: DEFAULT_TICK_INTERVAL_MS,
    });
    const { pid, edgePid, databasePid } = server;
    const edges = edgePid === null ? [] : [edgePid];
    const watched = { server: pid, edges, relay: null, database: databasePid };
    return await withTokens({ server, watched, configuration, directory, remove });
  } catch (error) {
    await remove();
    throw error;
  }
}

/** `remove` is called when all has stopped. */
export async function withTokens(started: {
  server: Served;
  watched: Watched;
  configuration: Configuration;
  directory: string;
  remove: () => Promise<void>;
}): Promise<Subject> {
  const { server, watched, configuration, directory, remove } = started;
  const mint = await tokenMint(directory);
  const authorizations = new Map<string, string>();
  for (const { id, department } of configuration.agents) {
    authorizations.set(id, `Bearer ${await mint({ role: 'agent', department, agent: id })}`);
  }
  const department = configuration.departments[0]!.id;
  const database = new pg.Client(server.databaseUrl);
  await database.connect();
  return {
    server,
    watched,
    configuration,
    authorizationOf: (agent) => authorizations.get(agent)!,
    operatorAuthorization: `Bearer ${await mint({ role: 'operator', department })}`,
    async query<Row extends pg.QueryResultRow>(name: string, values: readonly unknown[] = []) {
      const text = await readFile(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
      return (await database.query<Row>(text, [...values])).rows;
    },
    dump: () => dumpPostgres(database),
    async stop() {
      await database.end();
      await server.stop();
      await remove();
    },
  };
}

/** `now`: calendars and months are expanded from its day on. */
export async function acme(now: Instant = Date.now()): Promise<Configuration> {
  const loaded = await loadOrganisation(ACME, { now, digest: sha256 });
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  return loaded.configuration;
}
