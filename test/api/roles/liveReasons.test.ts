import { expect, it } from 'vitest';
import { liveReasons } from '../../../api/roles/liveReasons.ts';
import type { State } from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, aState, NOW, requestIdOf } from '../../support/builders.ts';

/** Eight GPUs, all taken, and `count` requests that wait for them. Counts how often the used units are copied. */
function aLeader(count: number) {
  const memory = aState(aConfiguration().pool(aPool('gpu-a').gpu(8))).used('gpu-a', 8);
  for (let n = 1; n <= count; n += 1)
    memory.request({ ...aRequest(n).gpu(n).pending(), waitingCodes: ['POOL_FULL'] });
  const leader = { state: memory.build() as State | null, looks: 0, now: NOW };
  const used = leader.state!.used;
  const entries = used[Symbol.iterator].bind(used);
  used[Symbol.iterator] = () => {
    leader.looks += 1;
    return entries();
  };
  return {
    leader,
    reasons: liveReasons({ state: () => leader.state }, () => leader.now),
  };
}

it('tells each request its own numbers from one look at the memory', () => {
  const { leader, reasons } = aLeader(3);
  const told = [1, 2, 3].map((n) => reasons(requestIdOf(n)));
  expect(told).toMatchObject(
    [1, 2, 3].map((requested) => [{ code: 'POOL_FULL', short: [{ requested, available: 0, held: 8 }] }]),
  );
  expect(leader.looks).toBe(1);
});

it('looks again after a tick, and after a second', () => {
  const { leader, reasons } = aLeader(1);
  const expectHeld = (held: number) =>
    expect(reasons(requestIdOf(1))).toMatchObject([{ code: 'POOL_FULL', short: [{ held }] }]);
  expectHeld(8);
  leader.state!.used.set('gpu-a', 9);
  expectHeld(8);
  leader.state!.tick += 1;
  expectHeld(9);
  leader.state!.used.set('gpu-a', 10);
  leader.now += 999;
  expectHeld(9);
  leader.now += 1;
  expectHeld(10);
});

it('knows nothing while this process does not lead, of a request that is not open, or that no tick dealt with', () => {
  const { leader, reasons } = aLeader(1);
  expect(reasons(requestIdOf(2))).toBeNull();
  const pending = leader.state!.requests.get(requestIdOf(1))!;
  leader.state!.requests.set(requestIdOf(1), { ...pending, waitingCodes: null });
  expect(reasons(requestIdOf(1))).toBeNull();
  leader.state = null;
  expect(reasons(requestIdOf(1))).toBeNull();
});

it('says that a request waits for its reviewer, whatever room there is', () => {
  const verdict = { allow: true, codes: [], policyRevision: 'p', dataRevision: 'd' };
  const obligations = { approvals: [{ skill: 'legal', code: 'NEEDS_LEGAL', policy: 'p' }] };
  const pending = {
    ...aRequest(1).gpu(1).pending(),
    verdict: { ...verdict, obligations },
    awaitsApproval: true,
  } as const;
  const memory = aState(aConfiguration().pool(aPool('gpu-a').gpu(8)));
  const state = memory.request({ ...pending, waitingCodes: ['AWAITING_APPROVAL'] }).build();
  const approval = {
    id: 'apr_1',
    request: requestIdOf(1),
    skill: 'legal',
    code: 'NEEDS_LEGAL',
    policy: 'p',
    state: 'seeking',
  };
  state.approvals.set(
    'apr_1' as never,
    { ...approval, review: requestIdOf(2), attempt: 1, slot: null, ruling: null } as never,
  );
  expect(liveReasons({ state: () => state }, () => NOW)(requestIdOf(1))).toMatchObject([
    { code: 'AWAITING_APPROVAL', skill: 'legal', rule: 'NEEDS_LEGAL' },
  ]);
});
