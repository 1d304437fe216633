// What leases take of policy rows, by the checker's own arithmetic, and what live leases hold of them.
// Invariant: shares nothing with formulate/; counts the pools that were taken, by id. Used by tally.ts, verifyEarmarks.ts,
// snapshot.ts, holders.ts and preemption/.

import type { Configuration, Pool } from './domain/configuration.ts';
import type { EarmarkedUnits } from './domain/earmark.ts';
import type { RequestId } from './domain/ids.ts';
import type { Allocation, Lease } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { nodesOf } from './domain/nodes.ts';
import type { PolicyRow, PolicyRowUse, RowSelector } from './domain/policyRow.ts';
import type { ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';
import type { Snapshot } from './snapshot.ts';

/** What counts of an allocation: `node` says the label `model` of what lies on machines. */
export type Taken = Pick<Allocation, 'pool' | 'quantity' | 'node'>;

export function takenOfRow(
  configuration: Configuration,
  row: PolicyRow,
  held: {
    readonly request: ResourceRequest;
    readonly allocations: readonly Taken[];
  },
): bigint {
  let sum = 0n;
  for (const { selector, coefficient, per } of row.terms) {
    if (!isOf(selector, held.request)) continue;
    const quantities = held.allocations.filter((one) => isIn(selector, poolOf(configuration, one)));
    if (quantities.length === 0) continue;
    const units = quantities.reduce((total, { quantity }) => total + BigInt(quantity), 0n);
    sum += BigInt(coefficient) * (per === 'unit' ? units : 1n);
  }
  return sum;
}

/** The snapshot's rows when waiting requests take such units as well: those of a plan, or what is earmarked for them. */
export function rowsWith(
  { configuration, requests, policyRows = [] }: Pick<Snapshot, 'configuration' | 'requests' | 'policyRows'>,
  taken: readonly { readonly request: RequestId; readonly units: readonly (Taken | EarmarkedUnits)[] }[],
): readonly PolicyRowUse[] {
  if (policyRows.length === 0) return policyRows;
  const byId = new Map(requests.map(({ request }) => [request.id, request]));
  return policyRows.map(({ row, held }) => {
    let sum = BigInt(held);
    for (const { request: id, units } of taken) {
      const request = byId.get(id);
      if (request !== undefined) sum += takenOfRow(configuration, row, { request, allocations: units });
    }
    return { row, held: Number(sum) };
  });
}

/** By configuration and rows: a lease is replaced when anything of it changes, so what it takes is worked out once and not in every tick. */
const known = new WeakMap<Configuration, WeakMap<readonly PolicyRow[], WeakMap<Lease, readonly bigint[]>>>();

/** Row by row the sum over the live leases of which the request is known. */
export function heldOfRows(
  { configuration, leases, held }: State,
  rows: readonly PolicyRow[],
): readonly number[] {
  const byRows = known.get(configuration) ?? new WeakMap();
  known.set(configuration, byRows);
  const byLease: WeakMap<Lease, readonly bigint[]> = byRows.get(rows) ?? new WeakMap();
  byRows.set(rows, byLease);
  const sums = rows.map(() => 0n);
  for (const lease of leases.values()) {
    let taken = byLease.get(lease);
    if (taken === undefined) {
      taken = rows.map((row) => takenByLease(configuration, row, { lease, held }));
      byLease.set(lease, taken);
    }
    for (const [r, amount] of taken.entries()) sums[r]! += amount;
  }
  return sums.map(Number);
}

export function takenByLease(
  configuration: Configuration,
  row: PolicyRow,
  { lease, held }: { lease: Lease; held: State['held'] },
): bigint {
  const request = held.get(lease.request);
  return request === undefined
    ? 0n
    : takenOfRow(configuration, row, { request, allocations: lease.allocations });
}

function isOf(selector: RowSelector, { department, agent, terms }: ResourceRequest): boolean {
  const wanted: readonly (readonly [readonly string[] | undefined, string])[] = [
    [selector.departments, department],
    [selector.agents, agent],
    [selector.classes, terms.class],
    [selector.classifications, terms.classification],
  ];
  return wanted.every(([names, name]) => names === undefined || names.includes(name));
}

/** With the model of the node that the units lie on among its labels. */
function poolOf(configuration: Configuration, { pool: id, node }: Taken): Pool | undefined {
  const pool = lookupOf(configuration).pools.get(id);
  const model = node === undefined ? undefined : nodesOf(configuration).nodes.get(node)?.group.model;
  return pool === undefined || model === undefined ? pool : { ...pool, labels: { ...pool.labels, model } };
}

/** A pool that is configured no more has neither kind nor labels: only a selector that asks for none counts it. */
function isIn({ kinds, pools, labels }: RowSelector, pool: Pool | undefined): boolean {
  if (pool === undefined) return kinds === undefined && pools === undefined && labels === undefined;
  if (kinds !== undefined && !kinds.includes(pool.kind)) return false;
  if (pools !== undefined && !pools.includes(pool.id)) return false;
  return Object.entries(labels ?? {}).every(([label, wanted]) => {
    const has = Object.hasOwn(pool.labels, label) ? [pool.labels[label] ?? []].flat() : [];
    return [wanted].flat().some((value) => has.includes(value));
  });
}
