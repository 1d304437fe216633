import { describe, expect, it } from 'vitest';
import { apply, StateError } from '../../../scheduler/domain/apply.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, NOW, requestIdOf } from '../../support/builders.ts';

const gpus = () => aConfiguration().pool(aPool('gpu-a').gpu(8));
const owner = { department: 'research' as never, agent: 'ada' as never };

describe('apply', () => {
  it('refuses a grant without a recorded allow', () => {
    const pending = { ...aRequest(1).gpu(1).pending(), verdict: null };
    const state = aState(gpus()).request(pending).build();
    const grant = {
      type: 'decided',
      request: requestIdOf(1),
      ...owner,
      outcome: 'granted',
      reasons: [],
      lease: null,
    } as const;
    expect(() => apply(state, grant)).toThrow(StateError);
  });

  it('refuses a second terminal outcome', () => {
    const state = aState(gpus()).request(aRequest(1).gpu(1)).build();
    const cancel = {
      type: 'decided',
      request: requestIdOf(1),
      ...owner,
      outcome: 'cancelled',
      reasons: [],
      lease: null,
    } as const;
    apply(state, cancel);
    expect(() => apply(state, cancel)).toThrow(/not open/);
  });

  it('returns the capacity of a lease once', () => {
    const lease = aLease('gpu-a', { quantity: 3 });
    const state = aState(gpus()).lease(lease).used('gpu-a', 5).quotaUse('research', 'gpu', 5).build();
    const end = { type: 'leaseEnded', lease: lease.id, end: 'released', at: NOW, cause: 'agent' } as const;
    apply(state, end);
    expect(state.used.get('gpu-a')).toBe(2);
    expect(() => apply(state, end)).toThrow(/not live/);
  });

  it('refuses an extension that would move a lease back', () => {
    const lease = aLease('gpu-a');
    const state = aState(gpus()).lease(lease).extend(lease, 60).build();
    const [extension] = state.extensions.keys();
    const back = {
      type: 'extensionDecided',
      extension: extension as never,
      lease: lease.id,
      outcome: 'granted',
      endsAt: lease.endsAt - 1,
      reservations: [],
      reasons: [],
    } as const;
    expect(() => apply(state, back)).toThrow(/move back/);
  });

  it('refuses a ledger entry that gives back more than is reserved', () => {
    const state = aState(gpus()).account('team/now', { reserved: 5 }).build();
    const entry = {
      id: 'x',
      type: 'refund',
      account: 'team' as never,
      period: 'now',
      lease: 'lse_1' as never,
      amount: 6,
    } as const;
    expect(() => apply(state, { type: 'ledger', entry })).toThrow(RangeError);
  });
});
