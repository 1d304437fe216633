// Whether promises can be kept as well after something as before it: leases on notice, and units that are held for somebody.
// Invariant: compares two snapshots of one tick; rows that were overdrawn before may be overdrawn no further. Called by the planning of revocations.

import type { RequestId } from '../domain/ids.ts';
import { capacityKey } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Units } from '../domain/quantity.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { Checkpoints } from '../formulate/checkpoints.ts';
import { keptNow } from '../formulate/kept.ts';
import { standingUse } from '../preemption/standing.ts';
import type { Snapshot } from '../snapshot.ts';

/** `without`: the request that is served instead, whose own promise ends with it. */
export function leavesAsPromised(before: Snapshot, after: Snapshot, without: RequestId): boolean {
  const known = excessOf(before, without);
  return [...excessOf(after, without)].every(([row, by]) => by <= (known.get(row) ?? 0));
}

function excessOf(snapshot: Snapshot, without: RequestId): Map<string, Units> {
  const { now: at, used, quotaUse } = snapshot;
  // Now as one more checkpoint: promises that have come are alive at it.
  const checkpoints = [{ at, used, quotaUse }, ...snapshot.checkpoints];
  const holders = new Set([without]);
  const over = new Checkpoints(catalogueOf(snapshot.configuration), { ...snapshot, checkpoints }, holders);
  const excess = over.excess();
  const { pools } = lookupOf(snapshot.configuration);
  const standing = standingUse(snapshot).used;
  for (const [key, units] of keptNow(snapshot, holders).units) {
    const pool = pools.get(key as never);
    if (pool?.consumable !== true) continue;
    const by = (standing.get(capacityKey(pool.id)) ?? 0) + units - pool.capacity;
    if (by > 0) excess.set(key, by);
  }
  return excess;
}
