// The scorecard of a department as figures: what came of its requests, and how much it held of what is its own. Pure.
// Invariant: every number is one that the API counted, or a quotient of two of them; nothing is guessed where a divisor is 0.

import type { Department, Quota, Share, UsageRow } from './shapes.ts';

export interface HeldRow {
  readonly kind: string;
  readonly unitHours: number;
  /** Of nominal x the span; above 1: it borrowed. Null: no share of the kind is its own. */
  readonly ofOwn: number | null;
  /** Units held now, and those that are its own. */
  readonly usedNow: number | null;
  readonly own: number | null;
  /** Its part of all that was held of the kind in the last seven days; null: nothing was. */
  readonly ofAll: number | null;
}

export interface Rates {
  /** Of those that were decided; null: none was. */
  readonly granted: number | null;
  readonly denied: number | null;
  /** Of what was granted, leases that nobody ever took up. */
  readonly unused: number | null;
}

export interface HeldInput {
  readonly department: string;
  readonly row: Pick<UsageRow, 'unitSeconds'>;
  readonly quotas: readonly Quota[];
  /** Of all departments and classes. */
  readonly shares: readonly Share[];
  readonly spanSeconds: number;
}

const HOUR_SECONDS = 3600;

export function ratesOf({ granted, denied, expiredUnused }: UsageRow): Rates {
  const decided = granted + denied;
  const of = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
  return { granted: of(granted, decided), denied: of(denied, decided), unused: of(expiredUnused, granted) };
}

/** By kind: those that it held and those that it could have. */
export function heldOf({ department, row, quotas, shares, spanSeconds }: HeldInput): readonly HeldRow[] {
  const kinds = new Set([...Object.keys(row.unitSeconds), ...quotas.map(({ kind }) => kind)]);
  return [...kinds].sort().map((kind) => {
    const unitSeconds = row.unitSeconds[kind] ?? 0;
    const quota = quotas.find((one) => one.kind === kind);
    const own = quota?.nominal ?? null;
    const most = (own ?? 0) * spanSeconds;
    const parts = shares.filter((share) => share.kind === kind);
    const all = parts.reduce((sum, part) => sum + part.unitSeconds, 0);
    const ours = parts.reduce(
      (sum, part) => sum + (part.department === department ? part.unitSeconds : 0),
      0,
    );
    return {
      kind,
      unitHours: Math.round(unitSeconds / HOUR_SECONDS),
      ofOwn: most > 0 ? unitSeconds / most : null,
      usedNow: quota?.used ?? null,
      own,
      ofAll: all > 0 ? ours / all : null,
    };
  });
}

export interface Dominant {
  readonly kind: string;
  /** Of all that was held of the kind. */
  readonly part: number;
  /** Against the part that its weight stands for: 2 is twice as much. Null: there are no weights. */
  readonly times: number | null;
}

/**
 * The kind of which it had the largest part, held against its weight: its dominant share (Ghodsi et al., Dominant Resource Fairness,
 * NSDI 2011, section 3), over the last seven days. Null: it held nothing.
 */
export function dominantOf(rows: readonly HeldRow[], weight: number | null): Dominant | null {
  const [most] = rows.toSorted((a, b) => (b.ofAll ?? 0) - (a.ofAll ?? 0));
  const part = most?.ofAll ?? 0;
  if (most === undefined || part === 0) return null;
  return { kind: most.kind, part, times: weight === null || weight === 0 ? null : part / weight };
}

/** The part of what is scarce that its weight stands for, against those of all others. */
export function weightPart(
  id: string,
  departments: readonly Pick<Department, 'id' | 'weight'>[],
): number | null {
  const all = departments.reduce((sum, { weight }) => sum + weight, 0);
  const own = departments.find((department) => department.id === id)?.weight ?? 0;
  return all > 0 ? own / all : null;
}
