// One server process: started, asked, stopped. Invariant: it runs in a session of its own, where a terminal's Ctrl-C
// does not reach it, and is signalled only while it is the process we know. Called by index.ts.
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Binaries } from './binaries.ts';
import { SUPERUSER } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { readHolder } from './lockFile.ts';
import type { ProcessRef } from './processes.ts';
import { awaitGone, findProcess, isAlive } from './processes.ts';
import type { RunAs } from './runAs.ts';
import { spawnAs } from './runAs.ts';
import { LOG_LIMIT_BYTES } from './watchdog.ts';

const POLL_MS = 10;
const ADDRESS = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 5_000;
const CHECK_SERVER = readFileSync(new URL('./check-server.sql', import.meta.url), 'utf8');
const CREATE_DATABASE = readFileSync(new URL('./create-database.sql', import.meta.url), 'utf8');

export type Launch =
  | { kind: 'ready'; postmaster: ProcessRef }
  /** Someone took the port between our look and the server's bind. */
  | { kind: 'port-taken' }
  /** Another start holds the data directory, or backends of a killed server have not all ended. */
  | { kind: 'data-taken' }
  | { kind: 'out-of-time'; postmaster: ProcessRef | undefined };

export interface LaunchOptions {
  binaries: Binaries;
  runAs: RunAs;
  dataDirectory: string;
  port: number;
  log: string;
  /** Called as soon as the process exists, long before it is ready. */
  onSpawn: (postmaster: ProcessRef) => void;
  signal: AbortSignal;
}

/** Starts a server and waits until it accepts connections, crash recovery included. */
export async function launch(options: LaunchOptions): Promise<Launch> {
  const { binaries, runAs, dataDirectory, port, log, onSpawn, signal } = options;
  if (existsSync(log) && statSync(log).size > LOG_LIMIT_BYTES) renameSync(log, `${log}.1`);
  const output = openSync(log, 'a', 0o600);
  const logStart = statSync(log).size;
  const command = [
    join(binaries.native, 'bin', 'postgres'),
    ...['-D', dataDirectory, '-p', String(port), '-c', `listen_addresses=${ADDRESS}`],
    // No socket file: its path may have 107 bytes, and a data directory can be deeper than that.
    ...['-c', 'unix_socket_directories='],
  ];
  const child = spawnAs(runAs, command, {
    cwd: '/',
    detached: true,
    env: binaries.environment,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  const postmaster = child.pid === undefined ? undefined : findProcess(child.pid);
  if (postmaster !== undefined) onSpawn(postmaster);
  while (postmaster !== undefined && isAlive(postmaster)) {
    const holder = readHolder(dataDirectory);
    if (holder.kind === 'live' && holder.ready && holder.postmaster.pid === postmaster.pid) {
      return { kind: 'ready', postmaster };
    }
    if (signal.aborted) return { kind: 'out-of-time', postmaster };
    await delay(POLL_MS);
  }
  return explainExit(linesOf(child.pid, readFileSync(log).subarray(logStart).toString()), failure);
}

/** `serving`: ours, with our password. `silent`: not yet or no longer answering, worth asking again. */
export type Answer =
  | { kind: 'serving' }
  | { kind: 'silent'; error: Error }
  | { kind: 'refused'; error: Error };

export interface Question {
  port: number;
  password: string;
  dataDirectory: string;
}

/** Asks the server on this port whether it is the one of this data directory; makes our database if it is not there. */
export async function ask(question: Question): Promise<Answer> {
  const { port, password, dataDirectory } = question;
  try {
    const found = await queryOnce(databaseUrl(port, password), CHECK_SERVER);
    if (found.rows[0]?.data_directory === dataDirectory) return { kind: 'serving' };
    return { kind: 'refused', error: new Error(`it serves ${found.rows[0]?.data_directory}`) };
  } catch (caught) {
    const error = caught as Error & { code?: string };
    switch (error.code) {
      case '3D000': // our database is not there: the first start was killed before it made it
        await createDatabase(port, password);
        return ask(question);
      case '28P01':
      case '28000':
        return { kind: 'refused', error };
      default:
        return { kind: 'silent', error };
    }
  }
}

/** Stops a server in order: clients are told, transactions rolled back, a checkpoint written. Awaits its end. */
export async function stopServer(options: {
  postmaster: ProcessRef;
  patienceMs: number;
  log: (line: string) => void;
}): Promise<void> {
  const { postmaster, patienceMs, log } = options;
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!isAlive(postmaster)) return;
    if (signal !== 'SIGINT')
      log(`PostgreSQL ${postmaster.pid} did not stop in ${patienceMs} ms: sending ${signal}`);
    process.kill(postmaster.pid, signal);
    if (await awaitGone(postmaster, AbortSignal.timeout(patienceMs))) return;
  }
  throw new EmbeddedPostgresError(
    'STOP_FAILED',
    `PostgreSQL, process ${postmaster.pid}, outlived SIGKILL: its disk does not answer. Look at \`dmesg\`.`,
  );
}

export function databaseUrl(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@${ADDRESS}:${port}/annona`;
}

/** A port that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, ADDRESS, () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
      probe.close(() => resolve(address.port));
    });
  });
}

/** The last lines of the log, for messages. */
export function logTail(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n') : '(no log)';
}

function explainExit(lines: string, failure: Error | undefined): Launch {
  if (/could not bind IPv4 address|could not create any TCP\/IP sockets/.test(lines))
    return { kind: 'port-taken' };
  if (/lock file "postmaster.pid" (already exists|is empty)|pre-existing shared memory block/.test(lines)) {
    return { kind: 'data-taken' };
  }
  throw new EmbeddedPostgresError(
    'START_FAILED',
    `PostgreSQL did not start${failure ? ` (${failure.message})` : ''}. Its log ends:\n${lines.trimEnd().slice(-2000)}`,
  );
}

/** What this server wrote: two starts that race write to one file, and PostgreSQL puts its pid on each line. */
function linesOf(pid: number | undefined, log: string): string {
  const own = log.split('\n').filter((line) => line.includes(`[${pid}]`));
  return own.length > 0 ? own.join('\n') : log;
}

async function createDatabase(port: number, password: string): Promise<void> {
  const url = new URL(databaseUrl(port, password));
  url.pathname = '/postgres';
  try {
    await queryOnce(url.href, CREATE_DATABASE);
  } catch (error) {
    // 42P04 and 23505: another start has made it, before or just now.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}

async function queryOnce(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({
    connectionString: url,
    ssl: false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {}); // a server that dies under us is reported by the query that fails
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
