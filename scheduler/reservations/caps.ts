// What bounds promises: one a department, a share of each pool a class, idle time a pool, and checkpoints a pool.
// Invariant: caps bind new promises only; one that was made is kept. Called by planning.ts and standing.ts.

import type { Units } from '../domain/quantity.ts';
import { reservationTermsOf, type StartReservation } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { choicesOfReservation, takenOf } from '../formulate/checkpoints.ts';
import type { Place } from '../formulate/formulation.ts';
import { promisesOf } from './holds.ts';
import { isPastIdleCap } from './idle.ts';
import { queueMemoryOf } from './memory.ts';
import type { Members } from './search.ts';

/** Promised starts that one pool has at most: each is a row, and a look in every search. */
const CHECKPOINTS_MAX = 32;

export const CAP_REFUSALS = ['departmentHasOne', 'classShare', 'idleCap', 'checkpoints'] as const;
export type CapRefusal = (typeof CAP_REFUSALS)[number];

/** Null when they may be promised what was found; with `found` null, whether anything could be. */
export function refusalOf(
  state: State,
  members: Members,
  found: readonly StartReservation[] | null,
): CapRefusal | null {
  const departments = new Set(members.map(({ request }) => request.department));
  const promised = promisesOf(state);
  for (const { department } of promised) if (departments.has(department)) return 'departmentHasOne';
  if (found === null) return null;
  const { configuration } = state;
  const memory = queueMemoryOf(state);
  const held = promised.map((one) => ({ ...one, taken: placesOf(state, one) }));
  const { sharePercent } = reservationTermsOf(configuration);
  for (const [place, units] of sumOf(found.map((one) => placesOf(state, one)))) {
    if (isPastIdleCap(memory, configuration, place)) return 'idleCap';
    const here = held.filter(({ taken }) => taken.has(place));
    if (new Set(here.map(({ startsAt }) => startsAt)).size >= CHECKPOINTS_MAX) return 'checkpoints';
    const ofClass = here.filter((one) => one.class === found[0]!.class);
    const promised = ofClass.reduce((sum, { taken }) => sum + taken.get(place)!, 0);
    const capacity = place.pools.reduce((sum, pool) => sum + pool.capacity, 0);
    if (ofClass.length > 0 && (promised + units) * 100 > capacity * sharePercent) return 'classShare';
  }
  return null;
}

function placesOf({ configuration }: State, reservation: StartReservation): Map<Place, Units> {
  return takenOf(choicesOfReservation(catalogueOf(configuration), reservation) ?? []);
}

function sumOf(takings: readonly ReadonlyMap<Place, Units>[]): Map<Place, Units> {
  const sum = new Map<Place, Units>();
  for (const taken of takings)
    for (const [place, units] of taken) sum.set(place, (sum.get(place) ?? 0) + units);
  return sum;
}
