// Capacity rows: no place over what it has, now. Dataset seats, licences and agents' concurrency are units like any other.
// Invariant: what is free here can be handed out exactly, also of an agent group. Called by room.ts and columns.ts.

import type { Units } from '../domain/quantity.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Place } from './formulation.ts';

/**
 * capacity/<place>:  sum over columns of q x  <=  sum over its pools p of max(0, C_p - used_p)
 *
 * A pool that shrank below its use has no room and takes nothing from its group's other members: its columns leave the tick.
 */
export function freeUnits(place: Place, used: Snapshot['used']): Units {
  let free = 0;
  for (const pool of place.pools) free += Math.max(0, pool.capacity - (used.get(pool.id) ?? 0));
  return free;
}

export function capacityRowName(place: Place): string {
  return `capacity/${place.id}`;
}
