// A server whose edge is a process of its own: one server to its callers, also when the edge dies.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProcess } from '../../../adapters/postgres/embedded/processes.ts';
import type { AnnonaClient } from '../../../api/client/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'H100'))
  .build();
const [ada] = configuration.agents;
const gpus = (quantity: number) => ({
  options: [{ claims: [{ kind: 'gpu', quantity }] }],
  terms: { class: 'standard', durationSeconds: 600 },
});

let directory = '';
let server: LiveServer;
let client: AnnonaClient;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-apart-'));
  server = await liveServer(directory, configuration, { edge: 'process', limits: { openPerAgent: 3 } });
  client = await server.clientOf(ada!);
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const submit = (clientRequestId: string, quantity: number, waitSeconds = 0) =>
  client.submit({ clientRequestId, ...gpus(quantity) }, { waitSeconds });

async function until(wanted: () => Promise<boolean>): Promise<void> {
  while (!(await wanted())) await sleep(20);
}

describe('an edge apart', () => {
  it('serves submissions, acts, live reasons, explanations and readiness as one server', async () => {
    expect(server.edgePid).not.toBeNull();
    expect((await server.readiness()).status).toBe(200);
    const granted = await submit('c1', 6, 20);
    expect(granted.state).toBe('granted');
    const waiting = await submit('c2', 4);
    const stateOf = async (id: string) => (await client.request(id)).state;
    await until(async () => (await stateOf(waiting.id)) === 'waiting');
    const seen = await client.request(waiting.id);
    expect(seen).toMatchObject({
      state: 'waiting',
      reasons: [{ code: 'POOL_FULL', short: [{ requested: 4, available: 2 }] }],
    });
    expect(await client.explanation(waiting.id)).toMatchObject({ live: true });
    const { items } = (await client.get('/v1/leases')) as { items: { id: string; epoch: number }[] };
    await client.post(`/v1/leases/${items[0]!.id}/release`, { epoch: items[0]!.epoch });
    await until(async () => (await stateOf(waiting.id)) === 'granted');
    const page = await (await fetch(new URL('/metrics', server.url))).text();
    expect(page).toMatch(/nodejs_eventloop_lag_p50_seconds\{role="api"\}/);
    expect(page).toMatch(/nodejs_eventloop_lag_p50_seconds\{role="scheduler"\}/);
    expect(page).toMatch(/scheduler_ticks_total(\{[^}]*\})? [1-9]/);
  });

  it('keeps the bound of open requests', async () => {
    let refused: unknown;
    for (let i = 0; refused === undefined; i += 1) {
      await submit(`c${i}`, 8).catch((error: unknown) => {
        refused = error;
      });
    }
    expect(refused).toMatchObject({ code: 'TOO_MANY_OPEN' });
  });

  it('comes back where it was when it dies, and loses nothing', async () => {
    const first = await submit('c1', 6);
    process.kill(server.edgePid!, 'SIGKILL');
    await until(async () => {
      const answer = await client.request(first.id).catch(() => null);
      return answer?.state === 'granted';
    });
    expect((await submit('c2', 2, 20)).state).toBe('granted');
  });

  it('is gone with the process that decides', async () => {
    const pid = server.edgePid!;
    await server.kill();
    await until(async () => findProcess(pid) === undefined);
  });
});
