// Rows that are broken before a tick begins (a pool shrank, a quota or a budget was cut): their columns leave it, by name, and nobody else's.
import { describe, expect, it } from 'vitest';
import { explainer } from '../../scheduler/explain.ts';
import { afterPlan } from '../../scheduler/snapshot.ts';
import { verifyPlan, workConservation } from '../../scheduler/verify.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  type StateBuilder,
} from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();

const organisation = () =>
  aConfiguration()
    .account('team', 100)
    .agent('ada', { accounts: ['team' as never] })
    .quota('research', 'gpu', { nominal: 4 })
    .pool(
      aPool('gpu-a').gpu(8, 'a100'),
      aPool('gpu-h').gpu(2, 'h100'),
      aPool('lab').cpu(64).price(60),
      aPool('legal').review(['soon', NOW + HOUR, NOW + 2 * HOUR, 2]),
    );

/** Somebody whom the broken row keeps out, by the row, and somebody whom it does not touch. */
const CASES: Readonly<Record<string, { state: StateBuilder; code: string; what: string; held: number }>> = {
  'a pool that shrank': {
    state: aState(organisation())
      .used('gpu-h', 5)
      .request(aRequest(1).gpu(1, { model: 'h100' }), aRequest(2).gpu(1)),
    code: 'POOL_FULL',
    what: 'gpu-h',
    held: 5,
  },
  'a window that lost slots': {
    state: aState(organisation()).used('legal@soon', 4).request(aRequest(1).review(), aRequest(2).gpu(1)),
    code: 'WINDOW_FULL',
    what: 'legal@soon',
    held: 4,
  },
  'a quota that was cut': {
    state: aState(organisation())
      .quotaUse('research', 'gpu', 6)
      .request(aRequest(1).gpu(1), aRequest(2).cpu(1).seconds(60)),
    code: 'QUOTA_EXHAUSTED',
    what: 'research/gpu',
    held: 6,
  },
  'a budget that was cut': {
    state: aState(organisation())
      .account('team/now', { reserved: 90, spent: 80 })
      .request(aRequest(1).cpu(1).seconds(60), aRequest(2).gpu(1)),
    code: 'BUDGET_EXHAUSTED',
    what: 'team/now',
    held: 170,
  },
};

describe.each(Object.entries(CASES))('%s', (_, { state, code, what, held }) => {
  it('takes its columns out of the tick, and is named with what is held', async () => {
    const snapshot = state.snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(workConservation(snapshot, plan)).toEqual({ idle: [], kept: [], unsearched: [] });
    expect(plan.assignments.map(({ request }) => Number(request.slice(4)))).toEqual([2]);
    const reasons = explainer(afterPlan(snapshot, plan)).reasons(snapshot.requests[0]!);
    expect(reasons[0]).toMatchObject({ code, short: [{ what, available: 0, held }] });
  });
});
