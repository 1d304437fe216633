// Which leases hold borrowed units: per department and kind the oldest that fit into the nominal share are its own, the others are borrowed.
// Invariant: what is its own is never more than the nominal share; without a cut of the share a lease that is its own never becomes borrowed.
// Called by decide.ts, before the grants of a tick and with each of them.

import type { Change } from '../domain/change.ts';
import type { DepartmentId } from '../domain/ids.ts';
import type { Allocation, Lease } from '../domain/lease.ts';
import { leaseIndexOf } from '../domain/leaseIndex.ts';
import { poolIndex } from '../domain/lookup.ts';
import type { Units } from '../domain/quantity.ts';
import { quotaKey, type State } from '../domain/state.ts';
import { catalogueOf, compareText, isRenewable } from '../formulate/catalogue.ts';

/** One department's leases of one kind. */
interface Holding {
  readonly leases: { readonly lease: Lease; readonly units: Units }[];
  own: Units;
}

/** Of one tick. Only shares of a cohort count: beyond them nobody has anything to reclaim. */
export class Borrowing {
  readonly #state: State;
  readonly #nominal = new Map<string, Units>();
  readonly #holdings = new Map<string, Holding>();

  constructor(state: State) {
    this.#state = state;
    for (const [key, { quota, cohort }] of catalogueOf(state.configuration).quotas)
      if (cohort !== null) this.#nominal.set(key, quota.nominal);
  }

  /** Flags that ends and cuts of the last ticks have made wrong, in order of lease ids. Only leases of departments that hold more than their share are looked at. */
  reflag(): Change[] {
    const state = this.#state;
    const flagged = leaseIndexOf(state).borrowing();
    const keys = this.#keysInQuestion();
    if (keys.size === 0 && flagged.length === 0) return [];
    this.#gather(keys);
    const borrowed = new Map<Lease, string[]>();
    for (const [key, holding] of this.#holdings) {
      const kind = key.slice(key.indexOf('/') + 1);
      for (const lease of this.#divide(key, holding))
        borrowed.set(lease, [...(borrowed.get(lease) ?? []), kind]);
    }
    const changes: Change[] = [];
    const concerned = new Set([...flagged, ...borrowed.keys()]);
    for (const lease of [...concerned].sort((a, b) => compareText(a.id, b.id))) {
      const kinds = (borrowed.get(lease) ?? []).sort(compareText);
      if (sameKinds(kinds, lease.borrowed ?? [])) continue;
      changes.push({ type: 'leaseFlagged', lease: lease.id, borrowed: kinds });
    }
    return changes;
  }

  /** Kinds in which a lease that is granted now holds borrowed units: it is the youngest. Counted, so that the next grant sees it. */
  ofGrant(department: DepartmentId, allocations: readonly Allocation[]): string[] {
    const borrowed: string[] = [];
    for (const [kind, units] of unitsOfKinds(this.#state, allocations)) {
      const key = quotaKey(department, kind);
      const nominal = this.#nominal.get(key);
      if (nominal === undefined) continue;
      let holding = this.#holdings.get(key);
      if (holding === undefined) {
        holding = { leases: [], own: this.#state.quotaUse.get(key) ?? 0 };
        this.#holdings.set(key, holding);
      }
      if (holding.own + units > nominal) borrowed.push(kind);
      else holding.own += units;
    }
    return borrowed.sort(compareText);
  }

  /** Shares that are used beyond the nominal one are looked at lease by lease; in all others everything is its own. */
  #keysInQuestion(): Set<string> {
    const keys = new Set<string>();
    for (const [key, nominal] of this.#nominal)
      if ((this.#state.quotaUse.get(key) ?? 0) > nominal) keys.add(key);
    return keys;
  }

  #gather(keys: ReadonlySet<string>): void {
    for (const key of keys) this.#holdings.set(key, { leases: [], own: 0 });
    const departments = new Set([...keys].map((key) => key.slice(0, key.indexOf('/')) as DepartmentId));
    for (const lease of leaseIndexOf(this.#state).ofDepartments(departments)) {
      for (const [kind, units] of unitsOfKinds(this.#state, lease.allocations))
        this.#holdings.get(quotaKey(lease.department, kind))?.leases.push({ lease, units });
    }
  }

  /** The borrowed ones. */
  #divide(key: string, holding: Holding): Lease[] {
    const nominal = this.#nominal.get(key)!;
    holding.leases.sort(
      (a, b) => a.lease.grantedAt - b.lease.grantedAt || compareText(a.lease.id, b.lease.id),
    );
    const borrowed: Lease[] = [];
    for (const { lease, units } of holding.leases) {
      if (holding.own + units > nominal) borrowed.push(lease);
      else holding.own += units;
    }
    return borrowed;
  }
}

function unitsOfKinds({ configuration }: State, allocations: readonly Allocation[]): Map<string, Units> {
  const pools = poolIndex(configuration);
  const units = new Map<string, Units>();
  for (const { pool: id, kind, quantity } of allocations) {
    const pool = pools.get(id);
    if (pool !== undefined && isRenewable(pool)) units.set(kind, (units.get(kind) ?? 0) + quantity);
  }
  return units;
}

function sameKinds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((kind, i) => kind === b[i]);
}
