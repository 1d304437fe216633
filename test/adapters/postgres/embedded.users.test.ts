// As whom the embedded PostgreSQL runs: in private folders of an ordinary user and of root, with user namespaces and
// without, and on data that someone else made.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNativeFolder } from '../../../adapters/postgres/embedded/binaries.ts';
import type { Bench } from './support/embedded.ts';
import { embeddedBench, isRoot, ORDINARY_UID, query } from './support/embedded.ts';

if (!isRoot) console.log('Not run as root: the tests of root have nothing to show to an ordinary user.');
const namespaces = spawnSync('unshare', ['--user', '--map-user=1', '--map-group=1', 'true']).status === 0;

let bench: Bench;
beforeEach(() => {
  bench = embeddedBench();
});
afterEach(() => bench.cleanUp());

/** A copy of the binaries in a folder with this mode: the checkout may lie where only root can go. */
function nativeIn(mode: number): string {
  const folder = bench.folder();
  cpSync(findNativeFolder(), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, mode);
  return join(folder, 'native');
}

/** The user that a host steps down to; an ordinary user is one already. */
const uid = isRoot ? ORDINARY_UID : undefined;

describe('as an ordinary user', () => {
  it('it runs in a private folder, and is adopted after kill -9', async () => {
    const options = { directory: join(bench.folder(uid), 'pg'), nativeFolder: nativeIn(0o755), uid };
    const first = bench.host(options);
    const { pid, dataDirectory, url } = await first.reaches('started');
    expect(statSync(dataDirectory).uid).toBe(ORDINARY_UID);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await first.kill();
    const second = bench.host(options);
    expect(await second.reaches('started')).toMatchObject({ outcome: 'adopted', pid });
    second.process.kill('SIGINT');
    await second.reaches('stopped');
  });
});

describe.skipIf(!isRoot)('as root', () => {
  it('it runs in a private folder', async () => {
    const directory = join(bench.folder(), 'pg');
    const serviceDirectory = bench.folder();
    chmodSync(serviceDirectory, 0o755);
    const server = await bench.start({ directory, serviceDirectory });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(dirname(server.dataDirectory) === directory).toBe(namespaces);
    expect(statSync(server.dataDirectory).uid === 0).toBe(namespaces);
    await server.stop();
  });

  describe('without user namespaces', () => {
    let serviceDirectory: string;
    beforeEach(() => {
      serviceDirectory = bench.folder();
      chmodSync(serviceDirectory, 0o755);
    });
    const never = { userNamespaces: 'never' as const };

    it('it runs for a private folder, as a service user that has its data where it may go', async () => {
      const directory = join(bench.folder(), 'pg');
      const first = await bench.start({ ...never, directory, serviceDirectory });
      expect(first.outcome).toBe('created');
      expect(first.dataDirectory.startsWith(serviceDirectory)).toBe(true);
      expect(statSync(first.dataDirectory).uid).not.toBe(0);
      await query(first.url, 'CREATE TABLE grain AS SELECT 7 AS bushels');
      await first.stop();
      const second = await bench.start({ directory, serviceDirectory });
      expect(second).toMatchObject({ outcome: 'started', dataDirectory: first.dataDirectory });
      expect(await query(second.url, 'SELECT bushels FROM grain')).toEqual([{ bushels: 7 }]);
      await second.stop();
    });

    it('it keeps its data in a folder that a service user may pass', async () => {
      const directory = bench.folder();
      chmodSync(directory, 0o711);
      const server = await bench.start({ ...never, directory, serviceDirectory });
      expect(dirname(server.dataDirectory)).toBe(directory);
      expect(statSync(join(directory, 'password')).uid).toBe(0);
      await server.stop();
    });

    it('it copies binaries that a service user cannot reach', async () => {
      const directory = join(bench.folder(), 'pg');
      const nativeFolder = nativeIn(0o700);
      const server = await bench.start({ ...never, directory, nativeFolder, serviceDirectory });
      expect(existsSync(join(serviceDirectory, 'postgresql-18.4', 'native', 'bin', 'postgres'))).toBe(true);
      expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
    });

    it.skipIf(!namespaces)('it takes over data that root made in a user namespace', async () => {
      const directory = bench.folder();
      chmodSync(directory, 0o711);
      const first = await bench.start({ directory });
      await query(first.url, 'CREATE TABLE grain AS SELECT 7 AS bushels');
      await first.stop();
      const second = await bench.start({ ...never, directory, serviceDirectory });
      expect(second.outcome).toBe('started');
      expect(await query(second.url, 'SELECT bushels FROM grain')).toEqual([{ bushels: 7 }]);
      await second.stop();
    });

    it.skipIf(!namespaces)('it names the command if that data lies in a private folder', async () => {
      const directory = bench.folder();
      const first = await bench.start({ directory });
      await first.stop();
      await expect(bench.start({ ...never, directory, serviceDirectory })).rejects.toMatchObject({
        code: 'WRONG_OWNER',
        message: expect.stringContaining(`chmod o+x '${directory}'`),
      });
    });
  });

  it('it runs the data of an ordinary user as that user', async () => {
    const directory = join(bench.folder(uid), 'pg');
    const nativeFolder = nativeIn(0o755);
    const host = bench.host({ directory, nativeFolder, uid });
    await host.reaches('started');
    host.process.kill('SIGINT');
    await host.reaches('stopped');
    const server = await bench.start({ directory, nativeFolder });
    expect(server.outcome).toBe('started');
    expect(statSync(join(server.dataDirectory, 'postmaster.pid')).uid).toBe(ORDINARY_UID);
    await server.stop();
  });

  it('an ordinary user is told whose the folder is, and the command', async () => {
    const directory = join(bench.folder(), 'pg');
    const host = bench.host({ directory, nativeFolder: nativeIn(0o755), uid });
    const { code, message } = await host.reaches('failed');
    expect(code).toBe('WRONG_OWNER');
    expect(message).toContain(`chown -R ${uid} '${directory}'`);
  });

  it('an ordinary user is told whose the data is, and the command', async () => {
    const directory = bench.folder(uid);
    mkdirSync(join(directory, 'data'), { mode: 0o700 });
    writeFileSync(join(directory, 'data', 'PG_VERSION'), '18\n');
    const host = bench.host({ directory, nativeFolder: nativeIn(0o755), uid });
    const { code, message } = await host.reaches('failed');
    expect(code).toBe('WRONG_OWNER');
    expect(message).toContain(`chown -R ${uid} '${join(directory, 'data')}'`);
  });
});
