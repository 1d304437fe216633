// Folders, servers and host processes for the tests of the embedded PostgreSQL. Invariant: `cleanUp` ends every
// process that a test of this file started, by its pid, and removes every folder.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findData } from '../../../../adapters/postgres/embedded/cluster.ts';
import type {
  EmbeddedPostgres,
  EmbeddedPostgresOptions,
} from '../../../../adapters/postgres/embedded/index.ts';
import { startEmbeddedPostgres } from '../../../../adapters/postgres/embedded/index.ts';
import { readHolder } from '../../../../adapters/postgres/embedded/lockFile.ts';
import type { ProcessRef } from '../../../../adapters/postgres/embedded/processes.ts';
import { findProcess, isAlive } from '../../../../adapters/postgres/embedded/processes.ts';

export type HostOptions = Omit<EmbeddedPostgresOptions, 'log' | 'choosePort'> & { uid?: number };

export type HostStep =
  | { step: 'started'; url: string; pid: number; outcome: EmbeddedPostgres['outcome']; dataDirectory: string }
  | { step: 'failed'; code: string; message: string }
  | { step: 'log'; line: string }
  | { step: 'answered after the interrupt' }
  | { step: 'stopped' };

export interface Host {
  process: ChildProcess;
  /** The first step of this name. */
  reaches<S extends HostStep['step']>(step: S): Promise<Extract<HostStep, { step: S }>>;
  /** Steps seen so far, in order. */
  steps: HostStep[];
  kill(): Promise<void>;
}

export const isRoot = process.geteuid?.() === 0;

/** The uid of an ordinary user: our own, or as root the one of `nobody`, which every system has. */
export const ORDINARY_UID = isRoot ? 65534 : process.geteuid!();

export interface Bench {
  /** A new private folder (mode 700), of this user or of `uid`. */
  folder(uid?: number): string;
  start(options: Omit<EmbeddedPostgresOptions, 'log'>): Promise<EmbeddedPostgres & { lines: string[] }>;
  host(options: HostOptions): Host;
  cleanUp(): Promise<void>;
}

export function embeddedBench(): Bench {
  const folders: string[] = [];
  const hosts: Host[] = [];
  return {
    folder(uid) {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'annona-embedded-')));
      chmodSync(folder, 0o700);
      if (uid !== undefined) chownSync(folder, uid, uid);
      folders.push(folder);
      return folder;
    },
    async start(options) {
      const lines: string[] = [];
      const server = await startEmbeddedPostgres({ ...options, log: (line) => lines.push(line) });
      return { ...server, lines };
    },
    host(options) {
      const host = startHost(options);
      hosts.push(host);
      return host;
    },
    async cleanUp() {
      for (const host of hosts.splice(0)) await host.kill();
      for (const folder of folders.splice(0)) {
        for (const directory of [folder, join(folder, 'pg')]) await endServerIn(directory);
        rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
      }
    },
  };
}

/** Resolves once the condition holds; a test that waits for ever fails at its own timeout, named. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

export async function setting(url: string, name: string): Promise<unknown> {
  return (await query(url, `SELECT current_setting('${name}') AS value`))[0]?.value;
}

/** The process with this pid, which must be there. */
export function alive(pid: number): ProcessRef {
  const found = findProcess(pid);
  if (found === undefined) throw new Error(`no process ${pid}`);
  return found;
}

function startHost(options: HostOptions): Host {
  const script = join(import.meta.dirname, 'embeddedHost.ts');
  // A group of its own, as a shell gives a job: an interrupt to the group is what a terminal's Ctrl-C sends.
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const steps: HostStep[] = [];
  let closed = false;
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => steps.push(JSON.parse(line) as HostStep));
  lines.on('close', () => {
    closed = true;
  });
  return {
    process: child,
    steps,
    async reaches(step) {
      const find = () => steps.find((candidate) => candidate.step === step);
      await until(() => find() !== undefined || closed);
      const found = find();
      if (found === undefined) throw new Error(`the host never ${step}: ${JSON.stringify(steps)}`);
      return found as never;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

async function endServerIn(directory: string): Promise<void> {
  const data = findData(directory);
  const holder = data === undefined ? undefined : readHolder(data);
  if (holder?.kind !== 'live') return;
  process.kill(holder.postmaster.pid, 'SIGQUIT');
  await until(() => !isAlive(holder.postmaster));
}
