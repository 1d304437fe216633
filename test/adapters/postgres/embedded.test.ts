// The life of an embedded PostgreSQL that nothing disturbs: made, started again, shared, stopped.
import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHolder } from '../../../adapters/postgres/embedded/lockFile.ts';
import { findFreePort } from '../../../adapters/postgres/embedded/server.ts';
import type { Bench } from './support/embedded.ts';
import { embeddedBench, query, setting } from './support/embedded.ts';

let bench: Bench;
let directory: string;
beforeEach(() => {
  bench = embeddedBench();
  directory = join(bench.folder(), 'pg');
});
afterEach(() => bench.cleanUp());

describe('an embedded PostgreSQL', () => {
  it('is made in an empty folder, and started again on the data that is there', async () => {
    const first = await bench.start({ directory });
    expect(first.outcome).toBe('created');
    expect(first.lines.at(-1)).toContain('started on new data');
    await query(first.url, 'CREATE TABLE grain AS SELECT 7 AS bushels');
    await first.stop();
    expect(readHolder(first.dataDirectory)).toEqual({ kind: 'none' });

    const second = await bench.start({ directory });
    expect(second.outcome).toBe('started');
    expect(second.lines.at(-1)).toContain('started on the existing data');
    expect(await query(second.url, 'SELECT bushels FROM grain')).toEqual([{ bushels: 7 }]);
    await second.stop();
  });

  it('takes an empty data folder for none', async () => {
    mkdirSync(join(directory, 'data'), { recursive: true });
    const server = await bench.start({ directory });
    expect(server.outcome).toBe('created');
    await server.stop();
  });

  it('listens on 127.0.0.1 alone, without a socket file', async () => {
    const server = await bench.start({ directory });
    expect(await setting(server.url, 'listen_addresses')).toBe('127.0.0.1');
    expect(await setting(server.url, 'unix_socket_directories')).toBe('');
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    await server.stop();
  });

  it('keeps a random password in a file for its owner alone, and asks for it', async () => {
    const server = await bench.start({ directory });
    const file = join(directory, 'password');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').trim()).toBe(new URL(server.url).password);
    expect(new URL(server.url).password).toMatch(/^[\w-]{32}$/);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    const stored = await query(server.url, 'SELECT rolpassword FROM pg_authid WHERE rolcanlogin');
    expect(stored).toEqual([{ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$/) }]);
    expect(server.lines.join('\n')).not.toContain(new URL(server.url).password);
    await server.stop();
  });

  it('never trades durability, and speaks UTF-8 and UTC in byte order', async () => {
    const server = await bench.start({ directory });
    const want = {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      jit: 'off',
      TimeZone: 'UTC',
      server_encoding: 'UTF8',
      lc_messages: 'C',
      max_connections: '100',
      shared_buffers: '128MB',
      idle_in_transaction_session_timeout: '1min',
    };
    for (const [name, value] of Object.entries(want))
      expect([name, await setting(server.url, name)]).toEqual([name, value]);
    expect(await query(server.url, "SELECT datcollate FROM pg_database WHERE datname = 'annona'")).toEqual([
      { datcollate: 'C' },
    ]);
    await server.stop();
  });

  it('keeps what an operator set by ALTER SYSTEM through a restart', async () => {
    const first = await bench.start({ directory });
    await query(first.url, "ALTER SYSTEM SET max_wal_size = '512MB'");
    await first.stop();
    const second = await bench.start({ directory });
    expect(await setting(second.url, 'max_wal_size')).toBe('512MB');
    await second.stop();
  });

  it('takes another port when someone was faster', async () => {
    const neighbour = createServer();
    await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
    const address = neighbour.address();
    if (address === null || typeof address === 'string') throw new Error('the neighbour has a port');
    const ports = [address.port, address.port, await findFreePort()];
    const want = ports[2];
    const server = await bench.start({ directory, choosePort: async () => ports.shift()! });
    expect(server.port).toBe(want);
    await server.stop();
    neighbour.close();
  });

  it('lives where a socket file could not, deeper than 107 bytes', async () => {
    const deep = join(directory, 'a'.repeat(100), 'b'.repeat(100));
    const server = await bench.start({ directory: deep });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('starts in a folder whose name holds spaces and quotes', async () => {
    const server = await bench.start({ directory: join(directory, "Ceres' grain $HOME") });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });
});

describe('a second start on the same folder', () => {
  it('adopts the server, which stays until the last of the two has left', async () => {
    const first = await bench.start({ directory });
    const second = await bench.start({ directory });
    expect(second).toMatchObject({ outcome: 'adopted', pid: first.pid, url: first.url });
    await first.stop();
    expect(first.lines.at(-1)).toContain('keeps running');
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
    expect(readHolder(first.dataDirectory)).toEqual({ kind: 'none' });
  });

  it('ends in one server also when both are first', async () => {
    const both = await Promise.all([bench.start({ directory }), bench.start({ directory })]);
    const adopted = both.filter((server) => server.outcome === 'adopted');
    expect(adopted).toHaveLength(1);
    expect(both[0].pid).toBe(both[1].pid);
    await Promise.all(both.map((server) => server.stop()));
    expect(readHolder(both[0].dataDirectory)).toEqual({ kind: 'none' });
  });

  it('waits for a stop that is under way, and starts after it', async () => {
    const first = await bench.start({ directory });
    const stopped = first.stop();
    const second = await bench.start({ directory });
    await stopped;
    expect(second.outcome).toBe('started');
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.stop();
  });

  it('finds the server through a link to the folder', async () => {
    const first = await bench.start({ directory });
    const link = join(bench.folder(), 'link');
    symlinkSync(directory, link);
    const second = await bench.start({ directory: link });
    expect(second.pid).toBe(first.pid);
    await second.stop();
    await first.stop();
  });
});

it('stops once however often it is asked to', async () => {
  const server = await bench.start({ directory });
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  expect(server.lines.filter((line) => line.includes('stopped'))).toHaveLength(1);
});
