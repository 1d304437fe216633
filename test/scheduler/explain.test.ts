// Why a request waits: codes, exact numbers, the binding reason first.
import { describe, expect, it } from 'vitest';
import { explainer, explainWaiting } from '../../scheduler/explain.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  HOUR,
  NOW,
  type RequestBuilder,
  type StateBuilder,
} from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();

const organisation = () =>
  aConfiguration()
    .account('team', 1000)
    .department('research')
    .agent('ada', { accounts: ['team' as never] })
    .department('sales')
    .agent('sam')
    .quota('research', 'gpu', { nominal: 10, borrow: 4, lend: 2, cohort: 'all' })
    .quota('sales', 'gpu', { nominal: 10, lend: 3, cohort: 'all' })
    .pool(
      aPool('gpu-a').gpu(8, 'h100').price(100),
      aPool('gpu-b').gpu(16, 'a100').price(10),
      aPool('cpu-a').cpu(32),
      aPool('legal').review(['later', NOW + HOUR, NOW + 2 * HOUR, 2]),
    );

function reasonsOf(request: RequestBuilder, state: StateBuilder = aState(organisation())) {
  const snapshot = state.request(request).snapshot();
  return explainWaiting(snapshot, null, snapshot.requests.at(-1)!);
}

describe('a single reason', () => {
  it('POOL_FULL names the pools nearest to fitting, with what is asked, left and held', () => {
    const state = aState(organisation()).used('gpu-a', 5).used('gpu-b', 15);
    expect(reasonsOf(aRequest().gpu(4), state)).toEqual([
      {
        code: 'POOL_FULL',
        option: 0,
        claim: 0,
        kind: 'gpu',
        short: [
          { what: 'gpu-a', requested: 4, available: 3, held: 5 },
          { what: 'gpu-b', requested: 4, available: 1, held: 15 },
        ],
      },
    ]);
  });

  it('POOL_FULL tells of claims that fit alone but not beside each other', () => {
    const state = aState(organisation()).used('gpu-b', 16);
    const [reason] = reasonsOf(aRequest().gpu(5).gpu(4).seconds(60), state);
    expect(reason).toMatchObject({
      code: 'POOL_FULL',
      claim: 1,
      short: [{ what: 'gpu-a', requested: 9, available: 8, held: 0 }],
    });
  });

  it('WINDOW_FULL names the window', () => {
    const state = aState(organisation()).used('legal@later', 1);
    expect(reasonsOf(aRequest().review(2), state)).toEqual([
      {
        code: 'WINDOW_FULL',
        option: 0,
        claim: 0,
        kind: 'review',
        short: [{ what: 'legal@later', requested: 2, available: 1, held: 1 }],
      },
    ]);
  });

  it('NO_WINDOW tells that the calendar has none in the range', () => {
    expect(reasonsOf(aRequest().review(1, { to: NOW + HOUR }))).toEqual([
      { code: 'NO_WINDOW', option: 0, claim: 0, kind: 'review' },
    ]);
  });

  it('QUOTA_EXHAUSTED counts nominal and borrowing limit less what the department holds', () => {
    const state = aState(organisation()).quotaUse('research', 'gpu', 12);
    const wantShort = [{ what: 'research/gpu', requested: 3, available: 2, held: 12 }];
    expect(reasonsOf(aRequest().gpu(3), state)).toContainEqual({
      code: 'QUOTA_EXHAUSTED',
      option: 0,
      kind: 'gpu',
      short: wantShort,
    });
  });

  it('COHORT_EXHAUSTED counts what would be borrowed and what the cohort still lends', () => {
    const state = aState(organisation()).quotaUse('research', 'gpu', 7).quotaUse('sales', 'gpu', 11);
    const wantShort = [{ what: 'all/gpu', requested: 2, available: 1, held: 4 }];
    expect(reasonsOf(aRequest().gpu(3), state)).toEqual([
      { code: 'COHORT_EXHAUSTED', option: 0, kind: 'gpu', short: wantShort },
    ]);
  });

  it('BUDGET_EXHAUSTED is the cost of the cheapest way to have it', () => {
    const state = aState(organisation()).account('team/now', { reserved: 900, spent: 61 });
    const wantShort = [{ what: 'team/now', requested: 40, available: 39, held: 961 }];
    expect(reasonsOf(aRequest().gpu(4).seconds(3600), state)).toEqual([
      { code: 'BUDGET_EXHAUSTED', option: 0, unit: 'EUR', short: wantShort },
    ]);
  });

  it('DEADLINE_UNREACHABLE names the deadline', () => {
    const deadline = NOW + 1000;
    expect(reasonsOf(aRequest().gpu(1).terms({ deadline }))).toEqual([
      { code: 'DEADLINE_UNREACHABLE', deadline },
    ]);
  });

  it('NEXT_TICK is told to a request that fits what is left', () => {
    expect(reasonsOf(aRequest().gpu(1))).toEqual([{ code: 'NEXT_TICK', option: 0 }]);
  });

  it('UNSATISFIABLE is told when the configuration left no pool for it', () => {
    const [reason] = reasonsOf(aRequest().gpu(1, { model: 'v100' }));
    expect(reason).toEqual({
      code: 'UNSATISFIABLE',
      option: 0,
      claim: 0,
      kind: 'gpu',
      requested: 1,
      largest: 0,
    });
  });
});

describe('the binding reason', () => {
  it('within an option is the one that waiting will not mend', () => {
    const state = aState(organisation())
      .account('team/now', { spent: 1000 })
      .quotaUse('research', 'gpu', 14)
      .used('gpu-a', 8)
      .used('gpu-b', 16);
    const codes = reasonsOf(aRequest().gpu(1), state).map(({ code }) => code);
    expect(codes).toEqual(['BUDGET_EXHAUSTED', 'QUOTA_EXHAUSTED', 'COHORT_EXHAUSTED', 'POOL_FULL']);
  });

  it('comes from the option that lacks least', () => {
    const state = aState(organisation()).used('gpu-a', 8).used('cpu-a', 32);
    const reasons = reasonsOf(aRequest().gpu(1, { model: 'h100' }).cpu(1).or().cpu(2), state);
    expect(reasons.map((reason) => ('option' in reason ? reason.option : null))).toEqual([1, 0, 0]);
  });
});

describe('after a plan', () => {
  it('the numbers are those that the plan leaves', async () => {
    const requests = [1, 2].map((n) => aRequest(n).gpu(6, { model: 'h100' }).seconds(60));
    const snapshot = aState(organisation())
      .request(...requests)
      .snapshot();
    const { plan } = await decide(snapshot);
    const waiting = snapshot.requests.find(({ request }) => request.id !== plan.assignments[0]?.request)!;
    expect(explainWaiting(snapshot, null, waiting)).toEqual([{ code: 'NEXT_TICK', option: 0 }]);
    const wantShort = [{ what: 'gpu-a', requested: 6, available: 2, held: 6 }];
    expect(explainWaiting(snapshot, plan, waiting)).toEqual([
      { code: 'POOL_FULL', option: 0, claim: 0, kind: 'gpu', short: wantShort },
    ]);
  });

  it('codes are the sorted set of the reasons', () => {
    const snapshot = aState(organisation())
      .used('gpu-a', 8)
      .used('cpu-a', 32)
      .request(aRequest().gpu(1, { model: 'h100' }).cpu(1))
      .snapshot();
    const explain = explainer(snapshot);
    expect(explain.reasons(snapshot.requests[0]!)).toHaveLength(2);
    expect(explain.codes(snapshot.requests[0]!)).toEqual(['POOL_FULL']);
  });

  it('requests of one shape learn of their own accounts', () => {
    const builder = organisation()
      .account('poor', 1)
      .agent('bob', { accounts: ['poor' as never] });
    const snapshot = aState(builder)
      .request(aRequest(1).by('sam', 'sales').gpu(1), aRequest(2).by('bob', 'sales').gpu(1))
      .snapshot();
    const explain = explainer(snapshot);
    expect(snapshot.requests.map((pending) => explain.codes(pending))).toEqual([
      ['NEXT_TICK'],
      ['BUDGET_EXHAUSTED'],
    ]);
  });
});
