// The parts of a usage report, each grouped by itself, put together to one row a group.
// Invariant: rows come in order of their dimensions, by code unit. Used by usage.ts here and in adapters/memory.

import type { UsageQuery, UsageRow } from '../../api/ports.ts';

export type UsageGroup = Pick<UsageRow, 'department' | 'class' | 'kind' | 'agent'>;

interface Named {
  readonly name: string;
  readonly amount: number;
}

export type UsagePart = UsageGroup &
  (
    | { readonly part: 'asked'; readonly amount: number; readonly other: number }
    | {
        readonly part: 'granted';
        readonly amount: number;
        readonly other: number;
        readonly p50: number;
        readonly p95: number;
      }
    | { readonly part: 'unused'; readonly amount: number }
    | ({ readonly part: 'units' | 'settled' } & Named)
  );

type Draft = { -readonly [Field in keyof UsageRow]: UsageRow[Field] } & {
  unitSeconds: Record<string, number>;
  settledMinor: Record<string, number> | null;
};

export function mergedUsage(parts: readonly UsagePart[], { by }: Pick<UsageQuery, 'by'>): UsageRow[] {
  const groups = new Map<string, Draft>();
  for (const part of parts) {
    const { department, class: priority, kind, agent } = part;
    const key = groupKey(part);
    let row = groups.get(key);
    if (row === undefined) {
      row = {
        department,
        class: priority,
        kind,
        agent,
        requests: 0,
        granted: 0,
        denied: 0,
        waited: null,
        unitSeconds: {},
        settledMinor: by.includes('kind') ? null : {},
        expiredUnused: 0,
      };
      groups.set(key, row);
    }
    add(row, part);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function groupKey({ department, class: priority, kind, agent }: UsageGroup): string {
  return [department, priority, kind, agent].map((name) => name ?? '').join('\u0000');
}

function add(row: Draft, part: UsagePart): void {
  switch (part.part) {
    case 'asked':
      row.requests = part.amount;
      row.denied = part.other;
      return;
    case 'granted':
      row.granted = part.amount;
      row.waited = { meanMs: part.other, p50Ms: part.p50, p95Ms: part.p95 };
      return;
    case 'unused':
      row.expiredUnused = part.amount;
      return;
    case 'units':
      row.unitSeconds[part.name] = part.amount;
      return;
    case 'settled':
      if (row.settledMinor) row.settledMinor[part.name] = part.amount;
      return;
    default: {
      const never: never = part;
      throw new Error(`unknown part ${JSON.stringify(never)}`);
    }
  }
}
