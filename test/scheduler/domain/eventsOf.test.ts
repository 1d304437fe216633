import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../../scheduler/domain/eventsOf.ts';
import type { Change } from '../../../scheduler/index.ts';
import { aLease, aRequest, NOW, requestIdOf } from '../../support/builders.ts';

const lease = aLease('gpu-a', { request: requestIdOf(1), epoch: 3 });
const owner = { department: lease.department, agent: lease.agent };
const context = {
  cell: 'main',
  tick: 9,
  epoch: 4,
  now: NOW,
  policyRevision: 'policy-1',
  firstSequence: 41,
  leaseOf: () => lease,
};

function told(...changes: Change[]) {
  return eventsOf(changes, context);
}

describe('events', () => {
  it('are numbered without gaps, whatever else changed between', () => {
    const events = told(
      { type: 'requestOpened', pending: aRequest(1).gpu(1).pending() },
      {
        type: 'decided',
        request: requestIdOf(1),
        ...owner,
        outcome: 'granted',
        reasons: [],
        lease: lease.id,
      },
      { type: 'leaseGranted', lease },
      {
        type: 'ledger',
        entry: { id: 'x', type: 'reserve', account: 'a' as never, period: 'p', lease: lease.id, amount: 1 },
      },
      { type: 'leaseActivated', lease: lease.id, at: NOW },
    );
    expect(events.map(({ sequence, type }) => [sequence, type])).toEqual([
      [41, 'annona.request.granted.v1'],
      [42, 'annona.lease.granted.v1'],
      [43, 'annona.lease.activated.v1'],
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  it('of a lease carry its fencing epoch and tell times as RFC 3339', () => {
    const [event] = told({ type: 'leaseGranted', lease });
    expect(event).toMatchObject({
      request: requestIdOf(1),
      lease: lease.id,
      epoch: 4,
      data: {
        epoch: 3,
        endsAt: '2026-11-23T10:00:00.000Z',
        allocations: [{ pool: 'gpu-a', startsAt: '2026-11-23T08:00:00.000Z' }],
      },
    });
  });

  it('say why a request waits', () => {
    const reasons = [{ code: 'NEXT_TICK', option: 0 }] as const;
    const [event] = told({
      type: 'decided',
      request: requestIdOf(1),
      ...owner,
      outcome: 'waiting',
      reasons,
      lease: null,
    });
    expect(event).toMatchObject({ type: 'annona.request.waiting.v1', data: { reasons } });
  });

  it.each(['released', 'expired', 'revoked'] as const)(
    'tell the end of a lease that was %s, with its cause',
    (end) => {
      const [event] = told({ type: 'leaseEnded', lease: lease.id, end, at: NOW, cause: 'duration' });
      expect(event).toMatchObject({ type: `annona.lease.${end}.v1`, data: { cause: 'duration' } });
    },
  );
});
