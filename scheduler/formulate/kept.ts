// What reservations keep at this moment: promised starts that have come, and units that do not come back with time from the promise on.
// Invariant: kept units count as used for everybody but whom they are kept for. Called by room.ts and holders' columns.

import type { RequestId } from '../domain/ids.ts';
import { isKeptAt, reservedKey, seatsOf } from '../domain/reservation.ts';
import { quotaKey } from '../domain/state.ts';
import { comesBack } from '../reservations/checkpoints.ts';
import type { Snapshot } from '../snapshot.ts';

export interface Kept {
  /** Capacity key -> units. */
  readonly units: ReadonlyMap<string, number>;
  /** `quotaKey` -> units. */
  readonly quotas: ReadonlyMap<string, number>;
}

const NOTHING: Kept = { units: new Map(), quotas: new Map() };

export function keptNow(snapshot: Snapshot, without: ReadonlySet<RequestId>): Kept {
  const { reservations, configuration, now } = snapshot;
  if (reservations.length === 0) return NOTHING;
  const units = new Map<string, number>();
  const quotas = new Map<string, number>();
  const add = (sums: Map<string, number>, key: string, more: number): void =>
    void sums.set(key, (sums.get(key) ?? 0) + more);
  for (const reservation of reservations) {
    if (without.has(reservation.request)) continue;
    for (const one of reservation.units) {
      if (!isKeptAt(configuration, reservation, { units: one, at: now })) continue;
      add(units, reservedKey(one), seatsOf(configuration, one));
      if (comesBack(configuration, one.pool))
        add(quotas, quotaKey(reservation.department, one.kind), one.quantity);
    }
  }
  return { units, quotas };
}

export function withKept(
  counted: ReadonlyMap<string, number>,
  kept: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  if (kept.size === 0) return counted;
  const sums = new Map(counted);
  for (const [key, units] of kept) sums.set(key, (sums.get(key) ?? 0) + units);
  return sums;
}
