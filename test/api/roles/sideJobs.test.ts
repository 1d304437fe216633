// Side jobs on whole servers: run beside the scheduler, with and without Redis; brought back when Redis forgets them; ended by a cancellation.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnnonaClient } from '../../../api/client/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';
import { redisAbsence, startRedis, type TestRedis } from '../../support/redis.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'H100'))
  .build();
const [ada] = configuration.agents;
const gpu = { options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }] };
const terms = { class: 'standard', durationSeconds: 3600 };
const withRedis = redisAbsence() === null;

// With Redis the queue of the process itself is tested too: while Redis is away.
describe.each([withRedis ? (['over Redis', true] as const) : (['by its own queue', false] as const)])(
  'a server that runs side jobs %s',
  (_, isShared) => {
    const directory = mkdtempSync(join(tmpdir(), 'annona-jobs-'));
    let redis: TestRedis | null = null;
    let server: LiveServer;
    let operator: AnnonaClient;
    const start = async () => {
      server = await liveServer(directory, configuration, {
        edge: 'process',
        sideJobs: 'process',
        ...(redis === null ? {} : { redisUrl: redis.url }),
      });
      operator = await server.operator();
    };
    beforeAll(async () => {
      redis = isShared ? await startRedis() : null;
      await start();
    });
    afterAll(async () => {
      await server.stop();
      await redis?.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    const ended = async (id: unknown) => {
      for (;;) {
        const job = await operator.get(`/v1/jobs/${id}`);
        if (!['queued', 'running'].includes(String(job.state))) return job;
        await sleep(50);
      }
    };
    const linesOf = async (id: unknown) => {
      const bytes = await operator.download(`/v1/jobs/${id}/result`);
      const text = new TextDecoder().decode(bytes);
      return text.split('\n').filter((line) => line !== '');
    };

    it('exports what was asked for, and reports on it', async () => {
      const client = await server.clientOf(ada!);
      const ids: string[] = [];
      for (let i = 0; i < 5; i += 1)
        ids.push((await client.submit({ clientRequestId: `c${i}`, ...gpu, terms }, { waitSeconds: 20 })).id);
      const asked = await operator.post('/v1/jobs', { kind: 'export', input: { of: 'requests' } });
      const job = await ended(asked.id);
      expect(job).toMatchObject({ state: 'succeeded', attempts: 1, error: null, progress: { done: 5 } });
      const lines = (await linesOf(asked.id)).map((line) => JSON.parse(line));
      expect(lines.map(({ id }) => id).sort()).toEqual(ids.toSorted());
      expect(lines[0]).toEqual({ ...(await operator.get(`/v1/requests/${lines[0].id}`)), estimate: null });
      const span = { from: '2020-01-01T00:00:00Z', to: '2199-01-01T00:00:00Z', format: 'csv' };
      const report = await operator.post('/v1/jobs', { kind: 'report', input: span });
      expect((await ended(report.id)).state).toBe('succeeded');
      expect((await linesOf(report.id))[1]).toMatch(/^research,5,5,0,/);
    });

    it('simulates its own history on its own pools, with a table and a page beside the comparison', async () => {
      const body = { workload: { history: { hours: 1 } }, schedulers: ['fcfs', 'annona'] };
      const asked = await operator.post('/v1/simulations', body);
      const job = await ended(asked.id);
      expect(job).toMatchObject({
        state: 'succeeded',
        kind: 'simulation',
        progress: { done: 10, total: 10 },
      });
      const comparison = JSON.parse((await linesOf(asked.id))[0]!);
      expect(comparison).toMatchObject({ jobs: 5, capacity: { 'gpu-a': 8 }, complete: true });
      expect(comparison.runs.map(({ finished }: { finished: number }) => finished)).toEqual([5, 5]);
      const { files } = job.result as { files: { href: string; sha256: string; bytes: number }[] };
      const texts = await Promise.all(files.map(({ href }) => operator.download(href)));
      for (const [i, bytes] of texts.entries()) {
        expect(bytes.length).toBe(files[i]!.bytes);
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(files[i]!.sha256);
      }
      const [table, page] = texts.map((bytes) => new TextDecoder().decode(bytes));
      expect(table).toMatch(/^scheduler,seed,.*\nfcfs,,drained,5,5,/);
      expect(page).toContain('POST /v1/simulations');
    });

    it('says of a simulation that there is none of that name, once', async () => {
      const input = { runner: 'no-such', input: {} };
      const asked = await operator.post('/v1/jobs', { kind: 'simulation', input });
      expect(await ended(asked.id)).toMatchObject({ state: 'failed', attempts: 1 });
      expect((await ended(asked.id)).error).toContain('there is no simulation no-such');
    });

    it.runIf(isShared)('runs what Redis forgot, and what was asked while it was away', async () => {
      const ids: unknown[] = [];
      for (let i = 0; i < 4; i += 1) {
        ids.push((await operator.post('/v1/jobs', { kind: 'export', input: { of: 'events' } })).id);
        await redis!.flush();
      }
      await redis!.kill();
      ids.push((await operator.post('/v1/jobs', { kind: 'export', input: { of: 'leases' } })).id);
      expect((await ended(ids.at(-1))).state).toBe('succeeded');
      await redis!.startAgain();
      for (const id of ids) expect((await ended(id)).state).toBe('succeeded');
    });

    it('hands back what it runs when it stops, and begins it again when it is back', async () => {
      const mix = [{ weight: 1, claims: { gpu: 1 }, runSeconds: { least: 60, most: 600 } }];
      const counts = { requests: 150, agents: 5, departments: 2, meanMillisecondsBetween: 50_000 };
      const body = { workload: { generate: { ...counts, mix } }, schedulers: ['easy', 'annona'] };
      const { id } = await operator.post('/v1/simulations', body);
      while ((await operator.get(`/v1/jobs/${id}`)).state === 'queued') await sleep(20);
      await server.stop();
      await start();
      const { state, attempts, progress } = await ended(id);
      expect({ state, attempts, progress }).toEqual({
        state: 'succeeded',
        attempts: 1,
        progress: { done: 300, total: 300 },
      });
    });
  },
);
