// Leases over HTTP: heartbeats, extensions, release and cancel, each fenced by epoch and scope.

import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../scheduler/index.ts';
import { NOW } from './organisation.ts';
import { AS_ANVIL, AS_SCOUT, aLease, anEdge, aSubmission, type Edge, expectProblem } from './support.ts';

async function anEdgeWithLease(
  fields: Parameters<typeof aLease>[0] = {},
): Promise<Edge & { readonly url: string }> {
  const edge = await anEdge();
  const lease = aLease(fields);
  edge.store.leases.set(lease.id, { lease, heartbeatAt: NOW, endedAt: null });
  return { ...edge, url: `/v1/leases/${lease.id}` };
}

const ACTS = [
  ['heartbeat', { epoch: 3 }],
  ['extend', { epoch: 3, seconds: 60 }],
  ['release', { epoch: 3 }],
] as const;
const FENCED = [...ACTS, ['acknowledge', { epoch: 3 }]] as const;

describe('the holder of a lease', () => {
  it('keeps it alive and is told how long it lasts', async () => {
    const { call, url } = await anEdgeWithLease();
    const response = await call({ method: 'POST', url: `${url}/heartbeat`, body: { epoch: 3 } });
    expect(response.json()).toEqual({
      id: 'lse_00000001_000',
      state: 'active',
      endsAt: '2026-11-23T09:10:00.000Z',
      heartbeatAt: '2026-11-23T09:00:00.000Z',
      heartbeatTimeoutSeconds: 60,
    });
  });

  it('asks to hold it longer and finds the answer at its own address', async () => {
    const { call, url, store } = await anEdgeWithLease();
    const response = await call({ method: 'POST', url: `${url}/extend`, body: { epoch: 3, seconds: 90 } });
    const { id, ...rest } = response.json();
    expect(response.statusCode).toBe(202);
    expect(rest).toEqual({
      lease: 'lse_00000001_000',
      seconds: 90,
      outcome: 'pending',
      endsAt: null,
      reasons: [],
    });
    expect(response.headers.location).toBe(`/v1/extensions/${id}`);
    expect(store.written[0]?.command).toEqual({
      type: 'extend',
      extension: id,
      lease: 'lse_00000001_000',
      epoch: 3,
      seconds: 90,
    });
    const view = { id, lease: 'lse_00000001_000', seconds: 90, outcome: 'granted', endsAt: NOW, reasons: [] };
    store.extensions.set(id, { ...view, department: 'research', agent: 'forge-01' } as never);
    const read = await call({ method: 'GET', url: `/v1/extensions/${id}` });
    expect(read.json()).toMatchObject({ outcome: 'granted', endsAt: '2026-11-23T09:00:00.000Z' });
    expectProblem(await call({ method: 'GET', url: `/v1/extensions/${id}`, as: AS_ANVIL }), 'NOT_FOUND');
  });

  it('may not ask for longer than any class lasts', async () => {
    const { call, url, store } = await anEdgeWithLease();
    for (const seconds of [Number.MAX_SAFE_INTEGER, 8_640_000_000_000]) {
      const response = await call({ method: 'POST', url: `${url}/extend`, body: { epoch: 3, seconds } });
      expect(expectProblem(response, 'TIME_RANGE').errors).toMatchObject([{ pointer: '/seconds' }]);
    }
    expect(store.written).toEqual([]);
  });

  it('releases it, and may repeat that', async () => {
    const { call, url, store } = await anEdgeWithLease();
    const release = { method: 'POST', url: `${url}/release`, body: { epoch: 3 } } as const;
    expect((await call(release)).statusCode).toBe(202);
    expect(store.written).toMatchObject([
      { actor: { subject: 'forge-01' }, command: { type: 'release', epoch: 3 }, idempotency: null },
    ]);
    const lease = aLease({ state: 'released' });
    store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: NOW });
    const again = await call(release);
    expect([again.statusCode, again.json().state]).toEqual([202, 'released']);
    expect(store.written).toHaveLength(1);
  });
});

const revocation = {
  right: 'reclaim',
  since: NOW,
  graceEndsAt: NOW + 60_000,
  request: 'req_other',
  department: 'sales',
} as unknown as NonNullable<Lease['revocation']>;

describe('the holder of a lease that is being revoked', () => {
  it('acknowledges it, and may repeat that', async () => {
    const { call, url, store } = await anEdgeWithLease({ state: 'revoking', revocation });
    const acknowledge = { method: 'POST', url: `${url}/acknowledge`, body: { epoch: 3 } } as const;
    const response = await call(acknowledge);
    expect([response.statusCode, response.json()]).toEqual([
      202,
      { id: 'lse_00000001_000', state: 'revoking' },
    ]);
    expect(store.written).toMatchObject([
      { command: { type: 'acknowledge', lease: 'lse_00000001_000', epoch: 3 }, idempotency: null },
    ]);
    const lease = aLease({ state: 'released', revocation });
    store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: NOW });
    const again = await call(acknowledge);
    expect([again.statusCode, again.json().state]).toEqual([202, 'released']);
    expect(store.written).toHaveLength(1);
  });

  it.each([
    ['active', 'NOT_REVOKING'],
    ['granted', 'NOT_REVOKING'],
    ['released', 'LEASE_ENDED'],
    ['revoked', 'LEASE_ENDED'],
  ] as const)('has nothing to acknowledge while it is %s: %s', async (state, wantCode) => {
    const { call, url, store } = await anEdgeWithLease({ state });
    expectProblem(await call({ method: 'POST', url: `${url}/acknowledge`, body: { epoch: 3 } }), wantCode);
    expect(store.written).toEqual([]);
  });

  it('is told until when, by which right and for which department, and no more of another’s request', async () => {
    const edge = await anEdgeWithLease({ state: 'revoking', revocation, borrowed: ['gpu'] });
    const read = async () => (await edge.call({ method: 'GET', url: edge.url })).json();
    expect(await read()).toMatchObject({
      borrowed: ['gpu'],
      graceEndsAt: '2026-11-23T09:01:00.000Z',
      revokedFor: { right: 'reclaim', department: 'sales', request: null },
    });
    const own = { ...revocation, department: 'research' as never };
    const lease = aLease({ state: 'revoking', revocation: own });
    edge.store.leases.set(lease.id, { lease, heartbeatAt: NOW, endedAt: null });
    expect((await read()).revokedFor).toEqual({
      right: 'reclaim',
      department: 'research',
      request: 'req_other',
    });
  });

  it('says with a heartbeat until when its work is safe', async () => {
    const { call, url } = await anEdgeWithLease();
    const beat = (checkpointAt: unknown) =>
      call({ method: 'POST', url: `${url}/heartbeat`, body: { epoch: 3, checkpointAt } as never });
    expect((await beat('2026-11-23T08:59:00Z')).statusCode).toBe(200);
    expectProblem(await beat('yesterday'), 'BODY_INVALID');
  });
});

describe('every act on a lease', () => {
  it.each(FENCED)('%s is refused with a stale epoch, and the epoch named', async (act, body) => {
    const { call, url, store } = await anEdgeWithLease({ epoch: 4 });
    const problem = expectProblem(await call({ method: 'POST', url: `${url}/${act}`, body }), 'STALE_EPOCH');
    expect(problem.detail).toBe('the lease has epoch 4');
    expect(store.written).toEqual([]);
  });

  it.each(FENCED)('%s is refused once it has expired', async (act, body) => {
    const { call, url, store } = await anEdgeWithLease({ state: 'expired' });
    expectProblem(await call({ method: 'POST', url: `${url}/${act}`, body }), 'LEASE_ENDED');
    expect(store.written).toEqual([]);
  });

  it.each(FENCED)("%s finds nothing of another agent's or department's", async (act, body) => {
    const { call, url, store } = await anEdgeWithLease();
    for (const as of [AS_ANVIL, AS_SCOUT]) {
      expectProblem(await call({ method: 'POST', url: `${url}/${act}`, as, body }), 'NOT_FOUND');
    }
    expect(store.written).toEqual([]);
  });
});

describe('every act on a lease, while the queue of the database is full,', () => {
  it.each(ACTS)('%s is refused with Retry-After', async (act, body) => {
    const { call, url, store } = await anEdgeWithLease();
    store.busy = { retryAfterSeconds: 1 };
    const response = await call({ method: 'POST', url: `${url}/${act}`, body });
    expectProblem(response, 'QUEUE_FULL');
    expect(response.headers['retry-after']).toBe('1');
  });
});

describe('a cancel', () => {
  it('is accepted while the request is open or granted, and safe to repeat afterwards', async () => {
    const { call, store } = await anEdge();
    const { id } = (await call({ method: 'POST', url: '/v1/requests', body: aSubmission() })).json();
    const view = store.requests.get(id)!;
    const answers: unknown[] = [];
    for (const state of ['queued', 'waiting', 'granted', 'cancelled', 'denied', 'expired'] as const) {
      store.requests.set(id, { ...view, state });
      const response = await call({ method: 'POST', url: `/v1/requests/${id}/cancel` });
      answers.push([state, response.statusCode, response.json().code]);
    }
    expect(answers).toEqual([
      ['queued', 202, undefined],
      ['waiting', 202, undefined],
      ['granted', 202, undefined],
      ['cancelled', 202, undefined],
      ['denied', 409, 'REQUEST_ENDED'],
      ['expired', 409, 'REQUEST_ENDED'],
    ]);
    expect(store.written.map((item) => item.command.type)).toEqual(['submit', 'cancel', 'cancel', 'cancel']);
  });

  it('may come from the head of the department, in their own name', async () => {
    const { call, store } = await anEdge();
    const { id } = (await call({ method: 'POST', url: '/v1/requests', body: aSubmission() })).json();
    const cancel = { method: 'POST', url: `/v1/requests/${id}/cancel` } as const;
    expectProblem(await call({ ...cancel, as: 'department-head:sales' }), 'NOT_FOUND');
    expect((await call({ ...cancel, as: 'department-head:research' })).statusCode).toBe(202);
    expect(store.written[1]?.actor).toEqual({
      subject: 'department-head@research',
      department: 'research',
      agent: null,
    });
  });
});
