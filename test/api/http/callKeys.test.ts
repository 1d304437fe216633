// `Idempotency-Key`: one key, one call, one answer.

import { expect, it } from 'vitest';
import { NOW } from './organisation.ts';
import { AS_ANVIL, aLease, anEdge, aSubmission, expectProblem } from './support.ts';

const headers = { 'idempotency-key': 'call-1' };

async function anEdgeWithLease() {
  const edge = await anEdge();
  for (const lease of [aLease(), aLease({ id: 'lse_00000001_001' as never })]) {
    edge.store.leases.set(lease.id, { lease, heartbeatAt: NOW, endedAt: null });
  }
  return edge;
}

const extend = {
  method: 'POST',
  url: '/v1/leases/lse_00000001_000/extend',
  headers,
  body: { epoch: 3, seconds: 60 },
} as const;

it('gives the first answer again without doing the work again', async () => {
  const { call, store } = await anEdgeWithLease();
  const first = await call(extend);
  const again = await call({ ...extend, body: { seconds: 60, epoch: 3 } });
  expect([again.statusCode, again.body, again.headers.location]).toEqual([
    202,
    first.body,
    first.headers.location,
  ]);
  expect(again.headers['content-type']).toBe(first.headers['content-type']);
  expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([
    undefined,
    'true',
  ]);
  expect(store.written).toHaveLength(1);
});

it('without the header does the work each time', async () => {
  const { call, store } = await anEdgeWithLease();
  for (let i = 0; i < 2; i += 1) await call({ ...extend, headers: {} });
  expect(store.written).toHaveLength(2);
});

it('refuses another body under the same key, and the same body to another address', async () => {
  const { call, store } = await anEdgeWithLease();
  await call(extend);
  expectProblem(await call({ ...extend, body: { epoch: 3, seconds: 61 } }), 'CALL_KEY_REUSED');
  expectProblem(await call({ ...extend, url: extend.url.replace('_000/', '_001/') }), 'CALL_KEY_REUSED');
  expect(store.written).toHaveLength(1);
});

it('belongs to the caller and the route', async () => {
  const { call } = await anEdge();
  const submit = { method: 'POST', url: '/v1/requests', headers, body: aSubmission() } as const;
  const own = await call(submit);
  const neighbour = await call({ ...submit, as: AS_ANVIL });
  const batch = await call({
    ...submit,
    url: '/v1/requests/batch',
    body: { items: [aSubmission({ clientRequestId: 'x' })] },
  });
  expect([own.statusCode, neighbour.statusCode, batch.statusCode]).toEqual([202, 202, 207]);
  expect(neighbour.json().id).not.toBe(own.json().id);
});

it('is told to wait while the first call still runs', async () => {
  const { call, calls } = await anEdgeWithLease();
  await call(extend);
  for (const held of calls.held.values()) held.answer = null;
  const response = await call(extend);
  expectProblem(response, 'CALL_RUNNING');
  expect(response.headers['retry-after']).toBe('1');
});

it('stays free after a refusal, so that the corrected call may use it', async () => {
  const { call, calls, store } = await anEdgeWithLease();
  expectProblem(await call({ ...extend, body: { epoch: 9, seconds: 60 } }), 'STALE_EPOCH');
  expectProblem(await call({ ...extend, body: { epoch: 3 } }), 'BODY_INVALID');
  store.fault = new Error('broken');
  expectProblem(await call(extend), 'INTERNAL');
  store.fault = null;
  expect(calls.held.size).toBe(0);
  expect((await call(extend)).statusCode).toBe(202);
});

it('answers the work that was done even when the answer cannot be kept, and never does it twice', async () => {
  const { call, calls, store } = await anEdgeWithLease();
  calls.finish = () => Promise.reject(new Error('the store went away'));
  expect((await call(extend)).statusCode).toBe(202);
  expectProblem(await call(extend), 'CALL_RUNNING');
  expect(store.written).toHaveLength(1);
});
