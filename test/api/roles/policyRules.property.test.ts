// Whatever list of valid constraints a policy says: granting nothing passes every row of the program, every row is packing, every column is
// worth something, and what is decided passes the plan's own check.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rulesOf } from '../../../api/roles/policyRules.ts';
import { NO_CONSTRAINTS, type PolicyConstraint } from '../../../policies/index.ts';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import type { Snapshot } from '../../../scheduler/snapshot.ts';
import { verifyPlan } from '../../../scheduler/verify.ts';
import { checkPlan } from '../../../solver/index.ts';
import { arbitrarySnapshot } from '../../support/arbitrarySnapshot.ts';
import { decider } from '../../support/decided.ts';

const decide = decider();

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const some = (...names: string[]) => maybe(fc.subarray(names, { minLength: 1 }));
const over = fc
  .record({
    departments: some('alpha', 'beta', 'gamma', 'nobody'),
    agents: some('agent-0', 'agent-1'),
    classes: some('critical', 'standard', 'batch'),
    classifications: maybe(fc.subarray([0, 1, 2, 3], { minLength: 1 })),
    kinds: some('gpu', 'cpu', 'agent', 'license', 'review'),
    pools: some('gpu-0', 'gpu-1', 'cpu-0'),
    labels: maybe(fc.constantFrom({ model: ['h100'] }, { model: ['a100', 'h100'] }, { nothing: ['x'] })),
  })
  .map((drawn) => JSON.parse(JSON.stringify(drawn)) as Extract<PolicyConstraint, { kind: 'weight' }>['over']);

const amount = fc.oneof(fc.nat({ max: 12 }), fc.constantFrom(0, 1, 2 ** 40));
const form = fc.oneof(
  fc.record({
    kind: fc.constant('sum' as const),
    terms: fc.array(
      fc.record({ over, coef: amount, per: fc.constantFrom('unit' as const, 'grant' as const) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    rhs: amount,
    soft: fc.oneof(
      { arbitrary: fc.constant({ op: '<=' as const, price: null }), weight: 3 },
      {
        arbitrary: fc.record({
          op: fc.constantFrom('<=' as const, '>=' as const, '==' as const),
          price: fc.integer({ min: 1, max: 1000 }),
        }),
        weight: 2,
      },
    ),
  }),
  fc.record({ kind: fc.constant('weight' as const), over, coef: fc.integer({ min: -1000, max: 1000 }) }),
  fc.record({ kind: fc.constant('separation' as const), sides: fc.tuple(over, over) }),
);
const constraints = fc.array(
  fc.tuple(form, fc.constantFrom('enforce' as const, 'enforce' as const, 'warn' as const, 'dryrun' as const)),
  { minLength: 1, maxLength: 6 },
);

type Drawn = typeof constraints extends fc.Arbitrary<infer T> ? T : never;

function constraintsOf(drawn: Drawn): PolicyConstraint[] {
  return drawn.map(([said, mode], i) => {
    const base = { id: `CODE.${i}`, code: 'CODE', policy: 'p', mode, title: 't', remedy: 'r' };
    if (said.kind !== 'sum') return { ...base, ...said };
    const { soft, ...rest } = said;
    return { ...base, ...rest, ...soft };
  });
}

function withRules(snapshot: Snapshot, drawn: Drawn, held: readonly number[]): Snapshot {
  const {
    rows = [],
    weights = [],
    separations = [],
  } = rulesOf({ ...NO_CONSTRAINTS, list: constraintsOf(drawn) });
  return {
    ...snapshot,
    policyRows: rows.map((row, i) => ({ row, held: held[i] ?? 0 })),
    policyWeights: weights,
    separations: separations.map((separation, i) => ({
      separation,
      held: (held[i] ?? 0) > 6 ? [['agent-0', 1, held[i]! - 7] as const] : [],
    })),
  };
}

const drawn = fc.tuple(arbitrarySnapshot, constraints, fc.array(fc.nat({ max: 14 }), { maxLength: 6 }));

it('the empty plan passes every row, and every row is packing', () => {
  fc.assert(
    fc.property(drawn, ([snapshot, said, held]) => {
      const { model } = formulate(withRules(snapshot, said, held), newMemo());
      expect(checkPlan(model, new Uint8Array(model.columnCount)).ok).toBe(true);
      // An excess stands with -1 in the row that it is of.
      const entries = [...model.values].filter((_, i) => model.indices[i]! < model.columnCount);
      expect(entries.every((value) => value > 0)).toBe(true);
      expect(model.objective.every((value) => value >= 1 && value < 600_010)).toBe(true);
      for (const [i, name] of model.rowNames.entries())
        if (name.startsWith('policy/')) expect(model.rhs[i]).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 300 },
  );
});

it('what is decided passes the check that reads selectors by itself', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async ([snapshot, said, held]) => {
      const ruled = withRules(snapshot, said, held);
      const { plan } = await decide(ruled);
      expect(verifyPlan(ruled, plan)).toEqual({ ok: true });
    }),
    { numRuns: 100 },
  );
});
