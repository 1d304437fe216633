// A licence that was in use came back to the leader's memory, though not to the store, when its lease ended while its pool was out of the
// configuration: with the pool named again, the leader granted it a second time, and the store refused the tick (S1).
import { expect, it } from 'vitest';
import { takeUp } from '../../scheduler/adopt.ts';
import { apply } from '../../scheduler/domain/apply.ts';
import { copyState } from '../../scheduler/domain/copyState.ts';
import type { Lease } from '../../scheduler/index.ts';
import { aConfiguration, aLease, aPool, aState, NOW } from '../support/builders.ts';

const GPUS = aPool('gpu-a').gpu(8);
const WITH = aConfiguration().pool(GPUS, aPool('cad').license(4)).build();
const WITHOUT = { ...aConfiguration().pool(GPUS).build(), revision: 'without' };

/** What is used of the licences once the lease has ended while they were out of the configuration. */
function usedAfterEnd(change: Partial<Lease>): { used: number | undefined; isRemembered: boolean } {
  const lease = aLease('cad', { quantity: 3, kind: 'license', ...change });
  const before = aState(WITH).lease(lease).used('cad', 3).build();
  takeUp(before, WITHOUT);
  const state = copyState(before);
  apply(state, { type: 'leaseEnded', lease: lease.id, end: 'released', at: NOW, cause: 'agent' });
  return { used: state.used.get('cad'), isRemembered: state.goneConsumables.has('cad' as never) };
}

it('a licence that was in use is used up, also when its pool has left the configuration', () => {
  expect(usedAfterEnd({ state: 'active' })).toEqual({ used: 3, isRemembered: true });
});

it('one that was never taken up comes back, and nothing is remembered of a pool of which nothing is used', () => {
  expect(usedAfterEnd({ state: 'granted', activatedAt: null })).toEqual({ used: 0, isRemembered: false });
});

it('a pool that is named again is what its configuration says', () => {
  const state = aState(WITH)
    .lease(aLease('cad', { quantity: 3, kind: 'license' }))
    .used('cad', 3)
    .build();
  takeUp(state, WITHOUT);
  expect([...state.goneConsumables]).toEqual(['cad']);
  takeUp(state, WITH);
  expect([...state.goneConsumables]).toEqual([]);
});
