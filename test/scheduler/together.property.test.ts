// Gangs and exclusive datasets on instances so small that every plan can be written down: the rows hold exactly the plans that may be.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decode } from '../../scheduler/decode.ts';
import { explainer } from '../../scheduler/explain.ts';
import { type Formulation, formulate, newMemo } from '../../scheduler/formulate/index.ts';
import type { Plan } from '../../scheduler/index.ts';
import { afterPlan, type Snapshot } from '../../scheduler/snapshot.ts';
import { verifyPlan, workConservation } from '../../scheduler/verify.ts';
import { createExhaustiveEngine } from '../../solver/engines/exhaustive.ts';
import { checkSolution, solve } from '../../solver/index.ts';
import { arbitraryTogether } from '../support/arbitraryTogether.ts';
import { decider, SOLVE } from '../support/decided.ts';
import { naiveBest, naiveCost, naiveFeasible } from '../support/naiveSolver.ts';

const decide = decider();

/** Every choice of one column or none a group. */
function* choices(
  { model }: Formulation,
  group = 0,
  granted = new Uint8Array(model.columnCount),
): Generator<Uint8Array> {
  if (group === model.groupCount) {
    yield granted;
    return;
  }
  yield* choices({ model } as Formulation, group + 1, granted);
  for (const [j, own] of model.group.entries()) {
    if (own !== group) continue;
    granted[j] = 1;
    yield* choices({ model } as Formulation, group + 1, granted);
    granted[j] = 0;
  }
}

/** The two rules in their own words: gangs whole, agreed and in one zone; who holds a dataset alone is alone. */
function keepsTheRules(
  { requests, configuration, used, exclusive }: Snapshot,
  { assignments }: Plan,
): boolean {
  const byId = new Map(requests.map(({ request }) => [request.id, request]));
  const zoneOf = new Map(configuration.pools.map(({ id, labels }) => [id, labels.zone]));
  const gangs = Map.groupBy(assignments, ({ request }) => byId.get(request)!.terms.gang);
  for (const [gang, members] of gangs) {
    if (gang === undefined) continue;
    if (members.length !== gang.size) return false;
    const zones = members.flatMap(({ allocations }) =>
      allocations.flatMap(({ pool }) => zoneOf.get(pool) ?? []),
    );
    if (gang.colocate !== undefined && new Set(zones).size > 1) return false;
  }
  return ['corpus', 'small'].every((dataset) => {
    const takers = assignments.flatMap(({ allocations }) =>
      allocations.filter(({ pool }) => pool === dataset),
    );
    const alone = takers.some((allocation) => allocation.exclusive);
    if (takers.length > 0 && exclusive.has(dataset as never)) return false;
    return !alone || takers.length + (used.get(dataset) ?? 0) === 1;
  });
}

it('the rows of the program hold a plan exactly when the checker does, and it keeps the rules', () => {
  fc.assert(
    fc.property(arbitraryTogether, (snapshot) => {
      const formulation = formulate(snapshot, newMemo());
      for (const granted of choices(formulation)) {
        const plan = decode(formulation, { granted }, snapshot);
        const isFeasible = naiveFeasible(formulation.model, granted);
        expect(verifyPlan(snapshot, plan).ok).toBe(isFeasible);
        if (isFeasible) expect(keepsTheRules(snapshot, plan)).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

it('the exhaustive engine’s plan is the best of all plans that the checker takes', async () => {
  const engine = createExhaustiveEngine();
  await fc.assert(
    fc.asyncProperty(arbitraryTogether, async (snapshot) => {
      const formulation = formulate(snapshot, newMemo());
      const { model } = formulation;
      const solution = solve(model, engine, { ...SOLVE, engine: 'exhaustive' });
      expect(checkSolution(model, solution)).toEqual({ ok: true });
      for (const { value, bound } of solution.stages) {
        let wantValue = 0;
        for (const granted of choices(formulation)) {
          if (!verifyPlan(snapshot, decode(formulation, { granted }, snapshot)).ok) continue;
          wantValue = Math.max(
            wantValue,
            model.objective.reduce((sum, worth, j) => sum + worth * granted[j]!, -naiveCost(model, granted)),
          );
        }
        expect(naiveBest(model, model.stage[0]!, new Uint8Array(model.columnCount))).toBe(wantValue);
        expect(bound).toBeGreaterThanOrEqual(wantValue);
        // No tree is grown where at most half a hundredth is left to find.
        expect(value).toBeLessThanOrEqual(wantValue);
        expect(wantValue - value).toBeLessThanOrEqual(bound / 200);
      }
    }),
    { numRuns: 100 },
  );
});

it('a plan that loses a member of a gang, or who reads alone, is refused', async () => {
  let broken = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryTogether, async (snapshot) => {
      const { plan } = await decide(snapshot);
      const gangOf = new Map(snapshot.requests.map(({ request }) => [request.id, request.terms.gang]));
      for (const assignment of plan.assignments) {
        const without = plan.assignments.filter((other) => other !== assignment);
        if (gangOf.get(assignment.request) !== undefined) {
          broken += 1;
          expect(verifyPlan(snapshot, { ...plan, assignments: without })).toMatchObject({ ok: false });
        }
        if (!assignment.allocations.some(({ exclusive }) => exclusive)) continue;
        broken += 1;
        const allocations = assignment.allocations.map(({ exclusive: _, ...allocation }) => allocation);
        const assignments = [...without, { ...assignment, allocations }];
        expect(verifyPlan(snapshot, { ...plan, assignments })).toMatchObject({ ok: false });
      }
    }),
    { numRuns: 100 },
  );
  expect(broken).toBeGreaterThan(20);
});

it('nothing that could start is left waiting, and who waits is told so exactly then', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryTogether, async (snapshot) => {
      const { formulation, plan } = await decide(snapshot);
      const { idle, unsearched } = workConservation(snapshot, plan);
      expect(unsearched).toEqual([]);
      expect(idle.filter(({ request }) => !formulation.leftOut.has(request))).toEqual([]);
      const fitting = new Set(idle.map(({ request }) => request));
      const explain = explainer(afterPlan(snapshot, plan), formulation);
      const granted = new Set(plan.assignments.map(({ request }) => request));
      for (const pending of snapshot.requests) {
        if (granted.has(pending.request.id)) continue;
        const codes = explain.codes(pending);
        expect(codes.length).toBeGreaterThan(0);
        expect([pending.request.id, codes.includes('NEXT_TICK')]).toEqual([
          pending.request.id,
          fitting.has(pending.request.id),
        ]);
      }
    }),
    { numRuns: 300 },
  );
});
