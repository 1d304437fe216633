// Traces of a whole server at a stub of an OTLP collector: the caller's trace through the call, the intake and the Decision, linked to the tick;
// and on to a webhook. Without a collector the header goes on all the same.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tokenMint } from '../../../api/roles/token.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';

const configuration = aConfiguration()
  .department('research', { requestLimits: { gpu: 8 } })
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'H100'))
  .build();
const [ada] = configuration.agents;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

const spans: Span[] = [];
const hooked: string[] = [];
const roles = new Set<string>();
const directory = mkdtempSync(join(tmpdir(), 'annona-traces-'));
let collector: Server;
let server: LiveServer;
let port = 0;
beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === '/v1/traces') take(JSON.parse(Buffer.concat(chunks).toString()));
    else hooked.push(String(request.headers.traceparent));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  port = (collector.address() as { port: number }).port;
  server = await liveServer(directory, configuration, {
    edge: 'process',
    sideJobs: 'process',
    webhookLoopback: true,
    otlpUrl: `http://127.0.0.1:${port}`,
  });
});
afterAll(async () => {
  await server.stop();
  collector.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

function take({ resourceSpans }: Exported): void {
  for (const { resource, scopeSpans } of resourceSpans) {
    for (const { key, value } of resource.attributes)
      if (key === 'service.instance.role') roles.add(value.stringValue ?? '');
    for (const scope of scopeSpans) spans.push(...scope.spans);
  }
}

async function call(path: string, who: Parameters<Awaited<ReturnType<typeof tokenMint>>>[0], body: unknown) {
  const mint = await tokenMint(directory);
  const headers = {
    authorization: `Bearer ${await mint(who)}`,
    'content-type': 'application/json',
    traceparent: PARENT,
  };
  for (;;) {
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const { status } = await fetch(new URL(path, server.url), request);
    // A busy machine sheds calls: it says so, and is asked again.
    if (status !== 503) return status;
    await sleep(200);
  }
}

const until = async (holds: () => boolean) => {
  while (!holds()) await sleep(50);
};

it('stands in one trace from the call to the Decision, linked to the tick, and goes on to the webhook', async () => {
  const head = { role: 'department-head' as const, department: 'research' as never };
  expect(await call('/v1/webhooks', head, { url: `http://127.0.0.1:${port}/hook` })).toBe(201);
  const agent = { role: 'agent' as const, department: ada!.department, agent: ada!.id };
  const submission = {
    clientRequestId: 'c1',
    options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
    terms: { class: 'standard', durationSeconds: 600 },
  };
  expect(await call('/v1/requests', agent, submission)).toBe(202);
  const named = (name: string) => spans.filter((span) => span.name === name && span.traceId === TRACE);
  await until(() => named('decision').length > 0 && named('POST /v1/requests').length > 0);
  await until(() => spans.some(({ name, links }) => name === 'tick' && (links?.length ?? 0) > 0));
  const decision = named('decision')[0]!;
  const isItsCall = ({ spanId }: Span) => spanId === decision.parentSpanId;
  await until(() => named('POST /v1/requests').some(isItsCall));
  const post = named('POST /v1/requests').find(isItsCall)!;
  expect(post.parentSpanId).toBe('00f067aa0ba902b7');
  await until(() => named('intake.write').length > 0);
  expect(named('intake.write')[0]?.parentSpanId).toBe(post.spanId);
  const tick = spans.find(({ spanId }) => spanId === decision.links?.[0]?.spanId)!;
  expect(tick.name).toBe('tick');
  expect(tick.traceId).not.toBe(TRACE);
  expect(tick.links).toMatchObject([{ traceId: TRACE, spanId: post.spanId }]);
  const phases = spans.filter(({ parentSpanId }) => parentSpanId === tick.spanId).map(({ name }) => name);
  expect(phases.sort()).toEqual(['tick.decode', 'tick.fold', 'tick.formulate', 'tick.gate', 'tick.solve']);
  expect(roles).toEqual(new Set(['api', 'scheduler']));
  await until(() => hooked.length > 0);
  expect(hooked[0]).toBe(`00-${TRACE}-${post.spanId}-01`);
});
