// A whole server beside a Redis that is emptied again and again, and then killed: what it shares may vanish, what it promised may not.
// For longer in test/crash/flushes.long.ts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnnonaClient } from '../../../api/client/index.ts';
import { flushed } from '../../crash/flushes.ts';
import { crashOrganisation } from '../../crash/rig.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';
import { redisAbsence, startRedis, type TestRedis } from '../../support/redis.ts';

const configuration = crashOrganisation();
const [ada] = configuration.agents;
const absence = redisAbsence();

describe.skipIf(absence !== null)(`a server with Redis${absence === null ? '' : ` (${absence})`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'annona-redis-'));
  let redis: TestRedis;
  let server: LiveServer;
  beforeAll(async () => {
    redis = await startRedis();
    // So few that one agent uses them up at once; the burst is ten seconds of it.
    const limits = { agentPerSecond: 40, departmentPerSecond: 1000 };
    const shared = { edge: 'process', sideJobs: 'process', redisUrl: redis.url, limits } as const;
    server = await liveServer(directory, configuration, shared);
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

  const refusal = async (client: AnnonaClient) => {
    for (;;) {
      try {
        await client.get('/v1/pools');
      } catch (error) {
        return error;
      }
    }
  };

  it('loses no request, no event and no side job while it is emptied every second', async () => {
    const { lost, broken, jobs, submits } = await flushed({
      ...{ server, redis, configuration },
      ...{ flushes: 3, jobEvery: 3, seed: 3, pauseMs: 50 },
    });
    expect(lost).toEqual([]);
    expect(broken).toEqual([]);
    expect(jobs).toEqual(['succeeded']);
    expect(submits).toBeGreaterThan(20);
    expect(await stand()).toEqual({ status: 'ok', failing: [], degraded: [] });
    expect(await metric('scheduler_local_rate_limits_total')).toBe(0);
  });

  it('counts calls anew when it has been emptied', async () => {
    const client = await server.clientOf(ada!);
    expect(await refusal(client)).toMatchObject({ code: 'RATE_LIMITED' });
    await redis.flush();
    await client.get('/v1/pools');
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
    expect(await refusal(client)).toMatchObject({ code: 'RATE_LIMITED' });
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
