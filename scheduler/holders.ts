// Who holds what a request waits for: leases by name as far as the reader may see them, the others as one sum.
// Invariant: of every row, what is named, what is named beyond the list and `heldByOthers` add up to `held`. Called by explanation.ts.

import type { Configuration } from './domain/configuration.ts';
import type { AgentId, DepartmentId, LeaseId } from './domain/ids.ts';
import { type Allocation, capacityKey, type Lease } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { Reason, Shortage } from './domain/reason.ts';
import { accountKey, quotaKey, type State } from './domain/state.ts';
import { catalogueOf, isRenewable } from './formulate/catalogue.ts';
import { sidesOfLease, takenByLease } from './tallyPolicy.ts';

export type HolderSight =
  | { readonly type: 'department'; readonly department: DepartmentId }
  | { readonly type: 'all' };

export const ROW_FAMILIES = ['pool', 'node', 'quota', 'cohort', 'policy', 'account'] as const;
export type RowFamily = (typeof ROW_FAMILIES)[number];

export interface ShortRow extends Shortage {
  readonly family: RowFamily;
}

export interface Holder {
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly lease: LeaseId;
  /** Units of the pool, node or quota; of an account what the lease has reserved there. */
  readonly units: Units;
  readonly endsAt: Instant;
}

export interface HeldRow extends ShortRow {
  /** Soonest to end first, at most 50. */
  readonly holders: readonly Holder[];
  /** Units of holders that the reader may see and the list has no room for. */
  readonly heldUnlisted: Units;
  /** Of other departments, and what no live lease holds: spent money, used up consumables, what a whole cohort has borrowed. */
  readonly heldByOthers: Units;
}

const HOLDERS_MAX = 50;

export interface HeldInput {
  readonly state: Pick<State, 'leases' | 'held' | 'policyRules'>;
  readonly configuration: Configuration;
  readonly reasons: readonly Reason[];
  /** Whoever waits: of a separation its own leases alone are in the way. */
  readonly agent: AgentId;
  readonly sight: HolderSight;
}

export function heldRows({ state, configuration, reasons, agent: waiting, sight }: HeldInput): HeldRow[] {
  const rows = new Map<string, { row: ShortRow; holders: Holder[] }>();
  for (const row of reasons.flatMap(shortRows))
    if (!rows.has(`${row.family} ${row.what}`)) rows.set(`${row.family} ${row.what}`, { row, holders: [] });
  const keys = keysOf(configuration, rows);
  const { rows: sums = [], separations = [] } = state.policyRules ?? {};
  const rules = sums.filter(({ id }) => rows.has(`policy ${id}`));
  const apart = separations.filter(({ id }) => rows.has(`policy ${id}`));
  for (const lease of state.leases.values()) {
    if (sight.type === 'department' && lease.department !== sight.department) continue;
    const ofRules = rules.map(({ id, ...rest }) => {
      const taken = takenByLease(configuration, { id, ...rest }, { lease, held: state.held });
      return [`policy ${id}`, Number(taken)] as const;
    });
    const request = lease.agent === waiting ? state.held.get(lease.request) : undefined;
    const ofSides = apart.map((separation) => {
      const { allocations } = lease;
      const on = request ? sidesOfLease(configuration, separation, { request, allocations }) : [];
      return [`policy ${separation.id}`, on.some(Boolean) ? 1 : 0] as const;
    });
    for (const [key, units] of [...unitsOf(lease, { configuration, keys }), ...ofRules, ...ofSides]) {
      if (units === 0) continue;
      const { department, agent, id, endsAt } = lease;
      rows.get(key)?.holders.push({ department, agent, lease: id, units, endsAt });
    }
  }
  return [...rows.values()].map(({ row, holders }) => {
    holders.sort((a, b) => a.endsAt - b.endsAt || (a.lease < b.lease ? -1 : 1));
    const unlisted = sum(holders.slice(HOLDERS_MAX));
    const listed = holders.slice(0, HOLDERS_MAX);
    return {
      ...row,
      holders: listed,
      heldUnlisted: unlisted,
      heldByOthers: Math.max(0, row.held - sum(listed) - unlisted),
    };
  });
}

function shortRows(reason: Reason): ShortRow[] {
  switch (reason.code) {
    case 'POOL_FULL':
    case 'WINDOW_FULL':
      return reason.short.map((row) => ({ family: 'pool', ...row }));
    case 'NODE_FULL':
      return reason.short.map((row) => ({ family: 'node', ...row }));
    case 'QUOTA_EXHAUSTED':
      return reason.short.map((row) => ({ family: 'quota', ...row }));
    case 'COHORT_EXHAUSTED':
      return reason.short.map((row) => ({ family: 'cohort', ...row }));
    case 'POLICY_LIMIT':
      return reason.short.map((row) => ({ family: 'policy', ...row }));
    case 'BUDGET_EXHAUSTED':
      return reason.short.map((row) => ({ family: 'account', ...row }));
    default:
      return [];
  }
}

/** Capacity key of a pool or window -> the row that counts it: a row may stand for many agents' pools. */
function keysOf(
  configuration: Configuration,
  rows: ReadonlyMap<string, { readonly row: ShortRow }>,
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [key, { row }] of rows) if (row.family === 'pool') keys.set(row.what, key);
  for (const places of catalogueOf(configuration).places.values()) {
    for (const { id, pools } of places) {
      const key = keys.get(id);
      if (key !== undefined) for (const pool of pools) keys.set(pool.id, key);
    }
  }
  return keys;
}

/** Row -> what the lease holds of it. */
function unitsOf(
  lease: Lease,
  known: { configuration: Configuration; keys: ReadonlyMap<string, string> },
): Map<string, Units> {
  const held = new Map<string, Units>();
  const add = (key: string, units: Units): void => void held.set(key, (held.get(key) ?? 0) + units);
  for (const allocation of lease.allocations) {
    const { pool, window, quantity, kind, node } = allocation;
    if (node !== undefined) add(`node ${node}/${kind}`, quantity);
    const key = known.keys.get(capacityKey(pool, window));
    if (key !== undefined) add(key, quantity);
    if (countsForQuota(known.configuration, allocation))
      add(`quota ${quotaKey(lease.department, kind)}`, quantity);
  }
  for (const { account, period, amount } of lease.reservations)
    add(`account ${accountKey(account, period)}`, amount);
  return held;
}

function countsForQuota(configuration: Configuration, { pool: id }: Allocation): boolean {
  const pool = lookupOf(configuration).pools.get(id);
  return pool !== undefined && isRenewable(pool);
}

function sum(holders: readonly Holder[]): Units {
  return holders.reduce((total, { units }) => total + units, 0);
}
