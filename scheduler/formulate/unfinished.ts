// Whether a tick leaves something that another one at once may grant. Invariant: reads a formulation and the plan that was made of it.
// Called by tick.ts.

import type { Plan } from '../domain/plan.ts';
import type { Formulation } from './formulation.ts';
import { takesAllSeats } from './nodes.ts';

/** Whether another tick at once may grant somebody whom this plan leaves waiting. A plan that granted nothing would only repeat itself. */
export function isUnfinished(formulation: Formulation, plan: Plan): boolean {
  const { seats } = formulation;
  const isLeft = seats !== null && (!seats.complete || !takesAllSeats(seats.plan, plan));
  const wanting = isLeft ? seats.seekers : [];
  if (plan.assignments.length === 0 || (!formulation.truncated && wanting.length === 0)) return false;
  const granted = new Set(plan.assignments.map(({ request }) => request));
  for (const id of formulation.leftOut) if (!granted.has(id)) return true;
  return wanting.some(({ request }) => !granted.has(request.id));
}
