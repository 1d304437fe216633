// Questions to a whole server: why does it wait, what would it get, and a tick taken home and decided again by the command line.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../api/cli/main.ts';
import { tokenMint } from '../../../api/roles/token.ts';
import type { TickFileAnswer, TickRecord } from '../../../scheduler/index.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';

const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .department('sales')
  .agent('sam')
  .pool(aPool('gpu-a').gpu(8, 'A100'), aPool('gpu-b').gpu(4, 'H100'), aPool('cpu-a').cpu(32))
  .build();
const directory = mkdtempSync(join(tmpdir(), 'annona-questions-'));

let server: LiveServer;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  server = await liveServer(directory, configuration);
  while ((await server.readiness()).status !== 200);
  const mint = await tokenMint(directory);
  for (const { id, department } of configuration.agents)
    tokens[id] = await mint({ role: 'agent', department, agent: id });
  tokens.operator = await mint({ role: 'operator', department: configuration.departments[0]!.id });
}, 60_000);
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function call<Body>(as: string, path: string, body?: object): Promise<Body> {
  const response = await fetch(new URL(path, server.url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect([path, response.ok, response.headers.get('ratelimit')]).toEqual([
    path,
    true,
    expect.stringContaining('r='),
  ]);
  return (await response.json()) as Body;
}

const aWish = (clientRequestId: string, gpu: number) => ({
  clientRequestId,
  options: [
    {
      claims: [
        { kind: 'gpu', quantity: gpu },
        { kind: 'cpu', quantity: 1 },
      ],
    },
  ],
  terms: { class: 'standard', durationSeconds: 600 },
});

interface Decided {
  readonly id: string;
  readonly state: string;
  readonly tick: number;
  readonly reasons: readonly object[];
}

/** Submitted, and read again until a tick has dealt with it. */
async function decide(as: string, wish: object): Promise<Decided> {
  const { id } = await call<Decided>(as, '/v1/requests', wish);
  for (;;) {
    const request = await call<Decided>(as, `/v1/requests/${id}`);
    if (request.state !== 'queued') return request;
  }
}

async function annonaTick(file: string): Promise<TickFileAnswer> {
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => {}, progress: () => {} };
  expect(await run(['tick', file, '--json'], io)).toBe(0);
  return JSON.parse(lines.join('\n'));
}

it('says beforehand what a submission then gets, and afterwards why one waits and who holds it', async () => {
  const said = await call<Record<string, unknown>>('ada', '/v1/requests?dryRun=true', aWish('a', 8));
  expect(said).toMatchObject({ dryRun: true, outcome: 'granted', allocations: [{ pool: 'gpu-a' }, {}] });
  const first = await decide('ada', aWish('a', 8));
  expect(first.state).toBe('granted');
  const full = await call<Record<string, unknown>>('sam', '/v1/requests?dryRun=true', aWish('b', 6));
  const second = await decide('sam', aWish('b', 6));
  expect([second.state, full.outcome, full.reasons]).toEqual(['waiting', 'waiting', second.reasons]);

  const explained = await call<object>('sam', `/v1/requests/${second.id}/explanation`);
  expect(explained).toMatchObject({
    live: true,
    tick: second.tick,
    reasons: second.reasons,
    position: { class: 'standard', ahead: 0 },
    options: [{ claims: [{ candidates: [{ pool: 'gpu-a' }, { pool: 'gpu-b', standing: 'size' }] }, {}] }],
  });
  expect(JSON.stringify(explained)).not.toContain('ada');
  const seen = await call<{ held: object[] }>('operator', `/v1/requests/${second.id}/explanation`);
  expect(seen.held).toContainEqual(
    expect.objectContaining({
      what: 'gpu-a',
      heldByOthers: 0,
      holders: [expect.objectContaining({ agent: 'ada', units: 8 })],
    }),
  );
  const ended = await call<object>('ada', `/v1/requests/${first.id}/explanation`);
  expect(ended).toMatchObject({
    live: false,
    state: 'granted',
    granted: { allocations: [{ pool: 'gpu-a' }, {}] },
  });
});

it('tells who waits when to expect a start, and whether one is promised', async () => {
  const waiting = await decide('sam', aWish('c', 6));
  let read: { estimate: object | null; reservation: null };
  // The queue is looked over once a second at most.
  do read = await call('sam', `/v1/requests/${waiting.id}`);
  while (read.estimate === null);
  expect(read).toMatchObject({
    estimate: { p10: expect.any(String), p50: expect.any(String), p90: expect.any(String), coverage: null },
    reservation: null,
  });
  const explained = await call<object>('sam', `/v1/requests/${waiting.id}/explanation`);
  expect(explained).toMatchObject({
    reservation: { startsAt: null, why: 'notDue' },
    estimate: read.estimate,
    noEstimate: null,
  });
});

it('gives a tick that the command line decides as the server did, to the digest', async () => {
  // Together more than there is, so that the engine has something to choose.
  const wishes = [3, 2, 3, 1, 2].map((gpu, i) => decide(i % 2 ? 'sam' : 'ada', aWish(`t-${i}`, gpu)));
  const decided = await Promise.all(wishes);
  const ticks = new Set(decided.filter(({ state }) => state === 'granted').map(({ tick }) => tick));
  expect(ticks.size).toBeGreaterThan(0);
  for (const tick of ticks) {
    const record = await call<TickRecord>('operator', `/v1/ticks/${tick}`);
    const file = join(directory, `tick-${tick}.json`);
    writeFileSync(file, JSON.stringify(await call('operator', `/v1/ticks/${tick}/file`)));
    const answer = await annonaTick(file);
    expect(answer.recordDigests).toEqual(record.digests);
    expect(answer.stages.map(({ value, bound, gap }) => [value, bound, gap])).toEqual(
      record.stages.map(({ value, bound, gap }) => [value, bound, gap]),
    );
    const granted = answer.decisions.filter(({ outcome }) => outcome === 'granted');
    expect(granted).toHaveLength(record.counts.granted);
    const mine = decided.filter((request) => request.tick === tick);
    const outcomes = new Map(answer.decisions.map(({ request, outcome }) => [request as string, outcome]));
    expect(mine.map(({ id }) => outcomes.get(id))).toEqual(mine.map(({ state }) => state));
  }
});
