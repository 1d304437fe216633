// Extensions: extra seconds on the payer's accounts, one column for the first so many of a lease.
import { describe, expect, it } from 'vitest';
import { explainer } from '../../../scheduler/explain.ts';
import { afterPlan } from '../../../scheduler/snapshot.ts';
import { verifyPlan } from '../../../scheduler/verify.ts';
import { aConfiguration, aLease, aPool, aState, HOUR, NOW } from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();
/** 4 units at 100 an hour; the lease ends in an hour, and its grace of 30 s was reserved with it. */
const organisation = (budget: number) =>
  aConfiguration()
    .terms({ graceSeconds: 30 })
    .account('team', budget)
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(8).price(100), aPool('legal').review(['later', NOW + HOUR, NOW + 2 * HOUR, 3]));

const lease = aLease('gpu-a', { quantity: 4 });

async function decided(state: ReturnType<typeof aState>) {
  const snapshot = state.lease(lease).snapshot();
  const made = await decide(snapshot);
  expect(verifyPlan(snapshot, made.plan)).toEqual({ ok: true });
  return { ...made, snapshot };
}

describe('an extension', () => {
  it('costs the extra seconds and moves the end', async () => {
    const { plan } = await decided(aState(organisation(1000)).extend(lease, 1800));
    expect(plan.extensions).toEqual([
      {
        extension: 'ext_1',
        endsAt: lease.endsAt + 1_800_000,
        reservations: [{ account: 'team', period: 'now', amount: 200 }],
      },
    ]);
  });

  it('that the accounts do not cover is refused with the numbers', async () => {
    const { plan, formulation } = await decided(aState(organisation(199)).extend(lease, 1800));
    expect(plan.extensions).toEqual([]);
    expect(formulation.refusedExtensions.get('ext_1' as never)).toEqual([
      {
        code: 'BUDGET_EXHAUSTED',
        option: 0,
        unit: 'EUR',
        short: [{ what: 'team/now', requested: 200, available: 199, held: 0 }],
      },
    ]);
  });

  it('starts where the one before it ends', async () => {
    const { plan } = await decided(aState(organisation(1000)).extend(lease, 1800).extend(lease, 900));
    expect(plan.extensions.map(({ endsAt }) => endsAt - lease.endsAt)).toEqual([1_800_000, 2_700_000]);
    expect(plan.extensions.map(({ reservations }) => reservations[0]?.amount)).toEqual([200, 100]);
  });

  it('is passed over when a shorter one after it is covered', async () => {
    const { plan, formulation } = await decided(
      aState(organisation(150)).extend(lease, 1800).extend(lease, 900),
    );
    expect(plan.extensions.map(({ extension }) => extension)).toEqual(['ext_2']);
    expect([...formulation.refusedExtensions.keys()]).toEqual(['ext_1']);
  });

  it('of a lease that holds only a window has nothing to extend', async () => {
    const allocations = [
      { ...lease.allocations[0]!, pool: 'legal' as never, kind: 'review', window: 'later' },
    ];
    const windowed = aLease('legal', { allocations });
    const { formulation } = await decide(
      aState(organisation(1000)).lease(windowed).extend(windowed, 60).snapshot(),
    );
    expect([...formulation.refusedExtensions.values()]).toEqual([
      [{ code: 'NO_WINDOW', option: 0, claim: 0, kind: 'review' }],
    ]);
  });
});

it('of two leases that share a budget for one extension, the refused one is told the numbers that are left', async () => {
  const other = aLease('gpu-a', { id: 'lse_00000001_001' as never, quantity: 4 });
  const { plan, snapshot } = await decided(
    aState(organisation(300)).lease(other).extend(lease, 1800).extend(other, 1800),
  );
  expect(plan.extensions.map(({ extension }) => extension)).toEqual(['ext_1']);
  const refused = snapshot.extensions[1]!.extension;
  const wantReason = {
    code: 'BUDGET_EXHAUSTED',
    option: 0,
    unit: 'EUR',
    short: [{ what: 'team/now', requested: 200, available: 100, held: 200 }],
  };
  expect(explainer(afterPlan(snapshot, plan)).extensionReasons(refused)).toEqual([wantReason]);
});
