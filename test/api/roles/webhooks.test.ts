// Webhooks on a whole server: signed calls with the events of the department, in order per request, repeated until they are taken.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, verifyWebhook } from '../../../api/client/index.ts';
import { signWebhook } from '../../../api/client/webhook.ts';
import { tokenMint } from '../../../api/roles/token.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'H100'))
  .build();
const [ada] = configuration.agents;

interface Call {
  readonly signature: string;
  readonly body: string;
}

const directory = mkdtempSync(join(tmpdir(), 'annona-webhooks-'));
let server: LiveServer;
let receiver: Server;
const taken: Call[] = [];
let refusals = 2;
beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (refusals > 0) {
      refusals -= 1;
      response.writeHead(500).end();
      return;
    }
    taken.push({
      signature: String(request.headers['annona-signature']),
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(204).end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  server = await liveServer(directory, configuration, { sideJobs: 'process', webhookLoopback: true });
});
afterAll(async () => {
  await server.stop();
  receiver.close();
  rmSync(directory, { recursive: true, force: true });
});

it('sends what happens, signed, in order per request, until it is taken', async () => {
  const mint = await tokenMint(directory);
  const token = await mint({ role: 'department-head', department: 'research' as never });
  const url = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/hook`;
  // A busy machine sheds calls: it says so, and is asked again.
  const clientOf = (bearer: string) =>
    createClient({ baseUrl: server.url, token: bearer, retry: { tries: 100 } });
  const made = (await clientOf(token).post('/v1/webhooks', { url })) as { secret: string };
  // Who reads the database alone can sign nothing.
  const db = new pg.Client(server.databaseUrl);
  await db.connect();
  const { rows } = await db.query<{ secret: string }>('select secret from webhook');
  await db.end();
  expect(rows.map(({ secret }) => secret)).toEqual([expect.stringMatching(/^sealed\.v1\.test\.[\w-]+$/)]);
  const client = clientOf(await mint({ role: 'agent', department: ada!.department, agent: ada!.id }));
  const options = [{ claims: [{ kind: 'gpu', quantity: 1 }] }];
  const terms = { class: 'standard', durationSeconds: 600 };
  const { id } = await client.submit({ clientRequestId: 'c1', options, terms }, { waitSeconds: 20 });
  const { items } = (await client.get('/v1/leases')) as { items: { id: string; epoch: number }[] };
  await client.post(`/v1/leases/${items[0]!.id}/release`, { epoch: items[0]!.epoch });
  const want = ['annona.request.granted.v1', 'annona.lease.granted.v1', 'annona.lease.released.v1'];
  while (taken.length < want.length) await sleep(50);
  const events = taken.map(({ body }) => JSON.parse(body) as { type: string; request: string });
  expect(events.map(({ request }) => request)).toEqual(want.map(() => id));
  expect(events.map(({ type }) => type)).toEqual(want);
  for (const { signature, body } of taken) {
    const nowSeconds = Number(/t=(\d+)/.exec(signature)?.[1]);
    const call = { signature, body, secret: made.secret, nowSeconds };
    expect(await verifyWebhook(call)).toBe(true);
    expect(await verifyWebhook({ ...call, body: `${body} ` })).toBe(false);
    expect(await verifyWebhook({ ...call, secret: 'another' })).toBe(false);
    expect(await verifyWebhook({ ...call, nowSeconds: nowSeconds + 301 })).toBe(false);
    expect(await verifyWebhook({ ...call, signature: signature.replace('v1', 'v0') })).toBe(false);
  }
});

it('signs alike what is alike', async () => {
  // HMAC-SHA256 of "1700000000.{}" under "whsec_test", by openssl.
  expect(await signWebhook('whsec_test', 1_700_000_000, '{}')).toBe(
    't=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91',
  );
});
