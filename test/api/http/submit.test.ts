// POST /v1/requests: what is written to the intake, and what the submitter is told.

import { describe, expect, it, vi } from 'vitest';
import { createEdgeSystem } from '../../../adapters/system/ids.ts';
import type { Waiting } from '../../../api/http/waiters.ts';
import { NOW } from './organisation.ts';
import { AS_ANVIL, AS_SCOUT, anEdge, anEvent, aSubmission, expectProblem } from './support.ts';

const SUBMIT = { method: 'POST', url: '/v1/requests' } as const;

describe('an accepted submission', () => {
  it('is answered with 202, its place and its state', async () => {
    const { call } = await anEdge();
    const response = await call({ ...SUBMIT, body: aSubmission() });
    const answer = response.json();
    expect(response.statusCode).toBe(202);
    expect(answer).toEqual({
      id: expect.stringMatching(/^req_[0-9a-hjkmnp-tv-z]{26}$/),
      clientRequestId: 'train-7',
      state: 'queued',
      receivedAt: '2026-11-23T09:00:00.000Z',
    });
    expect(response.headers.location).toBe(`/v1/requests/${answer.id}`);
  });

  it('is written once, in the name of the token, with its defaults filled in and its times as instants', async () => {
    const { call, store } = await anEdge();
    const terms = {
      class: 'batch',
      durationSeconds: 60,
      startBefore: '2026-11-23T11:00:00+01:00',
      deadline: '2026-11-24T09:00:00.5Z',
    };
    const claim = { kind: 'review', quantity: 1, window: { from: '2026-11-24T00:00:00Z' } };
    const body = aSubmission({ terms, options: [{ claims: [claim] }] });
    const answer = await call({ ...SUBMIT, body });
    expect(store.written).toEqual([
      {
        cell: 'main',
        actor: { subject: 'forge-01', department: 'research', agent: 'forge-01' },
        idempotency: { key: 'train-7', digest: expect.any(String) },
        command: {
          type: 'submit',
          request: {
            id: answer.json().id,
            agent: 'forge-01',
            department: 'research',
            clientRequestId: 'train-7',
            submittedAt: NOW,
            options: [
              { claims: [{ kind: 'review', quantity: 1, window: { from: Date.UTC(2026, 10, 24) } }] },
            ],
            terms: {
              class: 'batch',
              durationSeconds: 60,
              preemptible: true,
              classification: 'internal',
              purpose: '',
              summary: '',
              startBefore: NOW + 3_600_000,
              deadline: NOW + 86_400_500,
            },
          },
        },
      },
    ]);
  });
});

describe('a clientRequestId', () => {
  it('gives the same answer to the same body, whatever the order of its keys', async () => {
    const { call, store } = await anEdge();
    const first = await call({ ...SUBMIT, body: aSubmission() });
    const { clientRequestId, options, terms } = aSubmission();
    const again = await call({ ...SUBMIT, body: { terms, options, clientRequestId } });
    expect([again.statusCode, again.json()]).toEqual([202, first.json()]);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(store.written).toHaveLength(1);
  });

  it('refuses another body', async () => {
    const { call, store } = await anEdge();
    await call({ ...SUBMIT, body: aSubmission() });
    const other = aSubmission({ options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }] });
    expectProblem(await call({ ...SUBMIT, body: other }), 'KEY_REUSED');
    expect(store.written).toHaveLength(1);
  });

  const startBefore = (instant: number) => ({
    class: 'standard',
    durationSeconds: 600,
    startBefore: new Date(instant).toISOString(),
  });

  it('gives the first answer again when the start that was asked for has passed meanwhile', async () => {
    let now = NOW;
    const { call, store } = await anEdge({ server: { system: createEdgeSystem({ now: () => now }) } });
    const body = aSubmission({ terms: startBefore(NOW + 60_000) });
    const first = await call({ ...SUBMIT, body });
    now += 120_000;
    const again = await call({ ...SUBMIT, body });
    expect([again.statusCode, again.json()]).toEqual([202, first.json()]);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.headers.location).toBe(first.headers.location);
    const [item] = (await call({ ...SUBMIT, url: '/v1/requests/batch', body: { items: [body] } })).json()
      .items;
    expect([item.status, item.request]).toEqual([202, first.json()]);
    expect(store.written).toHaveLength(1);
  });

  it('is refused with another body also when that could not be admitted, and a new one for what it is', async () => {
    const { call, store } = await anEdge();
    await call({ ...SUBMIT, body: aSubmission() });
    const late = startBefore(NOW - 1);
    expectProblem(await call({ ...SUBMIT, body: aSubmission({ terms: late }) }), 'KEY_REUSED');
    const fresh = aSubmission({ clientRequestId: 'train-8', terms: late });
    expectProblem(await call({ ...SUBMIT, body: fresh }), 'TIME_RANGE');
    expectProblem(await call({ ...SUBMIT, as: AS_ANVIL, body: aSubmission({ terms: late }) }), 'TIME_RANGE');
    expect(store.written).toHaveLength(1);
  });

  it('belongs to one agent', async () => {
    const { call, store } = await anEdge();
    for (const as of [AS_ANVIL, AS_SCOUT])
      expect((await call({ ...SUBMIT, as, body: aSubmission() })).statusCode).toBe(202);
    expect(store.written).toHaveLength(2);
  });
});

describe('what cannot be accepted', () => {
  it('is refused with Retry-After while the queue is full', async () => {
    const { call, store } = await anEdge();
    store.busy = { retryAfterSeconds: 2.2 };
    const response = await call({ ...SUBMIT, body: aSubmission() });
    expectProblem(response, 'QUEUE_FULL');
    expect(response.headers['retry-after']).toBe('3');
  });

  it('names the largest fit when it could never fit', async () => {
    const { call, store } = await anEdge();
    const body = aSubmission({ options: [{ claims: [{ kind: 'gpu', quantity: 9 }] }] });
    const problem = expectProblem(await call({ ...SUBMIT, body }), 'NEVER_FITS');
    expect(problem.errors).toMatchObject([
      { pointer: '/options/0/claims/0', largest: { quantity: 8, pool: 'gpu-a100' } },
    ]);
    expect(store.written).toEqual([]);
  });

  it('names what is allowed instead of an unknown class, kind or label', async () => {
    const { call } = await anEdge();
    const claims = (claim: object) => ({ options: [{ claims: [{ quantity: 1, ...claim }] }] });
    const unknown = [
      {
        fields: { terms: { class: 'urgent', durationSeconds: 1 } },
        code: 'UNKNOWN_CLASS',
        allowed: ['standard', 'batch'],
      },
      { fields: claims({ kind: 'tpu' }), code: 'UNKNOWN_KIND', allowed: ['gpu', 'cpu', 'review'] },
      {
        fields: claims({ kind: 'gpu', selector: { colour: 'red' } }),
        code: 'UNKNOWN_LABEL',
        allowed: ['model', 'zone'],
      },
    ] as const;
    for (const { fields, code, allowed } of unknown) {
      const problem = expectProblem(await call({ ...SUBMIT, body: aSubmission(fields) }), code);
      expect(problem.errors[0]?.allowed?.toSorted()).toEqual(allowed.toSorted());
    }
  });
});

describe('Prefer: wait', () => {
  const headers = { prefer: 'respond-async, wait=20' };

  it('answers 200 with the outcome when it comes in time', async () => {
    const { call, store, hub } = await anEdge();
    store.onSubmitted = (id) => {
      const view = store.requests.get(id)!;
      const reasons = [
        { code: 'POLICY_DENIED', rules: ['clearance.too-low'], policyRevision: 'pol_1' },
      ] as const;
      store.requests.set(id, { ...view, state: 'denied', reasons, tick: 1, decidedAt: NOW });
      // Before the write is even answered: the outcome must not be missed.
      hub.publish([anEvent(1, { type: 'annona.request.denied.v1', request: id })]);
    };
    const response = await call({ ...SUBMIT, headers, body: aSubmission() });
    expect(response.statusCode).toBe(200);
    expect(response.headers['preference-applied']).toBe('wait=20');
    expect(response.json()).toMatchObject({
      state: 'denied',
      reasons: [{ code: 'POLICY_DENIED', actor: 'policy-author' }],
    });
  });

  it('answers 202 when the outcome does not come in time', async () => {
    const { call } = await anEdge();
    const response = await call({ ...SUBMIT, headers: { prefer: 'wait=1' }, body: aSubmission() });
    expect([response.statusCode, response.json().state]).toEqual([202, 'queued']);
  });

  /** Whether the wait that the call began is over; a timer would end it only after 20 s. */
  async function isOver(waiting: Waiting): Promise<boolean> {
    return Promise.race([waiting.done.then(() => true), Promise.resolve().then(() => false)]);
  }

  it('answers a replay at once with what its request has become', async () => {
    const { call, store, hub } = await anEdge();
    const { id } = (await call({ ...SUBMIT, body: aSubmission() })).json();
    store.requests.set(id, { ...store.requests.get(id)!, state: 'waiting', tick: 1, decidedAt: NOW });
    const waits = vi.spyOn(hub.waiters, 'outcomeOf');
    const cancelled = vi.fn();
    waits.mockImplementation(() => ({ done: Promise.resolve(), cancel: cancelled }));
    const response = await call({ ...SUBMIT, headers, body: aSubmission() });
    expect([response.statusCode, response.json().id, response.json().state]).toEqual([200, id, 'waiting']);
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  it('does not keep a refused submission waiting', async () => {
    const { call, hub } = await anEdge();
    const waits = vi.spyOn(hub.waiters, 'outcomeOf');
    const body = aSubmission({ terms: { class: 'x', durationSeconds: 1 } });
    expectProblem(await call({ ...SUBMIT, headers, body }), 'UNKNOWN_CLASS');
    expect(await isOver(waits.mock.results[0]?.value as Waiting)).toBe(true);
  });
});
