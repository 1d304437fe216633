// Whether a plan keeps gangs whole: all members or none, agreeing, and in one place where they ask for it.
// Invariant: imports nothing of formulate/; recomputed from the snapshot and the plan alone. Called by verify.ts.

import type { Configuration } from './domain/configuration.ts';
import { lookupOf } from './domain/lookup.ts';
import { pendingById } from './domain/pendingIndex.ts';
import type { Assignment, Plan } from './domain/plan.ts';
import type { ResourceRequest } from './domain/request.ts';
import type { Snapshot } from './snapshot.ts';
import type { Breach } from './verify.ts';

interface Granted {
  readonly request: ResourceRequest;
  readonly assignment: Assignment;
}

export function breachOfGangs({ requests, configuration }: Snapshot, plan: Plan): Breach | null {
  const members = pendingById({ configuration, requests });
  const gangs = new Map<string, Granted[]>();
  for (const assignment of plan.assignments) {
    const request = members.get(assignment.request)?.request;
    const id = request?.terms.gang?.id;
    if (request === undefined || id === undefined) continue;
    gangs.set(id, [...(gangs.get(id) ?? []), { request, assignment }]);
  }
  for (const [id, granted] of gangs) {
    const breach = breachOfGang(configuration, granted);
    if (breach !== null) return { ...breach, what: `gang/${id}: ${breach.what}` };
  }
  return null;
}

function breachOfGang(configuration: Configuration, granted: readonly Granted[]): Breach | null {
  const said = granted.map(({ request }) => sayingOf(request));
  const other = said.find((saying) => saying !== said[0]);
  if (other !== undefined) return { what: 'members agree', lhs: other, rhs: said[0]! };
  const { size, colocate } = granted[0]!.request.terms.gang!;
  if (granted.length !== size) return { what: 'whole', lhs: granted.length, rhs: size };
  if (colocate === undefined) return null;
  const common = commonPlaces(configuration, granted, colocate);
  return common === null || common.size > 0 ? null : { what: `one ${colocate}`, lhs: 0, rhs: 1 };
}

function sayingOf({ terms: { gang, class: priority } }: ResourceRequest): string {
  return `${priority} ${gang?.size} ${gang?.timeoutSeconds ?? ''} ${gang?.colocate ?? ''}`;
}

/** Values of the label that all the pools taken share; pools of kinds that do not know the label do not count. Null: none counts. */
export function commonPlaces(
  configuration: Configuration,
  granted: readonly { readonly assignment: Pick<Assignment, 'allocations'> }[],
  label: string,
): ReadonlySet<string> | null {
  const { pools } = lookupOf(configuration);
  const valuesOf = (id: string): string[] => {
    const labels = pools.get(id)?.labels ?? {};
    return Object.hasOwn(labels, label) ? [labels[label] ?? []].flat() : [];
  };
  const placed = new Set(
    configuration.pools.filter(({ id }) => valuesOf(id).length > 0).map(({ kind }) => kind),
  );
  const [first, ...others] = granted
    .flatMap(({ assignment }) => assignment.allocations)
    .filter(({ kind }) => placed.has(kind))
    .map(({ pool }) => valuesOf(pool));
  if (first === undefined) return null;
  return new Set(first.filter((value) => others.every((values) => values.includes(value))));
}
