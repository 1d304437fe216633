// POST /v1/requests/batch: each item has its own answer, and none spoils another.

import { describe, expect, it } from 'vitest';
import { anEdge, aSubmission, expectProblem } from './support.ts';

const BATCH = { method: 'POST', url: '/v1/requests/batch' } as const;

interface BatchAnswer {
  readonly items: readonly {
    readonly status: number;
    readonly request?: { readonly id: string; readonly clientRequestId: string };
    readonly problem?: {
      readonly code: string;
      readonly instance: string;
      readonly errors: readonly { readonly pointer: string }[];
    };
  }[];
}

const told = (answer: BatchAnswer) =>
  answer.items.map(({ status, request, problem }) => [status, request?.clientRequestId ?? problem?.code]);

describe('a batch', () => {
  it('refuses what cannot be admitted for what it is, also when a good item beside it has its key', async () => {
    const { call } = await anEdge();
    const never = aSubmission({ options: [{ claims: [{ kind: 'gpu', quantity: 9 }] }] });
    const response = await call({ ...BATCH, body: { items: [never, aSubmission()] } });
    expect(told(response.json<BatchAnswer>())).toEqual([
      [422, 'NEVER_FITS'],
      [202, 'train-7'],
    ]);
  });

  it('answers each item by itself, in order, and writes the good ones in one go', async () => {
    const { call, store } = await anEdge();
    const items = [
      aSubmission({ clientRequestId: 'a' }),
      aSubmission({ clientRequestId: 'b', options: [] }),
      'no object',
      aSubmission({ clientRequestId: 'c', terms: { class: 'urgent', durationSeconds: 1 } }),
      aSubmission({ clientRequestId: 'a', options: [{ claims: [{ kind: 'cpu', quantity: 1 }] }] }),
      aSubmission({ clientRequestId: 'd' }),
    ];
    const response = await call({ ...BATCH, body: { items } });
    const answer = response.json<BatchAnswer>();
    expect(response.statusCode).toBe(207);
    expect(told(answer)).toEqual([
      [202, 'a'],
      [400, 'BODY_INVALID'],
      [400, 'BODY_INVALID'],
      [422, 'UNKNOWN_CLASS'],
      [422, 'DUPLICATE_IN_BATCH'],
      [202, 'd'],
    ]);
    expect(answer.items[1]?.problem).toMatchObject({
      instance: '/v1/requests/batch#/items/1',
      errors: [{ pointer: '/options' }],
    });
    expect(store.written.map((item) => item.idempotency?.key)).toEqual(['a', 'd']);
    expect(answer.items[5]?.request?.id).toBe([...store.requests.keys()][1]);
  });

  it('takes an item whose key stands also in a refused one', async () => {
    const { call } = await anEdge();
    const items = [aSubmission({ terms: { class: 'urgent', durationSeconds: 1 } }), aSubmission()];
    const answer = (await call({ ...BATCH, body: { items } })).json<BatchAnswer>();
    expect(answer.items.map(({ status }) => status)).toEqual([422, 202]);
  });

  it('repeats its answers when it is repeated, and names the items that changed', async () => {
    const { call } = await anEdge();
    const items = [aSubmission({ clientRequestId: 'a' }), aSubmission({ clientRequestId: 'b' })];
    const first = (await call({ ...BATCH, body: { items } })).json<BatchAnswer>();
    const changed = aSubmission({
      clientRequestId: 'b',
      options: [{ claims: [{ kind: 'cpu', quantity: 1 }] }],
    });
    const again = (await call({ ...BATCH, body: { items: [items[0], changed] } })).json<BatchAnswer>();
    expect(again.items[0]).toEqual(first.items[0]);
    expect(again.items[1]?.problem?.code).toBe('KEY_REUSED');
  });

  it('tells every item when the queue is full', async () => {
    const { call, store } = await anEdge();
    store.busy = { retryAfterSeconds: 1 };
    const items = [aSubmission({ clientRequestId: 'a' }), aSubmission({ clientRequestId: 'b' })];
    const answer = (await call({ ...BATCH, body: { items } })).json<BatchAnswer>();
    expect(told(answer)).toEqual([
      [503, 'QUEUE_FULL'],
      [503, 'QUEUE_FULL'],
    ]);
  });

  it('takes a thousand items and more than one request may weigh', async () => {
    const { call, store } = await anEdge();
    const terms = { class: 'standard', durationSeconds: 60, purpose: 'p'.repeat(400) };
    const items = [...Array(1000).keys()].map((index) =>
      aSubmission({ clientRequestId: `i-${index}`, terms }),
    );
    expect(JSON.stringify({ items }).length).toBeGreaterThan(256 * 1024);
    expect((await call({ ...BATCH, body: { items } })).statusCode).toBe(207);
    expect(store.written).toHaveLength(1000);
  });

  it('is refused whole when it is empty, too long, too heavy or no batch', async () => {
    const { call, store } = await anEdge();
    expectProblem(await call({ ...BATCH, body: { items: [] } }), 'BODY_INVALID');
    expectProblem(await call({ ...BATCH, body: [aSubmission()] }), 'BODY_INVALID');
    expectProblem(await call({ ...BATCH, body: { items: Array(1001).fill({}) } }), 'TOO_MANY_ELEMENTS');
    expectProblem(
      await call({ ...BATCH, raw: `{"items":["${'a'.repeat(2 * 1024 * 1024)}"]}` }),
      'BODY_TOO_LARGE',
    );
    expect(store.written).toEqual([]);
  });
});
