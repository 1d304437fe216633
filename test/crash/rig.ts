// One data directory through many crashes: servers started on it in turn, what ran for it, and that it is all gone at the end.
// Invariant: ends only processes that it started, by their pid. Used by test/crash.

import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';
import {
  commandLine,
  findProcess,
  isAlive,
  type ProcessRef,
} from '../../adapters/postgres/embedded/processes.ts';
import type { Configuration } from '../../scheduler/index.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { type LiveServer, liveServer } from '../support/liveServer.ts';
import { dumpPostgres } from '../support/stores.ts';
import type { Acknowledged } from './acknowledged.ts';
import { attempt, cancel } from './load.ts';

export interface CrashRig {
  readonly directory: string;
  readonly configuration: Configuration;
  start(): Promise<LiveServer>;
  query<Row extends pg.QueryResultRow>(server: LiveServer, text: string): Promise<Row[]>;
  dump(server: LiveServer): Promise<StoreDump>;
  cleanUp(): Promise<void>;
}

/** Contended on purpose: about four requests of a dozen fit at once. */
export function crashOrganisation(): Configuration {
  const year = {
    id: 'now',
    startsAt: Date.now() - 86_400_000,
    endsAt: Date.now() + 86_400_000,
    budget: 5_000_000,
  };
  return aConfiguration()
    .department('research')
    .agent('ada', { accounts: ['team' as never] })
    .agent('bob', { accounts: ['team' as never] })
    .agent('cyd')
    .department('sales')
    .agent('dan')
    .agent('eve')
    .pool(
      aPool('gpu-a').gpu(8, 'A100').price(360_000),
      aPool('gpu-b').gpu(6, 'H100').price(720_000),
      aPool('cpu-a').cpu(64),
      aPool('licence-a').license(30),
    )
    .quota('research', 'gpu', { nominal: 8, borrow: 6, cohort: 'all' })
    .quota('sales', 'gpu', { nominal: 6, lend: 6, cohort: 'all' })
    .account('team', 0, { periods: [year] })
    .terms({ startLimitSeconds: 2, heartbeatTimeoutSeconds: 3 })
    .build();
}

/** In a directory of its own, or in one that the caller has made; it is gone afterwards. */
export function crashRig(
  directory: string = realpathSync(mkdtempSync(join(tmpdir(), 'annona-crash-'))),
): CrashRig {
  const configuration = crashOrganisation();
  let running: LiveServer | null = null;
  const withClient = async <Result>(
    server: LiveServer,
    act: (client: pg.Client) => Promise<Result>,
  ): Promise<Result> => {
    const client = new pg.Client(server.databaseUrl);
    await client.connect();
    try {
      return await act(client);
    } finally {
      await client.end();
    }
  };
  return {
    directory,
    configuration,
    async start() {
      running = await liveServer(directory, configuration, { edge: 'process' });
      return running;
    },
    query: (server, text) => withClient(server, async (client) => (await client.query(text)).rows),
    dump: (server) => withClient(server, dumpPostgres),
    async cleanUp() {
      await running?.kill();
      // Adopting it and leaving as the last owner is its orderly stop.
      const left = await startEmbeddedPostgres({ directory, log: () => {} });
      await left.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Every backend of this server's PostgreSQL, the postmaster first. */
export async function databaseProcesses(rig: CrashRig, server: LiveServer): Promise<ProcessRef[]> {
  const rows = await rig.query<{ pid: number }>(server, 'select pid from pg_stat_activity');
  const refs = [server.databasePid as number, ...rows.map((row) => row.pid)].map(findProcess);
  return refs.filter((ref) => ref !== undefined);
}

/** The solver's children of this server, as the kernel knows them (Linux): nothing else is ever touched. */
export function solversOf(server: LiveServer): ProcessRef[] {
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ');
  const pids = children.filter(Boolean).map(Number);
  const solvers = pids.filter((pid) => commandLine(pid)?.some((word) => word.includes('solver/child')));
  return solvers.map(findProcess).filter((ref) => ref !== undefined);
}

/** Resolves when none of them lives. */
export async function allGone(processes: readonly ProcessRef[]): Promise<void> {
  await until(() => !processes.some(isAlive));
}

/**
 * A condition that never comes true ends its test at the test's own limit, by name. `everyMs`: longer where asking costs what the servers
 * under test have not got then, as a new connection does.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { everyMs = 20 }: { readonly everyMs?: number } = {},
): Promise<void> {
  while (!(await condition())) await sleep(everyMs);
}

/** A round of lists and a connection. */
const ASKED = { everyMs: 200 } as const;

interface AtRest {
  readonly dump: StoreDump;
  readonly heartbeats: ReadonlyMap<string, number>;
}

/** Cancels what is open and awaits the end of every lease; then nothing waits to be folded, and this is what is there. */
export async function comeToRest(
  rig: Pick<CrashRig, 'configuration' | 'query' | 'dump'>,
  server: LiveServer,
  acknowledged: Acknowledged,
): Promise<AtRest> {
  const clients = await Promise.all(rig.configuration.agents.map((agent) => server.clientOf(agent)));
  await until(async () => {
    await Promise.all(
      clients.map(async (client) => {
        const { items } = (await client.get('/v1/requests?state=waiting&limit=100')) as {
          items?: { id: string }[];
        };
        for (const { id } of items ?? []) await attempt(() => cancel({ client, acknowledged }, id));
      }),
    );
    const [counts] = await rig.query<{ atRest: boolean }>(server, AT_REST);
    return counts?.atRest === true;
  }, ASKED);
  const beats = await rig.query<{ lease_id: string; at_ms: string }>(
    server,
    'select lease_id, at_ms from heartbeat',
  );
  const heartbeats = new Map(beats.map((row) => [row.lease_id, Number(row.at_ms)]));
  return { dump: await rig.dump(server), heartbeats };
}

const AT_REST = `
  select not exists (select from request where state in ('queued', 'waiting'))
    and not exists (select from lease where ended_at_ms is null)
    and not exists (select from intake where tick is null) as "atRest"`;
