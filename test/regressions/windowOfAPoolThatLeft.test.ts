// A review slot whose window had begun came back to the leader's memory, though not to the store, when its lease ended while its pool was out of
// the configuration: with the pool named again, the leader granted the slot a second time, and the store refused the tick (S1).
// Found by seed 10133 of the simulated cluster.
import { expect, it } from 'vitest';
import { apply } from '../../scheduler/domain/apply.ts';
import type { PoolId } from '../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aState, HOUR, NOW } from '../support/builders.ts';

const STARTS_AT = NOW + HOUR;
const ENDS_AT = NOW + 2 * HOUR;

function usedAfterEndAt(at: number): number | undefined {
  const slot = { claim: 0, pool: 'review' as PoolId, kind: 'review', window: 'w1', quantity: 1 };
  const lease = aLease('review', { allocations: [{ ...slot, startsAt: STARTS_AT, endsAt: ENDS_AT }] });
  const state = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)))
    .lease(lease)
    .used('review@w1', 1)
    .build();
  apply(state, { type: 'leaseEnded', lease: lease.id, end: 'released', at, cause: 'cancelled' });
  return state.used.get('review@w1');
}

it('a window that has begun is used up, also when its pool has left the configuration', () => {
  expect(usedAfterEndAt(STARTS_AT + 1)).toBe(1);
});

it('a window that has not begun comes back', () => {
  expect(usedAfterEndAt(STARTS_AT - 1)).toBe(0);
});
