// The notice to a lease that is taken back, its end, and the request that takes its wish up again. Pure: state in, changes out.
// Invariant: a lease is revoked once; its wish goes on under its age, with one more revocation in its life. Called by decide.ts, fold.ts and lifecycle.ts.

import { denialOf, nextPending } from '../commands/submit.ts';
import { apply } from '../domain/apply.ts';
import type { Change } from '../domain/change.ts';
import type { Revocation, Victim } from '../domain/earmark.ts';
import { successorId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import { askedOf } from '../domain/obligation.ts';
import { type Preemption, victimsOf } from '../domain/plan.ts';
import type { Instant } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { State } from '../domain/state.ts';

/** Earmarks whose requests are open no more: cancelled, expired or denied in their grace. The leases that were revoked for them stay so. */
export function dropOrphans(state: State): Change[] {
  const changes: Change[] = [];
  for (const request of state.earmarks.keys())
    if (!state.requests.has(request)) changes.push({ type: 'earmarkEnded', request, end: 'dropped' });
  for (const change of changes) apply(state, change);
  return changes;
}

export function noticesOf(preemption: Preemption, now: Instant): Change[] {
  const earmark = preemption.type === 'nominee' ? preemption.earmark : null;
  const notices = victimsOf(preemption).map(({ lease, right, graceEndsAt }: Victim): Change => {
    const revocation: Revocation = {
      right,
      since: now,
      graceEndsAt,
      request: earmark?.request ?? null,
      department: earmark?.department ?? null,
    };
    return { type: 'leaseRevoking', lease, revocation };
  });
  return earmark === null ? notices : [...notices, { type: 'earmarkMade', earmark }];
}

/**
 * The wish of a lease that ends by its revocation, as a new request: its age and its deadline go with it, its start limit was kept once.
 * Empty when it was not to be taken up again. Its id is `successorOf`'s.
 */
export function takeUpAgain(state: State, lease: Lease, now: Instant): Change[] {
  const request = successorOf(state, lease, now);
  if (request === null) return [];
  const opened: Change = { type: 'requestOpened', pending: nextPending(state, request) };
  return [opened, ...denialOf(state.configuration, request)];
}

export function successorOf(state: State, lease: Lease, now: Instant): ResourceRequest | null {
  const ended = state.held.get(lease.request);
  if (ended === undefined || !ended.terms.preemptible || ended.terms.requeue === false) return null;
  const asked = askedOf(ended);
  const { startBefore: _, ...terms } = asked.terms;
  return {
    ...asked,
    terms,
    id: successorId(ended.id, now),
    restart: { of: ended.id, revocations: (ended.restart?.revocations ?? 0) + 1, tick: state.tick + 1 },
  };
}
