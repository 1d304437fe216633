// Redis under the contracts of the ports that it fills; and what remains of them when it is away, hangs, returns, or is emptied.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hintGroup } from '../../../adapters/memory/hints.ts';
import { RedisConnection } from '../../../adapters/redis/connection.ts';
import { RedisHints } from '../../../adapters/redis/hints.ts';
import { RedisPresence } from '../../../adapters/redis/presence.ts';
import { RedisRateLimiter } from '../../../adapters/redis/rateLimiter.ts';
import { BucketRateLimiter } from '../../../adapters/system/rateLimiter.ts';
import type { RateBucket } from '../../../api/ports.ts';
import type { AgentId } from '../../../scheduler/index.ts';
import { hintsContract } from '../../contract/hints.ts';
import { presenceContract } from '../../contract/presence.ts';
import { rateLimiterContract } from '../../contract/rateLimiter.ts';
import { redisAbsence, startRedis, type TestRedis } from '../../support/redis.ts';

/** Resolves when it holds; what never comes fails at the test's own timeout. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

const absence = redisAbsence();
const ADA = 'ada' as AgentId;
const BUCKET: RateBucket = { name: 'agent', key: 'agent/ada', perSecond: 1, burst: 10 };

describe.skipIf(absence !== null)(`Redis${absence === null ? '' : ` (${absence})`}`, () => {
  let redis: TestRedis;
  let names = 0;
  const open: RedisConnection[] = [];
  const connect = async (lines: string[] = []) => {
    const connection = new RedisConnection({ url: redis.url, log: (line) => lines.push(line) });
    open.push(connection);
    await connection.settled();
    return connection;
  };
  const aLimiter = (connection: RedisConnection) => {
    const clock = { now: 1_795_424_400_000 };
    const local = new BucketRateLimiter(() => clock.now);
    names += 1;
    const keyPrefix = `test-${names}`;
    const limiter = new RedisRateLimiter({ connection, local, now: () => clock.now, keyPrefix });
    return { limiter, clock };
  };
  const takenOf = async (limiter: RedisRateLimiter, times: number) => {
    let taken = 0;
    for (let i = 0; i < times; i += 1) taken += (await limiter.take([BUCKET], 1)).type === 'taken' ? 1 : 0;
    return taken;
  };

  let shared: RedisConnection;
  beforeAll(async () => {
    redis = await startRedis();
    shared = await connect();
  });
  afterAll(async () => {
    for (const connection of open) await connection.close();
    await redis.stop();
  });

  rateLimiterContract('Redis', () => {
    const { limiter, clock } = aLimiter(shared);
    const pass = (ms: number): void => {
      clock.now += ms;
    };
    return { limiter, pass };
  });

  hintsContract('Redis', async () => {
    const behind = hintGroup();
    const join = async () => {
      const hints = new RedisHints({ connection: await connect(), behind: behind() });
      await hints.subscribed;
      return Object.assign(hints, { close: async () => {} });
    };
    return { join, close: async () => {} };
  });

  presenceContract('Redis', async () => {
    await redis.flush();
    const presence = new RedisPresence(shared);
    return { presence, settle: () => presence.write() };
  });

  it('shares one bucket among processes', async () => {
    const { limiter } = aLimiter(shared);
    const clock = 1_795_424_400_000;
    const elsewhere = new RedisRateLimiter({
      connection: await connect(),
      local: new BucketRateLimiter(() => clock),
      now: () => clock,
      keyPrefix: `test-${names}`,
    });
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? limiter : elsewhere).take([BUCKET], 1)),
    );
    expect(outcomes.filter(({ type }) => type === 'taken')).toHaveLength(10);
  });

  it('goes by its own clock where none is given, so that two processes need not agree on the time', async () => {
    const slow = { ...BUCKET, key: 'agent/own-clock', perSecond: 1, burst: 3 };
    const limiter = new RedisRateLimiter({ connection: shared, local: new BucketRateLimiter(() => 0) });
    const first = await limiter.take([slow], 3);
    expect(first).toEqual({
      type: 'taken',
      standings: [{ name: 'agent', remaining: 0, fullInSeconds: 3 }],
    });
    expect(await limiter.take([slow], 3)).toMatchObject({ type: 'refused', retryAfterSeconds: 3 });
    expect(limiter.localCalls()).toBe(0);
  });

  it.each([
    ['is killed', () => redis.kill(), () => redis.startAgain()],
    ['hangs', async () => redis.pause(), async () => redis.resume()],
  ])(
    'is done without when it %s: half of the limit, one line, and used again when it is back',
    async (_, away, back) => {
      const lines: string[] = [];
      const connection = await connect(lines);
      const { limiter } = aLimiter(connection);
      expect(await takenOf(limiter, 4)).toBe(4);
      await away();
      // Ten at most in the whole of the bucket, five of them here, and never without an end.
      expect(await takenOf(limiter, 40)).toBe(5);
      expect(connection.isUp()).toBe(false);
      expect(limiter.localCalls()).toBe(40);
      await back();
      await until(() => connection.isUp());
      const before = limiter.localCalls();
      expect((await limiter.take([BUCKET], 1)).type).toBe('taken');
      expect(limiter.localCalls()).toBe(before);
      expect(lines.map((line) => line.split(' (')[0])).toEqual(['redis is away', 'redis is back']);
    },
  );

  it('goes the way behind it while Redis is away, and wakes everybody once after the gap', async () => {
    const behind = hintGroup();
    const [ours, theirs] = [await connect(), await connect()].map(
      (connection) => new RedisHints({ connection, behind: behind() }),
    ) as [RedisHints, RedisHints];
    await theirs.subscribed;
    let heard = 0;
    theirs.hear('intake', 'main', () => {
      heard += 1;
    });
    await redis.kill();
    await until(() => !shared.isUp());
    ours.tell('intake', 'main');
    await until(() => heard === 1);
    await redis.startAgain();
    await until(() => heard === 2);
  });

  it('loses counters and presence when it is emptied, and nothing is refused that was not before', async () => {
    const { limiter } = aLimiter(shared);
    const presence = new RedisPresence(await connect());
    await until(() => shared.isUp());
    for (let round = 0; round < 5; round += 1) {
      expect(await takenOf(limiter, 12)).toBe(10);
      presence.seen('emptied', ADA, 1000 + round);
      await presence.write();
      await redis.flush();
      expect(shared.isUp()).toBe(true);
    }
    const elsewhere = new RedisPresence(shared);
    expect(await elsewhere.lastSeen('emptied')).toEqual(new Map());
    await nextTurn();
  });
});
