// Offers that are held: whose are new, whose are over, and what bounds them: one an agent, and a share of each pool for all of them together.
// Invariant: bounds bind new holds only. Called by tick.ts, snapshot.ts, caps.ts, overdue.ts and planning.ts.

import type { Change } from '../domain/change.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import type { PendingRequest } from '../domain/request.ts';
import { reservationTermsOf, type StartReservation } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { choicesOfReservation } from '../formulate/checkpoints.ts';

/** An agent decides about one offer at a time. */
const HOLDS_OF_AGENT = 1;

/** Opened by this tick's fold, and not ended by it: their units are still to be found. */
export function holdingOf({ requests }: State, happened: readonly Change[]): PendingRequest[] {
  return happened.flatMap((change) => {
    if (change.type !== 'requestOpened' || change.pending.request.holdOf === undefined) return [];
    return requests.get(change.pending.request.id) ?? [];
  });
}

/** Units that are kept for offers, in order of the requests that hold them. */
export function holdsOf({ reserved, requests }: State): StartReservation[] {
  const sequenceOf = ({ request }: StartReservation): number => requests.get(request)!.sequence;
  const held = [...reserved.values()].filter(({ hold }) => hold !== undefined);
  return held.sort((a, b) => sequenceOf(a) - sequenceOf(b));
}

/** Promised starts, without what is kept for offers. */
export function promisesOf({ reserved }: State): StartReservation[] {
  return [...reserved.values()].filter(({ hold }) => hold === undefined);
}

/** Its time is over, or the request that the offer was for waits no more. */
export function isHoldOver({ requests }: State, { hold }: StartReservation, now: Instant): boolean {
  return hold !== undefined && (hold.until <= now || !requests.has(hold.request));
}

/** What stands against one more: empty when nothing does. */
export function limitsOfHold(state: State, wanted: StartReservation): Reason[] {
  const held = holdsOf(state);
  const own = held.filter(({ agent }) => agent === wanted.agent).length;
  if (own >= HOLDS_OF_AGENT)
    return [{ code: 'HOLD_LIMIT', what: wanted.agent, requested: 1, held: own, limit: HOLDS_OF_AGENT }];
  const heldAt = new Map<string, Units>();
  for (const one of held)
    for (const [what, { units }] of unitsOf(state, one)) heldAt.set(what, (heldAt.get(what) ?? 0) + units);
  const { holdPercent } = reservationTermsOf(state.configuration);
  return [...unitsOf(state, wanted)].flatMap(([what, { units: requested, capacity }]): Reason[] => {
    const limit = Math.floor((capacity * holdPercent) / 100);
    const before = heldAt.get(what) ?? 0;
    return before + requested > limit ? [{ code: 'HOLD_LIMIT', what, requested, held: before, limit }] : [];
  });
}

interface Held {
  units: Units;
  readonly capacity: Units;
}

/** By place, windows apart; who reads a dataset alone takes all of its seats. */
function unitsOf({ configuration }: State, reservation: StartReservation): Map<string, Held> {
  const units = new Map<string, Held>();
  const choices = choicesOfReservation(catalogueOf(configuration), reservation) ?? [];
  for (const { place, window, quantity, alone } of choices) {
    const what = window === null ? place.id : `${place.id}@${window.id}`;
    const capacity = window?.capacity ?? place.pools.reduce((sum, pool) => sum + pool.capacity, 0);
    const held = units.get(what) ?? { units: 0, capacity };
    held.units += alone ? Math.max(quantity, capacity) : quantity;
    units.set(what, held);
  }
  return units;
}
