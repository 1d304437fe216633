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
      expect(killed.size).toBeGreaterThan(2);
      expect(lostActs(acknowledged, { dump, heartbeats })).toEqual([]);
      expect(checkPromises(dump)).toEqual([]);
      await server.stop();
    },
    LIMIT_MS,
  );
});

describe('kill -9 of PostgreSQL', () => {
  it(
    'is answered with 503 and failing readiness; the next start recovers everything that was acknowledged',
    async () => {
      const first = await rig.start();
      const load = await loaded(first);
      await until(() => acknowledged.submits.length > 50);
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
