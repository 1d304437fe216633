// Over-committed accounts: more may be reserved than there is, and nothing more is spent than there is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply } from '../../scheduler/domain/apply.ts';
import type { AccountId, Lease, LeaseId, PoolId, State } from '../../scheduler/index.ts';
import { advance, endLease } from '../../scheduler/lifecycle.ts';
import { verifyPlan } from '../../scheduler/verify.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  requestIdOf,
} from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();
const BUDGET = 1000;

/** A GPU costs 100 an hour. */
const organisation = (overcommit: number) => {
  const periods = [{ id: 'now', startsAt: NOW - HOUR, endsAt: NOW + 100 * HOUR, budget: BUDGET, overcommit }];
  return aConfiguration()
    .account('team', 0, { periods })
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(40).price(100));
};

/** Leases of four GPUs from now on for four hours: 1,600 each. */
function running(count: number, overcommit: number): State {
  const builder = aState(organisation(overcommit));
  for (let i = 0; i < count; i++) {
    const endsAt = NOW + 4 * HOUR;
    builder.lease(
      aLease('gpu-a', {
        id: `lse_${i}` as LeaseId,
        request: requestIdOf(900 + i),
        grantedAt: NOW,
        activatedAt: NOW,
        endsAt,
        allocations: [{ claim: 0, pool: 'gpu-a' as PoolId, kind: 'gpu', quantity: 4, startsAt: NOW, endsAt }],
        reservations: [{ account: 'team' as AccountId, period: 'now', amount: 1600 }],
      }),
    );
  }
  return builder
    .used('gpu-a', 4 * count)
    .quotaUse('research', 'gpu', 4 * count)
    .account('team/now', { reserved: 1600 * count })
    .build();
}

const HEARD = { heard: [], heardThrough: Number.NEGATIVE_INFINITY };
const useOf = (state: State) => state.accounts.get('team/now');
const causes = (changes: ReturnType<typeof advance>) =>
  changes.flatMap((change) => (change.type === 'leaseEnded' ? [`${change.lease} ${change.cause}`] : []));

describe('an over-committed account', () => {
  it('takes reservations beyond its budget, up to what it says', async () => {
    const requests = [1, 2, 3, 4].map((n) =>
      aRequest(n)
        .gpu(2)
        .seconds(3 * 3600),
    );
    const snapshot = aState(organisation(900))
      .request(...requests)
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    // 600 each: three are 1,800 of 1,900.
    expect(plan.assignments).toHaveLength(3);
  });

  it('lets leases run until the budget is used, and then stops them all', () => {
    const state = running(2, 3000);
    expect(causes(advance(state, HEARD, NOW + HOUR))).toEqual([]);
    // 800 an hour.
    expect(causes(advance(state, HEARD, NOW + 1.25 * HOUR - 60_000))).toEqual([]);
    expect(causes(advance(state, HEARD, NOW + 1.25 * HOUR))).toEqual(['lse_0 budget', 'lse_1 budget']);
    expect(useOf(state)).toEqual({ reserved: 0, spent: BUDGET });
  });

  it('spends no more than its budget, when the tick that stops them comes late', () => {
    const state = running(2, 3000);
    advance(state, HEARD, NOW + 2 * HOUR);
    expect(useOf(state)).toEqual({ reserved: 0, spent: BUDGET });
  });

  it('spends no more than its budget, whoever ends when', () => {
    const ends = fc.array(fc.integer({ min: 1, max: 4 * 3600 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(ends, fc.nat({ max: 600 }), (seconds, pause) => {
        const state = running(3, 10_000);
        const events = seconds.map((after, i) => ({ at: NOW + after * 1000, id: `lse_${i}` as LeaseId }));
        for (const { at, id } of events.sort((a, b) => a.at - b.at)) {
          if (pause > 300) advance(state, HEARD, at);
          const lease = state.leases.get(id) as Lease | undefined;
          for (const change of lease ? endLease(state, lease, { end: 'released', cause: 'agent', at }) : [])
            apply(state, change);
          expect(useOf(state)!.spent).toBeLessThanOrEqual(BUDGET);
        }
        expect(useOf(state)!.reserved).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('grants nothing more once its budget is spent', async () => {
    const snapshot = aState(organisation(3000))
      .account('team/now', { spent: BUDGET })
      .request(aRequest(1).gpu(1).seconds(60))
      .snapshot();
    expect((await decide(snapshot)).plan.assignments).toEqual([]);
  });
});

it('an account that says nothing of over-commitment is left to its reservations', () => {
  const state = running(1, 0);
  state.accounts.set('team/now', { reserved: 1600, spent: 0 });
  expect(causes(advance(state, HEARD, NOW + 3 * HOUR))).toEqual([]);
});

it('a lease that is being taken back is stopped like any other, and has been revoked', () => {
  const state = running(2, 10_000);
  const lease = state.leases.get('lse_0' as LeaseId)!;
  const graceEndsAt = NOW + 3 * HOUR;
  const revocation = { right: 'repair', since: NOW, graceEndsAt, request: null, department: null } as const;
  apply(state, { type: 'leaseRevoking', lease: lease.id, revocation });
  const changes = advance(state, HEARD, NOW + 1.25 * HOUR);
  expect(causes(changes)).toEqual(['lse_0 budget', 'lse_1 budget']);
  expect(changes.flatMap((change) => (change.type === 'leaseEnded' ? [change.end] : []))).toEqual([
    'revoked',
    'expired',
  ]);
  // A tenth of its half comes back for the disruption.
  expect(useOf(state)).toEqual({ reserved: 0, spent: 950 });
});
