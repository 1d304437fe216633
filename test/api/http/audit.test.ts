// /v1/audit and /v1/history: pages, filters, the signed head, and what the edge itself writes into the audit.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { AuditEntry } from '../../../api/ports.ts';
import { ORGANISATION } from './organisation.ts';
import { AS_FORGE, AS_OPERATOR, anEdge, type Edge } from './support.ts';

const AS_AUDITOR = 'auditor:research';
const read = (edge: Edge, url: string, as = AS_AUDITOR) => edge.call({ method: 'GET', url, as });

function entry(sequence: number, change: Partial<AuditEntry> = {}): AuditEntry {
  const same = { tick: 1, at: 1_795_424_400_000, department: 'research', actor: 'forge-01' };
  return {
    sequence,
    ...same,
    act: 'submit',
    object: `req_${sequence}`,
    because: null,
    digest: `d${sequence}`,
    ...change,
  };
}

async function sealed(): Promise<Edge> {
  const edge = await anEdge();
  const { sealed: seals } = edge.history;
  const rest = { tick: 1, tickDigest: 't1', at: 5 };
  seals.push({
    number: 1,
    first: 1,
    last: 2,
    digest: 's1',
    previous: '',
    ...rest,
    entries: [entry(1), entry(2, { act: 'cancel' })],
  });
  seals.push({
    number: 2,
    first: 3,
    last: 3,
    digest: 's2',
    previous: 's1',
    ...rest,
    entries: [entry(3, { department: 'sales' })],
  });
  return edge;
}

it('the audit is read in pages, oldest first, and by act, department, object and actor', async () => {
  const edge = await sealed();
  const first = (await read(edge, '/v1/audit?limit=2')).json();
  expect(first).toMatchObject({
    items: [{ sequence: 1, at: '2026-11-23T09:00:00.000Z' }, { sequence: 2 }],
    next: '2',
  });
  expect((await read(edge, '/v1/audit?limit=2&after=2')).json()).toMatchObject({
    items: [{ sequence: 3 }],
    next: null,
  });
  const found = async (query: string): Promise<number[]> =>
    (await read(edge, `/v1/audit?${query}`)).json().items.map(({ sequence }: AuditEntry) => sequence);
  expect(await found('act=cancel')).toEqual([2]);
  expect(await found('department=sales')).toEqual([3]);
  expect(await found('object=req_1&actor=forge-01')).toEqual([1]);
  expect(await found('actor=nobody')).toEqual([]);
  expect((await read(edge, '/v1/audit?limit=501')).json().code).toBe('QUERY_INVALID');
});

it('seals come with their entries, and the head signed', async () => {
  const edge = await sealed();
  expect((await read(edge, '/v1/audit/seals?limit=1')).json()).toMatchObject({
    items: [{ number: 1, entries: [{ sequence: 1 }, { sequence: 2 }] }],
    next: '1',
  });
  expect((await read(edge, '/v1/audit/head')).json()).toMatchObject({
    head: { number: 2, entries: 3 },
    jws: 'signed.s2',
  });
  expect((await read(await anEdge(), '/v1/audit/head')).statusCode).toBe(404);
});

it('whom its role does not allow, and what never fits, is audited; whom nobody knows is not', async () => {
  const edge = await anEdge();
  expect((await read(edge, '/v1/audit', AS_OPERATOR)).statusCode).toBe(403);
  const claims = [{ kind: 'gpu', quantity: 1_000_000 }];
  const body = {
    clientRequestId: 'big',
    options: [{ claims }],
    terms: { class: 'standard', durationSeconds: 60 },
  };
  const refused = await edge.call({ method: 'POST', url: '/v1/requests', as: AS_FORGE, body });
  expect(refused.json().code).toBe('NEVER_FITS');
  const fits = { ...body, clientRequestId: 'small', options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }] };
  const batch = { items: [fits, { ...body, clientRequestId: 'big-2' }] };
  const told = await edge.call({ method: 'POST', url: '/v1/requests/batch', as: AS_FORGE, body: batch });
  expect(told.json().items.map(({ status }: { status: number }) => status)).toEqual([202, 422]);
  expect((await edge.call({ method: 'GET', url: '/v1/audit', as: null })).statusCode).toBe(401);
  expect(edge.history.written.map(({ act, object }) => [act, object])).toEqual([
    ['role-refused', 'GET /v1/audit'],
    ['never-fits', 'POST /v1/requests'],
    ['never-fits', 'POST /v1/requests/batch#/items/1'],
  ]);
});

it('a history is read as it is stored, and the reading is audited', async () => {
  const edge = await anEdge();
  const record = { tick: 7, inputs: { intake: [[3, 1]] } } as never;
  edge.history.ticks.push({ record, rows: [{ id: 3 } as never], events: [] });
  edge.history.kept = { tick: 5, digest: 'd', document: gzipSync('text') };
  const page = (await read(edge, '/v1/history/ticks?after=6&through=9', AS_OPERATOR)).json();
  expect(page).toEqual({ items: [{ record, rows: [{ id: 3 }], events: [] }], next: null });
  expect((await read(edge, '/v1/history/ticks?after=7', AS_OPERATOR)).json().items).toEqual([]);
  const checkpoint = (await read(edge, '/v1/history/checkpoints/6', AS_OPERATOR)).json();
  expect(checkpoint).toEqual({ tick: 5, digest: 'd', gzip: gzipSync('text').toString('base64') });
  expect((await read(edge, '/v1/history/checkpoints/4', AS_OPERATOR)).statusCode).toBe(404);
  const { revision } = ORGANISATION;
  expect((await read(edge, `/v1/history/configurations/${revision}`, AS_OPERATOR)).json().revision).toBe(
    revision,
  );
  expect((await read(edge, '/v1/history/configurations/none', AS_OPERATOR)).statusCode).toBe(404);
  expect(edge.history.written.map(({ act, object }) => `${act} ${object}`)).toEqual([
    'history-read ticks after 6',
    'history-read ticks after 7',
  ]);
});
