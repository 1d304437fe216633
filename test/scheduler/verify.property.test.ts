// Any one change to a good plan makes it a plan that the checker refuses.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Allocation, Assignment, Plan } from '../../scheduler/index.ts';
import { verifyPlan } from '../../scheduler/verify.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { decider } from '../support/decided.ts';

const decide = decider();

const inAllocation =
  (change: (allocation: Allocation) => Allocation) =>
  (assignment: Assignment): Assignment => ({
    ...assignment,
    allocations: assignment.allocations.map((allocation, i) => (i === 0 ? change(allocation) : allocation)),
  });

const CHANGES: Readonly<Record<string, (assignment: Assignment) => Assignment>> = {
  'a unit more': inAllocation((a) => ({ ...a, quantity: a.quantity + 1 })),
  'a unit less': inAllocation((a) => ({ ...a, quantity: a.quantity - 1 })),
  'a fraction': inAllocation((a) => ({ ...a, quantity: a.quantity + 0.5 })),
  'another kind': inAllocation((a) => ({ ...a, kind: `${a.kind}s` })),
  'an unknown pool': inAllocation((a) => ({ ...a, pool: 'nowhere' as never })),
  'an earlier start': inAllocation((a) => ({ ...a, startsAt: a.startsAt - 1 })),
  'a later end': inAllocation((a) => ({ ...a, endsAt: a.endsAt + 1 })),
  'another claim': inAllocation((a) => ({ ...a, claim: a.claim + 16 })),
  'a lost claim': (assignment) => ({ ...assignment, allocations: assignment.allocations.slice(1) }),
  'another option': (assignment) => ({ ...assignment, option: assignment.option + 2 }),
  'a later lease end': (assignment) => ({ ...assignment, endsAt: assignment.endsAt + 1000 }),
  'money for nothing': (assignment) => ({
    ...assignment,
    reservations: [
      ...assignment.reservations,
      { account: 'organisation' as never, period: 'third', amount: 1 },
    ],
  }),
  'one reservation less or more': ({ reservations, ...assignment }) => ({
    ...assignment,
    reservations:
      reservations.length > 0
        ? reservations.slice(1)
        : [{ account: 'alpha' as never, period: 'first', amount: 1 }],
  }),
};

it.each(Object.keys(CHANGES))('a plan with %s is refused', async (name) => {
  const change = CHANGES[name]!;
  await fc.assert(
    fc.asyncProperty(arbitrarySnapshot, fc.nat(), async (snapshot, pick) => {
      const { plan } = await decide(snapshot);
      fc.pre(plan.assignments.length > 0);
      const index = pick % plan.assignments.length;
      const assignments = plan.assignments.map((assignment, i) =>
        i === index ? change(assignment) : assignment,
      );
      const tampered: Plan = { ...plan, assignments };
      expect(verifyPlan(snapshot, tampered).ok).toBe(false);
    }),
    { numRuns: 40 },
  );
});

it('a plan that grants one more request than the solver could is refused or was left out', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySnapshot, async (snapshot) => {
      const { plan, formulation } = await decide(snapshot);
      const granted = new Set(plan.assignments.map(({ request }) => request));
      const waiting = snapshot.requests.filter(
        ({ request }) => !granted.has(request.id) && !formulation.leftOut.has(request.id),
      );
      for (const column of formulation.columns) {
        if (column.type !== 'request' || !waiting.includes(column.request)) continue;
        const single = await decide({ ...snapshot, requests: [column.request], extensions: [] });
        const assignments = [...plan.assignments, ...single.plan.assignments];
        if (single.plan.assignments.length > 0)
          expect(verifyPlan(snapshot, { ...plan, assignments }).ok).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});
