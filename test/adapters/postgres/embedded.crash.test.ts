// Interrupts and kills: the database outlives Ctrl-C until it is stopped in order, is adopted after kill -9 of its
// application, ends by itself when nobody comes back, and loses no acknowledged commit.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHolder } from '../../../adapters/postgres/embedded/lockFile.ts';
import { isAlive } from '../../../adapters/postgres/embedded/processes.ts';
import { findWatchdog } from '../../../adapters/postgres/embedded/watchdog.ts';
import type { Bench } from './support/embedded.ts';
import { alive, embeddedBench, query, until } from './support/embedded.ts';

let bench: Bench;
let directory: string;
beforeEach(() => {
  bench = embeddedBench();
  directory = join(bench.folder(), 'pg');
});
afterEach(() => bench.cleanUp());

describe('Ctrl-C', () => {
  it('reaches the application alone, which can still ask the database and then stops it in order', async () => {
    const host = bench.host({ directory });
    const { pid } = await host.reaches('started');
    process.kill(-host.process.pid!, 'SIGINT');
    await host.reaches('stopped');
    const order = host.steps.map((seen) => seen.step).filter((step) => step !== 'log');
    expect(order).toEqual(['started', 'answered after the interrupt', 'stopped']);
    const log = readFileSync(join(directory, 'postgres.log'), 'utf8');
    expect(log).toContain(`[${pid}] LOG:  database system is shut down`);
  });
});

describe('after kill -9 of the application', () => {
  it('the next start adopts the server, with all that was committed', async () => {
    const host = bench.host({ directory });
    const { pid, url } = await host.reaches('started');
    await query(url, 'CREATE TABLE grain AS SELECT 7 AS bushels');
    await host.kill();
    const server = await bench.start({ directory });
    expect(server).toMatchObject({ outcome: 'adopted', pid, url });
    expect(await query(server.url, 'SELECT bushels FROM grain')).toEqual([{ bushels: 7 }]);
    await server.stop();
    expect(readHolder(server.dataDirectory)).toEqual({ kind: 'none' });
  });

  it('the server ends by itself, in order, when nobody comes back', async () => {
    const host = bench.host({ directory, ownerlessGraceSeconds: 1 });
    const { pid, dataDirectory } = await host.reaches('started');
    const postmaster = alive(pid);
    await host.kill();
    await until(() => !isAlive(postmaster));
    expect(readHolder(dataDirectory)).toEqual({ kind: 'none' });
    expect(readFileSync(join(directory, 'postgres.log'), 'utf8')).toContain('received fast shutdown request');
    const server = await bench.start({ directory });
    expect(server.outcome).toBe('started');
    await server.stop();
  });

  it('an adopted server has a watchdog again, also when the old one was killed', async () => {
    const host = bench.host({ directory });
    const { pid } = await host.reaches('started');
    const record = join(directory, 'watchdog');
    const first = findWatchdog(record, alive(pid))!;
    await host.kill();
    process.kill(-first.pid, 'SIGKILL');
    await until(() => !isAlive(first));
    const server = await bench.start({ directory });
    const second = findWatchdog(record, alive(pid))!;
    expect(second.pid).not.toBe(first.pid);
    await server.stop();
    await until(() => !isAlive(second));
  });
});

describe('after kill -9 of the database', () => {
  it('the next start says that it recovers, and no acknowledged commit is lost', async () => {
    const first = await bench.start({ directory });
    await query(first.url, 'CREATE TABLE grain (id text PRIMARY KEY)');
    const acknowledged: string[] = [];
    const writers = ['a', 'b', 'c', 'd'].map((name) => writeUntilItBreaks(first.url, name, acknowledged));
    await until(() => acknowledged.length >= 500);
    process.kill(first.pid, 'SIGKILL');
    await Promise.all(writers);
    const second = await bench.start({ directory });
    expect(second.outcome).toBe('started');
    expect(second.pid).not.toBe(first.pid);
    expect(second.lines.join('\n')).toContain('was not stopped in order');
    const kept = new Set((await query(second.url, 'SELECT id FROM grain')).map((row) => row.id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    await second.stop();
    await first.stop();
  });

  it('a lock file whose pid another program has now does not keep it from starting', async () => {
    const first = await bench.start({ directory });
    const lockFile = join(first.dataDirectory, 'postmaster.pid');
    const lines = readFileSync(lockFile, 'utf8').split('\n');
    await first.stop();
    writeFileSync(lockFile, [String(process.pid), ...lines.slice(1)].join('\n'), { mode: 0o600 });
    expect(readHolder(first.dataDirectory)).toEqual({ kind: 'recycled' });
    const second = await bench.start({ directory });
    expect(second.outcome).toBe('started');
    await second.stop();
  });

  it('the first start after a kill while the data was being made begins again', async () => {
    const host = bench.host({ directory });
    await until(() => draftsIn(directory).length > 0);
    await host.kill();
    const server = await bench.start({ directory });
    expect(['created', 'started', 'adopted']).toContain(server.outcome);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(draftsIn(directory)).toEqual([]);
    await server.stop();
  });
});

it('three processes that start at once share one server', async () => {
  const hosts = [1, 2, 3].map(() => bench.host({ directory }));
  const started = await Promise.all(hosts.map((host) => host.reaches('started')));
  expect(new Set(started.map((step) => step.pid)).size).toBe(1);
  for (const host of hosts) process.kill(-host.process.pid!, 'SIGINT');
  await Promise.all(hosts.map((host) => host.reaches('stopped')));
  expect(readHolder(started[0]!.dataDirectory)).toEqual({ kind: 'none' });
});

function draftsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('creating-')) : [];
}

async function writeUntilItBreaks(url: string, name: string, acknowledged: string[]): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => {}); // the kill, which the pending insert reports as well
  await client.connect();
  for (let number = 0; ; number++) {
    const id = `${name}${number}`;
    const done = await client.query('INSERT INTO grain VALUES ($1)', [id]).then(
      () => true,
      () => false,
    );
    if (!done) return;
    acknowledged.push(id);
  }
}
