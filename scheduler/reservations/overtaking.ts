// How often those who wait were overtaken: later requests of the same class that were granted a place which they could have had.
// Invariant: counted once a grant and request, by the tick that grants. Called by tick.ts; read by planning.ts.

import { pendingById } from '../domain/pendingIndex.ts';
import type { Plan } from '../domain/plan.ts';
import type { State } from '../domain/state.ts';
import { type FormulationMemo, type Shape, shapeOf } from '../formulate/candidates.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import type { Place } from '../formulate/formulation.ts';
import type { Snapshot } from '../snapshot.ts';
import { queueMemoryOf } from './memory.ts';

/** After the plan's grants are in the state: those who are open still wait. */
export function countOvertakes(
  state: State,
  { snapshot, plan, memo }: { snapshot: Snapshot; plan: Plan; memo: FormulationMemo },
): void {
  if (plan.assignments.length === 0 || state.requests.size === 0) return;
  const { overtaken } = queueMemoryOf(state);
  const granted = grantsByClass(snapshot, plan);
  /** Shapes differ between classes, so each has one list. */
  const byShape = new Map<Shape, readonly number[]>();
  for (const pending of state.requests.values()) {
    const grants = granted.get(pending.request.terms.class);
    if (grants === undefined || pending.sequence > grants.latest) continue;
    const shape = shapeOf(memo, snapshot.configuration, pending);
    let sequences = byShape.get(shape);
    if (sequences === undefined) {
      sequences = sequencesAt(placesOf(shape), grants);
      byShape.set(shape, sequences);
    }
    const later = countAbove(sequences, pending.sequence);
    const { id } = pending.request;
    if (later > 0) overtaken.set(id, (overtaken.get(id) ?? 0) + later);
  }
}

interface Grants {
  latest: number;
  readonly list: { readonly sequence: number; readonly places: ReadonlySet<Place> }[];
}

function grantsByClass({ requests, configuration }: Snapshot, { assignments }: Plan): Map<string, Grants> {
  const { placeOf } = catalogueOf(configuration);
  const byId = pendingById({ configuration, requests });
  const classes = new Map<string, Grants>();
  for (const { request, allocations } of assignments) {
    const { sequence, request: granted } = byId.get(request)!;
    const known = classes.get(granted.terms.class) ?? { latest: 0, list: [] };
    const places = new Set(allocations.flatMap(({ pool }) => placeOf(pool) ?? []));
    known.list.push({ sequence, places });
    known.latest = Math.max(known.latest, sequence);
    classes.set(granted.terms.class, known);
  }
  return classes;
}

/** A shape is kept between ticks, and so are its places: of 500 that wait, each may name hundreds. */
const known = new WeakMap<Shape, ReadonlySet<Place>>();

function placesOf(shape: Shape): ReadonlySet<Place> {
  let places = known.get(shape);
  if (places === undefined) {
    places = new Set(shape.options.flat().flatMap(({ candidates }) => candidates.map(({ place }) => place)));
    known.set(shape, places);
  }
  return places;
}

function sequencesAt(own: ReadonlySet<Place>, { list }: Grants): number[] {
  const shared = list.filter(({ places }) => [...places].some((place) => own.has(place)));
  return shared.map(({ sequence }) => sequence).sort((a, b) => a - b);
}

function countAbove(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
}
