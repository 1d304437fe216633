// Whether a grant fulfils what its Verdict obliges it to: read from the Verdict and the plan, and not from what the gate made of the request.
// Invariant: imports nothing of formulate/, gate.ts or approvals.ts. Called by verify.ts, assignment by assignment.

import { lookupOf } from './domain/lookup.ts';
import type { Assignment } from './domain/plan.ts';
import type { PendingRequest } from './domain/request.ts';
import type { Snapshot } from './snapshot.ts';
import type { Breach } from './verify.ts';

export function breachOfObligations(
  { now, configuration, approvals = [] }: Snapshot,
  { request, verdict }: PendingRequest,
  { allocations, endsAt }: Assignment,
): Breach | null {
  const { ttlSeconds, pools, class: lowered, approvals: duties = [] } = verdict?.obligations ?? {};
  for (const { skill } of duties) {
    const count = approvals.filter((one) => one.request === request.id && one.skill === skill).length;
    if (count === 0) return { what: `obligation approval ${skill}`, lhs: 0, rhs: 1 };
  }
  if (ttlSeconds !== undefined && endsAt > now + ttlSeconds * 1000)
    return { what: 'obligation ttl', lhs: endsAt, rhs: now + ttlSeconds * 1000 };
  for (const { pool, kind } of allocations)
    for (const scope of ['*', kind]) {
      const allowed = pools !== undefined && Object.hasOwn(pools, scope) ? pools[scope] : undefined;
      if (allowed !== undefined && !allowed.includes(pool))
        return { what: `obligation pools of ${scope}`, lhs: pool, rhs: allowed.join(' ') };
    }
  if (lowered === undefined) return null;
  const { classes } = lookupOf(configuration);
  const [rank, most] = [classes.get(request.terms.class)?.rank ?? -1, classes.get(lowered)?.rank ?? -1];
  return rank < most ? { what: 'obligation class', lhs: request.terms.class, rhs: lowered } : null;
}
