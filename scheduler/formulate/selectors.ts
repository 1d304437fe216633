// What a policy's selector means of a request and of the places that it would take. The checker has its own reading, in tallyPolicy.ts.
// Invariant: a part that is absent matches all; a request matches once one of its claims does. Called by policyRows.ts and separations.ts.

import type { RowSelector } from '../domain/policyRow.ts';
import type { Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { Choice, Place } from './formulation.ts';
import { matches } from './labels.ts';

export function selectsRequest(
  { departments, agents, classes, classifications }: RowSelector,
  { department, agent, terms }: ResourceRequest,
): boolean {
  return (
    (departments?.includes(department) ?? true) &&
    (agents?.includes(agent) ?? true) &&
    (classes?.includes(terms.class) ?? true) &&
    (classifications?.includes(terms.classification) ?? true)
  );
}

/** Units of the claims that it selects by their places; null: it selects none. */
export function unitsSelected(selector: RowSelector, choices: readonly Choice[]): Units | null {
  let units: Units | null = null;
  for (const { place, quantity } of choices)
    if (selectsPlace(selector, place)) units = (units ?? 0) + quantity;
  return units;
}

export function selectsAny(
  selector: RowSelector,
  request: ResourceRequest,
  choices: readonly Choice[],
): boolean {
  return selectsRequest(selector, request) && unitsSelected(selector, choices) !== null;
}

function selectsPlace({ kinds, pools, labels }: RowSelector, place: Place): boolean {
  return (
    (kinds?.includes(place.kind) ?? true) &&
    (pools === undefined || place.pools.some(({ id }) => pools.includes(id))) &&
    matches(place.pools[0], labels)
  );
}
