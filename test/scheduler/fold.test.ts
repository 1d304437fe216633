import { describe, expect, it } from 'vitest';
import { fold } from '../../scheduler/fold.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, NOW, requestIdOf } from '../support/builders.ts';
import { intake, submitted } from './support/tickRig.ts';

const ada = { department: 'research', agent: 'ada' };
const gpus = () => aConfiguration().pool(aPool('gpu-a').gpu(8));

describe('the fold', () => {
  it('opens submits in the order of their rows', () => {
    const state = aState(gpus()).build();
    fold(state, [submitted(aRequest(7).gpu(1).build()), submitted(aRequest(3).gpu(1).build())], NOW);
    expect([...state.requests.values()].map(({ sequence, request }) => [sequence, request.id])).toEqual([
      [1, requestIdOf(7)],
      [2, requestIdOf(3)],
    ]);
  });

  it('takes the time of submission from the row, not from the body', () => {
    const state = aState(gpus()).build();
    fold(state, [submitted(aRequest(1).gpu(1).submittedAt(5).build(), NOW - 40)], NOW);
    expect(state.requests.get(requestIdOf(1))?.request.submittedAt).toBe(NOW - 40);
  });

  it('cancels a request that was submitted in the same batch', () => {
    const state = aState(gpus()).build();
    const cancel = intake({ type: 'cancel', request: requestIdOf(1) }, ada);
    const changes = fold(state, [submitted(aRequest(1).gpu(1).build()), cancel], NOW);
    expect(changes.at(-1)).toMatchObject({
      outcome: 'cancelled',
      reasons: [{ code: 'CANCELLED', by: 'ada' }],
    });
    expect(state.requests.size).toBe(0);
  });

  it('turns a cancel that meets a grant into a release', () => {
    const lease = aLease('gpu-a', { request: requestIdOf(1) });
    const state = aState(gpus()).lease(lease).used('gpu-a', 1).quotaUse('research', 'gpu', 1).build();
    const [change] = fold(state, [intake({ type: 'cancel', request: requestIdOf(1) }, ada)], NOW);
    expect(change).toMatchObject({ type: 'leaseEnded', end: 'released', cause: 'cancelled' });
    expect(state.used.get('gpu-a')).toBe(0);
  });

  it('denies at once what a newer configuration has made impossible', () => {
    const state = aState(gpus()).build();
    const changes = fold(state, [submitted(aRequest(1).gpu(9).build())], NOW);
    expect(changes[1]).toMatchObject({
      outcome: 'denied',
      reasons: [{ code: 'UNSATISFIABLE', requested: 9, largest: 8 }],
    });
  });

  it.each([
    ['another department', { department: 'sales', agent: null }],
    ['another agent', { department: 'research', agent: 'bob' }],
  ])('lets %s neither cancel nor release', (_who, by) => {
    const lease = aLease('gpu-a');
    const state = aState(gpus()).lease(lease).used('gpu-a', 1).request(aRequest(1).gpu(1)).build();
    const acts = [
      intake({ type: 'cancel', request: requestIdOf(1) }, by),
      intake({ type: 'release', lease: lease.id, epoch: lease.epoch }, by),
    ];
    expect(fold(state, acts, NOW)).toEqual([]);
  });

  it('ignores a release with a stale epoch, and a second release', () => {
    const lease = aLease('gpu-a', { epoch: 4 });
    const state = aState(gpus()).lease(lease).used('gpu-a', 1).quotaUse('research', 'gpu', 1).build();
    expect(fold(state, [intake({ type: 'release', lease: lease.id, epoch: 3 }, ada)], NOW)).toEqual([]);
    expect(fold(state, [intake({ type: 'release', lease: lease.id, epoch: 4 }, ada)], NOW)).toHaveLength(1);
    expect(fold(state, [intake({ type: 'release', lease: lease.id, epoch: 4 }, ada)], NOW)).toEqual([]);
    expect(state.used.get('gpu-a')).toBe(0);
  });
});
