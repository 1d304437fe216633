// Notices, flags and earmarks in memory: each follows its table, or the change is a bug and throws.
import { describe, expect, it } from 'vitest';
import { apply, StateError } from '../../../scheduler/domain/apply.ts';
import type { Change, Earmark, LeaseState } from '../../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, NOW, requestIdOf } from '../../support/builders.ts';

const pool = () => aConfiguration().pool(aPool('gpu-a').gpu(8));
const lease = aLease('gpu-a', { quantity: 3 });
const revocation = {
  right: 'priority',
  since: NOW,
  graceEndsAt: NOW + 1,
  request: requestIdOf(1),
  department: 'research' as never,
} as const;
const notice: Change = { type: 'leaseRevoking', lease: lease.id, revocation };
const earmark: Earmark = {
  request: requestIdOf(1),
  department: 'research' as never,
  agent: 'ada' as never,
  option: 0,
  units: [{ claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 3 }],
  reservations: [],
  victims: [{ lease: lease.id, right: 'priority', graceEndsAt: NOW + 1 }],
  madeAt: NOW,
  graceEndsAt: NOW + 1,
};
const made: Change = { type: 'earmarkMade', earmark };

const aCell = (state: LeaseState = 'active') =>
  aState(pool())
    .holds({ ...lease, state }, aRequest(9).gpu(3))
    .request(aRequest(1).gpu(3))
    .build();

describe('a notice', () => {
  it.each(['granted', 'active'] as const)('follows %s, and frees nothing', (state) => {
    const cell = aCell(state);
    apply(cell, notice);
    expect(cell.leases.get(lease.id)).toMatchObject({ state: 'revoking', revocation });
    expect(cell.used.get('gpu-a')).toBe(3);
    expect(cell.quotaUse.get('research/gpu')).toBe(3);
  });

  it('is given once, and to a lease that lives', () => {
    const cell = aCell();
    apply(cell, notice);
    expect(() => apply(cell, notice)).toThrow(StateError);
    expect(() => apply(aState(pool()).build(), notice)).toThrow(/not live/);
  });

  it.each([
    ['released', true],
    ['revoked', true],
    ['expired', false],
  ] as const)('is followed by %s: %s', (end, may) => {
    const cell = aCell();
    apply(cell, notice);
    const ended: Change = { type: 'leaseEnded', lease: lease.id, end, at: NOW, cause: 'grace' };
    if (!may) expect(() => apply(cell, ended)).toThrow(StateError);
    else {
      apply(cell, ended);
      expect([cell.used.get('gpu-a'), cell.held.size]).toEqual([0, 0]);
    }
  });

  it('comes before a lease can be revoked', () => {
    const ended: Change = { type: 'leaseEnded', lease: lease.id, end: 'revoked', at: NOW, cause: 'grace' };
    expect(() => apply(aCell(), ended)).toThrow(/active -> revoked/);
  });
});

describe('a flag', () => {
  it('names kinds, and none leaves none', () => {
    const cell = aCell();
    apply(cell, { type: 'leaseFlagged', lease: lease.id, borrowed: ['gpu'] });
    expect(cell.leases.get(lease.id)!.borrowed).toEqual(['gpu']);
    apply(cell, { type: 'leaseFlagged', lease: lease.id, borrowed: [] });
    expect(cell.leases.get(lease.id)).not.toHaveProperty('borrowed');
  });
});

describe('an earmark', () => {
  it('is made once, for a request that is open', () => {
    const cell = aCell();
    apply(cell, made);
    expect(cell.earmarks.get(earmark.request)).toBe(earmark);
    expect(() => apply(cell, made)).toThrow(StateError);
    expect(() => apply(aState(pool()).build(), made)).toThrow(/not open/);
  });

  it.each(['granted', 'dropped'] as const)('is %s once', (end) => {
    const cell = aCell();
    const ended: Change = { type: 'earmarkEnded', request: earmark.request, end };
    expect(() => apply(cell, ended)).toThrow(StateError);
    apply(cell, made);
    apply(cell, ended);
    expect(cell.earmarks.size).toBe(0);
    expect(() => apply(cell, ended)).toThrow(StateError);
  });
});
