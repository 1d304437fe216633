// Editing the organisation over HTTP: conditions, previews, who may do what, and what is refused. The store is the one in memory.

import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../scheduler/index.ts';
import { AS_ANVIL, AS_FORGE, AS_OPERATOR, anEdge, type Call, type Edge, expectProblem } from './support.ts';

const AS_HEAD = 'department-head:research';
const POOL = { kind: 'gpu', unit: 'GPU', capacity: 6, labels: { model: 'a100', zone: ['a', 'b'] } };
const AGENT = { id: 'grace', department: 'research', clearance: 'internal', accounts: [] };

const call = (edge: Edge, method: Call['method'], url: string, more: Partial<Call> = {}) =>
  edge.call({ method, url: `/v1${url}`, as: AS_OPERATOR, ...more });
const etagOf = async (edge: Edge, url: string) => String((await call(edge, 'GET', url)).headers.etag);
const edits = async (edge: Edge) =>
  (await edge.memory.intake.take('main', 100)).rows.map((row) => row.command);

describe('a pool', () => {
  it('is edited under the ETag that was read, at once in force here, and written for the audit', async () => {
    const edge = await anEdge();
    const before = await etagOf(edge, '/pools/gpu-a100');
    const put = await call(edge, 'PUT', '/pools/gpu-a100', { body: POOL, headers: { 'if-match': before } });
    expect([put.statusCode, put.json().capacity]).toEqual([200, 6]);
    const after = String(put.headers.etag);
    expect(after).not.toBe(before);
    const shown = await call(edge, 'GET', '/pools/gpu-a100', { as: AS_FORGE });
    expect([shown.json().capacity, shown.headers.etag]).toEqual([6, after]);
    const wantTags = { before: before.slice(1, -1), after: after.slice(1, -1) };
    expect(await edits(edge)).toMatchObject([{ type: 'edit', object: 'pool/gpu-a100', ...wantTags }]);
    const late = await call(edge, 'PUT', '/pools/gpu-a100', { body: POOL, headers: { 'if-match': before } });
    expectProblem(late, 'PRECONDITION_FAILED');
    expect(late.headers.etag).toBe(after);
  });

  it('is created under If-None-Match: *, once, and removed again', async () => {
    const edge = await anEdge();
    const headers = { 'if-none-match': '*' };
    const made = await call(edge, 'PUT', '/pools/gpu-b', { body: POOL, headers });
    expect([made.statusCode, made.headers.location]).toEqual([201, '/v1/pools/gpu-b']);
    expectProblem(await call(edge, 'PUT', '/pools/gpu-b', { body: POOL, headers }), 'PRECONDITION_FAILED');
    const gone = await call(edge, 'DELETE', '/pools/gpu-b', {
      headers: { 'if-match': String(made.headers.etag) },
    });
    expect([gone.statusCode, gone.body]).toEqual([204, '']);
    expectProblem(await call(edge, 'GET', '/pools/gpu-b'), 'NOT_FOUND');
    const absent = await call(edge, 'DELETE', '/pools/gpu-b', { headers: { 'if-match': '*' } });
    expectProblem(absent, 'NOT_FOUND');
  });

  it('needs a condition, and one that can be read', async () => {
    const edge = await anEdge();
    expectProblem(await call(edge, 'PUT', '/pools/gpu-a100', { body: POOL }), 'PRECONDITION_REQUIRED');
    const wrong: Record<string, string>[] = [
      { 'if-match': 'abc' },
      { 'if-none-match': '"abc"' },
      { 'if-match': '*', 'if-none-match': '*' },
    ];
    for (const headers of wrong)
      expectProblem(await call(edge, 'PUT', '/pools/gpu-a100', { body: POOL, headers }), 'HEADER_INVALID');
    const tag = await etagOf(edge, '/pools/gpu-a100');
    const weak = await call(edge, 'PUT', '/pools/gpu-a100', {
      body: POOL,
      headers: { 'if-match': `W/${tag}` },
    });
    expectProblem(weak, 'PRECONDITION_FAILED');
    const listed = { 'if-match': `"other", ${tag}` };
    expect((await call(edge, 'PUT', '/pools/gpu-a100', { body: POOL, headers: listed })).statusCode).toBe(
      200,
    );
  });

  it('is previewed without being stored: use, what would never fit, and what is wrong', async () => {
    const asked: Configuration[] = [];
    const edge = await anEdge({
      server: {
        impossibleUnder(configuration) {
          asked.push(configuration);
          return 3;
        },
      },
    });
    edge.store.use.set('gpu-a100', 7);
    const headers = { 'if-match': '*' };
    const url = '/pools/gpu-a100?dryRun=true';
    const preview = await call(edge, 'PUT', url, { body: POOL, headers });
    expect(preview.json()).toMatchObject({
      dryRun: true,
      before: { capacity: 8 },
      after: { capacity: 6 },
      used: 7,
      belowUse: true,
      impossibleRequests: 3,
      errors: [],
    });
    expect(asked[0]?.pools.find(({ id }) => id === 'gpu-a100')?.capacity).toBe(6);
    const faulty = await call(edge, 'PUT', url, { body: { ...POOL, unit: 'card' }, headers });
    expect(faulty.json()).toMatchObject({ after: null, belowUse: null, impossibleRequests: null });
    expect(faulty.json().errors).toMatchObject([{ pointer: '/unit', code: 'conflict', allowed: ['GPU'] }]);
    expect(await edits(edge)).toEqual([]);
    expect((await call(edge, 'GET', '/pools/gpu-a100')).json().capacity).toBe(8);
  });

  it('is refused where the organisation would not be sound, with the place and what is allowed', async () => {
    const edge = await anEdge();
    const body = { ...POOL, unit: 'card' };
    const headers = { 'if-match': '*' };
    const problem = expectProblem(
      await call(edge, 'PUT', '/pools/gpu-a100', { body, headers }),
      'EDIT_INVALID',
    );
    expect(problem.errors).toMatchObject([{ pointer: '/unit', allowed: ['GPU'] }]);
    const unknown = await call(edge, 'PUT', '/pools/gpu-a100', { body: { ...POOL, color: 'red' }, headers });
    expectProblem(unknown, 'BODY_INVALID');
    expectProblem(await call(edge, 'PUT', '/pools/gpu-a100?dryrun=true', { body, headers }), 'QUERY_INVALID');
  });

  it('is edited again on what another has stored meanwhile, as long as it is the same pool', async () => {
    const edge = await anEdge();
    const { configurations } = edge;
    const other = await anEdge({ server: { configurations } });
    const tag = await etagOf(edge, '/pools/gpu-a100');
    // Stored between the read and the swap of the first try.
    configurations.beforeSwap = async () => {
      const body = { ...POOL, capacity: 5 };
      await call(other, 'PUT', '/pools/gpu-h100', { body, headers: { 'if-match': '*' } });
    };
    const put = await call(edge, 'PUT', '/pools/gpu-a100', { body: POOL, headers: { 'if-match': tag } });
    expect(put.statusCode).toBe(200);
    expect((await call(edge, 'GET', '/pools/gpu-h100')).json().capacity).toBe(5);
    configurations.beforeSwap = async () => {
      const body = { ...POOL, capacity: 9 };
      await call(other, 'PUT', '/pools/gpu-a100', { body, headers: { 'if-match': '*' } });
    };
    const headers = { 'if-match': String(put.headers.etag) };
    const late = await call(edge, 'PUT', '/pools/gpu-a100', { body: { ...POOL, capacity: 1 }, headers });
    expectProblem(late, 'PRECONDITION_FAILED');
  });
});

describe('a quota', () => {
  it('is made, shown with what is used of it, edited and removed', async () => {
    const edge = await anEdge();
    edge.store.held.push({ department: 'research', kind: 'gpu', pool: 'gpu-a100', units: 3 });
    edge.store.held.push({ department: 'research', kind: 'review', pool: 'legal', units: 1 });
    const headers = { 'if-none-match': '*' };
    const made = await call(edge, 'PUT', '/quotas/research/gpu', { body: { nominal: 4 }, headers });
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ nominal: 4, borrowingLimit: 0, cohort: null, used: 3 });
    expect((await call(edge, 'GET', '/quotas?department=research')).json().items).toHaveLength(1);
    const tag = { 'if-match': String(made.headers.etag) };
    const url = '/quotas/research/gpu?dryRun=true';
    const preview = await call(edge, 'PUT', url, { body: { nominal: 2 }, headers: tag });
    expect(preview.json()).toMatchObject({ before: { nominal: 4 }, after: { nominal: 2 }, belowUse: true });
    const unknown = await call(edge, 'PUT', '/quotas/nobody/gpu', { body: { nominal: 1 }, headers });
    expect(expectProblem(unknown, 'EDIT_INVALID').errors[0]?.allowed).toEqual(['research', 'sales']);
    expect((await call(edge, 'DELETE', '/quotas/research/gpu', { headers: tag })).statusCode).toBe(204);
    expectProblem(await call(edge, 'GET', '/quotas/research/gpu'), 'NOT_FOUND');
  });
});

describe('an agent', () => {
  it('is registered with its pool, edited, heard of, and retired', async () => {
    const edge = await anEdge();
    const made = await call(edge, 'POST', '/agents', { body: { ...AGENT, concurrency: 2, skills: ['sql'] } });
    expect([made.statusCode, made.headers.location]).toEqual([201, '/v1/agents/grace']);
    expect(made.json()).toMatchObject({ pool: 'agent-grace', roles: ['agent'], heartbeatAt: null });
    expectProblem(await call(edge, 'POST', '/agents', { body: AGENT }), 'PRECONDITION_FAILED');
    const as = 'agent:research:grace';
    const beat = await call(edge, 'POST', '/agents/grace/heartbeat', { as });
    expect(beat.json()).toEqual({ id: 'grace', heartbeatAt: '2026-11-23T09:00:00.000Z' });
    const { id: _, department: __, ...fields } = AGENT;
    const headers = { 'if-match': String(made.headers.etag) };
    const put = await call(edge, 'PUT', '/agents/grace', { body: fields, headers });
    expect(put.json()).toMatchObject({ concurrency: null, pool: null, skills: [] });
    expect(put.json().heartbeatAt).toBe(beat.json().heartbeatAt);
    // Its last call is its department's business, and of who oversees all.
    const seenBy = async (who: string) =>
      (await call(edge, 'GET', '/agents/grace', { as: who })).json().lastSeenAt;
    expect(await seenBy('agent:research:forge-01')).toBe('2026-11-23T09:00:00.000Z');
    expect(await seenBy('auditor:sales')).toBe('2026-11-23T09:00:00.000Z');
    expect(await seenBy('department-head:sales')).toBeNull();
    expect((await call(edge, 'GET', '/agents?department=research&limit=2')).json()).toMatchObject({
      items: [{ id: 'anvil-01' }, { id: 'forge-01' }],
      next: 'forge-01',
    });
    const retired = await call(edge, 'POST', '/agents/grace/retire');
    expect(retired.json()).toEqual({ id: 'grace', state: 'retired' });
    expectProblem(await call(edge, 'GET', '/agents/grace'), 'NOT_FOUND');
    expectProblem(await call(edge, 'POST', '/agents/grace/retire'), 'NOT_FOUND');
  });

  it('speaks for itself alone', async () => {
    const edge = await anEdge();
    expectProblem(await call(edge, 'POST', '/agents/forge-01/heartbeat', { as: AS_ANVIL }), 'NOT_FOUND');
    expectProblem(await call(edge, 'POST', '/agents', { body: AGENT, as: AS_FORGE }), 'ROLE_NOT_ALLOWED');
  });

  it('is its department head’s business, within the department', async () => {
    const edge = await anEdge();
    const as = AS_HEAD;
    expect((await call(edge, 'POST', '/agents', { body: AGENT, as })).statusCode).toBe(201);
    const stranger = { ...AGENT, id: 'eve', department: 'sales', roles: ['operator'], accounts: ['acme'] };
    const problem = expectProblem(
      await call(edge, 'POST', '/agents', { body: stranger, as }),
      'EDIT_INVALID',
    );
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(['/department', '/roles/0', '/accounts/0']);
    expectProblem(await call(edge, 'POST', '/agents/scout-01/retire', { as }), 'NOT_FOUND');
    expect((await call(edge, 'POST', '/agents/forge-01/retire?dryRun=true', { as })).json()).toMatchObject({
      before: { id: 'forge-01' },
      after: null,
    });
    expect((await call(edge, 'POST', '/agents/grace/retire', { as })).statusCode).toBe(200);
  });
});

it('shows departments with what they are entitled to, and how many act for them', async () => {
  const edge = await anEdge();
  expect((await call(edge, 'GET', '/departments', { as: AS_FORGE })).json().items).toMatchObject([
    { id: 'research', agents: 2 },
    { id: 'sales', agents: 1 },
  ]);
  const one = await call(edge, 'GET', '/departments/research');
  expect(one.json()).toMatchObject({ classes: ['standard', 'batch'], kinds: null, requestLimits: {} });
  expect(one.headers.etag).toMatch(/^"[0-9a-f]{32}"$/);
  expectProblem(await call(edge, 'GET', '/departments/none'), 'NOT_FOUND');
});
