// Pools: unique ids, one unit a kind, capacity or a calendar, known skills, and sums that stay exact.
// Called by ../check.ts.

import { windowsOf } from '../calendar.ts';
import type { PoolEntry } from '../schemaPools.ts';
import type { Entry } from '../sections.ts';
import { parseDate, parseInstant } from '../time.ts';
import { checkNodes } from './nodes.ts';
import { type CheckContext, checkReference, checkStretches, checkUnique, placeName } from './report.ts';

export function checkPools(context: CheckContext): void {
  const { pools } = context.sections;
  checkUnique(
    context,
    'pool',
    pools.map((entry) => ({ id: entry.value.id, entry, path: ['id'] })),
  );
  const units = new Map<string, Entry<PoolEntry>>();
  const sums = new Map<string, bigint>();
  for (const entry of pools) {
    checkSkills(context, entry);
    checkCapacity(context, entry);
    checkNodes(context, entry);
    const { kind, unit } = entry.value;
    const first = units.get(kind);
    if (first === undefined) units.set(kind, entry);
    else if (first.value.unit !== unit) {
      const message = `the kind "${kind}" is counted in "${first.value.unit}" at ${placeName({ entry: first, path: ['unit'] })}`;
      context.report(entry, ['unit'], { message, allowed: [first.value.unit] });
    }
    checkSum(context, entry, sums);
  }
}

function checkSkills(context: CheckContext, entry: Entry<PoolEntry>): void {
  const label = entry.value.labels?.skill;
  const names = context.sections.names.skill;
  if (typeof label === 'string') {
    checkReference(context, { what: 'skill', names, entry, path: ['labels', 'skill'], wanted: label });
    return;
  }
  label?.forEach((wanted, index) => {
    checkReference(context, { what: 'skill', names, entry, path: ['labels', 'skill', index], wanted });
  });
}

function checkCapacity(context: CheckContext, entry: Entry<PoolEntry>): void {
  const { capacity, calendar, consumable } = entry.value;
  if (capacity === undefined && calendar === undefined) {
    context.report(entry, [], { message: 'a pool needs "capacity", "calendar" or "nodes"' });
  }
  if (calendar === undefined) return;
  if (capacity !== undefined) {
    context.reportKey(entry, ['capacity'], {
      message: 'a pool with a calendar has its capacity in the windows ("slots")',
    });
  }
  // A slot that is over cannot be given back, so that a renewable window would promise what is gone.
  if (consumable === false) {
    context.report(entry, ['consumable'], {
      message: 'the windows of a calendar are consumable',
      allowed: ['true'],
    });
  }
  checkCalendar(context, entry);
}

function checkCalendar(context: CheckContext, entry: Entry<PoolEntry>): void {
  const calendar = entry.value.calendar!;
  if ((calendar.weekly ?? []).length === 0 && (calendar.windows ?? []).length === 0) {
    context.report(entry, ['calendar'], { message: 'a calendar needs an entry in "weekly" or in "windows"' });
  }
  calendar.except?.forEach((day, index) => {
    if (parseDate(day) === null)
      context.report(entry, ['calendar', 'except', index], { message: `there is no day ${day}` });
  });
  calendar.windows?.forEach((window, index) => {
    for (const end of ['startsAt', 'endsAt'] as const) {
      if (parseInstant(window[end]) !== null) continue;
      context.report(entry, ['calendar', 'windows', index, end], {
        message: `there is no minute ${window[end]}`,
      });
    }
  });
  const made = windowsOf(calendar, context.now);
  checkStretches(
    context,
    entry,
    'window',
    made.map(({ window, rule }) => ({ stretch: window, path: ['calendar', ...rule] })),
  );
}

/** Sums of a kind stand in rows and reports; beyond 2^53 - 1 they would be rounded. */
function checkSum(context: CheckContext, entry: Entry<PoolEntry>, sums: Map<string, bigint>): void {
  const { kind, capacity, calendar } = entry.value;
  const windows = calendar === undefined ? [] : windowsOf(calendar, context.now);
  const own = windows.reduce((sum, { window }) => sum + BigInt(window.capacity), BigInt(capacity ?? 0));
  const before = sums.get(kind) ?? 0n;
  sums.set(kind, before + own);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  if (before <= most && before + own > most) {
    context.report(entry, [], {
      message: `with this pool the kind "${kind}" has more than ${most} units in all`,
    });
  }
}
