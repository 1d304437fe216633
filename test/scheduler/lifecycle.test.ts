import { describe, expect, it } from 'vitest';
import { apply } from '../../scheduler/domain/apply.ts';
import type { Change, Lease, State } from '../../scheduler/index.ts';
import { advance, endLease } from '../../scheduler/lifecycle.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  DAY,
  HOUR,
  MINUTE,
  NOW,
} from '../support/builders.ts';
import { SILENT } from './support/tickRig.ts';

const priced = () =>
  aConfiguration()
    .account('team', 100_000)
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(8).price(120));

function holding(lease: Lease, configuration = priced()): State {
  const reserved = lease.reservations.reduce((sum, { amount }) => sum + amount, 0);
  return aState(configuration)
    .lease(lease)
    .used('gpu-a', 1)
    .quotaUse('research', 'gpu', 1)
    .account('team/now', { reserved })
    .build();
}

const reservedTwoHours = { reservations: [{ account: 'team' as never, period: 'now', amount: 240 }] };

function kinds(changes: readonly Change[]): string[] {
  return changes.map((change) =>
    change.type === 'ledger' ? `${change.entry.type} ${change.entry.amount}` : change.type,
  );
}

describe('a granted lease', () => {
  const granted = aLease('gpu-a', {
    state: 'granted',
    activatedAt: null,
    startLimitAt: NOW,
    ...reservedTwoHours,
  });

  it('becomes active with its first heartbeat', () => {
    const state = holding(granted);
    const changes = advance(
      state,
      { heard: [{ lease: granted.id, at: NOW - 5 }], heardThrough: NOW - 1 },
      NOW,
    );
    expect(kinds(changes)).toEqual(['leaseActivated']);
    expect(state.leases.get(granted.id)).toMatchObject({ state: 'active', activatedAt: NOW - 5 });
  });

  it('is expired and refunded whole when no heartbeat came within its start limit', () => {
    const state = holding(granted);
    const changes = advance(state, { heard: [], heardThrough: NOW }, NOW + 10);
    expect(kinds(changes)).toEqual(['leaseEnded', 'refund 240']);
    expect(state.accounts.get('team/now')).toEqual({ reserved: 0, spent: 0 });
    expect(state.used.get('gpu-a')).toBe(0);
  });

  it('is not judged by heartbeats that have not been read yet', () => {
    const state = holding(granted);
    expect(advance(state, { heard: [], heardThrough: NOW - 1 }, NOW + HOUR / 2)).toEqual([]);
  });
});

describe('an active lease', () => {
  it('ends when its time is over, and pays for all of it', () => {
    const state = holding(aLease('gpu-a', reservedTwoHours));
    const changes = advance(state, SILENT, NOW + HOUR);
    expect(kinds(changes)).toEqual(['leaseEnded', 'settle 240']);
    expect(state.accounts.get('team/now')).toEqual({ reserved: 0, spent: 240 });
  });

  it('ends when its heartbeats stop, and pays until the leader found out', () => {
    const lease = aLease('gpu-a', { ...reservedTwoHours, activatedAt: NOW - HOUR });
    const changes = advance(holding(lease), { heard: [], heardThrough: NOW }, NOW);
    expect(kinds(changes)).toEqual(['leaseEnded', 'settle 120', 'refund 120']);
  });

  it('goes on while it is heard', () => {
    const lease = aLease('gpu-a', reservedTwoHours);
    const state = holding(lease);
    expect(advance(state, { heard: [{ lease: lease.id, at: NOW - 1000 }], heardThrough: NOW }, NOW)).toEqual(
      [],
    );
  });
});

describe('under a new leader', () => {
  const SINCE = NOW + HOUR / 2;
  const silence = (ms: number) => ({ heard: [], heardThrough: SINCE + ms, listensSince: SINCE });

  it('a silence from before, which may have been an outage, ends no lease', () => {
    const active = aLease('gpu-a', reservedTwoHours);
    const granted = aLease('gpu-a', { state: 'granted', activatedAt: null, startLimitAt: NOW });
    for (const lease of [active, granted])
      expect(advance(holding(lease), silence(30_000 - 1), SINCE + 31_000)).toEqual([]);
  });

  it('a lease that stays silent for its whole time-out ends', () => {
    const active = aLease('gpu-a', reservedTwoHours);
    const granted = aLease('gpu-a', { state: 'granted', activatedAt: null, startLimitAt: NOW });
    const causes = [active, granted].map(
      (lease) => advance(holding(lease), silence(30_000), SINCE + 31_000)[0],
    );
    expect(causes).toMatchObject([{ cause: 'heartbeat' }, { cause: 'startLimit' }]);
  });
});

describe('the settlement', () => {
  it('charges the accounts that reserved, also when others pay for the agent by now, or it is gone', () => {
    for (const accounts of [['other' as never], null]) {
      const configuration = aConfiguration().account('team', 100_000).account('other', 100_000);
      configuration.agent(accounts === null ? 'eve' : 'ada', { accounts: accounts ?? [] });
      const state = holding(
        aLease('gpu-a', reservedTwoHours),
        configuration.pool(aPool('gpu-a').gpu(8).price(120)),
      );
      advance(state, SILENT, NOW + HOUR);
      expect(state.accounts.get('team/now')).toEqual({ reserved: 0, spent: 240 });
    }
  });

  it('gives back whole what was reserved for a pool that the configuration left out', () => {
    const configuration = aConfiguration()
      .account('team', 100_000)
      .agent('ada', { accounts: ['team' as never] });
    const state = holding(aLease('gpu-a', reservedTwoHours), configuration);
    state.quotaUse.clear();
    advance(state, SILENT, NOW + HOUR);
    expect(state.accounts.get('team/now')).toEqual({ reserved: 0, spent: 0 });
    expect(state.used.get('gpu-a')).toBe(0);
  });
});

describe('a request that waits', () => {
  it('expires at its start limit', () => {
    const state = aState()
      .request(aRequest(1).gpu(1).terms({ startBefore: NOW }))
      .build();
    const [change] = advance(state, SILENT, NOW);
    expect(change).toMatchObject({ outcome: 'expired', reasons: [{ code: 'START_LIMIT_PASSED' }] });
    expect(state.requests.size).toBe(0);
  });

  it('expires once it can no longer end by its deadline', () => {
    const state = aState()
      .request(
        aRequest(1)
          .gpu(1)
          .seconds(600)
          .terms({ deadline: NOW + 10 * MINUTE }),
      )
      .build();
    expect(advance(state, SILENT, NOW)).toEqual([]);
    expect(advance(state, SILENT, NOW + 1)[0]).toMatchObject({ reasons: [{ code: 'DEADLINE_UNREACHABLE' }] });
  });
});

describe('the end of a lease', () => {
  it('gives each unit back once and settles at most what was reserved', () => {
    const lease = aLease('gpu-a', reservedTwoHours);
    const changes = endLease(holding(lease), lease, { end: 'released', cause: 'agent', at: NOW + 10 * HOUR });
    expect(kinds(changes)).toEqual(['leaseEnded', 'settle 240']);
  });

  it.each([
    ['before its window returns the slot', NOW, 0],
    ['once its window has begun keeps the slot', NOW + 90 * MINUTE, 1],
  ])('of a windowed claim %s', (_name, at, wantUsed) => {
    const [startsAt, endsAt] = [NOW + HOUR, NOW + 2 * HOUR];
    const configuration = aConfiguration().pool(aPool('legal').review(['w1', startsAt, endsAt, 3]));
    const allocations = [
      { claim: 0, pool: 'legal' as never, kind: 'review', window: 'w1', quantity: 1, startsAt, endsAt },
    ];
    const lease = aLease('legal', { allocations, endsAt });
    const state = aState(configuration).lease(lease).used('legal@w1', 1).build();
    for (const change of endLease(state, lease, { end: 'released', cause: 'agent', at }))
      apply(state, change);
    expect(state.used.get('legal@w1')).toBe(wantUsed);
  });
});

describe('prices over a period’s end', () => {
  it('charge each period for its own seconds', () => {
    const midnight = NOW + HOUR / 2;
    const configuration = aConfiguration()
      .account('team', 0, {
        periods: [
          { id: 'first', startsAt: NOW - DAY, endsAt: midnight, budget: 1000 },
          { id: 'second', startsAt: midnight, endsAt: NOW + DAY, budget: 1000 },
        ],
      })
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(8).price(60));
    const reservations = ['first', 'second'].map((period) => ({
      account: 'team' as never,
      period,
      amount: 90,
    }));
    const lease = aLease('gpu-a', { reservations });
    const state = aState(configuration)
      .lease(lease)
      .used('gpu-a', 1)
      .quotaUse('research', 'gpu', 1)
      .account('team/first', { reserved: 90 })
      .account('team/second', { reserved: 90 })
      .build();
    advance(state, SILENT, NOW + HOUR);
    expect(state.accounts.get('team/first')).toEqual({ reserved: 0, spent: 90 });
    expect(state.accounts.get('team/second')).toEqual({ reserved: 0, spent: 30 });
  });
});
