// The index of live leases against a look at all of them, whatever happened to them since it was made.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply } from '../../../scheduler/domain/apply.ts';
import { startOf } from '../../../scheduler/domain/lease.ts';
import { declaredEndOf } from '../../../scheduler/domain/leaseEnds.ts';
import { leaseIndexOf } from '../../../scheduler/domain/leaseIndex.ts';
import type { Change, Lease, LeaseId, RequestId, State } from '../../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aState } from '../../support/builders.ts';
import { NOW } from '../../support/instants.ts';

const SECOND = 1000;

interface Step {
  readonly what: 'grant' | 'activate' | 'heartbeat' | 'revoke' | 'flag' | 'end';
  readonly which: number;
  readonly seconds: number;
}

const aStep = fc.record({
  what: fc.constantFrom<Step['what']>('grant', 'grant', 'activate', 'heartbeat', 'revoke', 'flag', 'end'),
  which: fc.nat(),
  seconds: fc.integer({ min: 0, max: 600 }),
});

function changeOf(state: State, { what, which, seconds }: Step, n: number): Change | null {
  const at = NOW + seconds * SECOND;
  if (what === 'grant') {
    const granted = aLease('gpu-a', {
      id: `lse_${String(1000 - n)}` as LeaseId,
      request: `req_${n}` as RequestId,
      grantedAt: at,
      startLimitAt: at + 60 * SECOND,
      endsAt: at + (1 + (which % 300)) * SECOND,
    });
    return { type: 'leaseGranted', lease: { ...granted, state: 'granted', activatedAt: null } };
  }
  const leases = [...state.leases.values()];
  const lease = leases[which % Math.max(1, leases.length)];
  if (lease === undefined) return null;
  if (what === 'activate' && lease.state === 'granted')
    return { type: 'leaseActivated', lease: lease.id, at };
  if (what === 'heartbeat' && lease.state === 'active')
    state.heardAt.set(lease.id, Math.max(at, state.heardAt.get(lease.id) ?? at));
  if (what === 'flag')
    return { type: 'leaseFlagged', lease: lease.id, borrowed: which % 2 === 0 ? ['gpu'] : [] };
  if (what === 'revoke' && lease.state !== 'revoking') {
    const revocation = {
      right: 'reclaim',
      since: NOW,
      graceEndsAt: at,
      request: null,
      department: null,
    } as const;
    return { type: 'leaseRevoking', lease: lease.id, revocation };
  }
  if (what === 'end' && lease.state !== 'revoking')
    return { type: 'leaseEnded', lease: lease.id, end: 'expired', at, cause: 'duration' };
  return null;
}

/** What the life cycle would find over, without its index. */
function mayLapse(state: State, lease: Lease, now: number): boolean {
  if (lease.endsAt <= now) return true;
  if (lease.state === 'revoking') return lease.revocation!.graceEndsAt <= now;
  if (lease.state === 'granted') return lease.startLimitAt <= now;
  const heard = state.heardAt.get(lease.id) ?? startOf(lease);
  return heard + state.configuration.leaseTerms.heartbeatTimeoutSeconds * SECOND <= now;
}

const idsOf = (leases: Iterable<Lease>): string[] => Array.from(leases, ({ id }) => id);
const having = (state: State, has: (lease: Lease) => boolean): string[] =>
  idsOf([...state.leases.values()].filter(has)).sort();

function declaredEnds(state: State): number[] {
  const ends = [...state.leases.values()].map((lease) => declaredEndOf(lease, state.held.get(lease.request)));
  return ends.sort((a, b) => a - b);
}

it('answers as a look at all leases would, in order of ids', () => {
  let lapsed = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(aStep, fc.nat(900)), { maxLength: 50 }), (steps) => {
      const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(1_000_000))).build();
      leaseIndexOf(state);
      for (const [n, [step, clock]] of steps.entries()) {
        const change = changeOf(state, step, n);
        if (change !== null) apply(state, change);
        const now = NOW + clock * SECOND;
        const index = leaseIndexOf(state);
        const due = having(state, (lease) => mayLapse(state, lease, now));
        lapsed += due.length;
        expect(idsOf(index.lapsing(now))).toEqual(due);
        expect(idsOf(index.revoking())).toEqual(having(state, (lease) => lease.state === 'revoking'));
        expect(idsOf(index.borrowing())).toEqual(having(state, ({ borrowed }) => borrowed !== undefined));
        const [some] = state.leases.values();
        if (some !== undefined)
          expect(idsOf(index.ofDepartments([some.department]))).toEqual(
            having(state, ({ department }) => department === some.department),
          );
        const backs = index.ends.ofPool('gpu-a');
        expect(backs.flatMap(({ endsAt, claims }) => Array(claims).fill(endsAt))).toEqual(
          declaredEnds(state),
        );
        // Once old, always told of: the clock goes back here, which the database's does not.
        const started = new Set(idsOf(index.startedBy(now)));
        for (const lease of state.leases.values()) {
          if (startOf(lease) <= now) expect(started).toContain(lease.id);
          if (!started.has(lease.id)) expect(startOf(lease)).toBeGreaterThanOrEqual(index.nextStart!);
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(lapsed).toBeGreaterThan(100);
});

it('is made again when the memory was changed by other hands, or silence counts from another time', () => {
  const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(1_000_000))).build();
  expect(leaseIndexOf(state).lapsing(Number.POSITIVE_INFINITY)).toEqual([]);
  const lease = aLease('gpu-a');
  state.leases.set(lease.id, lease);
  expect(leaseIndexOf(state).lapsing(Number.POSITIVE_INFINITY)).toEqual([lease]);
  const before = leaseIndexOf(state);
  const { leaseTerms } = state.configuration;
  state.configuration = { ...state.configuration, leaseTerms: { ...leaseTerms, heartbeatTimeoutSeconds: 1 } };
  expect(leaseIndexOf(state)).not.toBe(before);
});
