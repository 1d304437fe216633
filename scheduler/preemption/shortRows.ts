// Rows that a nominee's units, or a cut, leave short once everything under revocation is back: what victims would have to give.
// Invariant: a row that is not answered here holds with every lease kept, so it holds whichever of them go. Called by nominees.ts and repair.ts.

import type { EarmarkedUnits } from '../domain/earmark.ts';
import type { DepartmentId, PoolId } from '../domain/ids.ts';
import { poolIndex } from '../domain/lookup.ts';
import type { Units } from '../domain/quantity.ts';
import { quotaKey } from '../domain/state.ts';
import { type CohortShare, catalogueOf, compareText, isRenewable } from '../formulate/catalogue.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { limitOfMembers, roomOfMembers } from './cohortLimits.ts';
import type { Later } from './later.ts';
import type { Column, ShortCohort, ShortRow } from './program.ts';

export type Short =
  | {
      readonly type: 'capacity';
      readonly name: string;
      readonly pool: PoolId;
      readonly kind: string;
      readonly slack: number;
    }
  | {
      readonly type: 'quota';
      readonly name: string;
      readonly key: string;
      readonly kind: string;
      readonly slack: number;
    }
  | {
      readonly type: 'cohort';
      readonly name: string;
      readonly kind: string;
      /** What the members may hold together beyond their guarantees. */
      readonly lendable: Units;
      /** In order of departments; G - later use, with the nominee's units. */
      readonly members: readonly { readonly department: DepartmentId; readonly slack: number }[];
    };

export interface Needs {
  readonly department: DepartmentId;
  readonly units: readonly EarmarkedUnits[];
}

/** Capacity, quota and cohort rows that the needs would break, in that order. */
export function shortOf(snapshot: Snapshot, later: Later, needs: Needs): Short[] {
  const catalogue = catalogueOf(snapshot.configuration);
  const pools = poolIndex(snapshot.configuration);
  const byPool = new Map<PoolId, { units: Units; alone: boolean; kind: string }>();
  const byKind = new Map<string, Units>();
  for (const { pool: id, kind, quantity, exclusive } of needs.units) {
    const before = byPool.get(id);
    const alone = (before?.alone ?? later.isExclusive(id)) || exclusive === true;
    byPool.set(id, { units: (before?.units ?? 0) + quantity, alone, kind });
    if (isRenewable(pools.get(id)!)) byKind.set(kind, (byKind.get(kind) ?? 0) + quantity);
  }
  const short: Short[] = [];
  for (const [pool, { units, alone, kind }] of byPool) {
    // Read alone, by the nominee or by somebody now: all that others hold must go.
    const slack = alone ? -later.used(pool) : pools.get(pool)!.capacity - later.used(pool) - units;
    if (slack < 0) short.push({ type: 'capacity', name: `capacity/${pool}`, pool, kind, slack });
  }
  const { department } = needs;
  for (const [kind, units] of byKind) {
    const share = catalogue.quotas.get(quotaKey(department, kind));
    if (share === undefined) continue;
    const { nominal, borrowingLimit } = share.quota;
    const slack = nominal + borrowingLimit - later.quotaUse(department, kind) - units;
    const key = quotaKey(department, kind);
    if (slack < 0) short.push({ type: 'quota', name: `quota/${key}`, key, kind, slack });
    if (share.cohort === null) continue;
    const lendable = roomOfMembers(later, share.cohort);
    const cohort = cohortOf(later, share.cohort, { department, kind, units, lendable });
    const isGrowth = cohort.members.some((member) => member.department === department && member.slack < 0);
    if (isGrowth && excessOf(cohort.members) > cohort.lendable) short.push(cohort);
  }
  return short;
}

/** Rows that are broken as they are, by name within each family. */
export function brokenRows(snapshot: Snapshot, later: Later): Short[] {
  const { configuration } = snapshot;
  const broken: Short[] = [];
  for (const pool of [...configuration.pools].sort((a, b) => compareText(a.id, b.id))) {
    const slack = pool.capacity - later.used(pool.id);
    if (!isRenewable(pool) || slack >= 0) continue;
    broken.push({ type: 'capacity', name: `capacity/${pool.id}`, pool: pool.id, kind: pool.kind, slack });
  }
  const { quotas } = catalogueOf(configuration);
  const seen = new Set<CohortShare>();
  const cohorts: Short[] = [];
  for (const [key, { quota, cohort }] of [...quotas].sort(([a], [b]) => compareText(a, b))) {
    const { department, kind, nominal, borrowingLimit } = quota;
    const slack = nominal + borrowingLimit - later.quotaUse(department, kind);
    if (slack < 0) broken.push({ type: 'quota', name: `quota/${key}`, key, kind, slack });
    if (cohort === null || seen.has(cohort)) continue;
    seen.add(cohort);
    const lendable = limitOfMembers(later, cohort);
    const row = cohortOf(later, cohort, { department, kind, units: 0, lendable });
    if (excessOf(row.members) > row.lendable) cohorts.push(row);
  }
  return [...broken, ...cohorts];
}

/** Keys of pools and quotas that a row counts. */
export function keysOf(row: Short): string[] {
  if (row.type === 'capacity') return [row.pool];
  if (row.type === 'quota') return [row.key];
  return row.members.map(({ department }) => quotaKey(department, row.kind));
}

/** What a lease would give to the row. */
export function unitsFor(later: Later, row: Short, held: HeldLease): Units {
  const back = later.returnsOf(held);
  if (row.type === 'capacity') return back.used.get(row.pool) ?? 0;
  if (row.type === 'quota') return back.quotaUse.get(row.key) ?? 0;
  const member = row.members.find(({ department }) => department === held.lease.department);
  return member === undefined || member.slack >= 0
    ? 0
    : (back.quotaUse.get(quotaKey(member.department, row.kind)) ?? 0);
}

/** The rows of the program over these columns. */
export function programRows(
  short: readonly Short[],
  columns: readonly Column[],
  unitsOf: (row: Short, column: Column) => Units,
): { rows: ShortRow[]; cohorts: ShortCohort[] } {
  const rows: ShortRow[] = [];
  const cohorts: ShortCohort[] = [];
  for (const row of short) {
    const units = columns.map((column) => unitsOf(row, column));
    if (row.type !== 'cohort') {
      rows.push({ name: row.name, slack: row.slack, units });
      continue;
    }
    const members = row.members.map(({ department, slack }) => ({
      name: `lends/${quotaKey(department, row.kind)}`,
      slack,
      units: columns.map(({ held }, i) => (held.lease.department === department ? units[i]! : 0)),
    }));
    const involved = members.filter(
      ({ slack, units: own }) => slack < 0 && own.some((quantity) => quantity > 0),
    );
    const others = members.filter((member) => !involved.includes(member));
    cohorts.push({
      name: row.name,
      members: involved,
      lendable: row.lendable - others.reduce((total, { slack }) => total + Math.max(0, -slack), 0),
    });
  }
  return { rows, cohorts };
}

function cohortOf(
  later: Later,
  cohort: CohortShare,
  needs: { department: DepartmentId; kind: string; units: Units; lendable: Units },
): Extract<Short, { type: 'cohort' }> {
  const { department, kind, units, lendable } = needs;
  const members = [...cohort.members]
    .sort((a, b) => compareText(a.department, b.department))
    .map((quota) => {
      const own = quota.department === department ? units : 0;
      const slack = quota.nominal - quota.lendingLimit - later.quotaUse(quota.department, kind) - own;
      return { department: quota.department, slack };
    });
  return { type: 'cohort', name: `cohort/${cohort.id}`, kind, lendable, members };
}

function excessOf(members: readonly { readonly slack: number }[]): Units {
  return members.reduce((total, { slack }) => total + Math.max(0, -slack), 0);
}
