// Redis emptied every second, as by an operator's hand, while agents work and side jobs are asked for: what is found in the database and on the
// stream afterwards. Invariant: counts what was acknowledged and never assumes it. Called by flushes.long.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Configuration } from '../../scheduler/index.ts';
import type { LiveServer } from '../support/liveServer.ts';
import { checkPromises, type Violation } from '../support/promises.ts';
import type { TestRedis } from '../support/redis.ts';
import { dumpPostgres } from '../support/stores.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { lostActs, nothingAcknowledged } from './acknowledged.ts';
import { createFollower } from './follower.ts';
import { startLoad } from './load.ts';
import { comeToRest, until } from './rig.ts';

export interface FlushedOptions {
  readonly server: LiveServer;
  readonly redis: TestRedis;
  readonly configuration: Configuration;
  /** One a second. */
  readonly flushes: number;
  /** A side job before each so many flushes: it has a process of its own, which takes a second of a core to start. */
  readonly jobEvery: number;
  readonly seed: number;
  /** Of each agent between two acts. */
  readonly pauseMs: number;
}

export interface Flushed {
  readonly submits: number;
  readonly events: number;
  /** Acts that were acknowledged, and of which the database knows nothing. */
  readonly lost: readonly string[];
  readonly broken: readonly Violation[];
  /** How each ended. */
  readonly jobs: readonly string[];
}

export async function flushed(options: FlushedOptions): Promise<Flushed> {
  const { server, redis, configuration, flushes, jobEvery, seed, pauseMs } = options;
  const acknowledged = nothingAcknowledged();
  const follower = createFollower(configuration.cell);
  const following = follower.follow(server);
  const load = await startLoad(server, {
    ...{ configuration, draw: seededDraw(seed), acknowledged, cycle: 1, pauseMs },
  });
  const operator = await server.operator();
  const asked: unknown[] = [];
  for (let flush = 0; flush < flushes; flush += 1) {
    if (flush % jobEvery === 0) {
      const job = { kind: 'export', input: { of: 'events' } };
      asked.push((await operator.post('/v1/jobs', job)).id);
    }
    await redis.flush();
    await sleep(1000);
  }
  load.end();
  await load.done;
  const jobs: string[] = [];
  for (const id of asked) {
    const state = async () => String((await operator.get(`/v1/jobs/${id}`)).state);
    await until(async () => !['queued', 'running'].includes(await state()), { everyMs: 50 });
    jobs.push(await state());
  }
  const { dump, heartbeats } = await comeToRest(restOf(options), server, acknowledged);
  const last = dump.event.reduce((most, { sequence }) => Math.max(most, sequence), 0);
  await until(() => (follower.seen.at(-1)?.sequence ?? 0) >= last);
  follower.leave();
  await following;
  const witnesses = { acknowledged: acknowledged.submits.map(({ id }) => id), streamed: follower.seen };
  return {
    submits: acknowledged.submits.length,
    events: dump.event.length,
    lost: lostActs(acknowledged, { dump, heartbeats }),
    broken: checkPromises(dump, witnesses),
    jobs,
  };
}

function restOf({ server, configuration }: FlushedOptions): Parameters<typeof comeToRest>[0] {
  const withClient = async <Result>(act: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = new pg.Client(server.databaseUrl);
    await client.connect();
    return act(client).finally(() => client.end());
  };
  return {
    configuration,
    query: <Row extends pg.QueryResultRow>(_: LiveServer, text: string) =>
      withClient(async (client) => (await client.query<Row>(text)).rows),
    dump: () => withClient(dumpPostgres),
  };
}
