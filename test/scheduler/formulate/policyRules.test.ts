// What a policy prefers and keeps apart: sums with a price below them, weights, separations, and rules that are only looked at.
import { describe, expect, it } from 'vitest';
import { explainRequest, lookOver } from '../../../scheduler/explanation.ts';
import {
  type LeaseId,
  type PolicyRow,
  parseTickFile,
  type Separation,
  strangersOf,
  takeSnapshot,
  toTickFile,
} from '../../../scheduler/index.ts';
import { policyStandings } from '../../../scheduler/policyStandings.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  NOW,
  requestIdOf,
  type StateBuilder,
} from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();

const organisation = () =>
  aConfiguration()
    .department('research')
    .agent('ada')
    .agent('bea')
    .pool(aPool('gpu-a').gpu(2, 'a100'), aPool('gpu-h').gpu(2, 'h100'));

async function decided(state: StateBuilder) {
  const snapshot = state.snapshot();
  const { plan, formulation } = await decide(snapshot);
  expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
  expect(workConservation(snapshot, plan)).toEqual({ idle: [], kept: [], unsearched: [] });
  const granted = Object.fromEntries(
    plan.assignments.map(({ request, allocations }) => [
      Number(request.slice(4)),
      allocations.map(({ pool, quantity }) => `${quantity} ${pool}`).join(),
    ]),
  );
  return { snapshot, plan, model: formulation.model, granted };
}

const grantedBy = async (state: StateBuilder) => (await decided(state)).granted;
const numbersOf = async (state: StateBuilder) => Object.keys(await grantedBy(state)).map(Number);

/** Two GPUs are left; ada asks for one twice, then bea. */
const crowd = () =>
  aState(organisation())
    .used('gpu-a', 2)
    .request(...[1, 2].map((n) => aRequest(n).gpu(1)), ...[3, 4].map((n) => aRequest(n).by('bea').gpu(1)));

/** Ties are anybody's: with this, whatever has no reason to be otherwise is ada's. */
const ADA_A_LITTLE = { id: 'ADA_A_LITTLE', selector: { agents: ['ada'] }, coefficient: 10 };

const ofBea = (change: Partial<PolicyRow>): PolicyRow => ({
  id: 'BEA_GPUS',
  terms: [{ selector: { agents: ['bea'] }, coefficient: 1, per: 'unit' }],
  limit: 1,
  price: 100,
  remedy: 'none',
  ...change,
});

it('without a rule the earlier of equals are served', async () => {
  expect(await numbersOf(crowd())).toEqual([1, 2]);
});

describe('at least, at a price', () => {
  it.each([
    [0, [1, 2]],
    [1, [1, 3]],
    [2, [3, 4]],
    [9, [3, 4]],
  ])('of %i brings forward as many as are lacking', async (limit, want) => {
    expect(
      await numbersOf(
        crowd()
          .weighing(ADA_A_LITTLE)
          .policy(ofBea({ op: '>=', limit })),
      ),
    ).toEqual(want);
  });

  it('counts what live leases hold', async () => {
    const held = () =>
      crowd()
        .weighing(ADA_A_LITTLE)
        .holds(aLease('gpu-a', { quantity: 1 }), aRequest(900).by('bea').gpu(1));
    expect(await numbersOf(held().policy(ofBea({ op: '>=', limit: 2 })))).toEqual([1, 3]);
    const { model } = await decided(held().policy(ofBea({ op: '>=' })));
    expect(model.rowNames).not.toContain('policy/BEA_GPUS');
    expect(model.objective).toEqual((await decided(held())).model.objective);
  });

  it('gives no request more than it is worth as such, or splitting would pay', async () => {
    const dear = await decided(crowd().policy(ofBea({ op: '>=', limit: 9, price: 1000 })));
    const plain = await decided(crowd());
    const gains = [...dear.model.objective].map((value, j) => value - plain.model.objective[j]!);
    // Two requests of one agent are worth 500 each.
    expect(new Set(gains)).toEqual(new Set([0, 500]));
  });

  it('does not make anybody wait who fits', async () => {
    const state = aState(organisation()).request(aRequest(1).gpu(2), aRequest(3).by('bea').gpu(2));
    expect(await numbersOf(state.policy(ofBea({ op: '>=', limit: 9, price: 1000 })))).toEqual([1, 3]);
  });
});

describe('exactly, at a price', () => {
  it.each([
    [0, [1, 2]],
    [1, [1, 3]],
    [2, [3, 4]],
  ])('of %i is a price on either side', async (limit, want) => {
    expect(await numbersOf(crowd().policy(ofBea({ op: '==', limit })))).toEqual(want);
    const others = crowd().policy(
      ofBea({ op: '==', limit, terms: [{ selector: { agents: ['ada'] }, coefficient: 1, per: 'unit' }] }),
    );
    const ofAda = (await numbersOf(others)).filter((n) => n < 3);
    expect(ofAda).toHaveLength(limit);
  });
});

describe('a soft row', () => {
  it('whose price is more than a request can bear takes what it can, and is not forgotten', async () => {
    const preferring = aRequest(1).gpu(1).prefer('h100', 'a100');
    // Sixteen requests of one agent: each is worth 62 as such, less than the price.
    const others = Array.from({ length: 15 }, (_, i) => aRequest(i + 2).gpu(1, { model: 'v100' }));
    const row = ofBea({
      limit: 0,
      price: 1000,
      terms: [{ selector: { labels: { model: 'h100' } }, coefficient: 1, per: 'unit' }],
    });
    expect(await grantedBy(aState(organisation()).request(preferring, ...others))).toMatchObject({
      1: '1 gpu-h',
    });
    expect(
      await grantedBy(
        aState(organisation())
          .request(preferring, ...others)
          .policy(row),
      ),
    ).toMatchObject({
      1: '1 gpu-a',
    });
  });
});

describe('a weight', () => {
  const weight = (coefficient: number, selector = { agents: ['bea'] } as object) => ({
    id: 'BEA_FIRST',
    selector,
    coefficient,
  });

  it('orders whom it selects before or behind their equals', async () => {
    expect(await numbersOf(crowd().weighing(weight(50)))).toEqual([3, 4]);
    expect(await numbersOf(crowd().weighing(weight(-50, { agents: ['ada'] })))).toEqual([3, 4]);
    expect(await numbersOf(crowd().weighing(weight(-50)))).toEqual([1, 2]);
  });

  it('of a pool outweighs a preference', async () => {
    const state = () => aState(organisation()).request(aRequest(1).gpu(1).prefer('h100', 'a100'));
    expect(await grantedBy(state())).toEqual({ 1: '1 gpu-h' });
    expect(await grantedBy(state().weighing(weight(-61, { pools: ['gpu-h'] })))).toEqual({ 1: '1 gpu-a' });
    expect(await grantedBy(state().weighing(weight(-59, { pools: ['gpu-h'] })))).toEqual({ 1: '1 gpu-h' });
    expect(await grantedBy(state().weighing(weight(61, { labels: { model: 'a100' } })))).toEqual({
      1: '1 gpu-a',
    });
  });

  it('leaves every grant worth something, whatever the weights say together', async () => {
    const state = crowd().weighing(weight(-1000), { ...weight(-1000), id: 'AGAIN' });
    const { model } = await decided(state);
    expect(Math.min(...model.objective)).toBeGreaterThan(0);
    const alone = aState(organisation()).request(aRequest(3).by('bea').gpu(1)).weighing(weight(-1000));
    expect(await numbersOf(alone)).toEqual([3]);
  });

  it('stays inside its class, and gives way to age', async () => {
    const one = () => aState(organisation()).used('gpu-a', 2).used('gpu-h', 1);
    const batch = aRequest(3).by('bea').gpu(1).class('batch');
    expect(await numbersOf(one().request(aRequest(1).gpu(1), batch).weighing(weight(1000)))).toEqual([1]);
    const waited = (ms: number) =>
      one().request(
        aRequest(1)
          .gpu(1)
          .submittedAt(NOW - ms),
        aRequest(3).by('bea').gpu(1),
      );
    expect(await numbersOf(waited(0).weighing(weight(1000)))).toEqual([3]);
    expect(await numbersOf(waited(24 * 3_600_000).weighing(weight(1000)))).toEqual([1]);
  });

  it('is shared by the requests of one agent, so that splitting does not pay', async () => {
    const gainOf = async (n: number) => {
      const requests = Array.from({ length: n }, (_, i) =>
        aRequest(i + 1)
          .by('bea')
          .gpu(1),
      );
      const firstValue = async (state: StateBuilder) => (await decided(state)).model.objective[0]!;
      const state = () => aState(organisation()).request(...requests);
      return (await firstValue(state().weighing(weight(800)))) - (await firstValue(state()));
    };
    expect([await gainOf(1), await gainOf(2), await gainOf(4)]).toEqual([800, 400, 200]);
  });
});

const apart = (change: Partial<Separation> = {}): Separation => ({
  id: 'MAKER_CHECKER',
  sides: [{ pools: ['gpu-a'] }, { pools: ['gpu-h'] }],
  remedy: 'let another agent do it',
  ...change,
});

describe('a separation', () => {
  const a = (n: number, agent = 'ada') => aRequest(n).by(agent).gpu(1, { model: 'a100' });
  const h = (n: number, agent = 'ada') => aRequest(n).by(agent).gpu(1, { model: 'h100' });

  it('keeps one agent on one side, and lets another have the other', async () => {
    const state = () => aState(organisation()).request(a(1), a(2), h(3), h(4, 'bea'));
    expect(await numbersOf(state())).toEqual([1, 2, 3, 4]);
    expect(await numbersOf(state().separating(apart()))).toEqual([1, 2, 4]);
  });

  it('lets an agent hold several of one side, whichever that is', async () => {
    const state = aState(organisation()).request(a(1), h(2), h(3)).separating(apart());
    expect(await numbersOf(state)).toEqual([2, 3]);
  });

  it('counts what the agent holds', async () => {
    const state = () =>
      aState(organisation())
        .holds(aLease('gpu-a', { quantity: 1 }), a(900))
        .request(a(1), h(2), h(3, 'bea'))
        .separating(apart());
    expect(await numbersOf(state())).toEqual([1, 3]);
  });

  it('that is broken already gives nothing more on either side', async () => {
    const state = aState(organisation())
      .holds(aLease('gpu-a', { quantity: 1, id: 'lse_1' as LeaseId }), a(900))
      .holds(aLease('gpu-h', { quantity: 1, id: 'lse_2' as LeaseId }), h(901))
      .request(a(1), h(2), a(3, 'bea'))
      .separating(apart());
    expect(await numbersOf(state)).toEqual([3]);
  });

  it('refuses a request that is on both sides, and a gang of one agent that is', async () => {
    const both = aRequest(1).gpu(1, { model: 'a100' }).gpu(1, { model: 'h100' });
    expect(await numbersOf(aState(organisation()).request(both).separating(apart()))).toEqual([]);
    const gang = { id: 'a-gang-of-two-members', size: 2 };
    const members = (other: string) => [a(1).terms({ gang }), h(2, other).terms({ gang })];
    const state = (other: string) =>
      aState(organisation())
        .request(...members(other))
        .separating(apart());
    expect(await numbersOf(state('ada'))).toEqual([]);
    expect(await numbersOf(state('bea'))).toEqual([1, 2]);
  });

  it('sends to the other place whoever may have either', async () => {
    const state = aState(organisation())
      .holds(aLease('gpu-a', { quantity: 1 }), a(900))
      .request(aRequest(1).gpu(1).prefer('h100', 'a100'))
      .separating(apart());
    expect(await grantedBy(state)).toEqual({ 1: '1 gpu-a' });
  });

  it('tells whoever waits by which it waits, what to do, and which lease is in the way', () => {
    const state = aState(organisation())
      .holds(aLease('gpu-a', { quantity: 1, id: 'lse_held' as LeaseId }), a(900))
      .request(h(1))
      .separating(apart())
      .build();
    const look = lookOver(state, takeSnapshot(state, NOW));
    const { reasons, held } = explainRequest(look, state.requests.get(requestIdOf(1))!.request, {
      type: 'all',
    })!;
    expect(reasons).toEqual([
      {
        code: 'POLICY_LIMIT',
        option: 0,
        remedy: 'let another agent do it',
        short: [{ what: 'MAKER_CHECKER', requested: 1, available: 0, held: 1 }],
      },
    ]);
    expect(held.map(({ what, holders }) => [what, holders.map(({ lease }) => lease)])).toEqual([
      ['MAKER_CHECKER', ['lse_held']],
    ]);
  });

  it('is in the check of the plan, which shares nothing with the program', async () => {
    const state = () => aState(organisation()).request(a(1), h(2));
    const { plan } = await decide(state().snapshot());
    expect(plan.assignments).toHaveLength(2);
    expect(verifyPlan(state().separating(apart()).snapshot(), plan)).toMatchObject({
      ok: false,
      breach: { what: 'policy/MAKER_CHECKER/ada' },
    });
  });
});

describe('a rule that is only looked at', () => {
  it.each(['warn', 'dryrun'] as const)('(%s) changes nothing of the program', async (mode) => {
    const plain = await decided(crowd());
    const state = crowd()
      .policy(ofBea({ id: 'ALL', terms: [{ selector: {}, coefficient: 1, per: 'unit' }], limit: 0, mode }))
      .weighing({ id: 'WEIGHT', selector: { agents: ['bea'] }, coefficient: 900, mode })
      .separating(apart({ mode }));
    const looked = await decided(state);
    expect(looked.granted).toEqual(plain.granted);
    expect(looked.model).toEqual(plain.model);
  });
});

it('the record is told of each rule that stands on its wrong side, whatever its mode', async () => {
  const { snapshot, plan } = await decided(
    crowd()
      .holds(aLease('gpu-a', { quantity: 1, id: 'lse_1' as LeaseId }), aRequest(900).by('bea').gpu(1))
      .holds(aLease('gpu-h', { quantity: 1, id: 'lse_2' as LeaseId }), aRequest(901).by('bea').gpu(1))
      .policy(
        ofBea({ id: 'BROKEN', price: undefined as never, limit: 1 }),
        ofBea({ id: 'SHORT', op: '>=', limit: 9, mode: 'warn' }),
        ofBea({ id: 'EXACT', op: '==', limit: 1, price: 1 }),
        ofBea({ id: 'KEPT', limit: 9 }),
      )
      .separating(apart(), apart({ id: 'WATCHED', mode: 'dryrun' })),
  );
  expect(policyStandings(snapshot, plan)).toEqual([
    { id: 'BROKEN', mode: 'enforce', op: '<=', sum: 2, limit: 1 },
    { id: 'SHORT', mode: 'warn', op: '>=', sum: 2, limit: 9 },
    { id: 'EXACT', mode: 'enforce', op: '==', sum: 2, limit: 1 },
    { id: 'MAKER_CHECKER', mode: 'enforce', op: '<=', sum: 1, limit: 0 },
    { id: 'WATCHED', mode: 'dryrun', op: '<=', sum: 1, limit: 0 },
  ]);
});

it('a tick file carries weights and separations, and says when it is not one', async () => {
  const { snapshot } = await decided(
    crowd()
      .policy(ofBea({ op: '>=', code: 'BEA_GPUS', policy: 'capacity' }))
      .weighing({ id: 'WEIGHT', selector: { agents: ['bea'] }, coefficient: -9 })
      .holds(aLease('gpu-a', { quantity: 1 }), aRequest(900).gpu(1))
      .separating(apart()),
  );
  const file = JSON.parse(JSON.stringify(toTickFile(snapshot)));
  const { policyRows, policyWeights, separations } = snapshot;
  expect(parseTickFile(file)).toMatchObject({
    ok: true,
    snapshot: { policyRows, policyWeights, separations },
  });
  file.policyWeights[0].coefficient = 1.5;
  expect(parseTickFile(file)).toMatchObject({ ok: false });
});

it('names that the organisation does not have are told', () => {
  const configuration = organisation().build();
  const selector = {
    kinds: ['gpu', 'tpu'],
    pools: ['gpu-a', 'gpu-z'],
    labels: { model: 'a100', zone: 'eu' },
  };
  const rules = { weights: [{ id: 'W', selector, coefficient: 1 }] };
  expect(strangersOf(rules, configuration)).toEqual([
    'W: no pool is of kind "tpu"',
    'W: no pool is "gpu-z"',
    'W: no pool has the label "zone"',
  ]);
});
