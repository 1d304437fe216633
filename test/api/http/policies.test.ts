// The policies routes: what the keeper answers, as HTTP says it, and who may see rows of all departments.

import { describe, expect, it } from 'vitest';
import { BUNDLE_TYPE } from '../../../api/http/policies.ts';
import { DecisionLog } from '../../../policies/index.ts';
import { aRow } from '../../policies/support.ts';
import { FakePolicies } from './fakePolicies.ts';
import { anEdge, type Edge } from './support.ts';

const AS_AUTHOR = 'policy-author:research';
const AS_AUDITOR = 'auditor:research';

const upload = (edge: Edge, raw: string, as = AS_AUTHOR) =>
  edge.call({ method: 'POST', url: '/v1/policies', as, raw, headers: { 'content-type': BUNDLE_TYPE } });
const post = (edge: Edge, url: string, body: unknown = {}) =>
  edge.call({ method: 'POST', url: `/v1/policies/${url}`, as: AS_AUTHOR, body });
const read = (edge: Edge, url: string, as = AS_AUTHOR) =>
  edge.call({ method: 'GET', url: `/v1/policies${url}`, as });

describe('a bundle', () => {
  it('is brought in once, and listed', async () => {
    const edge = await anEdge();
    const first = await upload(edge, 'bundle aaa');
    expect([first.statusCode, first.headers.location, first.json()]).toEqual([
      201,
      '/v1/policies/aaa',
      { revision: 'aaa' },
    ]);
    expect((await upload(edge, 'bundle aaa')).statusCode).toBe(200);
    const conflict = await upload(edge, 'bundle aaa but another');
    expect([conflict.statusCode, conflict.json().code]).toEqual([409, 'BUNDLE_CONFLICT']);
    await upload(edge, 'bundle bbb');
    const page = (await read(edge, '?limit=1')).json();
    expect(page).toMatchObject({
      items: [{ revision: 'bbb', subject: 'policy-author@research' }],
      next: 'bbb',
    });
    expect((await read(edge, `?limit=1&after=${page.next}`)).json()).toMatchObject({
      items: [{ revision: 'aaa' }],
      next: null,
    });
    expect((await read(edge, '/aaa')).json()).toMatchObject({ revision: 'aaa', bytes: 10 });
    expect((await read(edge, '/none')).statusCode).toBe(404);
  });

  it('that is refused says why', async () => {
    const edge = await anEdge();
    const { statusCode, body } = await upload(edge, 'something else');
    expect([statusCode, JSON.parse(body)]).toMatchObject([
      422,
      { code: 'BUNDLE_REFUSED', detail: 'BUNDLE_UNSIGNED: the file has no signature' },
    ]);
  });

  it('is bounded before it is read, and of its own type alone', async () => {
    const edge = await anEdge();
    expect((await upload(edge, 'x'.repeat(2 * 1024 * 1024 + 1))).json().code).toBe('BODY_TOO_LARGE');
    const json = await edge.call({ method: 'POST', url: '/v1/policies', as: AS_AUTHOR, body: {} });
    expect(json.json().code).toBe('BODY_INVALID');
    const other = { method: 'POST', url: '/v1/requests', as: 'agent:research:forge-01', raw: 'x' } as const;
    expect((await edge.call({ ...other, headers: { 'content-type': BUNDLE_TYPE } })).json().code).toBe(
      'MEDIA_TYPE',
    );
  });

  it('is activated and rolled back, on the head that the caller saw', async () => {
    const edge = await anEdge();
    await upload(edge, 'bundle aaa');
    expect((await post(edge, 'rollback')).json().code).toBe('NOTHING_BEFORE');
    expect((await post(edge, 'aaa/activate', { expected: 0 })).json()).toEqual({
      sequence: 1,
      active: 'aaa',
      previous: 'shipped',
      candidate: null,
    });
    const late = await post(edge, 'shipped/activate', { expected: 0 });
    expect([late.statusCode, late.json().code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await post(edge, 'none/activate')).statusCode).toBe(404);
    expect((await post(edge, 'rollback')).json()).toMatchObject({ active: 'shipped', previous: 'aaa' });
  });

  it('answers a repeated call with the same key once', async () => {
    const edge = await anEdge();
    await upload(edge, 'bundle aaa');
    const call = {
      method: 'POST',
      url: '/v1/policies/aaa/activate',
      as: AS_AUTHOR,
      body: {},
      headers: { 'idempotency-key': 'one' },
    } as const;
    const [first, second] = [await edge.call(call), await edge.call(call)];
    expect(second.json()).toEqual(first.json());
    expect(second.headers['idempotent-replayed']).toBe('true');
  });
});

describe('a candidate', () => {
  it('is compared and dropped; its rows are for those who may see all departments', async () => {
    const policies = new FakePolicies();
    const edge = await anEdge({ server: { policies } });
    await upload(edge, 'bundle aaa');
    const candidate = { revision: 'aaa', promoteAfterTicks: 9 };
    expect((await post(edge, 'aaa/compare', { promoteAfterTicks: 9 })).json()).toMatchObject({ candidate });
    const counts = {
      compared: 1,
      skipped: 0,
      failed: 0,
      rows: 1,
      cleanTicks: 0,
      newlyAllowed: 1,
      newlyDenied: 0,
      otherwise: 0,
      byRule: { A: { added: 0, removed: 1 } },
      byDepartment: { sales: 1 },
    };
    const allow = { outcome: 'allow', obligations: [], warnings: [], dryrun: [] } as const;
    const deny = { outcome: 'deny', codes: ['A'], warnings: [], dryrun: [] } as const;
    const samples = [{ tick: 't', row: aRow({ agent: 'secretive' }), active: deny, candidate: allow }];
    policies.report = { ...counts, revision: 'aaa', samples };
    const status = await read(edge, '/status');
    expect(status.json().candidate).toEqual({ ...candidate, report: counts });
    expect(status.body).not.toContain('secretive');
    expect((await read(edge, '/candidate/differences')).statusCode).toBe(403);
    expect((await read(edge, '/candidate/differences', AS_AUDITOR)).json()).toMatchObject({
      revision: 'aaa',
      items: samples,
    });
    const dropped = await post(edge, 'candidate/drop');
    expect(dropped.json().candidate).toBeNull();
    expect((await read(edge, '/candidate/differences', AS_AUDITOR)).json()).toEqual({
      revision: null,
      items: [],
    });
  });
});

describe('the status', () => {
  it('names idle rules and what failed', async () => {
    const status = (await read(await anEdge(), '/status')).json();
    expect(status).toMatchObject({
      active: 'shipped',
      running: { idle: ['IDLE'] },
      failures: [{ code: 'BUNDLE_UNSIGNED', doing: 'upload' }],
    });
  });

  it('is for people, and acts are for policy authors and administrators', async () => {
    const edge = await anEdge();
    expect((await read(edge, '/status', 'agent:research:forge-01')).statusCode).toBe(403);
    expect((await upload(edge, 'bundle aaa', 'operator:research')).statusCode).toBe(403);
    expect((await upload(edge, 'bundle aaa', 'administrator:research')).statusCode).toBe(201);
  });
});

describe('the decision log', () => {
  it('is read in pages, newest first, by those who may see all departments', async () => {
    const decisions = new DecisionLog({ mask: [], sampleEvery: 1 });
    const under = { policyRevision: 'p', dataRevision: 'd', tookMs: 1 };
    const verdicts = [{ outcome: 'deny', codes: ['A'], warnings: [], dryrun: [] }] as const;
    for (const at of [1, 2, 3])
      decisions.add({ at, tick: `t${at}`, ...under, rows: [aRow()], requests: ['req_1'], verdicts });
    const edge = await anEdge({ server: { decisions } });
    const first = (await read(edge, '/decisions?limit=2', AS_AUDITOR)).json();
    expect(first).toMatchObject({ items: [{ tick: 't3', denied: 1 }, { tick: 't2' }], next: '2' });
    expect((await read(edge, '/decisions?limit=2&after=2', AS_AUDITOR)).json()).toMatchObject({
      items: [{ tick: 't1', decisions: [{ request: 'req_1', codes: ['A'] }] }],
      next: null,
    });
    expect((await read(edge, '/decisions?after=x', AS_AUDITOR)).json().code).toBe('QUERY_INVALID');
    expect((await read(edge, '/decisions')).statusCode).toBe(403);
  });
});
