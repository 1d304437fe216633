// What those who wait after a tick's file was decided could have at once. Offline there is no policy to ask: what it would deny is offered.
// Invariant: offers are those of the state that the plan leaves. Called by `annona tick --offers`.

import type { RequestId } from './domain/ids.ts';
import type { Plan } from './domain/plan.ts';
import { explainer } from './explain.ts';
import { type Offer, offersFor } from './offers.ts';
import type { Digest } from './ports.ts';
import { afterPlan, afterRevocations, type Snapshot } from './snapshot.ts';

export interface TickFileOffers {
  readonly request: RequestId;
  readonly offers: readonly Offer[];
}

/** Of the first so many who wait: a file may have ten thousand, and each takes up to a hundred probes. */
const REQUESTS_MOST = 100;

export function tickFileOffers(snapshot: Snapshot, plan: Plan, digest: Digest): TickFileOffers[] {
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const requests = snapshot.requests.filter(({ request }) => !granted.has(request.id));
  // Its extensions are decided, and a lease that was prolonged holds what it held.
  const after = { ...afterRevocations(afterPlan(snapshot, plan), plan), requests, extensions: [] };
  const explained = explainer(after);
  return requests.slice(0, REQUESTS_MOST).map((pending) => {
    return {
      request: pending.request.id,
      offers: offersFor({ snapshot: after, explained, pending, digest }),
    };
  });
}
