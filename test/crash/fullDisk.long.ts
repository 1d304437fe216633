// A file system that is really full under a server and its PostgreSQL: a small tmpfs. What finds no room is refused with 503 and is lost to nobody,
// and the same server goes on when there is room again. Invariant: mounts and unmounts one directory, its own.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnnonaClient, SubmitBody } from '../../api/client/index.ts';
import { checkPromises } from '../support/promises.ts';
import { replayDump } from '../support/replayDump.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { lostActs, nothingAcknowledged } from './acknowledged.ts';
import { startLoad } from './load.ts';
import { type CrashRig, comeToRest, crashRig, until } from './rig.ts';

/** A new database takes 70 MiB, and its log two pieces of 16 MiB. */
const SIZE = '400m';
const LIMIT_MS = 300_000;
const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
const unmount = (directory: string): void => void spawnSync('umount', [directory], { stdio: 'ignore' });

/** Null where a tmpfs can be mounted. */
function absence(): string | null {
  const probe = mkdtempSync(join(tmpdir(), 'annona-mount-'));
  const isMounted = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe);
  if (isMounted) unmount(probe);
  rmSync(probe, { recursive: true, force: true });
  return isMounted ? null : 'a tmpfs cannot be mounted: it takes root, and the right to mount';
}

const absent = absence();

describe.skipIf(absent !== null)(`a full file system${absent === null ? '' : ` (${absent})`}`, () => {
  let directory: string;
  let rig: CrashRig;
  beforeAll(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'annona-full-')));
    expect(mount('-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, 'tmpfs', directory)).toBe(true);
    rig = crashRig(join(directory, 'server'));
  });
  afterAll(async () => {
    await rig.cleanUp();
    unmount(directory);
    rmSync(directory, { recursive: true, force: true });
  });

  it(
    'is answered with 503, loses nothing that was acknowledged, and is forgotten when there is room again',
    async () => {
      const { configuration } = rig;
      const acknowledged = nothingAcknowledged();
      const server = await rig.start();
      const client = await server.clientOf(configuration.agents[0]!);
      const load = await startLoad(server, { configuration, draw: seededDraw(5), acknowledged, cycle: 1 });
      await until(() => acknowledged.submits.length > 100);
      // A new piece of the log, so that it is a table that finds no room: a log without any ends the database, which is another test's.
      await rig.query(server, 'select pg_switch_wal()');
      const switched = acknowledged.submits.length;
      await until(() => acknowledged.submits.length > switched + 20);
      const filler = join(directory, 'filler');
      fill(filler);
      const refusal = await refusalOf(client, ({ body, id }) =>
        acknowledged.submits.push({ agent: configuration.agents[0]!.id, body, id }),
      );
      expect(refusal).toMatchObject({
        problem: { code: 'STORE_UNAVAILABLE', status: 503 },
        retryAfterSeconds: 1,
      });
      // What is there can be read all the while.
      await client.get('/v1/leases');
      rmSync(filler);
      const after = acknowledged.submits.length;
      await until(() => acknowledged.submits.length > after + 100);
      await until(async () => (await server.readiness()).status === 200);
      load.end();
      await load.done;
      const { dump, heartbeats } = await comeToRest(rig, server, acknowledged);
      console.log(JSON.stringify({ submits: acknowledged.submits.length, ticks: dump.tick.length }));
      expect(lostActs(acknowledged, { dump, heartbeats })).toEqual([]);
      expect(checkPromises(dump, { acknowledged: acknowledged.submits.map(({ id }) => id) })).toEqual([]);
      expect((await replayDump(dump, { cell: configuration.cell })).different).toEqual([]);
      await server.stop();
    },
    LIMIT_MS,
  );
});

/** All that is left, to the last byte: the next page of a table finds no room. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (const bytes of [1 << 20, 1 << 12, 1]) {
      const piece = Buffer.alloc(bytes);
      try {
        for (;;) writeSync(handle, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  } finally {
    closeSync(handle);
  }
}

/** Asks until something is refused: the pages that a table has already take a few more. */
async function refusalOf(
  client: AnnonaClient,
  accepted: (submit: { readonly body: SubmitBody; readonly id: string }) => void,
): Promise<unknown> {
  for (let n = 1; ; n += 1) {
    const body: SubmitBody = {
      clientRequestId: `probe-${n}`,
      options: [{ claims: [{ kind: 'cpu', quantity: 1 }] }],
      terms: { class: 'standard', durationSeconds: 1 },
    };
    try {
      const { id } = await client.submit(body);
      accepted({ body, id });
    } catch (error) {
      return error;
    }
  }
}
