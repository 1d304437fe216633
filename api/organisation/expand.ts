// The sections of a checked tree, expanded to the Configuration: groups to agents and their pools, rules to windows, months to periods.
// Invariant: sorted by id, sets sorted by text, absent stays absent: the same organisation gives the same bytes, however it is written.

import {
  type Account,
  type AccountId,
  type AccountPeriod,
  type Agent,
  type AgentId,
  agentPoolId,
  type Cohort,
  type CohortId,
  type Department,
  type DepartmentId,
  type Instant,
  type Pool,
  type PoolId,
  type PriorityClass,
  type Quota,
  type UnrevisedConfiguration,
} from '../../scheduler/index.ts';
import { periodsOf, windowsOf } from './calendar.ts';
import { compareText } from './problem.ts';
import type { AccountEntry, AgentGroup, CohortEntry, DepartmentEntry } from './schema.ts';
import type { PoolEntry } from './schemaPools.ts';
import type { Entry, GroupEntry, Sections } from './sections.ts';

/** Ids of a group: its name alone, or numbered from 01 with as many digits as the last one needs. */
export function agentIds(group: AgentGroup): readonly string[] {
  if (group.count === undefined) return [group.name];
  const width = Math.max(2, String(group.count).length);
  return Array.from(
    { length: group.count },
    (_, index) => `${group.name}-${String(index + 1).padStart(width, '0')}`,
  );
}

/** Units of a kind in pools without a calendar; null if none of its pools is one. */
export function kindCapacity(sections: Sections, kind: string): bigint | null {
  const own = sections.pools.filter(({ value }) => value.kind === kind && value.calendar === undefined);
  const groups =
    kind === 'agent' ? sections.groups.filter(({ value }) => value.concurrency !== undefined) : [];
  if (own.length + groups.length === 0) return null;
  const written = own.reduce((sum, { value }) => sum + BigInt(value.capacity ?? 0), 0n);
  return groups.reduce(
    (sum, { value }) => sum + BigInt(value.concurrency!) * BigInt(value.count ?? 1),
    written,
  );
}

/** The account's own measure or the nearest above it; null when the tree has none there, or goes round. */
export function measureOf(
  byId: ReadonlyMap<string, Entry<AccountEntry>>,
  id: string,
): NonNullable<AccountEntry['measure']> | null {
  const seen = new Set<string>();
  for (
    let at = byId.get(id);
    at !== undefined && !seen.has(at.value.id);
    at = byId.get(at.value.parent ?? '')
  ) {
    if (at.value.measure !== undefined) return at.value.measure;
    seen.add(at.value.id);
  }
  return null;
}

export function expandSections(sections: Sections, now: Instant): UnrevisedConfiguration {
  const groups = sections.groups.flatMap((group) => agentIds(group.value).map((id) => ({ id, group })));
  const agentPools = groups.flatMap(({ id, group }) => agentPoolOf(id, group));
  const accounts = new Map(sections.accounts.map((entry) => [entry.value.id, entry]));
  return {
    // Of several cells it is the whole, which divide() parts.
    cell: sections.cell?.value ?? '',
    organisation: sections.organisation!.value,
    departments: byId(sections.departments.map(({ value }) => departmentOf(value))),
    agents: byId(groups.map(({ id, group }) => agentOf(id, group))),
    pools: byId([...sections.pools.map(({ value }) => poolOf(value, now)), ...agentPools]),
    quotas: quotasOf(sections),
    cohorts: byId(sections.cohorts.map(({ value }) => cohortOf(value))),
    accounts: byId(sections.accounts.map(({ value }) => accountOf(value, accounts, now))),
    classes: classesOf(sections),
    leaseTerms: { ...sections.leaseTerms!.value },
    ...(sections.fairness === null ? {} : { fairness: { ...sections.fairness.value } }),
    ...(sections.reservations !== null && { reservations: { ...sections.reservations.value } }),
    ...(sections.policyLimits !== null && { policyLimits: { ...sections.policyLimits.value } }),
  };
}

function departmentOf(entry: DepartmentEntry): Department {
  return {
    id: entry.id as DepartmentId,
    title: entry.title,
    clearanceCeiling: entry.clearanceCeiling,
    classes: sorted(entry.classes),
    ...(entry.kinds === undefined ? {} : { kinds: sorted(entry.kinds) }),
    requestLimits: { ...entry.requestLimits },
    ...(entry.weight === undefined ? {} : { weight: entry.weight }),
  };
}

function agentOf(id: string, { value, department }: GroupEntry): Agent {
  return {
    id: id as AgentId,
    department: department as DepartmentId,
    roles: sorted(value.roles ?? ['agent']),
    skills: sorted(value.skills ?? []),
    clearance: value.clearance,
    ...(value.classes === undefined ? {} : { classes: sorted(value.classes) }),
    accounts: sorted(value.accounts) as AccountId[],
  };
}

function agentPoolOf(id: string, { value, department }: GroupEntry): Pool[] {
  if (value.concurrency === undefined) return [];
  return [
    {
      id: agentPoolId(id),
      kind: 'agent',
      unit: 'slot',
      capacity: value.concurrency,
      labels: { department, skill: sorted(value.skills ?? []) },
      consumable: false,
      priceMinor: value.priceMinor ?? 0,
      agent: id as AgentId,
    },
  ];
}

function poolOf(entry: PoolEntry, now: Instant): Pool {
  const labels = Object.entries(entry.labels ?? {}).map(
    ([name, value]) => [name, typeof value === 'string' ? value : sorted(value)] as const,
  );
  const calendar =
    entry.calendar === undefined ? null : windowsOf(entry.calendar, now).map(({ window }) => window);
  return {
    id: entry.id as PoolId,
    kind: entry.kind,
    unit: entry.unit,
    capacity: entry.capacity ?? 0,
    labels: Object.fromEntries(labels),
    consumable: entry.consumable ?? entry.calendar !== undefined,
    ...(calendar === null ? {} : { calendar }),
    ...(entry.classification === undefined ? {} : { classification: entry.classification }),
    priceMinor: entry.priceMinor ?? 0,
    ...(entry.pricePer === undefined ? {} : { pricePer: entry.pricePer }),
    ...(entry.nodes === undefined ? {} : { nodes: { ...entry.nodes, groups: byId(entry.nodes.groups) } }),
  };
}

function quotasOf(sections: Sections): Quota[] {
  const quotas = sections.quotas.flatMap(({ value: { kind, cohort, shares } }) =>
    Object.entries(shares).map(([department, share]) => ({
      department: department as DepartmentId,
      kind,
      nominal: share.nominal,
      borrowingLimit: share.borrowingLimit ?? 0,
      lendingLimit: share.lendingLimit ?? 0,
      ...(cohort === undefined ? {} : { cohort: cohort as CohortId }),
    })),
  );
  return quotas.sort((a, b) => compareText(a.kind, b.kind) || compareText(a.department, b.department));
}

function cohortOf({ id, title, parent, limits }: CohortEntry): Cohort {
  const sortedLimits = Object.entries(limits ?? {})
    .map(([kind, { lendingLimit = 0, borrowingLimit = 0 }]) => ({ kind, lendingLimit, borrowingLimit }))
    .sort((a, b) => compareText(a.kind, b.kind));
  return {
    id: id as CohortId,
    title,
    ...(parent === undefined ? {} : { parent: parent as CohortId }),
    ...(sortedLimits.length === 0 ? {} : { limits: sortedLimits }),
  };
}

function accountOf(
  entry: AccountEntry,
  byId: ReadonlyMap<string, Entry<AccountEntry>>,
  now: Instant,
): Account {
  const measure = measureOf(byId, entry.id)!;
  return {
    id: entry.id as AccountId,
    title: entry.title,
    ...(entry.parent === undefined ? {} : { parent: entry.parent as AccountId }),
    measure:
      measure.type === 'money'
        ? { type: 'money', currency: measure.currency! }
        : { type: 'use', kind: measure.kind! },
    ...(entry.classes === undefined ? {} : { classes: sorted(entry.classes) }),
    periods: periodsOf(entry, now).map(({ period }) => overcommitted(period, entry.overcommitPercent ?? 0)),
  };
}

/** The percentage of a budget, rounded down. */
function overcommitted(period: AccountPeriod, percent: number): AccountPeriod {
  const overcommit = Number((BigInt(period.budget) * BigInt(percent)) / 100n);
  if (overcommit === 0) return period;
  return { ...period, overcommit: Math.min(overcommit, Number.MAX_SAFE_INTEGER - period.budget) };
}

function classesOf(sections: Sections): PriorityClass[] {
  return sections.classes!.value.map((entry) => ({ ...entry })).sort((a, b) => a.rank - b.rank);
}

function byId<T extends { readonly id: string }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => compareText(a.id, b.id));
}

function sorted<T extends string>(items: readonly T[]): readonly T[] {
  return [...items].sort(compareText);
}
