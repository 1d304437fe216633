// Quotas and cohorts: departments and kinds exist, shares are sane alone and together, cohorts have members and are a tree.
// Called by ../check.ts.

import { kindCapacity } from '../expand.ts';
import type { QuotaEntry } from '../schema.ts';
import type { Entry } from '../sections.ts';
import { type CheckContext, checkCycles, checkReference, checkUnique, type IdPlace } from './report.ts';

export function checkQuotas(context: CheckContext): void {
  const { quotas, cohorts, names } = context.sections;
  checkUnique(
    context,
    'cohort',
    cohorts.map((entry) => ({ id: entry.value.id, entry, path: ['id'] })),
  );
  checkUnique(context, 'the quota of', quotas.flatMap(sharePlaces));
  for (const entry of quotas) {
    const { kind, cohort, shares } = entry.value;
    checkReference(context, { what: 'kind', names: names.kind, entry, path: ['kind'], wanted: kind });
    if (cohort !== undefined) {
      checkReference(context, {
        what: 'cohort',
        names: names.cohort,
        entry,
        path: ['cohort'],
        wanted: cohort,
      });
    }
    for (const department of Object.keys(shares)) {
      const path = ['shares', department];
      checkReference(context, {
        what: 'department',
        names: names.department,
        entry,
        path,
        wanted: department,
        atKey: true,
      });
      checkShare(context, entry, department);
    }
  }
  checkCohorts(context);
  checkMembers(context);
  checkPromises(context);
}

function sharePlaces(entry: Entry<QuotaEntry>): readonly IdPlace[] {
  const { kind, shares } = entry.value;
  return Object.keys(shares).map((department) => ({
    id: `${department} in ${kind}`,
    entry,
    path: ['shares', department],
  }));
}

function checkShare(context: CheckContext, entry: Entry<QuotaEntry>, department: string): void {
  const { nominal, borrowingLimit = 0, lendingLimit = 0 } = entry.value.shares[department]!;
  const path = (key: string) => ['shares', department, key];
  if (lendingLimit > nominal) {
    context.report(entry, path('lendingLimit'), {
      message: `lends ${lendingLimit}, but only ${nominal} are its own (nominal)`,
    });
  }
  if (!Number.isSafeInteger(nominal + borrowingLimit)) {
    context.report(entry, path('borrowingLimit'), {
      message: `nominal and borrowing together pass ${Number.MAX_SAFE_INTEGER}`,
    });
  }
  if (entry.value.cohort !== undefined) return;
  for (const key of ['borrowingLimit', 'lendingLimit'] as const) {
    if ((entry.value.shares[department]![key] ?? 0) === 0) continue;
    context.report(entry, path(key), { message: `the ${key} has no effect without a cohort` });
  }
}

/** A tree; limits say something only within another cohort, and nobody lends more than its own lend each other. */
function checkCohorts(context: CheckContext): void {
  const { cohorts, names } = context.sections;
  const byId = new Map(cohorts.map((entry) => [entry.value.id, entry]));
  checkCycles(context, { what: 'cohort', entries: cohorts, byId });
  for (const entry of cohorts) {
    const { parent, limits } = entry.value;
    if (parent !== undefined) {
      const reference = {
        what: 'cohort',
        names: names.cohort,
        entry,
        path: ['parent'],
        wanted: parent,
      } as const;
      checkReference(context, reference);
    }
    for (const [kind, { lendingLimit = 0 }] of Object.entries(limits ?? {})) {
      const path = ['limits', kind];
      checkReference(context, { what: 'kind', names: names.kind, entry, path, wanted: kind, atKey: true });
      if (parent === undefined) {
        context.reportKey(entry, path, { message: 'the limits have no effect without a parent' });
        continue;
      }
      const lent = lentWithin(context, { cohort: entry.value.id, kind, seen: new Set() });
      if (lent === null || BigInt(lendingLimit) <= lent) continue;
      context.report(entry, [...path, 'lendingLimit'], {
        message: `lends ${lendingLimit}, but its own lend each other only ${lent}`,
      });
    }
  }
}

/** What the children of a cohort lend; null where that goes round or could not be read. */
function lentWithin(
  context: CheckContext,
  { cohort, kind, seen }: { cohort: string; kind: string; seen: Set<string> },
): bigint | null {
  const { quotas, cohorts, names } = context.sections;
  if (seen.has(cohort) || !names.cohortInUse.complete) return null;
  seen.add(cohort);
  let lent = 0n;
  for (const { value } of quotas) {
    if (value.cohort !== cohort || value.kind !== kind) continue;
    for (const { lendingLimit = 0 } of Object.values(value.shares)) lent += BigInt(lendingLimit);
  }
  for (const { value } of cohorts)
    if (value.parent === cohort) lent += BigInt(value.limits?.[kind]?.lendingLimit ?? 0);
  return lent;
}

/** A cohort that no quota names is a misspelt one as a rule. */
function checkMembers(context: CheckContext): void {
  const { cohorts, names } = context.sections;
  if (!names.cohortInUse.complete) return;
  for (const entry of cohorts) {
    if (names.cohortInUse.all.has(entry.value.id)) continue;
    context.report(entry, ['id'], {
      message: `no quota names the cohort "${entry.value.id}", so that it has no members`,
    });
  }
}

/** Nominal is a guarantee: more than there is could be given back to nobody. Reported where the sum of a kind passes its capacity. */
function checkPromises(context: CheckContext): void {
  if (!context.sections.poolsComplete) return;
  const promised = new Map<string, bigint>();
  for (const entry of context.sections.quotas) {
    const { kind, shares } = entry.value;
    const capacity = kindCapacity(context.sections, kind);
    if (capacity === null) continue;
    const before = promised.get(kind) ?? 0n;
    const after = Object.values(shares).reduce((sum, { nominal }) => sum + BigInt(nominal), before);
    promised.set(kind, after);
    if (before > capacity || after <= capacity) continue;
    context.report(entry, ['shares'], {
      message: `the nominal shares of the kind "${kind}" come to ${after}, but its pools hold ${capacity}`,
    });
  }
}
