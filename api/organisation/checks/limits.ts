// The limits of the default policies: departments, classes, datasets, roles and skills that they name exist.
// Called by ../check.ts.

import { ROLES } from '../../../scheduler/index.ts';
import { unknownName } from '../shape.ts';
import { type CheckContext, checkReference } from './report.ts';

export function checkPolicyLimits(context: CheckContext): void {
  const { policyLimits: entry, names, poolsComplete } = context.sections;
  if (entry === null) return;
  const { departments = {}, classes = {}, datasets = {}, separatedDuties = [] } = entry.value;
  for (const [wanted, limits] of Object.entries(departments)) {
    const path = ['departments', wanted];
    checkReference(context, {
      what: 'department',
      names: names.department,
      entry,
      path,
      wanted,
      atKey: true,
    });
    limits.quietHours?.classes.forEach((name, index) => {
      const below = [...path, 'quietHours', 'classes', index];
      checkReference(context, { what: 'class', names: names.class, entry, path: below, wanted: name });
    });
  }
  for (const wanted of Object.keys(classes)) {
    const path = ['classes', wanted];
    checkReference(context, { what: 'class', names: names.class, entry, path, wanted, atKey: true });
  }
  const known = { all: labelsOf(context, 'dataset', 'name'), complete: poolsComplete };
  for (const wanted of Object.keys(datasets)) {
    const path = ['datasets', wanted];
    checkReference(context, { what: 'dataset', names: known, entry, path, wanted, atKey: true });
  }
  const duties = new Set<string>([...ROLES, ...names.skill.all]);
  for (const [index, pair] of separatedDuties.entries()) {
    for (const [at, wanted] of pair.entries()) {
      if (duties.has(wanted) || !names.skill.complete) continue;
      context.report(entry, ['separatedDuties', index, at], unknownName('role or skill', wanted, duties));
    }
  }
}

/** Of pools without the label, the id: policies know them by it. */
function labelsOf({ sections }: CheckContext, kind: string, label: string): Set<string> {
  const pools = sections.pools.filter(({ value }) => value.kind === kind);
  return new Set(pools.flatMap(({ value }) => value.labels?.[label] ?? value.id));
}
