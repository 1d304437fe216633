// Policy rows: whatever a policy limits by sum is kept, explained by name, and never keeps out what it does not select.
import { describe, expect, it } from 'vitest';
import { explainRequest, lookOver } from '../../../scheduler/explanation.ts';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import {
  type Earmark,
  type LeaseId,
  type PolicyRow,
  type PoolId,
  parseTickFile,
  policyProblems,
  takeSnapshot,
  toTickFile,
} from '../../../scheduler/index.ts';
import { honourEarmarks } from '../../../scheduler/preemption/honour.ts';
import { verifyPlan, workConservation } from '../../../scheduler/verify.ts';
import { breachOfPreemptions } from '../../../scheduler/verifyPreemption.ts';
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
import { aTickRig } from '../support/tickRig.ts';

const decide = decider();

const organisation = () =>
  aConfiguration()
    .department('research')
    .agent('ada')
    .department('sales')
    .agent('sam')
    .pool(aPool('gpu-a').gpu(8, 'a100'), aPool('gpu-h').gpu(8, 'h100').price(60));

const rule = (change: Partial<PolicyRow> = {}): PolicyRow => ({
  id: 'few-h100',
  terms: [{ selector: { labels: { model: 'h100' } }, coefficient: 1, per: 'unit' }],
  limit: 4,
  remedy: 'take an A100, or ask the platform team',
  ...change,
});

/** The pools that granted requests hold, by number of the request. */
async function grantedBy(state: StateBuilder): Promise<Record<number, string[]>> {
  const snapshot = state.snapshot();
  const { plan } = await decide(snapshot);
  expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
  expect(workConservation(snapshot, plan)).toEqual({ idle: [], kept: [], unsearched: [] });
  return Object.fromEntries(
    plan.assignments.map(({ request, allocations }) => [
      Number(request.slice(4)),
      allocations.map(({ pool, quantity }) => `${quantity} ${pool}`),
    ]),
  );
}

describe('a hard row', () => {
  it('limits the sum over the grants of a tick', async () => {
    const wanted = [1, 2, 3].map((n) => aRequest(n).gpu(2, { model: 'h100' }));
    expect(
      Object.keys(
        await grantedBy(
          aState(organisation())
            .policy(rule())
            .request(...wanted),
        ),
      ),
    ).toEqual(['1', '2']);
  });

  it('counts what live leases hold', async () => {
    const state = aState(organisation())
      .policy(rule())
      .holds(aLease('gpu-h', { quantity: 3 }), aRequest(900).gpu(3, { model: 'h100' }))
      .request(aRequest(1).gpu(2, { model: 'h100' }), aRequest(2).gpu(1, { model: 'h100' }));
    expect(await grantedBy(state)).toEqual({ 2: ['1 gpu-h'] });
  });

  it('sends elsewhere whom it keeps out of one place', async () => {
    const state = aState(organisation()).policy(rule({ limit: 1 }));
    expect(await grantedBy(state.request(aRequest(1).gpu(3).prefer('h100', 'a100')))).toEqual({
      1: ['3 gpu-a'],
    });
  });

  it('that is broken already takes its columns out of the tick, and nobody else’s', async () => {
    const state = aState(organisation())
      .policy(rule({ limit: 2 }))
      .holds(aLease('gpu-h', { quantity: 3 }), aRequest(900).gpu(3, { model: 'h100' }))
      .request(aRequest(1).gpu(1, { model: 'h100' }), aRequest(2).gpu(1, { model: 'a100' }));
    expect(await grantedBy(state)).toEqual({ 2: ['1 gpu-a'] });
  });

  it.each<[string, PolicyRow['terms'][number], Record<number, string[]>]>([
    [
      'departments',
      { selector: { departments: ['sales'] }, coefficient: 9, per: 'grant' },
      { 1: ['1 gpu-a'] },
    ],
    ['agents', { selector: { agents: ['ada'] }, coefficient: 9, per: 'grant' }, { 2: ['1 gpu-a'] }],
    ['classes', { selector: { classes: ['batch'] }, coefficient: 9, per: 'grant' }, { 1: ['1 gpu-a'] }],
    [
      'classifications',
      { selector: { classifications: ['restricted'] }, coefficient: 9, per: 'unit' },
      { 1: ['1 gpu-a'] },
    ],
    [
      'kinds',
      { selector: { kinds: ['cpu'] }, coefficient: 9, per: 'unit' },
      { 1: ['1 gpu-a'], 2: ['1 gpu-a'] },
    ],
    ['pools', { selector: { pools: ['gpu-a'] }, coefficient: 9, per: 'unit' }, {}],
  ])('selects by %s', async (_, term, want) => {
    const state = aState(organisation())
      .policy(rule({ terms: [term] }))
      .request(
        aRequest(1).gpu(1, { model: 'a100' }),
        aRequest(2)
          .by('sam', 'sales')
          .class('batch')
          .terms({ classification: 'restricted' })
          .gpu(1, { model: 'a100' }),
      );
    expect(await grantedBy(state)).toEqual(want);
  });

  it('counts a grant once, however many of its claims it selects', async () => {
    const term = { selector: { departments: ['research'] }, coefficient: 2, per: 'grant' as const };
    const state = aState(organisation())
      .policy(rule({ terms: [term] }))
      .request(...[1, 2, 3].map((n) => aRequest(n).gpu(1, { model: 'a100' }).gpu(1, { model: 'h100' })));
    expect(Object.keys(await grantedBy(state))).toEqual(['1', '2']);
  });

  it('limits a gang as a whole', async () => {
    const gang = { id: 'a-gang-of-two-members', size: 2 };
    const member = (n: number) => aRequest(n).gpu(3, { model: 'h100' }).terms({ gang });
    const state = () => aState(organisation()).request(member(1), member(2));
    expect(await grantedBy(state().policy(rule({ limit: 5 })))).toEqual({});
    expect(Object.keys(await grantedBy(state().policy(rule({ limit: 6 }))))).toEqual(['1', '2']);
  });
});

describe('whom a row keeps out', () => {
  const state = aState(organisation())
    .policy(rule())
    .holds(
      aLease('gpu-h', { quantity: 3, id: 'lse_held' as LeaseId }),
      aRequest(900).gpu(3, { model: 'h100' }),
    )
    .request(aRequest(1).gpu(2, { model: 'h100' }))
    .build();
  const snapshot = takeSnapshot(state, NOW);
  const { reasons, held } = explainRequest(
    lookOver(state, snapshot),
    state.requests.get(requestIdOf(1))!.request,
    { type: 'all' },
  )!;

  it('is told the row, its numbers and its remedy', () => {
    expect(reasons).toEqual([
      {
        code: 'POLICY_LIMIT',
        option: 0,
        remedy: 'take an A100, or ask the platform team',
        short: [{ what: 'few-h100', requested: 2, available: 1, held: 3 }],
      },
    ]);
  });

  it('is told who holds it', () => {
    expect(
      held.map(({ family, what, holders }) => [
        family,
        what,
        holders.map(({ lease, units }) => [lease, units]),
      ]),
    ).toEqual([['policy', 'few-h100', [['lse_held', 3]]]]);
  });
});

describe('a soft row', () => {
  const soft = (price: number) => rule({ price, limit: 0 });

  it('moves a grant elsewhere when that costs less than its price', async () => {
    const preferring = () => aRequest(1).gpu(1).prefer('h100', 'a100');
    expect(await grantedBy(aState(organisation()).policy(soft(5)).request(preferring()))).toEqual({
      1: ['1 gpu-h'],
    });
    expect(await grantedBy(aState(organisation()).policy(soft(200)).request(preferring()))).toEqual({
      1: ['1 gpu-a'],
    });
  });

  it('never keeps anybody waiting', async () => {
    const state = aState(organisation()).policy(soft(1000));
    expect(await grantedBy(state.request(aRequest(1).gpu(8, { model: 'h100' })))).toEqual({ 1: ['8 gpu-h'] });
  });

  it('is no row where the batch cannot pass it', () => {
    const { model } = formulate(
      aState(organisation())
        .policy(rule({ price: 5, limit: 8 }))
        .request(aRequest(1).gpu(8, { model: 'h100' }))
        .snapshot(),
      newMemo(),
    );
    expect(model.rowNames).toEqual([]);
  });
});

it('rules that make no packing rows, or stand twice, are told apart before they are used', () => {
  const problemsOf = (...rows: PolicyRow[]) => policyProblems({ rows });
  expect(
    problemsOf(rule(), rule({ id: 'other', price: 3 }), rule({ id: 'A_LEAST', price: 3, op: '>=' })),
  ).toEqual([]);
  const term = (coefficient: number) => [{ selector: {}, coefficient, per: 'unit' as const }];
  for (const broken of [
    rule({ id: 'negative', terms: term(-1) }),
    rule({ id: 'fraction', terms: term(0.5) }),
    rule({ id: 'huge', terms: term(2 ** 40 + 1) }),
    rule({ id: 'none', limit: Number.NaN }),
    rule({ id: 'no name!' }),
    rule({ id: 'empty', terms: [] }),
    rule({ id: 'hard-least', op: '>=' }),
    rule({ id: 'hard-exactly', op: '==' }),
    rule({ id: 'dear', price: 1001 }),
  ])
    expect(problemsOf(rule(), broken), broken.id).toHaveLength(1);
  expect(problemsOf(rule(), rule())).toEqual(['few-h100: stands twice']);
  const weights = [1001, -1001, 0.5, Number.NaN].map((coefficient, i) => ({
    id: `w${i}`,
    selector: {},
    coefficient,
  }));
  expect(policyProblems({ weights })).toHaveLength(4);
});

it('a tick takes up the rows of the policy in force, and counts what it has granted in the ticks after', async () => {
  const rig = aTickRig(
    aState(organisation())
      .request(...[1, 2, 3].map((n) => aRequest(n).gpu(2, { model: 'h100' })))
      .build(),
  );
  const policy = Object.create(rig.ports.policy, { rules: { value: { rows: [rule()] } } });
  rig.ports = { ...rig.ports, policy };
  await rig.tick();
  expect(rig.state.leases.size).toBe(2);
  const snapshot = takeSnapshot(rig.state, NOW);
  expect(snapshot.policyRows).toEqual([{ row: rule(), held: 4 }]);
  const parsed = parseTickFile(JSON.parse(JSON.stringify(toTickFile(snapshot))));
  expect(parsed).toMatchObject({ ok: true, snapshot: { policyRows: snapshot.policyRows } });
});

describe('what is earmarked', () => {
  /** Request 1 has an earmark of three H100, request 2 wants two; the row allows four. */
  const earmarked = () => {
    const state = aState(organisation())
      .policy(rule())
      .request(...[1, 2].map((n) => aRequest(n).gpu(4 - n, { model: 'h100' })));
    const snapshot = state.snapshot();
    const [{ request }] = snapshot.requests as [(typeof snapshot.requests)[number]];
    const earmark: Earmark = {
      request: request.id,
      department: request.department,
      agent: request.agent,
      option: 0,
      units: [{ claim: 0, pool: 'gpu-h' as PoolId, kind: 'gpu', quantity: 3 }],
      reservations: [],
      victims: [],
      madeAt: NOW,
      graceEndsAt: NOW + 60_000,
    };
    return { ...snapshot, earmarks: [earmark] };
  };

  it('is held back from everybody else', async () => {
    const snapshot = earmarked();
    expect(formulate({ ...snapshot, earmarks: [] }, newMemo()).columns).toHaveLength(2);
    expect(formulate(snapshot, newMemo()).columns).toEqual([]);
    const { plan } = await decide({ ...snapshot, earmarks: [], requests: snapshot.requests.slice(1) });
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(breachOfPreemptions(snapshot, plan)?.what).toBe('earmarked: policy/few-h100');
  });

  it('is granted while the row has room for it, and no more once live leases took that', () => {
    const snapshot = earmarked();
    expect(honourEarmarks(snapshot).assignments).toHaveLength(1);
    const policyRows = snapshot.policyRows!.map(({ row }) => ({ row, held: 2 }));
    expect(honourEarmarks({ ...snapshot, policyRows }).assignments).toEqual([]);
  });
});
