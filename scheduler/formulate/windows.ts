// Window rows: units of a calendar pool are consumable inside their window, and elapsed parts are lost.
// Invariant: only windows that have not ended. Called by room.ts, columns.ts and explain.ts.

import type { Pool, Window } from '../domain/configuration.ts';
import { type CapacityKey, capacityKey } from '../domain/lease.ts';
import { type Instant, multiplyDivideDown, type Units } from '../domain/quantity.ts';
import type { Claim, Terms } from '../domain/request.ts';

/**
 * Units of a window that can still be had, by anyone:  C                                     before it starts
 *                                                      floor(C * remaining / length)         while it runs
 */
export function remainingUnits(window: Window, now: Instant): Units {
  if (now <= window.startsAt) return window.capacity;
  if (now >= window.endsAt) return 0;
  return multiplyDivideDown(window.capacity, window.endsAt - now, window.endsAt - window.startsAt);
}

/**
 * window/<pool>@<window>:  sum over columns of q x  <=  min(C - used, remaining units) - kept for reservations
 *
 * This is the minimum. Who takes what is kept takes of both: of what nobody holds, and of what has not elapsed.
 */
export function freeInWindow(window: Window, now: Instant, used: Units): Units {
  return Math.max(0, Math.min(window.capacity - used, remainingUnits(window, now)));
}

export function windowRowName(pool: Pool, window: Window): string {
  return `window/${windowKey(pool, window)}`;
}

export function windowKey(pool: Pool, window: Window): CapacityKey {
  return capacityKey(pool.id, window.id);
}

/** Windows that the claim and the terms allow: not over, inside the asked range, started in time, ended by the deadline. */
export function windowsFor(pool: Pool, asked: { claim: Claim; terms: Terms; now: Instant }): Window[] {
  const { claim, terms, now } = asked;
  const from = claim.window?.from ?? Number.NEGATIVE_INFINITY;
  const { ttlSeconds = Number.POSITIVE_INFINITY } = terms;
  const to = Math.min(
    now + ttlSeconds * 1000,
    claim.window?.to ?? Number.POSITIVE_INFINITY,
    terms.deadline ?? Number.POSITIVE_INFINITY,
  );
  const startBefore = terms.startBefore ?? Number.POSITIVE_INFINITY;
  return (pool.calendar ?? []).filter(
    (window) =>
      window.endsAt > now &&
      window.startsAt >= from &&
      window.endsAt <= to &&
      Math.max(now, window.startsAt) < startBefore,
  );
}
