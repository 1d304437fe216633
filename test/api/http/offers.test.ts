// Offers at the edge: read with the version at which they are sound, taken by one intake row that replaces, refused when stale.

import { describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../../api/errors.ts';
import type { OffersOutcome, RequestView, TakesOutcome } from '../../../api/ports.ts';
import type { HolderSight, Offer } from '../../../scheduler/index.ts';
import { aRequest } from '../../support/builders.ts';
import { NOW } from './organisation.ts';
import { AS_ANVIL, AS_OPERATOR, anEdge, aSubmission, expectProblem } from './support.ts';

const OFFER = 'off_0123456789abcdef0123';

function anOffer({ request }: RequestView): Offer {
  const claims = [{ ...request.options[0]!.claims[0]!, quantity: 1 }];
  return {
    id: OFFER,
    changes: [{ field: 'quantity', option: 0, claim: 0, kind: 'gpu', from: 2, to: 1 }],
    options: [{ claims }],
    terms: { ...request.terms, deadline: NOW + 3_600_000 },
    assignment: {
      request: request.id,
      option: 0,
      allocations: [
        {
          claim: 0,
          pool: 'gpu-a100' as never,
          kind: 'gpu',
          quantity: 1,
          startsAt: NOW,
          endsAt: NOW + 600_000,
        },
      ],
      reservations: [],
      endsAt: NOW + 600_000,
    },
  };
}

async function aWaitingRequest(outcome: (view: RequestView) => OffersOutcome = standing) {
  const sights: HolderSight[] = [];
  const answer = { takes: null as TakesOutcome | null };
  const edge = await anEdge({
    server: {
      explanation: () => ({
        tick: 7,
        at: NOW,
        reasons: [],
        position: { class: 'standard', ahead: 0 },
        verdict: null,
        worth: { alike: 1, own: 1000, share: 0, ageSixteenths: 16, deadline: 0, total: 1000 },
        options: [],
        reservation: { startsAt: null, madeAt: null, why: 'notDue', dueAt: NOW },
        held: [],
      }),
      offering: {
        offers: async (id) => outcome(edge.store.requests.get(id)!),
        whatItTakes: async (_request, sight) => {
          sights.push(sight);
          return answer.takes!;
        },
        lack: () => null,
      },
    },
  });
  const { id } = (await edge.call({ method: 'POST', url: '/v1/requests', body: aSubmission() })).json();
  const set = (change: Partial<RequestView>) =>
    edge.store.requests.set(id, { ...edge.store.requests.get(id)!, ...change });
  set({ state: 'waiting', tick: 7 });
  edge.store.written.length = 0;
  const url = `/v1/requests/${id}`;
  const act =
    (verb: 'accept' | 'hold') =>
    (ifMatch: string | null, offer = OFFER, as?: string) =>
      edge.call({
        method: 'POST',
        url: `${url}/offers/${offer}/${verb}`,
        headers: ifMatch === null ? {} : { 'if-match': ifMatch },
        ...(as !== undefined && { as }),
      });
  return { edge, id, url, set, take: act('accept'), hold: act('hold'), sights, answer };
}

function standing(view: RequestView): OffersOutcome {
  return { type: 'offers', tick: 7, at: NOW, offers: [anOffer(view)] };
}

describe('offers', () => {
  it('are read with the version, each with a body that can be sent as it is', async () => {
    const { edge, url, id } = await aWaitingRequest();
    const answer = await edge.call({ method: 'GET', url: `${url}/offers` });
    expect(answer.headers.etag).toBe('"tick-7"');
    const { offers, ...rest } = answer.json();
    expect(rest).toEqual({ request: id, ifVersion: 'tick-7', at: '2026-11-23T09:00:00.000Z' });
    expect(offers[0]).toMatchObject({
      id: OFFER,
      changes: [{ field: 'quantity', from: 2, to: 1 }],
      body: {
        clientRequestId: `train-7.${OFFER}.tick-7`,
        options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
        terms: { deadline: '2026-11-23T10:00:00.000Z' },
      },
      grant: { endsAt: '2026-11-23T09:10:00.000Z' },
    });
    const sent = await edge.call({ method: 'POST', url: '/v1/requests', body: offers[0].body });
    expect(sent.statusCode).toBe(202);
  });

  it('belong to their request: nobody else reads or takes them, and people take none', async () => {
    const { edge, url, take } = await aWaitingRequest();
    const others = await edge.call({ method: 'GET', url: `${url}/offers`, as: AS_ANVIL });
    expectProblem(others, 'NOT_FOUND');
    expectProblem(await take('*', OFFER, AS_ANVIL), 'NOT_FOUND');
    expectProblem(await take('*', OFFER, AS_OPERATOR), 'ROLE_NOT_ALLOWED');
    expect(edge.store.written).toEqual([]);
  });

  it.each([
    [{ type: 'notLeading' }, 503, 'NOT_LEADING'],
    [{ type: 'notWaiting' }, 409, 'REQUEST_ENDED'],
    [{ type: 'busy', retryAfterSeconds: 2 }, 503, 'QUEUE_FULL'],
  ] as const)('are refused where %j', async (outcome, status, code) => {
    const { edge, url, take } = await aWaitingRequest(() => outcome);
    const read = await edge.call({ method: 'GET', url: `${url}/offers` });
    expectProblem(read, code);
    if (status === 503) expect(Number(read.headers['retry-after'])).toBeGreaterThan(0);
    expectProblem(await take('*'), code);
    expect(edge.store.written).toEqual([]);
  });
});

describe('an offer that is taken', () => {
  it('is one intake row that replaces, at the version named, and is known again', async () => {
    const { edge, id, take } = await aWaitingRequest();
    const taken = await take('"tick-7"');
    expect([taken.statusCode, taken.headers.location]).toEqual([202, `/v1/requests/${taken.json().id}`]);
    expect(edge.store.written).toMatchObject([
      {
        command: {
          type: 'submit',
          request: { options: [{ claims: [{ quantity: 1 }] }], terms: { deadline: NOW + 3_600_000 } },
          replaces: { request: id, tick: 7 },
        },
      },
    ]);
    const again = await take('"tick-7"');
    expect([again.json().id, again.headers['idempotent-replayed']]).toEqual([taken.json().id, 'true']);
    expect(edge.store.written).toHaveLength(1);
  });

  it('is known again also when the request has ended by it', async () => {
    const { set, take } = await aWaitingRequest();
    const taken = await take('"tick-7"');
    set({ state: 'cancelled' });
    expect((await take('"tick-7"')).json().id).toBe(taken.json().id);
    expectProblem(await take('*'), 'REQUEST_ENDED');
  });

  it('names no version with *', async () => {
    const { edge, id, take } = await aWaitingRequest();
    await take('*');
    expect(edge.store.written).toMatchObject([{ command: { replaces: { request: id, tick: null } } }]);
  });

  it.each<[string | null, string, ProblemCode]>([
    ['"tick-6"', OFFER, 'PRECONDITION_FAILED'],
    ['W/"tick-7"', OFFER, 'PRECONDITION_FAILED'],
    ['tick-7', OFFER, 'HEADER_INVALID'],
    [null, OFFER, 'PRECONDITION_REQUIRED'],
    ['*', 'off_ffffffffffffffffffff', 'NOT_FOUND'],
    ['*', '..%2F..', 'NOT_FOUND'],
    ['*', '__proto__', 'NOT_FOUND'],
    [`"${'x'.repeat(99)}"`, `off_${'y'.repeat(90)}`, 'PRECONDITION_FAILED'],
  ])('is refused with If-Match %s for %s', async (ifMatch, offer, code) => {
    const { edge, take } = await aWaitingRequest();
    expectProblem(await take(ifMatch, offer), code);
    expect(edge.store.written).toEqual([]);
  });
});

describe('an offer that is held', () => {
  const HOLD = aRequest(9).build().id;
  const until = NOW + 10_000;
  const held = (view: RequestView): OffersOutcome => {
    const { options, terms } = anOffer(view);
    const holdOf = { request: view.request.id, offer: OFFER, until, tick: 5 };
    const holding = { ...view.request, id: HOLD, clientRequestId: 'held-1', options, terms, holdOf };
    return { type: 'offers', tick: 7, at: NOW, offers: [], held: holding };
  };

  it('is one intake row about the offer, at the version named, and is known again', async () => {
    const { edge, id, hold } = await aWaitingRequest();
    const made = await hold('"tick-7"');
    expect([made.statusCode, made.headers.location]).toEqual([202, `/v1/requests/${made.json().id}`]);
    const holds = { request: id, offer: OFFER, tick: 7 };
    const request = { options: [{ claims: [{ quantity: 1 }] }] };
    expect(edge.store.written).toMatchObject([{ command: { type: 'submit', request, holds } }]);
    const again = await hold('"tick-7"');
    expect([again.json().id, again.headers['idempotent-replayed']]).toEqual([made.json().id, 'true']);
    expect(edge.store.written).toHaveLength(1);
  });

  it('names no version with *', async () => {
    const { edge, hold } = await aWaitingRequest();
    await hold('*');
    expect(edge.store.written).toMatchObject([{ command: { holds: { offer: OFFER, tick: null } } }]);
  });

  it('is shown with its offers, and holding it again is the same hold', async () => {
    const { edge, url, hold } = await aWaitingRequest(held);
    const read = (await edge.call({ method: 'GET', url: `${url}/offers` })).json();
    expect(read.held).toEqual({
      id: HOLD,
      offer: OFFER,
      ifVersion: 'tick-5',
      until: '2026-11-23T09:00:10.000Z',
      options: [{ claims: [expect.objectContaining({ kind: 'gpu', quantity: 1 })] }],
    });
    const again = await hold('*');
    expect([again.json().id, again.headers['idempotent-replayed']]).toEqual([HOLD, 'true']);
    expect(edge.store.written).toEqual([]);
  });

  it.each(['"tick-5"', '"tick-7"', '*'])(
    'is taken with If-Match %s, though it is offered no more',
    async (ifMatch) => {
      const { edge, id, take } = await aWaitingRequest(held);
      expect((await take(ifMatch)).statusCode).toBe(202);
      expect(edge.store.written).toMatchObject([
        {
          command: {
            request: { options: [{ claims: [{ quantity: 1 }] }], terms: { deadline: NOW + 3_600_000 } },
            replaces: { request: id, tick: null, hold: HOLD },
          },
        },
      ]);
    },
  );

  it.each<[string | null, string, ProblemCode]>([
    ['"tick-6"', OFFER, 'PRECONDITION_FAILED'],
    [null, OFFER, 'PRECONDITION_REQUIRED'],
    ['*', 'off_ffffffffffffffffffff', 'NOT_FOUND'],
  ])('is refused with If-Match %s for %s', async (ifMatch, offer, code) => {
    const { edge, hold } = await aWaitingRequest();
    expectProblem(await hold(ifMatch, offer), code);
    expect(edge.store.written).toEqual([]);
  });

  it('belongs to its request: nobody else holds it', async () => {
    const { hold } = await aWaitingRequest();
    expectProblem(await hold('*', OFFER, AS_ANVIL), 'NOT_FOUND');
    expectProblem(await hold('*', OFFER, AS_OPERATOR), 'ROLE_NOT_ALLOWED');
  });
});

describe('what it would take', () => {
  it('is asked with the sight of the reader, and only when it is asked', async () => {
    const { edge, url, sights, answer } = await aWaitingRequest();
    answer.takes = {
      type: 'answered',
      takes: {
        tick: 6,
        at: NOW,
        standing: 'displaces',
        atLeast: 3,
        atMost: 5,
        displaced: [],
        displacedOthers: [{ department: 'sales' as never, count: 2, units: { gpu: 4 } }],
      },
      stronger: [
        { field: 'class', from: 'batch', to: 'standard', outcome: 'granted', startsBy: NOW },
        { field: 'budget', option: 0, raises: [{ account: 'team', period: 'now', by: 5 }] },
      ],
    };
    const plain = (await edge.call({ method: 'GET', url: `${url}/explanation` })).json();
    expect([plain.whatItTakes, plain.offers.length, plain.price, sights]).toEqual([null, 1, null, []]);
    const asked = await edge.call({ method: 'GET', url: `${url}/explanation?whatItTakes=true` });
    expect(asked.json().whatItTakes).toMatchObject({
      tick: 6,
      standing: 'displaces',
      displacedOthers: [{ department: 'sales', count: 2 }],
      stronger: [{ startsBy: '2026-11-23T09:00:00.000Z' }, { raises: [{ by: 5 }] }],
    });
    await edge.call({ method: 'GET', url: `${url}/explanation?whatItTakes=true`, as: AS_OPERATOR });
    expect(sights).toMatchObject([{ type: 'department' }, { type: 'all' }]);
  });

  it('is 503 with Retry-After when the line is full, and says so where no program had it', async () => {
    const { edge, url, answer } = await aWaitingRequest();
    const ask = () => edge.call({ method: 'GET', url: `${url}/explanation?whatItTakes=true` });
    answer.takes = { type: 'busy', retryAfterSeconds: 2 };
    const full = await ask();
    expectProblem(full, 'QUEUE_FULL');
    expect(full.headers['retry-after']).toBe('2');
    answer.takes = { type: 'answered', takes: null, stronger: [] };
    expect((await ask()).json().whatItTakes).toMatchObject({ standing: 'notInProgram', atLeast: null });
    const wrong = await edge.call({ method: 'GET', url: `${url}/explanation?whatItTakes=yes` });
    expectProblem(wrong, 'QUERY_INVALID');
  });
});
