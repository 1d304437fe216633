// One data directory through many crashes: servers started on it in turn, what ran for it, and that it is all gone at the end.
// Invariant: ends only processes that it started, by their pid. Used by test/crash.

import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';
import { findProcess, isAlive, type ProcessRef } from '../../adapters/postgres/embedded/processes.ts';
import type { Configuration } from '../../scheduler/index.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { type LiveServer, liveServer } from '../support/liveServer.ts';
import { dumpPostgres } from '../support/stores.ts';

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
  const year = { id: 'now', startsAt: Date.now() - 86_400_000, endsAt: Date.now() + 86_400_000, budget: 5_000_000 };
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

export function crashRig(): CrashRig {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'annona-crash-')));
  const configuration = crashOrganisation();
  let running: LiveServer | null = null;
  const withClient = async <Result>(server: LiveServer, act: (client: pg.Client) => Promise<Result>): Promise<Result> => {
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
      running = await liveServer(directory, configuration);
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

/** Children of a process of ours, on Linux: what the kernel says, so that nothing else is ever touched. */
export function childrenOf(pid: number): ProcessRef[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return pids.map(findProcess).filter((ref) => ref !== undefined);
}

/** Resolves when none of them lives. */
export async function allGone(processes: readonly ProcessRef[]): Promise<void> {
  await until(() => !processes.some(isAlive));
}

/** A condition that never comes true ends its test at the test's own limit, by name. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
