// Who is owed a promised start: those who have waited longer than their class should, or were overtaken too often by their equals.
// Invariant: a gang counts as one, by its first member, once it is complete. Called by planning.ts and standing.ts.

import { mayBeServed } from '../domain/approval.ts';
import type { Change } from '../domain/change.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { Option, PendingRequest } from '../domain/request.ts';
import { reservationTermsOf } from '../domain/reservation.ts';
import type { GangTurn, State } from '../domain/state.ts';
import { isHoldOver, promisesOf } from './holds.ts';
import type { Members } from './search.ts';

export interface Overdue {
  readonly members: Members;
  readonly turn: GangTurn;
}

/** When its class's target wait is over. */
export function dueAt({ configuration }: State, { request }: PendingRequest): Instant {
  const priority = lookupOf(configuration).classes.get(request.terms.class);
  return request.submittedAt + (priority?.targetWaitSeconds ?? 0) * 1000;
}

/** Whether a request became overdue, a promised start came, or a look that was put off fell due, after `since`. */
export function comesDue(state: State, since: Instant, now: Instant): boolean {
  const came = (at: Instant): boolean => since < at && at <= now;
  if (state.queue?.isPutOff && came(state.queue.quietUntil)) return true;
  if (state.queue?.isForwardDue && state.queue.forwardAt <= now) return true;
  for (const one of state.reserved.values())
    if (came(one.startsAt) || (one.hold !== undefined && isHoldOver(state, one, now))) return true;
  const { classes } = lookupOf(state.configuration);
  for (const { request, waitingCodes } of state.requests.values()) {
    const waitMs = (classes.get(request.terms.class)?.targetWaitSeconds ?? 0) * 1000;
    if (waitingCodes !== null && came(request.submittedAt + waitMs)) return true;
  }
  return false;
}

/** Whether a tick told somebody to wait who is overdue: submitted long ago, or revoked, it could not be promised anything before. */
export function owesPromise(state: State, decided: readonly Change[], now: Instant): boolean {
  return decided.some((change) => {
    if (change.type !== 'decided' || change.outcome !== 'waiting') return false;
    const pending = state.requests.get(change.request);
    return pending !== undefined && !state.reserved.has(change.request) && dueAt(state, pending) <= now;
  });
}

export function isOverdue(state: State, pending: PendingRequest, now: Instant): boolean {
  if (dueAt(state, pending) <= now) return true;
  const overtaken = state.queue?.overtaken.get(pending.request.id) ?? 0;
  return overtaken >= reservationTermsOf(state.configuration).overtakes;
}

/** The request, or its gang when that is complete and all of it allowed; null while it is not. */
export function membersOf(state: State, pending: PendingRequest): Members | null {
  const { gang } = pending.request.terms;
  if (gang === undefined) return mayBeServed(pending) ? [pending] : null;
  const ids = state.gangs.get(gang.id) ?? new Set();
  const members = [...ids].flatMap((id) => state.requests.get(id) ?? []);
  if (members.length < gang.size || !members.every(mayBeServed)) return null;
  const [first, ...rest] = members.sort((a, b) => a.sequence - b.sequence);
  return first === undefined ? null : [first, ...rest];
}

/** Which node has room is cut anew in every tick from what is free on each; no unit of a pool promises one. */
export function isOnNodes({ claims }: Option): boolean {
  return claims.some(({ node }) => node !== undefined);
}

/** No start can be promised to them: there is no option without a node, or, of a gang, one member may end up on one. */
export function needNodes([first, ...rest]: Members): boolean {
  const { options, terms } = first.request;
  if (terms.gang === undefined) return options.every(isOnNodes);
  return [first, ...rest].some(({ request }) => request.options.some(isOnNodes));
}

/**
 * By class, then age. Only who was dealt with and waits, of departments that are promised nothing yet: the others get nothing now. Nor does
 * whoever leases are taken back for.
 */
export function overdueOf(state: State, now: Instant): Overdue[] {
  const { classes } = lookupOf(state.configuration);
  const promised = promisesOf(state);
  const holding = new Set(promised.map(({ department }) => department));
  const found: Overdue[] = [];
  const isOvertaken = (state.queue?.overtaken.size ?? 0) > 0;
  for (const pending of state.requests.values()) {
    const { department, terms, id, submittedAt } = pending.request;
    const priority = classes.get(terms.class);
    // Cheap first: of thousands who wait few have waited too long.
    if (!isOvertaken && submittedAt + (priority?.targetWaitSeconds ?? 0) * 1000 > now) continue;
    if (pending.waitingCodes === null || holding.has(department) || !isOverdue(state, pending, now)) continue;
    if (state.earmarks.has(id)) continue;
    const rank = priority?.rank;
    const members = rank === undefined ? null : membersOf(state, pending);
    if (rank === undefined || members?.[0] !== pending || needNodes(members)) continue;
    found.push({ members, turn: { rank, sequence: pending.sequence } });
  }
  return found.sort((a, b) => compareTurns(a.turn, b.turn));
}

export function compareTurns(a: GangTurn, b: GangTurn): number {
  return a.rank - b.rank || a.sequence - b.sequence;
}
