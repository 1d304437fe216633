// kill -9 of what a server leans on: its solver while it decides, and PostgreSQL under load.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveServer } from '../support/liveServer.ts';
import { checkPromises } from '../support/promises.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type Acknowledged, lostActs, nothingAcknowledged } from './acknowledged.ts';
import { startLoad } from './load.ts';
import { type CrashRig, comeToRest, crashRig, solversOf, until } from './rig.ts';

const LIMIT_MS = 120_000;

let rig: CrashRig;
let acknowledged: Acknowledged;
beforeEach(() => {
  rig = crashRig();
  acknowledged = nothingAcknowledged();
});
afterEach(() => rig.cleanUp());

const loaded = (server: LiveServer) =>
  startLoad(server, { configuration: rig.configuration, draw: seededDraw(7), acknowledged, cycle: 1 });

describe('kill -9 of the solver', () => {
  it(
    'costs the server nothing but that answer: it goes on deciding with a new child, and keeps every promise',
    async () => {
      const server = await rig.start();
      const load = await loaded(server);
      const killed = new Set<number>();
      for (let kill = 0; kill < 6; kill += 1) {
        await sleep(100);
        // Each round has a child of its own to kill, however long a busy machine takes to start it.
        await until(() => solversOf(server).some(({ pid }) => !killed.has(pid)));
        for (const { pid } of solversOf(server)) {
          process.kill(pid, 'SIGKILL');
          killed.add(pid);
        }
      }
      const before = acknowledged.submits.length;
      await until(() => acknowledged.submits.length > before + 20);
      load.end();
      await load.done;
      await until(() => solversOf(server).length > 0);
      expect(solversOf(server).filter(({ pid }) => killed.has(pid))).toEqual([]);
      const { dump, heartbeats } = await comeToRest(rig, server, acknowledged);
      expect(killed.size).toBeGreaterThanOrEqual(6);
      expect(lostActs(acknowledged, { dump, heartbeats })).toEqual([]);
      expect(checkPromises(dump)).toEqual([]);
      await server.stop();
    },
    LIMIT_MS,
  );
});

describe('kill -9 of PostgreSQL', () => {
  it(
    'and its full disk before are answered with 503, and the dead one with failing readiness; the next start recovers everything that was acknowledged',
    async () => {
      const first = await rig.start();
      const load = await loaded(first);
      await until(() => acknowledged.submits.length > 50);
      await fillDisk(first);
      const asks = { clientRequestId: 'late', options: [{ claims: [{ kind: 'cpu', quantity: 1 }] }] };
      const ada = await first.clientOf(rig.configuration.agents[0]!);
      const refused = ada.submit({ ...asks, terms: { class: 'standard', durationSeconds: 1 } });
      await expect(refused).rejects.toMatchObject({
        problem: { code: 'STORE_UNAVAILABLE' },
        retryAfterSeconds: 1,
      });
      // What is there can be read all the while, and nothing is decided.
      await ada.get('/v1/leases');
      const tickOf = async () =>
        (await rig.query<{ tick: string }>(first, 'select tick from cell_head'))[0]?.tick;
      const stands = await tickOf();
      await freeDisk(first);
      await until(async () => (await tickOf()) !== stands);
      const after = acknowledged.submits.length;
      await until(() => acknowledged.submits.length > after + 20);
      process.kill(first.databasePid as number, 'SIGKILL');
      await until(async () => (await first.readiness()).status === 503);
      expect(JSON.parse((await first.readiness()).body).failing[0].check).toBe('database');
      load.end();
      await load.done;
      const [agent] = rig.configuration.agents;
      const late = (await first.clientOf(agent!)).get('/v1/leases');
      await expect(late).rejects.toMatchObject({
        problem: { code: 'STORE_UNAVAILABLE' },
        retryAfterSeconds: 1,
      });
      await first.kill();

      const second = await rig.start();
      expect(second.databasePid).not.toBe(first.databasePid);
      await until(async () => (await second.readiness()).status === 200);
      const { dump, heartbeats } = await comeToRest(rig, second, acknowledged);
      expect(lostActs(acknowledged, { dump, heartbeats })).toEqual([]);
      expect(checkPromises(dump, { acknowledged: acknowledged.submits.map(({ id }) => id) })).toEqual([]);
      await second.stop();
    },
    LIMIT_MS,
  );
});

/** As a file system without room answers whatever needs some: SQL state 53100, for what is asked for and for what is decided. */
async function fillDisk(server: LiveServer): Promise<void> {
  await rig.query(
    server,
    `create function full_disk() returns trigger language plpgsql as $$
       begin raise exception using errcode = '53100', message = 'could not extend file: No space left on device'; end $$;
     create trigger full_disk before insert on intake for each statement execute function full_disk();
     create trigger full_disk before insert on tick for each statement execute function full_disk()`,
  );
}

async function freeDisk(server: LiveServer): Promise<void> {
  await rig.query(server, 'drop function full_disk() cascade');
}
