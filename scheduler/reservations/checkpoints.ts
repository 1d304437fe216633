// The instants at which reservations start, and what leases still hold then: all that a tick must know of the future.
// Invariant: leases only ever give back, so that whatever fits at each of these instants fits at every other. Called by snapshot.ts and search.ts.

import type { Configuration } from '../domain/configuration.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Plan } from '../domain/plan.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { StartReservation } from '../domain/reservation.ts';
import { catalogueOf, isRenewable } from '../formulate/catalogue.ts';
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
  const drafts = startsAfter(reservations, now).map((at): Draft => {
    const alive = reservations.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
    return { at, kinds: kindsReserved(alive), used: new Map(), quotaUse: new Map() };
  });
  if (drafts.length === 0) return [];
  // Pool by pool and not instant by instant: what comes back to one is walked through once.
  const ofKind = new Map<string, readonly Draft[]>();
  const concerned = (kind: string): readonly Draft[] => {
    let found = ofKind.get(kind);
    if (found === undefined) {
      found = drafts.filter(({ kinds }) => kinds.has(kind));
      ofKind.set(kind, found);
    }
    return found;
  };
  const instants = (of: readonly Draft[]): Instant[] => of.map(({ at }) => at);
  for (const pool of configuration.pools) {
    const of = isRenewable(pool) ? concerned(pool.kind) : [];
    if (of.length === 0) continue;
    for (const [i, units] of returns.usedAtEach(pool.id, instants(of)).entries())
      if (units > 0) of[i]!.used.set(pool.id, units);
  }
  for (const [key, { quota }] of catalogueOf(configuration).quotas) {
    const of = concerned(quota.kind);
    if (of.length === 0) continue;
    for (const [i, units] of returns.quotaUseAtEach(key, instants(of)).entries())
      if (units > 0) of[i]!.quotaUse.set(key, units);
  }
  return drafts.map(({ at, used, quotaUse }) => ({ at, used, quotaUse }));
}

interface Draft extends Checkpoint {
  readonly kinds: ReadonlySet<string>;
  readonly used: Map<string, Units>;
  readonly quotaUse: Map<string, Units>;
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
