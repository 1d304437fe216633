// A whole server beside a Redis that is emptied again and again, and then killed: what it shares may vanish, what it promised may not.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';
import { redisAbsence, startRedis, type TestRedis } from '../../support/redis.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .pool(aPool('gpu-a').gpu(1000, 'H100'))
  .build();
const [ada] = configuration.agents;
const SUBMISSIONS = 60;
const gpu = { options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }] };
const terms = { class: 'standard', durationSeconds: 3600 };
const absence = redisAbsence();

describe.skipIf(absence !== null)(`a server with Redis${absence === null ? '' : ` (${absence})`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'annona-redis-'));
  let redis: TestRedis;
  let server: LiveServer;
  beforeAll(async () => {
    redis = await startRedis();
    // So few that counters which survived would refuse; the burst is ten seconds of it.
    const limits = { agentPerSecond: 40, departmentPerSecond: 1000 };
    server = await liveServer(directory, configuration, { edge: 'process', redisUrl: redis.url, limits });
  });
  afterAll(async () => {
    await server.stop();
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const metric = async (name: string) => {
    const page = await (await fetch(new URL('/metrics', server.url))).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1]);
  };
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await sleep(20);
  };
  const stand = async () => JSON.parse((await server.readiness()).body) as Record<string, unknown>;

  it('keeps every promise while it is emptied over and over', async () => {
    const client = await server.clientOf(ada!);
    const submitted: string[] = [];
    let flushed = 0;
    for (let i = 0; i < SUBMISSIONS; i += 1) {
      const sent = await client.submit({ clientRequestId: `c${i}`, ...gpu, terms }, { waitSeconds: 0 });
      submitted.push(sent.id);
      if (i % 6 === 5) {
        await redis.flush();
        flushed += 1;
      }
    }
    expect(flushed).toBe(10);
    // The same key, the same answer: idempotency is no guest of Redis.
    const again = await client.submit({ clientRequestId: 'c0', ...gpu, terms }, { waitSeconds: 0 });
    expect(again.id).toBe(submitted[0]);
    for (const id of submitted) await until(async () => (await client.request(id)).state === 'granted');
    expect(new Set(submitted).size).toBe(SUBMISSIONS);
    expect(await stand()).toEqual({ status: 'ok', failing: [], degraded: [] });
    expect(await metric('scheduler_local_rate_limits_total')).toBe(0);
  });

  it('stays ready without it, says so, limits calls all the same, and is whole again when it is back', async () => {
    expect(await metric('scheduler_redis_up')).toBe(1);
    await redis.kill();
    await until(async () => (await metric('scheduler_redis_up')) === 0);
    const { status, body } = await server.readiness();
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ status: 'ok', degraded: [{ check: 'redis' }] });
    const client = await server.clientOf(ada!);
    let refused: unknown;
    while (refused === undefined) {
      await client.get('/v1/pools').catch((error: unknown) => {
        refused = error;
      });
    }
    expect(refused).toMatchObject({ code: 'RATE_LIMITED' });
    expect(await metric('scheduler_local_rate_limits_total')).toBeGreaterThan(0);
    await redis.startAgain();
    await until(async () => (await metric('scheduler_redis_up')) === 1);
    expect(await stand()).toMatchObject({ degraded: [] });
    const before = await metric('scheduler_local_rate_limits_total');
    await client.get('/v1/pools');
    expect(await metric('scheduler_local_rate_limits_total')).toBe(before);
    const seen = (await client.get('/v1/agents/ada')) as { lastSeenAt: string | null };
    expect(seen.lastSeenAt).toMatch(/^\d{4}-/);
  });
});
