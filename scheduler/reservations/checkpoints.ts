// The instants at which reservations start, and what leases still hold then: all that a tick must know of the future.
// Invariant: leases only ever give back, so that whatever fits at each of these instants fits at every other. Called by snapshot.ts and search.ts.

import type { Configuration } from '../domain/configuration.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Plan } from '../domain/plan.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { StartReservation } from '../domain/reservation.ts';
import { quotaKey } from '../domain/state.ts';
import { isRenewable } from '../formulate/catalogue.ts';
import type { Returns } from './returns.ts';

export interface Checkpoint {
  readonly at: Instant;
  /** Pool -> units that leases alive then hold, of every kind that a reservation alive then claims; 0 is left out. */
  readonly used: ReadonlyMap<string, Units>;
  /** `quotaKey` -> units, of the same kinds. */
  readonly quotaUse: ReadonlyMap<string, Units>;
}

/** Starts after `now`, in order. */
export function startsAfter(reservations: Iterable<StartReservation>, now: Instant): Instant[] {
  const starts = new Set<Instant>();
  for (const { startsAt } of reservations) if (startsAt > now) starts.add(startsAt);
  return [...starts].sort((a, b) => a - b);
}

function kindsReserved(reservations: Iterable<StartReservation>): Set<string> {
  const kinds = new Set<string>();
  for (const { units } of reservations) for (const { kind } of units) kinds.add(kind);
  return kinds;
}

export function checkpointsOf(
  configuration: Configuration,
  reservations: readonly StartReservation[],
  { returns, now }: { returns: Returns; now: Instant },
): Checkpoint[] {
  return startsAfter(reservations, now).map((at): Checkpoint => {
    const alive = reservations.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
    return checkpointAt(configuration, returns, { at, kinds: kindsReserved(alive) });
  });
}

function checkpointAt(
  configuration: Configuration,
  returns: Returns,
  { at, kinds }: { at: Instant; kinds: ReadonlySet<string> },
): Checkpoint {
  const used = new Map<string, Units>();
  const { pools, quotas } = configuration;
  for (const pool of pools) {
    if (!kinds.has(pool.kind) || !isRenewable(pool)) continue;
    const units = returns.usedAt(pool.id, at);
    if (units > 0) used.set(pool.id, units);
  }
  const quotaUse = new Map<string, Units>();
  for (const { department, kind } of quotas) {
    if (!kinds.has(kind)) continue;
    const key = quotaKey(department, kind);
    const units = returns.quotaUseAt(key, at);
    if (units > 0) quotaUse.set(key, units);
  }
  return { at, used, quotaUse };
}

/** Whether the pool's units come back with time at all. */
export function comesBack(configuration: Configuration, pool: string): boolean {
  const found = lookupOf(configuration).pools.get(pool);
  return found !== undefined && isRenewable(found);
}

/**
 * Somebody was granted other units than were promised, or leases are taken back for somebody who was promised some: those are free for the
 * next tick, and the rows of this one did not know it yet.
 */
export function freesPromised(
  reservations: readonly StartReservation[],
  { assignments, preemptions = [] }: Plan,
): boolean {
  if (reservations.length === 0) return false;
  const promised = new Map(reservations.map((one) => [one.request, one]));
  if (preemptions.some((one) => one.type === 'nominee' && promised.has(one.earmark.request))) return true;
  return assignments.some(({ request, allocations }) =>
    promised
      .get(request)
      ?.units.some(
        ({ claim, pool, window }) =>
          !allocations.some((one) => one.claim === claim && one.pool === pool && one.window === window),
      ),
  );
}
