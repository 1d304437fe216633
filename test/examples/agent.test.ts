// The worked agent against a whole server: it works to its end, and stops when the lease is taken from it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tokenMint } from '../../api/roles/token.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { type LiveServer, liveServer } from '../support/liveServer.ts';

const AGENT = join(import.meta.dirname, '../../examples/agent/agent.ts');
const configuration = aConfiguration()
  .terms({ heartbeatTimeoutSeconds: 3 })
  .department('research')
  .agent('ada')
  .pool(aPool('gpu-a').gpu(2, 'A100'))
  .build();

let directory = '';
let server: LiveServer;
let token = '';
const started: ChildProcess[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-agent-'));
  server = await liveServer(directory, configuration);
  token = await (await tokenMint(directory))({ role: 'agent', department: 'research', agent: 'ada' });
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

function agent(steps: number, stepMs: number) {
  const child = spawn(process.execPath, [AGENT, String(steps), String(stepMs)], {
    env: { ...process.env, ANNONA_URL: server.url, ANNONA_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let said = '';
  const { promise: working, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
      if (said.includes('step 1 of')) resolve();
    });
  }
  const ended = new Promise<number | null>((done) => child.on('close', done));
  return { said: () => said, working, ended };
}

const newestLease = async () => {
  const [ada] = configuration.agents;
  const client = await server.clientOf(ada!);
  for await (const lease of client.leases({ limit: 1 })) return { client, lease };
  throw new Error('there is no lease');
};

it('works to its end: holds, extends, and gives back', async () => {
  const run = agent(4, 600);
  expect(await run.ended).toBe(0);
  const wantInOrder = [
    'asked for two GPUs',
    'granted',
    'hold 2 of gpu-a',
    'may hold it until',
    'done with 4 steps',
  ];
  const places = wantInOrder.map((text) => run.said().indexOf(text));
  expect(places, run.said()).toEqual(places.toSorted((a, b) => a - b));
  expect(places[0]).toBeGreaterThanOrEqual(0);
  const { client, lease } = await newestLease();
  // The next tick ends it.
  let { state } = lease;
  while (state !== 'released') state = (await client.lease(lease.id)).state;
  expect(Date.parse(lease.endsAt) - Date.parse(lease.grantedAt)).toBeGreaterThan(2000);
});

it('stops working as soon as a heartbeat is told that the lease is gone', async () => {
  const run = agent(100, 200);
  await run.working;
  const { client, lease } = await newestLease();
  await client.release(lease.id, lease.epoch);
  expect(await run.ended).toBe(1);
  expect(run.said()).toContain('the lease is gone: 409 LEASE_ENDED');
  expect(run.said()).not.toContain('done with');
});
