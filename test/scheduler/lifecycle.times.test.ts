// Start limits and deadlines: a request's own limit on its lease, and what expires at the instant with nothing else to do.
import { expect, it } from 'vitest';
import { admit } from '../../scheduler/commands/submit.ts';
import type { Terms } from '../../scheduler/index.ts';
import { advance } from '../../scheduler/lifecycle.ts';
import { aConfiguration, aPool, aRequest, aState, HOUR, MINUTE, NOW } from '../support/builders.ts';
import { aTickRig, SILENT, submitted, theLease } from './support/tickRig.ts';

const organisation = () =>
  aConfiguration()
    .account('team', 100_000)
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(8).price(120), aPool('legal').review(['soon', NOW + MINUTE, NOW + HOUR, 1]));

const refusalOf = (terms: Partial<Terms>) => {
  const admission = admit(organisation().build(), aRequest().gpu(1).terms(terms).build());
  return admission.ok ? null : admission.refusal.pointer;
};

it('a start limit of a request is at most the organisation’s', () => {
  expect(refusalOf({ startLimitSeconds: 30 })).toBeNull();
  expect(refusalOf({ startLimitSeconds: 31 })).toBe('/terms/startLimitSeconds');
});

it('a lease that is not taken up within its request’s own start limit expires and is refunded', async () => {
  const rig = aTickRig(aState(organisation()).build());
  await rig.tick({ rows: [submitted(aRequest().gpu(1).terms({ startLimitSeconds: 5 }).build())] });
  expect(theLease(rig.state).startLimitAt).toBe(NOW + 5000);
  expect(rig.state.accounts.get('team/now')?.reserved).toBeGreaterThan(0);
  await rig.tick({ now: NOW + 5000, heartbeats: { heard: [], heardThrough: NOW + 4999 } });
  expect(rig.state.leases.size).toBe(1);
  await rig.tick({ now: NOW + 5001, heartbeats: { heard: [], heardThrough: NOW + 5000 } });
  expect(rig.last().changes).toMatchObject([
    { type: 'leaseEnded', end: 'expired', cause: 'startLimit' },
    { type: 'ledger', entry: { type: 'refund' } },
  ]);
  expect(rig.state.accounts.get('team/now')).toEqual({ reserved: 0, spent: 0 });
});

it('a start limit that the organisation shortened since then is the shorter one', async () => {
  const state = aState(organisation()).build();
  const rig = aTickRig(state);
  state.configuration = organisation().terms({ startLimitSeconds: 3 }).build();
  await rig.tick({ rows: [submitted(aRequest().gpu(1).terms({ startLimitSeconds: 20 }).build())] });
  expect(theLease(state).startLimitAt).toBe(NOW + 3000);
});

it('a new leader gives a lease its own start limit again, and no more', async () => {
  const rig = aTickRig(aState(organisation()).build());
  await rig.tick({ rows: [submitted(aRequest().gpu(1).terms({ startLimitSeconds: 5 }).build())] });
  const since = NOW + 20_000;
  const heard = (heardThrough: number) => ({ heard: [], heardThrough, listensSince: since });
  expect(advance(rig.state, heard(since + 4999), since + 6000)).toEqual([]);
  expect(advance(rig.state, heard(since + 5000), since + 6000)).toMatchObject([{ cause: 'startLimit' }, {}]);
});

it.each([
  ['startBefore', { startBefore: NOW + 1000 }, NOW + 1000, 'START_LIMIT_PASSED'],
  ['a deadline', { deadline: NOW + 601_000 }, NOW + 1001, 'DEADLINE_UNREACHABLE'],
] as const)(
  '%s expires a waiting request in the first tick that comes after it, with no news beside it',
  async (_, terms, at, code) => {
    const rig = aTickRig(aState(organisation()).used('gpu-a', 8).build());
    await rig.tick({ rows: [submitted(aRequest().gpu(1).terms(terms).build())] });
    expect((await rig.tick({ now: at - 1 })).type).toBe('idle');
    expect((await rig.tick({ now: at })).type).toBe('committed');
    expect(rig.last().changes).toMatchObject([{ type: 'decided', outcome: 'expired', reasons: [{ code }] }]);
  },
);

it('what takes windows alone may wait until its deadline, for windows end when they end', () => {
  const request = aRequest()
    .review()
    .seconds(3000)
    .terms({ deadline: NOW + HOUR });
  const state = aState(organisation()).request(request).build();
  expect(advance(state, SILENT, NOW + HOUR - 1)).toEqual([]);
  expect(advance(state, SILENT, NOW + HOUR)).toMatchObject([{ outcome: 'expired' }]);
});
