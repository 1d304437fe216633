// Cells: every department is in one, every pool in one or allotted to several, and no cohort lies in two.
// Invariant: with no problem here, divide() of cells.ts leaves nothing out and gives nothing twice. Called by ../check.ts.

import { drawnBy, writtenId } from '../cells.ts';
import type { CellEntry } from '../schemaCells.ts';
import type { PoolEntry } from '../schemaPools.ts';
import type { Entry } from '../sections.ts';
import { type CheckContext, checkReference, checkUnique } from './report.ts';

export function checkCells(context: CheckContext): void {
  const { cell, cells } = context.sections;
  if (cells.length === 0) return;
  if (cell !== null)
    context.report(cell, [], { message: 'a tree is one "cell" or has several "cells", not both' });
  checkUnique(
    context,
    'cell',
    cells.map((entry) => ({ id: entry.value.id, entry, path: ['id'] })),
  );
  checkDepartments(context);
  checkPools(context);
  checkAccounts(context);
  checkCohorts(context);
}

function checkDepartments(context: CheckContext): void {
  const { cells, departments, names } = context.sections;
  const places = cells.flatMap((entry) =>
    entry.value.departments.map((id, index) => ({ id, entry, path: ['departments', index] })),
  );
  for (const { id: wanted, entry, path } of places)
    checkReference(context, { what: 'department', names: names.department, entry, path, wanted });
  checkUnique(context, 'in a cell, department', places);
  const placed = new Set(places.map(({ id }) => id));
  for (const entry of departments) {
    if (placed.has(entry.value.id)) continue;
    context.report(entry, ['id'], { message: `the department "${entry.value.id}" is in no cell` });
  }
}

function checkPools(context: CheckContext): void {
  const { cells, pools, poolsComplete } = context.sections;
  const byId = new Map(pools.map((entry) => [writtenId(entry.value), entry]));
  const known = { all: new Set(byId.keys()), complete: poolsComplete };
  const own = cells.flatMap((entry) =>
    (entry.value.pools ?? []).map((id, index) => ({ id, entry, path: ['pools', index] })),
  );
  for (const { id: wanted, entry, path } of own)
    checkReference(context, { what: 'pool', names: known, entry, path, wanted });
  checkUnique(context, 'in a cell, pool', own);
  const wholeIn = new Map(own.map(({ id, entry }) => [id, entry.value.id]));
  const sums = new Map<string, bigint>();
  for (const entry of cells) {
    for (const [wanted, units] of Object.entries(entry.value.allotments?.pools ?? {})) {
      const path = ['allotments', 'pools', wanted];
      if (!checkReference(context, { what: 'pool', names: known, entry, path, wanted, atKey: true }))
        continue;
      const whole = wholeIn.get(wanted);
      if (whole !== undefined)
        context.reportKey(entry, path, { message: `the pool "${wanted}" is the cell ${whole}’s own` });
      sums.set(wanted, (sums.get(wanted) ?? 0n) + BigInt(units));
    }
  }
  for (const [id, entry] of byId) checkPlaced(context, entry, { isOwn: wholeIn.has(id), sum: sums.get(id) });
}

function checkPlaced(
  context: CheckContext,
  entry: Entry<PoolEntry>,
  { isOwn, sum }: { readonly isOwn: boolean; readonly sum: bigint | undefined },
): void {
  const { calendar, nodes, capacity = 0 } = entry.value;
  const id = writtenId(entry.value);
  if (sum === undefined) {
    if (!isOwn) context.report(entry, [], { message: `the pool "${id}" is in no cell` });
    return;
  }
  if (calendar !== undefined || nodes !== undefined) {
    const what = calendar === undefined ? 'nodes' : 'a calendar';
    context.report(entry, [], { message: `"${id}" has ${what}: such a pool is one cell’s own` });
  } else if (sum !== BigInt(capacity) && !isOwn) {
    context.report(entry, [], {
      message: `the allotments of "${id}" are ${sum} units, the pool has ${capacity}`,
    });
  }
}

function checkAccounts(context: CheckContext): void {
  const { sections } = context;
  const drawn = drawnBy(sections);
  const sums = new Map<string, number>();
  for (const entry of sections.cells) {
    for (const [wanted, percent] of Object.entries(entry.value.allotments?.accounts ?? {})) {
      const path = ['allotments', 'accounts', wanted];
      const reference = { what: 'account', names: sections.names.account, entry, path, wanted } as const;
      if (!checkReference(context, { ...reference, atKey: true })) continue;
      sums.set(wanted, (sums.get(wanted) ?? 0) + percent);
      const by = drawn.get(wanted);
      if (by?.has(entry.value.id) !== true)
        context.reportKey(entry, path, { message: `no agent of the cell draws on the account "${wanted}"` });
      else if (by.size === 1)
        context.reportKey(entry, path, { message: `no other cell draws on "${wanted}": it is whole here` });
    }
  }
  for (const entry of sections.accounts) {
    const { id } = entry.value;
    const by = [...(drawn.get(id) ?? [])].sort();
    const without = by.filter((cell) => !hasPercent(sections.cells, cell, id));
    if (by.length === 0)
      context.report(entry, ['id'], {
        message: `no agent draws on "${id}", so that no cell has the account`,
      });
    else if (by.length > 1 && without.length > 0)
      context.report(entry, ['id'], {
        message: `the cells ${by.join(', ')} draw on "${id}"; allot each a percentage of it (lacking: ${without.join(', ')})`,
      });
    const sum = sums.get(id) ?? 0;
    if (sum > 100)
      context.report(entry, ['id'], {
        message: `the allotments of "${id}" are ${sum} percent, which is over 100`,
      });
  }
}

function hasPercent(cells: readonly Entry<CellEntry>[], cell: string, account: string): boolean {
  return cells.some(({ value }) => value.id === cell && value.allotments?.accounts?.[account] !== undefined);
}

/** Who lends to each other is decided on in one tick. A cohort has the cells of its members, and of the cohorts in it. */
function checkCohorts(context: CheckContext): void {
  const { cells, cohorts, quotas } = context.sections;
  const cellOf = new Map(
    cells.flatMap(({ value }) => value.departments.map((id) => [id, value.id] as const)),
  );
  const parents = new Map(cohorts.map(({ value }) => [value.id, value.parent]));
  const lies = new Map<string, Set<string>>();
  for (const { value } of quotas) {
    const of = Object.keys(value.shares).flatMap((department) => cellOf.get(department) ?? []);
    const seen = new Set<string>();
    for (let id = value.cohort; id !== undefined && !seen.has(id); id = parents.get(id)) {
      seen.add(id);
      lies.set(id, new Set([...(lies.get(id) ?? []), ...of]));
    }
  }
  for (const entry of cohorts) {
    const inCells = [...(lies.get(entry.value.id) ?? [])].sort();
    if (inCells.length < 2) continue;
    context.report(entry, ['id'], {
      message: `the cohort "${entry.value.id}" has members in the cells ${inCells.join(', ')}; who lends to each other is in one`,
    });
  }
}
