// What it costs to take a lease back: integers in the units of the objective, the same everywhere.
// Invariant: at least 1, and at most 2^22, so that thirty of them with their order of age stay far below what is exact. Called by nominees.ts and repair.ts.

import { startOf } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import { multiplyDivideDown, type Units } from '../domain/quantity.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { ageBucket, shareOf, worthOf } from '../formulate/objective.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { termsOf } from './grace.ts';

/*
 *   cost(l) = floor(value(l) * (100 + h) / 100) + lost(l)
 *   value(l): what its request would be worth if it were waiting, alone of its agent and without a deadline, its age from its first submit
 *   lost(l) = floor(base(l) * seconds since its last checkpoint, or its start / its duration), at most base(l): value(l) of no age
 */
const COST_MOST = 2 ** 22;

export function costOfRevoking(snapshot: Snapshot, { lease, request, checkpointAt }: HeldLease): Units {
  const { configuration, now } = snapshot;
  const { targetWaitSeconds } = lookupOf(configuration).classes.get(request.terms.class)!;
  const { hysteresisPercent } = termsOf(snapshot, request.terms.class);
  const share = shareOf(catalogueOf(configuration), request.options);
  const worthAt = (bucket: number): Units =>
    worthOf({ share, alike: 1, ageBucket: bucket, bonus: 0, penalty: 0 });
  const base = worthAt(0);
  const value = worthAt(ageBucket(now - request.submittedAt, targetWaitSeconds));
  const safeAt = Math.max(startOf(lease), checkpointAt ?? 0);
  const unsafeSeconds = Math.max(0, Math.floor((now - safeAt) / 1000));
  const lost = Math.min(base, multiplyDivideDown(base, unsafeSeconds, request.terms.durationSeconds));
  return Math.min(COST_MOST, multiplyDivideDown(value, 100 + hysteresisPercent, 100) + lost);
}
