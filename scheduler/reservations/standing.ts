// Whether a request that waits is promised a start, and if not, why: not owed one yet, bounded, or no end is declared that it could start at.
// Invariant: says what the planning of a tick would do about it at this moment, by the same searches and caps. Called by explanation.ts.

import type { Instant } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import type { State } from '../domain/state.ts';
import { CAP_REFUSALS, refusalOf } from './caps.ts';
import { dueAt, isOverdue, membersOf, needNodes } from './overdue.ts';
import type { StartSearch } from './search.ts';

/**
 * `notDue`: it has not waited for its class's target. `gangIncomplete`: members are missing. `earmarked`: leases are taken back for it.
 * `nodes`: it sits on a node, and which node has room is nothing that declared ends tell. `noEnd`: units that it needs never come back by
 * a declared end. `noStart`: no instant that was looked at has room in time, beside what is promised to others. `nextTick`: nothing hinders.
 */
export const NO_PROMISE = [
  'notDue',
  'gangIncomplete',
  'earmarked',
  'nodes',
  ...CAP_REFUSALS,
  'noEnd',
  'noStart',
  'nextTick',
] as const;
export type NoPromise = (typeof NO_PROMISE)[number];

export interface ReservationStanding {
  readonly startsAt: Instant | null;
  readonly madeAt: Instant | null;
  /** Null when it is promised a start. */
  readonly why: NoPromise | null;
  /** When its class's target wait is over, and it is owed one. */
  readonly dueAt: Instant;
}

export function reservationStanding(
  state: State,
  pending: PendingRequest,
  { now, search }: { now: Instant; search: () => StartSearch },
): ReservationStanding {
  const held = state.reserved.get(pending.request.id);
  const due = dueAt(state, pending);
  if (held !== undefined) return { startsAt: held.startsAt, madeAt: held.madeAt, why: null, dueAt: due };
  return { startsAt: null, madeAt: null, why: whyNone(state, pending, { now, search }), dueAt: due };
}

function whyNone(
  state: State,
  pending: PendingRequest,
  { now, search }: { now: Instant; search: () => StartSearch },
): NoPromise {
  const members = membersOf(state, pending);
  if (members === null) return 'gangIncomplete';
  if (state.earmarks.has(pending.request.id)) return 'earmarked';
  if (!isOverdue(state, members[0], now)) return 'notDue';
  if (needNodes(members)) return 'nodes';
  const refusal = refusalOf(state, members, null);
  if (refusal !== null) return refusal;
  const found = search().earliest(members, [...state.reserved.values()]);
  if (found.type === 'none') return found.why;
  return refusalOf(state, members, found.reservations) ?? 'nextTick';
}
