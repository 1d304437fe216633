// Redis is emptied every second for a minute, while agents work and side jobs run: counters and presence begin anew, and nothing else is lost.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LiveServer, liveServer } from '../support/liveServer.ts';
import { redisAbsence, startRedis, type TestRedis } from '../support/redis.ts';
import { flushed } from './flushes.ts';
import { crashOrganisation } from './rig.ts';

const FLUSHES = 60;
const JOB_EVERY = 5;
const absence = redisAbsence();

describe.skipIf(absence !== null)(`FLUSHALL every second${absence === null ? '' : ` (${absence})`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'annona-flushes-'));
  const configuration = crashOrganisation();
  let redis: TestRedis;
  let server: LiveServer;
  beforeAll(async () => {
    redis = await startRedis();
    const shared = { edge: 'process', sideJobs: 'process', redisUrl: redis.url } as const;
    server = await liveServer(directory, configuration, shared);
  });
  afterAll(async () => {
    await server.stop();
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it(`loses no request, no event and no side job in ${FLUSHES} seconds of load`, async () => {
    const run = {
      server,
      redis,
      configuration,
      flushes: FLUSHES,
      jobEvery: JOB_EVERY,
      seed: 11,
      pauseMs: 50,
    };
    const { lost, broken, ...counts } = await flushed(run);
    console.log(JSON.stringify({ flushes: FLUSHES, ...counts }));
    expect(lost).toEqual([]);
    expect(broken).toEqual([]);
    expect(counts.jobs).toEqual(Array(FLUSHES / JOB_EVERY).fill('succeeded'));
    expect(counts.submits).toBeGreaterThan(10 * FLUSHES);
  }, 600_000);
});
