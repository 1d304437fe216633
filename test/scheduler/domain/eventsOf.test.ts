// What the outside is told of each change: in which words, under which number, to whom, and what it is not told.
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../../scheduler/domain/eventsOf.ts';
import type { Change, ExtensionId } from '../../../scheduler/index.ts';
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

  it.each(['granted', 'waiting', 'denied', 'expired', 'cancelled'] as const)(
    'tell a Decision that is %s to the agent that asked',
    (outcome) => {
      const decided = { type: 'decided', request: requestIdOf(1), ...owner, outcome, reasons: [] } as const;
      const [event] = told({ ...decided, lease: outcome === 'granted' ? lease.id : null });
      expect(event).toMatchObject({
        type: `annona.request.${outcome}.v1`,
        request: requestIdOf(1),
        ...owner,
      });
      expect(event!.lease).toBe(outcome === 'granted' ? lease.id : null);
    },
  );

  it('tell whether an extension was granted, and until when or why not', () => {
    const extension = 'ext_1' as ExtensionId;
    const decided = { type: 'extensionDecided', extension, lease: lease.id, reservations: [] } as const;
    const reasons = [{ code: 'NEXT_TICK', option: 0 }] as const;
    const events = told(
      { ...decided, outcome: 'granted', endsAt: NOW, reasons: [] },
      { ...decided, outcome: 'denied', endsAt: null, reasons },
    );
    expect(events).toMatchObject([
      { type: 'annona.lease.extended.v1', data: { epoch: 3, extension, endsAt: '2026-11-23T09:00:00.000Z' } },
      { type: 'annona.lease.extension-denied.v1', data: { epoch: 3, extension, reasons } },
    ]);
  });

  it('are what they are after a journey as JSON', () => {
    const events = told(
      { type: 'leaseGranted', lease },
      { type: 'leaseEnded', lease: lease.id, end: 'expired', at: NOW, cause: 'heartbeat' },
    );
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });
});
