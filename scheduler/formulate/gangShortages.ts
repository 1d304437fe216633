// What a complete gang lacks as a whole: kinds and quotas of which its members together want more than is left. Used by explain.ts.
// Invariant: only shortages, `requested` > `available`; none where units would suffice and only their places do not.

import type { Units } from '../domain/quantity.ts';
import type { Shortage } from '../domain/reason.ts';
import type { PendingRequest } from '../domain/request.ts';
import { quotaKey } from '../domain/state.ts';
import { classificationLevel } from './catalogue.ts';
import type { Place } from './formulation.ts';
import type { Gang } from './gangs.ts';
import type { Room } from './room.ts';

/**
 * Of the members' first options: what they would rather have. Told to one member: of quotas its own department's, of pools those that it may
 * touch, for a gang's id opens no other department's books.
 */
export function gangShortages({ members }: Gang, room: Room, { request }: PendingRequest): Shortage[] {
  const { agent, department } = request;
  const ofKind = new Map<string, Units>();
  const ofOwn = new Map<string, Units>();
  for (const member of members) {
    for (const { kind, quantity } of member.request.options[0]!.claims) {
      ofKind.set(kind, (ofKind.get(kind) ?? 0) + quantity);
      if (member.request.department === department) ofOwn.set(kind, (ofOwn.get(kind) ?? 0) + quantity);
    }
  }
  const clearance = room.catalogue.clearanceOf(agent, department);
  const short: Shortage[] = [];
  for (const [kind, requested] of ofKind) {
    const places = (room.catalogue.places.get(kind) ?? []).filter(
      ({ pools }) => pools[0].calendar === undefined && classificationLevel(pools[0]) <= clearance,
    );
    if (places.length === 0) continue;
    const sumOf = (of: (place: Place) => Units): Units => places.reduce((sum, place) => sum + of(place), 0);
    const available = sumOf((place) => room.free(place, null));
    if (requested > available)
      short.push({ what: kind, requested, available, held: sumOf((place) => room.used(place, null)) });
  }
  for (const [kind, requested] of ofOwn) {
    const standing = room.quotas.standing(department, kind);
    if (standing === null || requested <= standing.room) continue;
    const what = quotaKey(department, kind);
    short.push({ what, requested, available: Math.max(0, standing.room), held: standing.use });
  }
  return short;
}
