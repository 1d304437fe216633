// A cell of many processes on one database: two of the API, one that decides, one that relays to Kafka where brokers are named; Redis between them.
// Invariant: what was started is stopped, however the bench ends; loopback alone. Called by fullRun.ts.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../adapters/postgres/embedded/index.ts';
import { createTopics } from '../api/roles/createTopics.ts';
import { sha256 } from '../api/roles/digest.ts';
import { type ForkedServer, forkServer } from '../api/roles/forkServer.ts';
import type { ProcessRole } from '../api/roles/role.ts';
import {
  DEFAULT_AUDIENCE,
  DEFAULT_ISSUER,
  DEFAULT_TICK_INTERVAL_MS,
  type ServerOptions,
} from '../api/roles/serverOptions.ts';
import { type Configuration, revisionOf } from '../scheduler/index.ts';
import { acme, type Subject, withTokens } from './subject.ts';

export interface CellOptions {
  /** Of its topics. */
  readonly name: string;
  readonly redisUrl: string;
  /** None: no relay. */
  readonly kafkaBrokers: readonly string[];
}

export interface Cell {
  readonly subject: Subject;
  /** Of its API processes. */
  readonly urls: readonly string[];
}

const API_PROCESSES = 2;
const PARTITIONS = 3;
const REPLICAS = 3;
/** Every process has connections of its own to the database. */
const CONNECTIONS = '200';

export async function startCell(options: CellOptions): Promise<Cell> {
  const configuration = await acmeAs(options.name);
  const directory = await mkdtemp(join(tmpdir(), 'annona-bench-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.toReversed()) await end();
  };
  try {
    const settings = { max_connections: CONNECTIONS };
    const database = await startEmbeddedPostgres({ directory, log: () => {}, settings });
    started.push(() => database.stop());
    const member = async (...roles: ProcessRole[]): Promise<ForkedServer> => {
      const server = await forkServer(
        optionsOf(roles, { ...options, directory, configuration, databaseUrl: database.url }),
      );
      started.push(() => server.stop());
      return server;
    };
    const scheduler = await member('scheduler');
    const edges = [];
    for (let i = 0; i < API_PROCESSES; i++) edges.push(await member('api'));
    if (options.kafkaBrokers.length > 0) await createTopicsOf(configuration, options);
    const relay = options.kafkaBrokers.length === 0 ? null : await member('relay');
    const urls = edges.map(({ url }) => url);
    const server = { url: urls[0]!, databaseUrl: database.url, stats: scheduler.stats, stop };
    const watched = {
      server: scheduler.pid,
      edges: edges.map(({ pid }) => pid),
      relay: relay?.pid ?? null,
      database: database.pid,
    };
    const subject = await withTokens({
      server,
      watched,
      configuration,
      directory,
      remove,
    });
    return { subject, urls };
  } catch (error) {
    await stop();
    await remove();
    throw error;
  }
}

function optionsOf(
  roles: readonly ProcessRole[],
  {
    kafkaBrokers,
    redisUrl,
    configuration,
    directory,
    databaseUrl,
  }: CellOptions & Pick<Required<ServerOptions>, 'configuration' | 'directory' | 'databaseUrl'>,
): ServerOptions {
  return {
    roles,
    directory,
    databaseUrl,
    configuration,
    cell: configuration.cell,
    host: '127.0.0.1',
    port: 0,
    portBusy: 'fail',
    redisUrl,
    kafkaBrokers: roles.includes('relay') ? kafkaBrokers : [],
    issuer: DEFAULT_ISSUER,
    audience: DEFAULT_AUDIENCE,
    engine: 'highs',
    tickIntervalMs: DEFAULT_TICK_INTERVAL_MS,
  };
}

/** Before the first record, as an operator does. */
async function createTopicsOf(
  { departments }: Configuration,
  { name: cell, kafkaBrokers }: CellOptions,
): Promise<void> {
  const shape = { partitions: PARTITIONS, replicas: Math.min(REPLICAS, kafkaBrokers.length) };
  const of = { cell, departments: departments.map(({ id }) => id) };
  await createTopics({ kafkaBrokers, kafkaClient: 'kafkajs', kafkaIntake: 'off' }, of, shape);
}

async function acmeAs(cell: string): Promise<Configuration> {
  const { revision: _, ...unrevised } = { ...(await acme()), cell };
  return { ...unrevised, revision: revisionOf(unrevised, sha256) };
}
