// Units that stand idle because they are promised: how many at a moment, and whether a pool has had so much of it that no more is promised there.
// Invariant: an upper bound, as nobody may want what is free. Counted in whole unit milliseconds. Called by planning.ts, and for the metric.

import type { Configuration } from '../domain/configuration.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import { reservationTermsOf, type StartReservation } from '../domain/reservation.ts';
import type { QueueMemory } from '../domain/state.ts';
import { freeUnits } from '../formulate/capacity.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { choicesOfReservation, takenOf } from '../formulate/checkpoints.ts';
import type { Place } from '../formulate/formulation.ts';

/** How far back what a pool has lost still counts, about. */
const HORIZON_MS = 3_600_000;

interface Kept {
  readonly configuration: Configuration;
  readonly reservations: Iterable<StartReservation>;
  readonly used: ReadonlyMap<string, Units>;
}

/** Place -> min(free, promised): of promises that have come and of those still to come. */
export function idleUnits({ configuration, reservations, used }: Kept): Map<Place, Units> {
  const catalogue = catalogueOf(configuration);
  const promised = new Map<Place, Units>();
  for (const reservation of reservations)
    for (const [place, units] of takenOf(choicesOfReservation(catalogue, reservation) ?? []))
      promised.set(place, (promised.get(place) ?? 0) + units);
  const idle = new Map<Place, Units>();
  for (const [place, units] of promised) idle.set(place, Math.min(units, freeUnits(place, used)));
  return idle;
}

/**
 * A leaking bucket a place: it fills with the units idle, it leaks `idlePercent` of the place's capacity, and holds at most an hour of that,
 * twice over. So a place may lose its share of each hour, and is past its cap while the bucket is over half full.
 */
export function countIdle(memory: QueueMemory, world: Kept, now: Instant): void {
  const elapsedMs = Math.max(0, now - memory.idleThrough);
  memory.idleThrough = now;
  const idle = idleUnits(world);
  if (idle.size === 0 && memory.idle.size === 0) return;
  const { places } = catalogueOf(world.configuration);
  for (const place of [...places.values()].flat()) {
    const level = memory.idle.get(place.id) ?? 0;
    const units = idle.get(place) ?? 0;
    if (level === 0 && units === 0) continue;
    const share = shareOf(world.configuration, place);
    const next = level + (units - share) * elapsedMs;
    const kept = Math.max(0, Math.min(next, 2 * share * HORIZON_MS));
    if (kept > 0) memory.idle.set(place.id, kept);
    else memory.idle.delete(place.id);
  }
}

export function isPastIdleCap(memory: QueueMemory, configuration: Configuration, place: Place): boolean {
  return (memory.idle.get(place.id) ?? 0) > shareOf(configuration, place) * HORIZON_MS;
}

/** Units that may be idle on average; at least one, else nothing could ever be promised of a small pool. */
function shareOf(configuration: Configuration, { pools }: Place): Units {
  const capacity = pools.reduce((sum, pool) => sum + pool.capacity, 0);
  const { idlePercent } = reservationTermsOf(configuration);
  return idlePercent === 0 ? 0 : Math.max(1, Math.floor((capacity * idlePercent) / 100));
}
