// What leases take of policy rows and separations, by the checker's own arithmetic, and what live leases hold of them.
// Invariant: shares nothing with formulate/; counts the pools that were taken, by id. Used by tally.ts, verifyEarmarks.ts,
// snapshot.ts, holders.ts and preemption/.

import type { Configuration, Pool } from './domain/configuration.ts';
import type { EarmarkedUnits } from './domain/earmark.ts';
import type { RequestId } from './domain/ids.ts';
import type { Allocation, Lease } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { nodesOf } from './domain/nodes.ts';
import { pendingById } from './domain/pendingIndex.ts';
import type {
  PolicyRow,
  PolicyRowUse,
  RowSelector,
  Separation,
  SeparationUse,
  SidesHeld,
} from './domain/policyRow.ts';
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

/** Which sides of it a lease of these units is on. */
export function sidesOfLease(
  configuration: Configuration,
  { sides }: Separation,
  held: { readonly request: ResourceRequest; readonly allocations: readonly Taken[] },
): readonly [first: boolean, second: boolean] {
  const isOn = (selector: RowSelector): boolean =>
    isOf(selector, held.request) &&
    held.allocations.some((one) => isIn(selector, poolOf(configuration, one)));
  return [isOn(sides[0]), isOn(sides[1])];
}

type Rules = Pick<Snapshot, 'policyRows' | 'separations'>;

/** The snapshot's rows and separations when waiting requests take such units as well: those of a plan, or what is earmarked for them. */
export function rulesWith(
  snapshot: Pick<Snapshot, 'configuration' | 'requests'> & Rules,
  taken: readonly { readonly request: RequestId; readonly units: readonly (Taken | EarmarkedUnits)[] }[],
): Rules {
  const { configuration, requests, policyRows, separations } = snapshot;
  if (policyRows === undefined && separations === undefined) return {};
  const byId = pendingById({ configuration, requests });
  const leases = taken.flatMap(({ request: id, units: allocations }) => {
    const request = byId.get(id)?.request;
    return request === undefined ? [] : [{ request, allocations }];
  });
  return {
    ...(policyRows && {
      policyRows: policyRows.map(({ row, held }) => {
        const sum = leases.reduce((all, lease) => all + takenOfRow(configuration, row, lease), BigInt(held));
        return { row, held: Number(sum) };
      }),
    }),
    ...(separations && {
      separations: separations.map(({ separation, held }) => {
        const counts = new Map(held.map(([agent, first, second]) => [agent, [first, second] as const]));
        for (const lease of leases)
          count(counts, lease.request.agent, sidesOfLease(configuration, separation, lease));
        return { separation, held: listed(counts) };
      }),
    }),
  };
}

function count(
  counts: Map<string, readonly [number, number]>,
  agent: string,
  [first, second]: readonly [boolean, boolean],
): void {
  if (!first && !second) return;
  const [before, beside] = counts.get(agent) ?? [0, 0];
  counts.set(agent, [before + Number(first), beside + Number(second)]);
}

function listed(counts: ReadonlyMap<string, readonly [number, number]>): readonly SidesHeld[] {
  const agents = [...counts].map(([agent, [first, second]]): SidesHeld => [agent, first, second]);
  return agents.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** By configuration and rules: a lease is replaced when anything of it changes, so what it takes is worked out once and not in every tick. */
const known = new WeakMap<Configuration, WeakMap<object, WeakMap<Lease, unknown>>>();

function knownOf<T>(configuration: Configuration, rules: object): WeakMap<Lease, T> {
  const byRules = known.get(configuration) ?? new WeakMap<object, WeakMap<Lease, unknown>>();
  known.set(configuration, byRules);
  const byLease = byRules.get(rules) ?? new WeakMap<Lease, unknown>();
  byRules.set(rules, byLease);
  return byLease as WeakMap<Lease, T>;
}

/** The rows with the sum over the live leases of which the request is known. */
export function heldOfRows(
  { configuration, leases, held }: State,
  rows: readonly PolicyRow[],
): readonly PolicyRowUse[] {
  const byLease = knownOf<readonly bigint[]>(configuration, rows);
  const sums = rows.map(() => 0n);
  for (const lease of leases.values()) {
    let taken = byLease.get(lease);
    if (taken === undefined) {
      taken = rows.map((row) => takenByLease(configuration, row, { lease, held }));
      byLease.set(lease, taken);
    }
    for (const [r, amount] of taken.entries()) sums[r]! += amount;
  }
  return rows.map((row, r) => ({ row, held: Number(sums[r]) }));
}

/** The separations with how many of each agent's live leases are on their sides. */
export function heldOfSeparations(
  { configuration, leases, held }: State,
  separations: readonly Separation[],
): readonly SeparationUse[] {
  const byLease = knownOf<readonly (readonly [boolean, boolean])[]>(configuration, separations);
  const counts = separations.map(() => new Map<string, readonly [number, number]>());
  for (const lease of leases.values()) {
    const request = held.get(lease.request);
    if (request === undefined) continue;
    let sides = byLease.get(lease);
    if (sides === undefined) {
      sides = separations.map((one) =>
        sidesOfLease(configuration, one, { request, allocations: lease.allocations }),
      );
      byLease.set(lease, sides);
    }
    for (const [s, on] of sides.entries()) count(counts[s]!, lease.agent, on);
  }
  return separations.map((separation, s) => ({ separation, held: listed(counts[s]!) }));
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
