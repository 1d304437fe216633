// The organisation edited while the cell runs, over HTTP and through whole processes: what waits is granted by the next tick, a restart
// keeps the edits, and another process on the same database follows.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { tokenMint } from '../../api/roles/token.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { type LiveServer, liveServer } from '../support/liveServer.ts';

const running: LiveServer[] = [];
const directories: string[] = [];
afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'annona-edits-'));
  directories.push(directory);
  return directory;
}

const ORGANISATION = aConfiguration()
  .department('research')
  .agent('ada')
  .pool(aPool('gpu-a').gpu(4))
  .quota('research', 'gpu', { nominal: 2 })
  .build();

async function serve(directory: string, change: Parameters<typeof liveServer>[2] = {}): Promise<LiveServer> {
  const server = await liveServer(directory, ORGANISATION, change);
  running.push(server);
  return server;
}

/** Calls as an operator, or as the agent named. */
/** What the answers of a dozen routes have that is looked at here. */
interface Body {
  readonly id: string;
  readonly state: string;
  readonly nominal: number;
  readonly capacity: number;
  readonly concurrency: number;
  readonly reasons: readonly object[];
  readonly items: readonly Body[];
}

async function callerOf(server: { readonly url: string }, directory: string) {
  const mint = await tokenMint(directory);
  interface Answer {
    readonly status: number;
    readonly etag: string;
    readonly body: Body;
  }
  return async function ask(
    method: string,
    path: string,
    call: { body?: object; headers?: object; agent?: string } = {},
  ): Promise<Answer> {
    const { body, headers, agent } = call;
    const holder =
      agent === undefined
        ? ({ role: 'operator', department: 'research' } as const)
        : ({ role: 'agent', department: 'research', agent } as const);
    const response = await fetch(`${server.url}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await mint(holder)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // A process that is late says so, and is to be asked again.
    if (response.status === 503) {
      await response.body?.cancel();
      await sleep(250);
      return ask(method, path, call);
    }
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      body: text === '' ? null : JSON.parse(text),
    };
  };
}

type Caller = Awaited<ReturnType<typeof callerOf>>;

const submission = (clientRequestId: string, quantity: number) => ({
  clientRequestId,
  options: [{ claims: [{ kind: 'gpu', quantity }] }],
  terms: { class: 'standard', durationSeconds: 600, purpose: 'test', summary: 'a test' },
});

async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const seen = await look();
    if (wanted(seen)) return seen;
    await sleep(25);
  }
  throw new Error(`it never came: ${JSON.stringify(await look())}`);
}

const stateOf = async (call: Caller, id: string, agent: string) =>
  (await call('GET', `/requests/${id}`, { agent })).body?.state;

it('grants what waits under a quota that was raised, without a restart, and keeps it over one', async () => {
  const directory = aDirectory();
  const server = await serve(directory);
  const call = await callerOf(server, directory);
  const asked = { agent: 'ada', headers: { prefer: 'wait=5' } };
  expect((await call('POST', '/requests', { ...asked, body: submission('one', 2) })).body.state).toBe(
    'granted',
  );
  const waiting = (await call('POST', '/requests', { ...asked, body: submission('two', 2) })).body;
  expect(waiting.state).toBe('waiting');

  const quota = await call('GET', '/quotas/research/gpu');
  expect(quota.body).toMatchObject({ nominal: 2, used: 2 });
  const raised = await call('PUT', '/quotas/research/gpu', {
    body: { nominal: 4 },
    headers: { 'if-match': quota.etag },
  });
  expect([raised.status, raised.body.nominal]).toEqual([200, 4]);
  await until(
    () => stateOf(call, waiting.id, 'ada'),
    (state) => state === 'granted',
  );

  const made = await call('PUT', '/pools/gpu-b', {
    body: { kind: 'gpu', unit: 'GPU', capacity: 8, labels: { model: 'H100' } },
    headers: { 'if-none-match': '*' },
  });
  expect(made.status).toBe(201);
  const registered = await call('POST', '/agents', {
    body: { id: 'grace', department: 'research', clearance: 'internal', accounts: [], concurrency: 2 },
  });
  expect(registered.status).toBe(201);
  const larger = await call('PUT', '/quotas/research/gpu', {
    body: { nominal: 12 },
    headers: { 'if-match': raised.etag },
  });
  expect(larger.status).toBe(200);
  const byGrace = { agent: 'grace', headers: { prefer: 'wait=5' }, body: submission('three', 8) };
  expect((await call('POST', '/requests', byGrace)).body.state).toBe('granted');

  await server.stop();
  running.splice(0);
  const again = await callerOf(await serve(directory), directory);
  expect((await again('GET', '/pools/gpu-b')).body).toMatchObject({ capacity: 8, used: 8 });
  expect((await again('GET', '/quotas/research/gpu')).body).toMatchObject({ nominal: 12, used: 12 });
  expect((await again('GET', '/agents/grace')).body.concurrency).toBe(2);
  expect((await again('GET', '/quotas/research/gpu')).etag).toBe(larger.etag);
}, 60_000);

it('denies what a retired agent waits for, by policy, and lets in no more of it', async () => {
  const directory = aDirectory();
  const call = await callerOf(await serve(directory), directory);
  const asked = { agent: 'ada', headers: { prefer: 'wait=5' } };
  await call('POST', '/requests', { ...asked, body: submission('one', 2) });
  const waiting = (await call('POST', '/requests', { ...asked, body: submission('two', 2) })).body;
  expect(waiting.state).toBe('waiting');
  expect((await call('POST', '/agents/ada/retire')).body).toEqual({ id: 'ada', state: 'retired' });
  const seen = await until(
    async () => (await call('GET', `/requests/${waiting.id}`)).body,
    (request) => request.state === 'denied',
  );
  expect(seen.reasons[0]).toMatchObject({
    code: 'POLICY_DENIED',
    rules: expect.arrayContaining(['AGENT_UNKNOWN']),
  });
  expect((await call('POST', '/requests', { ...asked, body: submission('three', 1) })).status).toBe(401);
  const [lease] = (await call('GET', '/leases')).body.items;
  expect(lease?.state).toBe('granted');
}, 60_000);

it('is followed by another process on the same database', async () => {
  const [directory, other] = [aDirectory(), aDirectory()];
  const first = await serve(directory);
  const second = await serve(other, { databaseUrl: first.databaseUrl });
  const here = await callerOf(first, directory);
  const there = await callerOf(second, other);
  const made = await here('PUT', '/pools/gpu-b', {
    body: { kind: 'gpu', unit: 'GPU', capacity: 8 },
    headers: { 'if-none-match': '*' },
  });
  expect(made.status).toBe(201);
  const seen = await until(
    () => there('GET', '/pools/gpu-b'),
    ({ status }) => status === 200,
  );
  expect([seen.body.capacity, seen.etag]).toEqual([8, made.etag]);
  // And the leader takes up what the other one stored.
  const edited = await there('PUT', '/pools/gpu-b', {
    body: { kind: 'gpu', unit: 'GPU', capacity: 3 },
    headers: { 'if-match': seen.etag },
  });
  expect(edited.status).toBe(200);
  await until(
    () => here('GET', '/pools/gpu-b'),
    ({ body }) => body.capacity === 3,
  );
}, 60_000);
