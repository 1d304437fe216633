// Departments and their agents: what they name exists, ids are unique, clearance stays under the ceiling.
// Called by ../check.ts.

import { agentPoolId, CLASSIFICATIONS } from '../../../scheduler/index.ts';
import { agentIds } from '../expand.ts';
import type { DepartmentEntry } from '../schema.ts';
import type { Entry, GroupEntry } from '../sections.ts';
import { type CheckContext, checkReference, checkUnique } from './report.ts';

export function checkClasses(context: CheckContext): void {
  const { classes } = context.sections;
  if (classes === null) return;
  const places = classes.value.map(({ name }, index) => ({
    id: name,
    entry: classes,
    path: [index, 'name'],
  }));
  checkUnique(context, 'class', places);
  const ranks = classes.value.map(({ rank }, index) => ({
    id: String(rank),
    entry: classes,
    path: [index, 'rank'],
  }));
  checkUnique(context, 'rank', ranks);
}

export function checkDepartments(context: CheckContext): void {
  const { departments, names } = context.sections;
  checkUnique(
    context,
    'department',
    departments.map((entry) => ({ id: entry.value.id, entry, path: ['id'] })),
  );
  for (const entry of departments) {
    entry.value.classes.forEach((wanted, index) => {
      checkReference(context, { what: 'class', names: names.class, entry, path: ['classes', index], wanted });
    });
    entry.value.kinds?.forEach((wanted, index) => {
      checkReference(context, { what: 'kind', names: names.kind, entry, path: ['kinds', index], wanted });
    });
    checkRequestLimits(context, entry);
  }
}

function checkRequestLimits(context: CheckContext, entry: Entry<DepartmentEntry>): void {
  const { kinds, requestLimits } = entry.value;
  for (const wanted of Object.keys(requestLimits ?? {})) {
    const path = ['requestLimits', wanted];
    const reference = {
      what: 'kind',
      names: context.sections.names.kind,
      entry,
      path,
      wanted,
      atKey: true,
    } as const;
    if (!checkReference(context, reference)) continue;
    if (kinds !== undefined && !kinds.includes(wanted)) {
      context.reportKey(entry, path, {
        message: `the department may not ask for "${wanted}" at all`,
        allowed: kinds,
      });
    }
  }
}

export function checkAgents(context: CheckContext): void {
  const { groups } = context.sections;
  checkUnique(context, 'agent', groups.flatMap(firstIdPlaces(context)));
  for (const group of groups) {
    checkClearance(context, group);
    group.value.skills?.forEach((wanted, index) => {
      checkReference(context, {
        what: 'skill',
        names: context.sections.names.skill,
        entry: group,
        path: ['skills', index],
        wanted,
      });
    });
    group.value.accounts.forEach((wanted, index) => {
      checkReference(context, {
        what: 'account',
        names: context.sections.names.account,
        entry: group,
        path: ['accounts', index],
        wanted,
      });
    });
    group.value.classes?.forEach((wanted, index) => {
      const path = ['classes', index];
      checkReference(context, {
        what: 'class',
        names: context.sections.names.class,
        entry: group,
        path,
        wanted,
      });
    });
    checkPayers(context, group);
  }
}

/** The ids of a group, without those that a group before it has made as well, but for the first: one report for a pair of groups. */
function firstIdPlaces(context: CheckContext) {
  const taken = new Set<string>();
  return (entry: GroupEntry) => {
    const ids = agentIds(entry.value);
    const repeated = ids.filter((id) => taken.has(id));
    const fresh = ids.filter((id) => !taken.has(id));
    for (const id of fresh) taken.add(id);
    const pools = new Set<string>(context.sections.pools.map(({ value }) => value.id));
    const clash =
      entry.value.concurrency === undefined ? undefined : ids.map(agentPoolId).find((id) => pools.has(id));
    if (clash !== undefined)
      context.report(entry, ['name'], {
        message: `the pool "${clash}" stands in the section "pools" already`,
      });
    return [...fresh, ...repeated.slice(0, 1)].map((id) => ({ id, entry, path: ['name'] }));
  };
}

function checkClearance(context: CheckContext, group: GroupEntry): void {
  if (group.ceiling === null) return;
  const ceiling = CLASSIFICATIONS.indexOf(group.ceiling);
  if (CLASSIFICATIONS.indexOf(group.value.clearance) <= ceiling) return;
  context.report(group, ['clearance'], {
    message: `the clearance "${group.value.clearance}" is above the ceiling of the department ${group.department}`,
    allowed: CLASSIFICATIONS.slice(0, ceiling + 1),
  });
}

/** An account and one of its ancestors together would be charged twice. */
function checkPayers(context: CheckContext, group: GroupEntry): void {
  const parents = new Map(context.sections.accounts.map(({ value }) => [value.id, value.parent]));
  group.value.accounts.forEach((account, index) => {
    // The account itself counts as seen: a cycle is the accounts' mistake and reported there.
    const seen = new Set([account]);
    for (
      let above = parents.get(account);
      above !== undefined && !seen.has(above);
      above = parents.get(above)
    ) {
      seen.add(above);
      if (!group.value.accounts.includes(above)) continue;
      context.report(group, ['accounts', index], {
        message: `the account "${account}" lies under "${above}", which pays already; name the lowest account only`,
      });
    }
  });
}
