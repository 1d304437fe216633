// A list of violations in the making, and small indexes over a dump. Used by the files beside it.

import type { PromiseName, Violation } from './promises.ts';

export class Findings {
  readonly list: Violation[] = [];

  /** Notes a violation unless the claim holds. */
  hold(claim: boolean, promise: PromiseName, what: string): void {
    if (!claim) this.list.push({ promise, what });
  }
}

export function groupBy<Row>(rows: readonly Row[], key: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

export function cellsOf(rows: readonly { readonly cell: string }[]): string[] {
  return [...new Set(rows.map((row) => row.cell))].sort();
}

export const TERMINAL: ReadonlySet<string> = new Set(['granted', 'denied', 'expired', 'cancelled']);
export const ENDED: ReadonlySet<string> = new Set(['released', 'expired', 'revoked']);

export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Leases of two cells may have one id. */
export function leaseKey(cell: string, lease: string | null): string {
  return `${cell}/${lease}`;
}
