// The frozen view of a tick, and its digest.
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import { afterPlan, snapshotDigest, takeSnapshot } from '../../scheduler/snapshot.ts';
import { aConfiguration, aLease, aPool, aRequest, aState, NOW } from '../support/builders.ts';

const configuration = aConfiguration()
  .pool(aPool('gpu-a').gpu(8), aPool('gpu-b').gpu(8))
  .account('team', 100)
  .build();

describe('takeSnapshot', () => {
  it('holds only requests with a recorded allow, in order of sequence', () => {
    const denied = {
      ...aRequest(2).gpu(1).pending(),
      verdict: { allow: false, codes: ['no'], policyRevision: 'p', dataRevision: 'd' },
    };
    const ungated = { ...aRequest(3).gpu(1).pending(), verdict: null };
    const snapshot = aState(configuration)
      .request(aRequest(1).gpu(1), denied, ungated, aRequest(4).gpu(1))
      .snapshot();
    expect(snapshot.requests.map(({ sequence }) => sequence)).toEqual([1, 4]);
  });

  it('refuses a state whose requests are out of order', () => {
    const state = aState(configuration).request(aRequest(2).gpu(1), aRequest(1).gpu(1));
    expect(() => state.snapshot()).toThrow('out of order');
  });

  it('does not see what happens to the state afterwards', () => {
    const state = aState(configuration)
      .request(aRequest(1).gpu(1))
      .used('gpu-a', 2)
      .account('team/now', { reserved: 5 })
      .build();
    const snapshot = aStateSnapshot(state);
    state.used.set('gpu-a', 7);
    state.accounts.get('team/now')!.reserved = 9;
    state.requests.clear();
    expect(snapshot.used.get('gpu-a')).toBe(2);
    expect(snapshot.accounts.get('team/now')).toEqual({ reserved: 5, spent: 0 });
    expect(snapshot.requests).toHaveLength(1);
  });

  it('leaves out extensions of leases that are gone or being revoked', () => {
    const live = aLease('gpu-a');
    const revoking = aLease('gpu-b', { id: 'lse_00000001_001' as never, state: 'revoking' });
    const gone = aLease('gpu-b', { id: 'lse_00000001_002' as never });
    const state = aState(configuration)
      .lease(live)
      .lease(revoking)
      .extend(live, 60)
      .extend(revoking, 60)
      .extend(gone, 60);
    expect(state.snapshot().extensions.map(({ lease }) => lease.id)).toEqual([live.id]);
  });
});

function aStateSnapshot(state: ReturnType<ReturnType<typeof aState>['build']>) {
  return takeSnapshot(state, NOW);
}

describe('snapshotDigest', () => {
  const base = () => aState(configuration).request(aRequest(1).gpu(1), aRequest(2).gpu(2));

  it('does not depend on the order of any Map, nor on amounts of zero', () => {
    const one = base().used('gpu-a', 1).used('gpu-b', 2).quotaUse('research', 'gpu', 3).snapshot();
    const other = base()
      .quotaUse('research', 'cpu', 0)
      .quotaUse('research', 'gpu', 3)
      .used('gpu-b', 2)
      .used('gpu-a', 1);
    other.account('team/now', {});
    expect(snapshotDigest(other.snapshot(), sha256)).toBe(snapshotDigest(one, sha256));
  });

  it.each([
    ['the time', base().snapshot(NOW + 1)],
    ['a request more', base().request(aRequest(3).gpu(1)).snapshot()],
    ['what a request asks', aState(configuration).request(aRequest(1).gpu(1), aRequest(2).gpu(3)).snapshot()],
    [
      'when it was submitted',
      aState(configuration)
        .request(
          aRequest(1).gpu(1),
          aRequest(2)
            .gpu(2)
            .submittedAt(NOW - 1),
        )
        .snapshot(),
    ],
    ['units held', base().used('gpu-a', 1).snapshot()],
    ['quota use', base().quotaUse('research', 'gpu', 1).snapshot()],
    ['money spent', base().account('team/now', { spent: 1 }).snapshot()],
    ['an extension', base().lease(aLease('gpu-a')).extend(aLease('gpu-a'), 60).snapshot()],
    [
      'the configuration',
      aState(aConfiguration()).request(aRequest(1).gpu(1), aRequest(2).gpu(2)).snapshot(),
    ],
  ])('changes with %s', (_, changed) => {
    expect(snapshotDigest(changed, sha256)).not.toBe(snapshotDigest(base().snapshot(), sha256));
  });
});

describe('afterPlan', () => {
  it('adds units, quota use and reservations, and leaves the snapshot as it was', () => {
    const snapshot = aState(configuration).request(aRequest(1).gpu(3)).used('gpu-a', 1).snapshot();
    const { id } = snapshot.requests[0]!.request;
    const allocation = {
      claim: 0,
      pool: 'gpu-a' as never,
      kind: 'gpu',
      quantity: 3,
      startsAt: NOW,
      endsAt: NOW + 1,
    };
    const reservations = [{ account: 'team' as never, period: 'now', amount: 7 }];
    const after = afterPlan(snapshot, {
      assignments: [{ request: id, option: 0, allocations: [allocation], reservations, endsAt: NOW + 1 }],
      extensions: [{ extension: 'ext_1' as never, endsAt: NOW + 2, reservations }],
    });
    expect(after.used.get('gpu-a')).toBe(4);
    expect(after.quotaUse.get('research/gpu')).toBe(3);
    expect(after.accounts.get('team/now')).toEqual({ reserved: 14, spent: 0 });
    expect(snapshot.used.get('gpu-a')).toBe(1);
  });
});
