// Random small organisations with requests, tight enough that every kind of row binds now and then. For property tests.
// Invariant: everything comes from fast-check's draws, so a failing case shrinks and repeats.

import fc from 'fast-check';
import type { PolicyRowUse, RowSelector, SidesHeld } from '../../scheduler/index.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import {
  aConfiguration,
  aLease,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
  DAY,
  HOUR,
  MINUTE,
  NOW,
  type RequestBuilder,
} from './builders.ts';

const DEPARTMENTS = ['alpha', 'beta', 'gamma'] as const;
const MODELS = ['a100', 'h100'] as const;
const CLEARANCES = ['internal', 'restricted'] as const;

const small = (most: number): fc.Arbitrary<number> => fc.nat({ max: most });
const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
/** Mostly no limit, so that each run is tight in a few dimensions and not in all. */
const budget = fc.oneof(
  { arbitrary: fc.constant(1_000_000), weight: 3 },
  { arbitrary: between(0, 900), weight: 1 },
);
/** Mostly nothing is held; now and then more than there is. */
const held = fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: small(6), weight: 1 });

const quota = fc.record({
  nominal: small(8),
  borrow: small(6),
  lend: small(8),
  use: small(6),
  inCohort: fc.boolean(),
});

const organisation = fc.record({
  gpus: fc.array(
    fc.record({ capacity: between(1, 9), used: held, model: fc.constantFrom(...MODELS), price: small(3) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  cpus: fc.array(fc.record({ capacity: between(4, 20), used: held, price: small(2) }), {
    minLength: 1,
    maxLength: 2,
  }),
  slots: fc.array(fc.record({ capacity: between(1, 3), used: held }), { minLength: 3, maxLength: 3 }),
  licences: fc.record({ capacity: between(1, 5), used: held, price: small(40) }),
  windows: fc.record({ running: between(1, 8), later: between(1, 4), used: held }),
  secret: fc.constantFrom(false, false, true),
  clearances: fc.array(fc.constantFrom(...CLEARANCES), { minLength: 3, maxLength: 3 }),
  quotas: fc.option(fc.array(quota, { minLength: 3, maxLength: 3 }), { nil: null }),
  /** The first two departments' cohort lies within that of the third. */
  nested: fc.option(fc.record({ borrow: small(6), lend: small(6) }), { nil: null }),
  budgets: fc.record({
    organisation: budget,
    department: budget,
    seconds: fc.oneof(fc.constant(10_000_000), small(20_000)),
    spent: small(100),
  }),
  graceSeconds: fc.constantFrom(0, 30),
  /** Minutes to the end of the first account period: grants may cross it. */
  periodEnds: fc.constantFrom(5, 1000),
});

const claims = fc.record({
  gpu: small(4),
  model: fc.option(fc.constantFrom(...MODELS), { nil: null }),
  second: fc.boolean(),
  cpu: small(6),
  assistants: small(2),
  licence: fc.boolean(),
  review: fc.constantFrom('none', 'none', 'none', 'any', 'later'),
});

/** What a policy might limit: by department, pool, label, kind or class, hard or at a price, now and then broken already. */
const policyRow = fc.record({
  selector: fc.constantFrom<RowSelector>(
    {},
    { departments: ['alpha'] },
    { agents: ['agent-1'], kinds: ['gpu'] },
    { pools: ['gpu-0', 'cpu-0'] },
    { labels: { model: 'h100' } },
    { classes: ['standard'], kinds: ['gpu', 'cpu'] },
    { classifications: ['internal'], kinds: ['review', 'license'] },
  ),
  second: fc.constantFrom<RowSelector>({ kinds: ['agent'] }, { departments: ['beta', 'gamma'] }),
  coefficients: fc.tuple(between(0, 3), small(2)),
  per: fc.constantFrom('unit' as const, 'grant' as const),
  limit: small(12),
  held: held,
  price: fc.option(between(1, 400), { nil: null }),
  op: fc.constantFrom('<=' as const, '<=' as const, '>=' as const, '==' as const),
  mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'enforce' as const, 'warn' as const),
});

const SIDES: readonly RowSelector[] = [
  { pools: ['gpu-0'] },
  { kinds: ['cpu', 'review'] },
  { kinds: ['gpu'], classes: ['standard'] },
  { labels: { model: 'h100' } },
  { kinds: ['license'] },
];

/** What agents must not hold together; an agent holds one side now and then, or both already. */
const separation = fc.record({
  sides: fc.tuple(fc.constantFrom(...SIDES), fc.constantFrom(...SIDES)),
  held: fc.constantFrom<readonly SidesHeld[]>([], [], [['agent-0', 0, 1]], [['agent-1', 2, 1]]),
});

const weight = fc.record({
  selector: fc.constantFrom<RowSelector>({ departments: ['beta'] }, { pools: ['gpu-0'] }, { kinds: ['cpu'] }),
  coefficient: between(-1000, 1000),
});

const request = fc.record({
  agent: small(2),
  class: fc.constantFrom('critical', 'standard', 'standard', 'batch'),
  seconds: fc.constantFrom(60, 600, 3600),
  waited: fc.constantFrom(0, 100, 3000),
  deadline: fc.option(fc.constantFrom(300, 5000, 20_000), { nil: null, freq: 3 }),
  options: fc.array(claims, { minLength: 1, maxLength: 2 }),
});

type PolicyDraw = typeof policyRow extends fc.Arbitrary<infer T> ? T : never;
type Organisation = typeof organisation extends fc.Arbitrary<infer T> ? T : never;
type Claims = typeof claims extends fc.Arbitrary<infer T> ? T : never;
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function configure(org: Organisation): ConfigurationBuilder {
  const builder = aConfiguration().terms({ graceSeconds: org.graceSeconds });
  const periods = (budget: number) => [
    { id: 'first', startsAt: NOW - DAY, endsAt: NOW + org.periodEnds * MINUTE, budget },
    { id: 'second', startsAt: NOW + org.periodEnds * MINUTE, endsAt: NOW + 40 * DAY, budget: budget + 50 },
  ];
  builder.account('organisation', 0, { periods: periods(org.budgets.organisation) });
  builder.account('seconds', 0, { kind: 'gpu', periods: periods(org.budgets.seconds) });
  if (org.nested) builder.cohort('inner', 'all', org.nested);
  for (const [i, department] of DEPARTMENTS.entries()) {
    builder.account(department, 0, { parent: 'organisation', periods: periods(org.budgets.department) });
    const accounts = [department, ...(i === 1 ? ['seconds'] : [])] as never[];
    builder.department(department).agent(`agent-${i}`, { clearance: org.clearances[i]!, accounts });
    const share = org.quotas?.[i];
    if (share) {
      const { nominal, borrow, lend, inCohort } = share;
      const cohort = inCohort ? { cohort: org.nested && i < 2 ? 'inner' : 'all' } : {};
      builder.quota(department, 'gpu', { nominal, borrow, lend: Math.min(lend, nominal), ...cohort });
    }
  }
  org.gpus.forEach(({ capacity, model, price }, i) => {
    builder.pool(
      aPool(`gpu-${i}`)
        .gpu(capacity, model)
        .price(price * 60),
    );
  });
  org.cpus.forEach(({ capacity, price }, i) => {
    const pool = aPool(`cpu-${i}`)
      .cpu(capacity)
      .price(price * 6);
    builder.pool(i === 0 && org.secret ? pool.classified('restricted') : pool);
  });
  // Two agents that nothing tells apart, and one of another department: two rows.
  org.slots.forEach(({ capacity }, i) => {
    builder.pool(aPool(`slot-${i}`).agent(`agent-${i === 2 ? 1 : 0}`, capacity, ['coding']));
  });
  builder.pool(aPool('licences').license(org.licences.capacity).price(org.licences.price));
  return builder.pool(
    aPool('reviewers').review(
      ['running', NOW - HOUR, NOW + HOUR, org.windows.running],
      ['later', NOW + 2 * HOUR, NOW + 3 * HOUR, org.windows.later],
    ),
  );
}

function addClaims(builder: RequestBuilder, wanted: Claims): void {
  const { gpu, model, second, cpu, assistants, licence, review } = wanted;
  if (gpu > 0) builder.gpu(gpu);
  if (gpu > 0 && model !== null) builder.prefer(model);
  if (gpu > 0 && second) builder.gpu(1, model === null ? undefined : { model });
  if (cpu > 0) builder.cpu(cpu);
  for (let i = 0; i < assistants; i++) builder.assistant('coding');
  if (licence) builder.claim('license', 1);
  if (review === 'any') builder.review();
  if (review === 'later') builder.review(1, { from: NOW + HOUR });
  if (gpu + cpu + assistants === 0 && !licence && review === 'none') builder.cpu(1);
}

function requestOf(drawn: Request, number: number): RequestBuilder {
  const builder = aRequest(number)
    .by(`agent-${drawn.agent}`, DEPARTMENTS[drawn.agent])
    .class(drawn.class)
    .seconds(drawn.seconds)
    .submittedAt(NOW - drawn.waited * 1000);
  if (drawn.deadline !== null) builder.terms({ deadline: NOW + drawn.deadline * 1000 });
  drawn.options.forEach((option, i) => {
    if (i > 0) builder.or();
    addClaims(builder, option);
  });
  return builder;
}

function snapshotOf(
  org: Organisation,
  requests: readonly Request[],
  extensions: readonly number[],
): Snapshot {
  const state = aState(configure(org));
  org.gpus.forEach(({ used }, i) => {
    state.used(`gpu-${i}`, used);
  });
  org.cpus.forEach(({ used }, i) => {
    state.used(`cpu-${i}`, used);
  });
  org.slots.forEach(({ used }, i) => {
    state.used(`slot-${i}`, used);
  });
  state.used('licences', org.licences.used).used('reviewers@running', org.windows.used);
  DEPARTMENTS.forEach((department, i) => {
    state.quotaUse(department, 'gpu', org.quotas?.[i]?.use ?? 0);
  });
  state.account('organisation/first', { reserved: org.budgets.spent, spent: org.budgets.spent });
  requests.forEach((drawn, i) => {
    state.request(requestOf(drawn, i + 1));
  });
  const lease = aLease('gpu-0', { department: 'alpha' as never, agent: 'agent-0' as never, quantity: 2 });
  for (const seconds of extensions) state.lease(lease).extend(lease, seconds);
  return state.snapshot();
}

function useOf(drawn: PolicyDraw, i: number): PolicyRowUse {
  const { selector, second, coefficients, per, limit, held, price, op, mode } = drawn;
  const terms = [
    { selector, coefficient: coefficients[0], per },
    { selector: second, coefficient: coefficients[1], per: 'unit' as const },
  ];
  const row = {
    id: `rule-${i}`,
    terms,
    limit,
    remedy: 'ask for less',
    ...(price !== null && { price, ...(op !== '<=' && { op }) }),
    ...(mode === 'warn' && { mode }),
  };
  return { row, held };
}

export const arbitrarySnapshot: fc.Arbitrary<Snapshot> = fc
  .tuple(
    organisation,
    fc.array(request, { minLength: 1, maxLength: 9 }),
    fc.array(fc.constantFrom(60, 3600), { maxLength: 2 }),
    fc.array(policyRow, { maxLength: 2 }),
    fc.tuple(fc.array(weight, { maxLength: 2 }), fc.array(separation, { maxLength: 1 })),
  )
  .map(([org, requests, extensions, policy, [weights, separations]]) => {
    const snapshot = snapshotOf(org, requests, extensions);
    return {
      ...snapshot,
      ...(policy.length > 0 && { policyRows: policy.map(useOf) }),
      ...(weights.length > 0 && {
        policyWeights: weights.map((drawn, i) => ({ id: `weight-${i}`, ...drawn })),
      }),
      ...(separations.length > 0 && {
        separations: separations.map(({ sides, held }, i) => ({
          separation: { id: `apart-${i}`, sides, remedy: 'give one back' },
          held,
        })),
      }),
    };
  });
