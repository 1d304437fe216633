// What a complete gang lacks as a whole: kinds and quotas of which its members together want more than is left. Used by explain.ts.
// Invariant: only shortages, `requested` > `available`; none where units would suffice and only their places do not.

import type { Shortage } from '../domain/reason.ts';
import { quotaKey } from '../domain/state.ts';
import type { Place } from './formulation.ts';
import type { Gang } from './gangs.ts';
import type { Room } from './room.ts';

/** Of the members' first options: what they would rather have. */
export function gangShortages({ members }: Gang, room: Room): Shortage[] {
  const ofKind = new Map<string, number>();
  const ofQuota = new Map<
    string,
    { department: (typeof members)[number]['request']['department']; kind: string; units: number }
  >();
  for (const { request } of members) {
    for (const { kind, quantity } of request.options[0]!.claims) {
      ofKind.set(kind, (ofKind.get(kind) ?? 0) + quantity);
      const key = quotaKey(request.department, kind);
      const units = (ofQuota.get(key)?.units ?? 0) + quantity;
      ofQuota.set(key, { department: request.department, kind, units });
    }
  }
  const short: Shortage[] = [];
  for (const [kind, requested] of ofKind) {
    const places = (room.catalogue.places.get(kind) ?? []).filter(
      ({ pools }) => pools[0].calendar === undefined,
    );
    if (places.length === 0) continue;
    const sumOf = (of: (place: Place) => number): number => places.reduce((sum, place) => sum + of(place), 0);
    const available = sumOf((place) => room.free(place, null));
    if (requested > available)
      short.push({ what: kind, requested, available, held: sumOf((place) => room.used(place, null)) });
  }
  for (const [what, { department, kind, units }] of ofQuota) {
    const standing = room.quotas.standing(department, kind);
    if (standing !== null && units > standing.room)
      short.push({ what, requested: units, available: Math.max(0, standing.room), held: standing.use });
  }
  return short;
}
