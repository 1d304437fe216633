// Who is kept out by a promise alone: units are free, and kept for a reservation, now or at its start. Used by findings.ts and extensions.ts.
// Invariant: told only where the request would fit without the reservations; whose they are is nobody's to know.

import type { Reason } from '../domain/reason.ts';
import type { PendingRequest } from '../domain/request.ts';
import type { ClaimCandidates } from './candidates.ts';
import type { LaterShortage } from './checkpoints.ts';
import type { Choice, Place } from './formulation.ts';
import { heldUntil } from './openings.ts';
import type { Room } from './room.ts';
import { windowKey, windowsFor } from './windows.ts';

export function reservedReason(short: LaterShortage, at: { option: number; claim: number }): Reason {
  const { kind, what, requested, available, held, drains } = short;
  return {
    code: drains ? 'DRAINING' : 'RESERVED',
    ...at,
    kind,
    startsAt: short.at,
    short: [{ what, requested, available, held }],
  };
}

/** The first place of the claim that only promises keep it from; null when there is none. */
export function keptReason(
  room: Room,
  claims: ClaimCandidates,
  asked: { pending: PendingRequest; option: number; claim: number },
): Reason | null {
  const { option, claim: index, pending } = asked;
  const { terms, department } = pending.request;
  const { claim, candidates } = claims;
  const { quantity, exclusive } = claim;
  for (const { place } of candidates) {
    const [pool] = place.pools;
    const windows = pool.calendar === undefined ? [null] : windowsFor(pool, { claim, terms, now: room.now });
    for (const window of windows) {
      if (room.freeUnkept(place, window) < quantity) continue;
      if (exclusive && room.used(place, null) > room.kept(place, null)) continue;
      const choice: Choice = { claim: index, quantity, place, window, ...(exclusive && { alone: true }) };
      const endsAt = heldUntil([choice], terms, room.now);
      const short =
        keptShortage(room, choice) ?? room.checkpoints.shortage([{ department, choices: [choice], endsAt }]);
      if (short !== null) return reservedReason(short, { option, claim: index });
    }
  }
  return null;
}

function keptShortage(room: Room, { place, window, quantity, alone }: Choice): LaterShortage | null {
  const held = room.kept(place, window);
  const available = room.free(place, window);
  if (held === 0 || (available >= quantity && !alone)) return null;
  const what = window === null ? place.id : windowKey(place.pools[0], window);
  return {
    at: room.now,
    what,
    kind: place.kind,
    requested: quantity,
    available,
    held,
    drains: drains(place, held),
  };
}

/** Somebody alone is to read it. */
function drains(place: Place, held: number): boolean {
  return place.kind === 'dataset' && held >= place.pools[0].capacity;
}
