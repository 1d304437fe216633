// The suite of kill -9 under load, at random moments: what was acknowledged is there afterwards, once, and nothing breaks a promise.
// Invariant: the seed of the moments and of the load is printed first. Run by kill.test.ts, and for longer by kill.long.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { ProcessRef } from '../../adapters/postgres/embedded/processes.ts';
import { findProcess } from '../../adapters/postgres/embedded/processes.ts';
import type { AnnonaClient } from '../../api/client/index.ts';
import type { LiveServer } from '../support/liveServer.ts';
import { checkPromises, type Witnesses } from '../support/promises.ts';
import { replayDump } from '../support/replayDump.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type Acknowledged, lostActs, nothingAcknowledged } from './acknowledged.ts';
import { createFollower } from './follower.ts';
import { startLoad } from './load.ts';
import { allGone, type CrashRig, comeToRest, crashRig, databaseProcesses, solversOf, until } from './rig.ts';

interface Run {
  readonly kills: number;
  readonly seed: number;
  readonly limitMs: number;
}

interface Ended {
  readonly acknowledged: Acknowledged;
  readonly adopted: readonly (number | null)[];
  readonly resubmitted: readonly {
    readonly clientRequestId: string;
    readonly first: string;
    readonly again: string;
  }[];
  readonly dump: StoreDump;
  readonly heartbeats: ReadonlyMap<string, number>;
  readonly seen: NonNullable<Witnesses['streamed']>;
  readonly atTheEnd: readonly ProcessRef[];
}

export function describeKills(run: Run): void {
  const { kills, seed, limitMs } = run;
  describe(`kill -9 of the server, ${kills} times under load`, () => {
    const rig = crashRig();
    let ended: Ended;
    beforeAll(async () => {
      console.log(`crash rig: CRASH_SEED=${seed}`);
      ended = await crashes(rig, run);
      const { submits, unanswered, releases, cancels, heartbeats } = ended.acknowledged;
      console.log(
        `crash rig: ${submits.length} submits, ${unanswered.length} unanswered, ${releases.length} releases, ${cancels.length} cancels, ` +
          `${heartbeats.size} leases heard of, ${ended.dump.lease.length} leases, ${ended.dump.tick.length} ticks, ${ended.dump.leader[0]?.epoch} epochs`,
      );
    }, limitMs);
    afterAll(() => rig.cleanUp());

    it('met requests under way', () => {
      expect(ended.acknowledged.submits.length).toBeGreaterThan(3 * kills);
      expect(ended.acknowledged.unanswered.length).toBeGreaterThan(0);
      expect(ended.dump.leader[0]?.epoch).toBeGreaterThan(kills);
    });

    it('leaves PostgreSQL running, and the next server adopts it', () => {
      expect(ended.adopted).toHaveLength(kills + 1);
      expect(new Set(ended.adopted).size).toBe(1);
    });

    it('loses nothing that was acknowledged', () => {
      expect(lostActs(ended.acknowledged, ended)).toEqual([]);
    });

    it('answers the same key with the same request afterwards', () => {
      expect(ended.resubmitted.length).toBeGreaterThan(kills);
      for (const { first, again } of ended.resubmitted) expect(again).toBe(first);
      const keys = ended.dump.request.map((row) => `${row.agent_id} ${row.document.clientRequestId}`);
      expect(new Set(keys).size).toBe(keys.length);
    });

    it('breaks no promise', () => {
      const acknowledged = ended.acknowledged.submits.map(({ id }) => id);
      expect(checkPromises(ended.dump, { acknowledged, streamed: ended.seen })).toEqual([]);
    });

    it('can be decided again, tick by tick, through every one of its leaders', async () => {
      const { ticks, different } = await replayDump(ended.dump, { cell: rig.configuration.cell });
      expect(different).toEqual([]);
      expect(ticks).toHaveLength(ended.dump.tick.length);
    }, 60_000);

    it('gives everything back in the end', () => {
      const renewable = ended.dump.capacity_use.filter((row) => !row.consumable);
      expect(renewable.map((row) => row.used)).toEqual(renewable.map(() => 0));
      expect(ended.dump.account_use.map((row) => row.reserved)).toEqual([0]);
      expect(ended.dump.lease.filter((row) => row.ended_at_ms === null)).toEqual([]);
    });

    it('streams every committed event, in order, and none that was not committed', () => {
      const wantIds = ended.dump.event.toSorted((a, b) => a.sequence - b.sequence).map((row) => row.id);
      expect([...new Set(ended.seen.map(({ id }) => id))]).toEqual(wantIds);
    });

    it('leaves no process behind after the orderly stop', () => {
      expect(ended.atTheEnd.length).toBeGreaterThan(5);
      for (const { pid } of ended.atTheEnd) expect(findProcess(pid)).toBeUndefined();
    });
  });
}

async function crashes(rig: CrashRig, { kills, seed }: Run): Promise<Ended> {
  const draw = seededDraw(seed);
  const acknowledged = nothingAcknowledged();
  const follower = createFollower(rig.configuration.cell);
  const adopted: (number | null)[] = [];
  const resubmitted: Ended['resubmitted'][number][] = [];
  for (let cycle = 1; cycle <= kills; cycle += 1) {
    const server = await rig.start();
    adopted.push(server.databasePid);
    const following = follower.follow(server);
    resubmitted.push(...(await resubmit(rig, server, acknowledged)));
    const load = await startLoad(server, { configuration: rig.configuration, draw, acknowledged, cycle });
    await sleep(draw(300, 800));
    const solvers = solversOf(server);
    await server.kill();
    await Promise.all([load.done, following, allGone(solvers)]);
  }
  const server = await rig.start();
  adopted.push(server.databasePid);
  const following = follower.follow(server);
  resubmitted.push(...(await resubmit(rig, server, acknowledged)));
  const { dump, heartbeats } = await comeToRest(rig, server, acknowledged);
  await until(() => (follower.seen.at(-1)?.sequence ?? 0) >= dump.event.length);
  follower.leave();
  await following;
  const atTheEnd = [...(await databaseProcesses(rig, server)), ...solversOf(server)];
  await server.stop();
  await allGone(atTheEnd);
  return { acknowledged, adopted, resubmitted, dump, heartbeats, seen: follower.seen, atTheEnd };
}

/** Every submit without an answer, and some of the acknowledged ones, once more. */
async function resubmit(
  rig: CrashRig,
  server: LiveServer,
  acknowledged: Acknowledged,
): Promise<Ended['resubmitted'][number][]> {
  const clients = new Map(
    await Promise.all(
      rig.configuration.agents.map(
        async (agent) => [agent.id as string, await server.clientOf(agent)] as const,
      ),
    ),
  );
  const clientOf = (agent: string) => clients.get(agent) as AnnonaClient;
  const again = acknowledged.submits
    .filter((_, i) => i % 7 === 0)
    .slice(-20)
    .map(async ({ agent, body, id }) => {
      const answer = await clientOf(agent).submit(body);
      return { clientRequestId: body.clientRequestId, first: id, again: answer.id };
    });
  const done = await Promise.all(again);
  const answered = new Set(acknowledged.submits.map(({ body }) => body.clientRequestId));
  for (const { agent, body } of acknowledged.unanswered) {
    if (answered.has(body.clientRequestId)) continue;
    const { id } = await clientOf(agent).submit(body);
    acknowledged.submits.push({ agent, body, id });
  }
  return done;
}
