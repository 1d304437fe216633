// The binaries' package as npm leaves it when install scripts are blocked: its library links are ours to make.
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ensureLibraryLinks,
  findNativeFolder,
  locateBinaries,
} from '../../../adapters/postgres/embedded/binaries.ts';
import type { Bench } from './support/embedded.ts';
import { embeddedBench, isRoot, ORDINARY_UID, query } from './support/embedded.ts';

let bench: Bench;
let native: string;
beforeEach(() => {
  bench = embeddedBench();
  const folder = bench.folder();
  chmodSync(folder, 0o755);
  native = join(folder, 'native');
  cpSync(findNativeFolder(), native, { recursive: true, verbatimSymlinks: true });
  for (const name of linkNames()) rmSync(join(native, 'lib', name), { force: true });
});
afterEach(() => bench.cleanUp());

/** Names of the links, from the package's own list. */
function linkNames(): string[] {
  const list = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  return list.map((link) => link.target.replace('native/lib/', ''));
}

describe('a package without its library links', () => {
  it('gets them, each relative so that the folder can be moved', async () => {
    expect(linkNames()).toContain('libpq.so.5');
    expect(await ensureLibraryLinks(native, join(bench.folder(), 'lib'))).toBeUndefined();
    expect(readlinkSync(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    expect(linkNames().filter((name) => !existsSync(join(native, 'lib', name)))).toEqual([]);
  });

  it('gets them once, by whichever of two starts comes first', async () => {
    const unused = join(bench.folder(), 'lib');
    await Promise.all([ensureLibraryLinks(native, unused), ensureLibraryLinks(native, unused)]);
    expect(await ensureLibraryLinks(native, unused)).toBeUndefined();
    expect(existsSync(unused)).toBe(false);
  });

  it('runs', async () => {
    const server = await bench.start({ directory: join(bench.folder(), 'pg'), nativeFolder: native });
    expect(server.outcome).toBe('created');
    await server.stop();
  });

  it('runs also where it may not be written, with links in our folder', async () => {
    const uid = isRoot ? ORDINARY_UID : undefined;
    chmodSync(join(native, 'lib'), 0o555);
    const directory = join(bench.folder(uid), 'pg');
    const host = bench.host({ directory, nativeFolder: native, uid });
    const { url } = await host.reaches('started');
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(readdirSync(join(directory, 'lib')).sort()).toEqual(linkNames().sort());
    expect(existsSync(join(native, 'lib', 'libpq.so.5'))).toBe(false);
    host.process.kill('SIGINT');
    await host.reaches('stopped');
    chmodSync(join(native, 'lib'), 0o755);
  });

  it('tells its version from the program itself', async () => {
    expect(await locateBinaries(native, join(bench.folder(), 'lib'))).toMatchObject({
      version: '18.4',
      major: 18,
    });
  });
});
