// Offers are sound: the next tick of the unchanged state grants what was offered. They are never more than what was asked.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import type { PendingRequest, RequestId, ResourceRequest, State } from '../../scheduler/index.ts';
import { lookOver, takeSnapshot } from '../../scheduler/index.ts';
import { allowedOffers, OFFERS_MOST, type Offer, offersFor } from '../../scheduler/offers.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, HOUR, NOW } from '../support/builders.ts';
import { aTickRig, intake, type TickRig } from './support/tickRig.ts';

function offersOf(state: State, id: RequestId, now = NOW): Offer[] {
  const { snapshot, explained } = lookOver(state, takeSnapshot(state, now));
  const pending = state.requests.get(id) as PendingRequest;
  return offersFor({ snapshot, explained, pending, digest: sha256 });
}

function offered({ options, terms }: Offer, request: ResourceRequest): ResourceRequest {
  return { ...request, id: `${request.id.slice(0, -4)}off0` as RequestId, options, terms };
}

const settle = async (rig: TickRig): Promise<void> => {
  while ((await rig.tick()).type !== 'idle');
};

const numbers = (offers: readonly Offer[]) =>
  offers.map(({ changes }) => changes.map((change) => [change.field, change.from, change.to]));

describe('what is offered', () => {
  it('is less of a claim, as much as fits', () => {
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8), aPool('cpu-a').cpu(64)))
      .used('gpu-a', 5)
      .request(aRequest(1).gpu(8).cpu(16))
      .build();
    const [offer, ...others] = offersOf(state, aRequest(1).build().id);
    expect(others).toEqual([]);
    expect(offer?.changes).toEqual([{ field: 'quantity', option: 0, claim: 0, kind: 'gpu', from: 8, to: 3 }]);
    expect(offer?.assignment.allocations.map(({ pool, quantity }) => [pool, quantity])).toEqual([
      ['gpu-a', 3],
      ['cpu-a', 16],
    ]);
  });

  it('is less of everything in proportion where no single claim is too large', () => {
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8), aPool('cpu-a').cpu(64)))
      .used('gpu-a', 4)
      .used('cpu-a', 40)
      .request(aRequest(1).gpu(8).cpu(64))
      .build();
    expect(numbers(offersOf(state, aRequest(1).build().id))).toEqual([
      [
        ['quantity', 8, 3],
        ['quantity', 64, 24],
      ],
    ]);
  });

  it('is another model by its name, before less of the model that was asked', () => {
    const pools = [aPool('gpu-a').gpu(8, 'h100'), aPool('gpu-b').gpu(8, 'a100')];
    const state = aState(aConfiguration().pool(...pools))
      .used('gpu-a', 6)
      .request(aRequest(1).gpu(4, { model: 'h100' }))
      .build();
    const offers = offersOf(state, aRequest(1).build().id);
    expect(numbers(offers)).toEqual([[['label', 'h100', 'a100']], [['quantity', 4, 2]]]);
    expect(offers[0]?.options).toEqual([
      { claims: [{ kind: 'gpu', quantity: 4, selector: { model: 'a100' } }] },
    ]);
  });

  it('is no place that the clearance hides', () => {
    const pools = [aPool('gpu-a').gpu(8, 'h100'), aPool('gpu-b').gpu(8, 'a100').classified('restricted')];
    const configuration = aConfiguration().department('research').agent('ada', { clearance: 'internal' });
    const state = aState(configuration.pool(...pools))
      .used('gpu-a', 8)
      .request(aRequest(1).gpu(4, { model: 'h100' }))
      .build();
    expect(offersOf(state, aRequest(1).build().id)).toEqual([]);
  });

  it('is another window than those in the asked range', () => {
    const legal = aPool('legal').review(
      ['first', NOW + HOUR, NOW + 2 * HOUR, 1],
      ['second', NOW + 3 * HOUR, NOW + 4 * HOUR, 1],
    );
    const state = aState(aConfiguration().pool(legal))
      .used('legal@first', 1)
      .request(aRequest(1).review(1, { from: NOW, to: NOW + 2 * HOUR }))
      .build();
    expect(numbers(offersOf(state, aRequest(1).build().id))).toEqual([
      [['window', { from: NOW, to: NOW + 2 * HOUR }, { from: NOW + 3 * HOUR, to: NOW + 4 * HOUR }]],
    ]);
  });

  it('is a shorter lease where the account cannot pay for all of it', () => {
    const configuration = aConfiguration()
      .account('team', 100)
      .department('research')
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(1).price(60));
    const state = aState(configuration).request(aRequest(1).gpu(1).seconds(36_000)).build();
    const [offer] = offersOf(state, aRequest(1).build().id);
    expect(offer?.changes).toMatchObject([{ field: 'durationSeconds', from: 36_000 }]);
    const { reservations } = offer!.assignment;
    expect(reservations.map(({ amount }) => amount)).toEqual([100]);
  });
});

describe('a deadline', () => {
  it('leaves the time in which an offer is read and taken', () => {
    const inTime = (seconds: number) => {
      const request = aRequest(1)
        .gpu(1)
        .seconds(7200)
        .terms({ deadline: NOW + seconds * 1000 });
      const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(1))).request(request);
      return numbers(offersOf(state.build(), aRequest(1).build().id));
    };
    expect(inTime(3609)).toEqual([[['durationSeconds', 7200, 3540]]]);
    expect(inTime(3610)).toEqual([[['durationSeconds', 7200, 3600]]]);
    expect(inTime(60)).toEqual([]);
  });
});

describe('nothing is offered', () => {
  const full = () => aState(aConfiguration().pool(aPool('gpu-a').gpu(8, 'h100'))).used('gpu-a', 8);
  const id = aRequest(1).build().id;

  it('when nothing fits', () => {
    expect(offersOf(full().request(aRequest(1).gpu(4)).build(), id)).toEqual([]);
  });

  it('to whom the next tick grants what was asked', () => {
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).request(aRequest(1).gpu(4));
    expect(offersOf(state.build(), id)).toEqual([]);
  });

  it('while somebody else fits and has not been looked at, or a lease is to be prolonged', () => {
    const base = () => aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).used('gpu-a', 4);
    const asked = aRequest(1).gpu(8);
    expect(offersOf(base().request(asked).build(), id)).toHaveLength(1);
    expect(offersOf(base().request(asked, aRequest(2).gpu(2)).build(), id)).toEqual([]);
    const lease = aLease('gpu-a');
    expect(offersOf(base().request(asked).lease(lease).extend(lease, 60).build(), id)).toEqual([]);
  });

  it('to a member of a gang', () => {
    const gang = { id: 'a-gang-of-two-members', size: 2 };
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)));
    state.request(aRequest(1).gpu(9).terms({ gang }), aRequest(2).gpu(9).terms({ gang }));
    expect(offersOf(state.build(), id)).toEqual([]);
  });

  it('that the policy denies', async () => {
    const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
      .request(aRequest(1).gpu(9))
      .build();
    const { request } = state.requests.get(id)!;
    const offers = offersOf(state, id);
    const evaluate = (allow: boolean) => async () => [
      { allow, codes: [], policyRevision: '1', dataRevision: '1' },
    ];
    const gating = { configuration: state.configuration, request, offers };
    expect(await allowedOffers({ evaluate: evaluate(true) }, gating)).toEqual(offers);
    expect(await allowedOffers({ evaluate: evaluate(false) }, gating)).toEqual([]);
  });
});

/** Nowhere more than what was asked. */
function expectNoMore(offer: Offer, request: ResourceRequest, rankOf: (name: string) => number): void {
  expect(offer.changes.length).toBeGreaterThan(0);
  const { durationSeconds, class: name, ...terms } = offer.terms;
  const { durationSeconds: seconds, class: asked, ...same } = request.terms;
  expect(terms).toEqual(same);
  expect(durationSeconds).toBeLessThanOrEqual(seconds);
  expect(rankOf(name)).toBeGreaterThanOrEqual(rankOf(asked));
  for (const { claims } of offer.options) {
    const origin = request.options.find(
      (option) =>
        option.claims.length === claims.length &&
        option.claims.every(
          ({ kind, quantity }, c) => kind === claims[c]!.kind && quantity >= claims[c]!.quantity,
        ),
    );
    expect(origin).toBeDefined();
  }
}

describe('an offer on any cell', () => {
  it('is granted by the next tick when it is accepted and nothing else happens', async () => {
    let accepted = 0;
    const fields = new Set<string>();
    await fc.assert(
      fc.asyncProperty(arbitrarySnapshot, fc.nat(), async (snapshot, pick) => {
        const { configuration, used, quotaUse, accounts } = snapshot;
        const fresh = () =>
          aTickRig({
            ...aState(configuration).build(),
            used: new Map(used),
            quotaUse: new Map(quotaUse),
            accounts: new Map(accounts),
          });
        const rows = snapshot.requests.map(({ request }) =>
          intake({ type: 'submit', request }, request, request.submittedAt),
        );
        const rig = fresh();
        await rig.tick({ rows });
        await settle(rig);
        const waiting = [...rig.state.requests.values()];
        const pending = waiting[pick % Math.max(1, waiting.length)];
        if (pending === undefined) return;
        const { request } = pending;
        const offers = offersOf(rig.state, request.id);
        expect(offersOf(rig.state, request.id)).toEqual(offers);
        expect(offers.length).toBeLessThanOrEqual(OFFERS_MOST);
        const ranks = new Map(configuration.classes.map(({ name, rank }) => [name, rank]));
        const offer = offers[pick % Math.max(1, offers.length)];
        if (offer === undefined) return;
        for (const one of offers) expectNoMore(one, request, (name) => ranks.get(name)!);
        const taken = offered(offer, request);
        await rig.tick({
          rows: [
            intake({ type: 'cancel', request: request.id }, request),
            intake({ type: 'submit', request: taken }, taken),
          ],
        });
        const { changes } = rig.last();
        const decided = changes.filter((change) => change.type === 'decided' && change.request === taken.id);
        expect(decided).toMatchObject([{ outcome: 'granted' }]);
        accepted += 1;
        for (const { field } of offer.changes) fields.add(field);
      }),
      { numRuns: 120 },
    );
    expect(accepted).toBeGreaterThan(5);
    expect([...fields]).toEqual(expect.arrayContaining(['quantity']));
  }, 120_000);
});
