// Shares against quotas, told in one table: who holds how much of a kind against what is its own, who borrows, who lends. Pure.
// Invariant: sums of what the API shows; a cohort's borrowed units are those that its members hold beyond their nominal share.

import type { QueueReasons, Quota, Tick } from './shapes.ts';

export interface QuotaStanding extends Quota {
  /** Held beyond the nominal share. */
  readonly borrows: number;
  /** Of its own and idle, as far as it lends: what others of the cohort may take. */
  readonly couldLend: number;
}

export interface CohortStanding {
  readonly kind: string;
  readonly cohort: string | null;
  readonly members: readonly QuotaStanding[];
  readonly borrowed: number;
  /** What members leave idle of their own: where borrowed units come from. */
  readonly idle: number;
}

export function standingOf(quota: Quota): QuotaStanding {
  const { used, nominal, lendingLimit } = quota;
  return {
    ...quota,
    borrows: Math.max(0, used - nominal),
    couldLend: Math.max(0, Math.min(lendingLimit, nominal - used)),
  };
}

/** By kind, then by cohort; those that lend to nobody come last, together. */
export function cohortsOf(quotas: readonly Quota[]): readonly CohortStanding[] {
  const groups = new Map<string, QuotaStanding[]>();
  for (const quota of quotas) {
    const key = JSON.stringify([quota.kind, quota.cohort]);
    groups.set(key, [...(groups.get(key) ?? []), standingOf(quota)]);
  }
  return [...groups.values()]
    .map((members) => ({
      kind: members[0]!.kind,
      cohort: members[0]!.cohort,
      members: members.toSorted((a, b) => b.used / Math.max(1, b.nominal) - a.used / Math.max(1, a.nominal)),
      borrowed: members.reduce((sum, { borrows }) => sum + borrows, 0),
      idle: members.reduce((sum, { nominal, used }) => sum + Math.max(0, nominal - used), 0),
    }))
    .toSorted((a, b) => compare(a.kind, b.kind) || compare(a.cohort ?? '\uffff', b.cohort ?? '\uffff'));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** "research borrows 40 gpu of makers, where engineering leaves 120 idle": who lends to whom, as far as a pool of units has an owner. */
export function lendingSentence({ kind, cohort, members, borrowed }: CohortStanding): string {
  if (cohort === null || borrowed === 0) return '';
  const borrowers = members
    .filter(({ borrows }) => borrows > 0)
    .map(({ department, borrows }) => `${department} ${borrows}`);
  const lenders = members
    .filter(({ nominal, used }) => nominal > used)
    .map(({ department, nominal, used }) => `${department} (${nominal - used} idle)`);
  return `${borrowers.join(', ')} ${kind} borrowed from ${lenders.join(', ') || 'nobody any more'}`;
}

/** The worst gap of a tick's classes; null where nothing was solved. */
export function gapOf({ stages }: Pick<Tick, 'stages'>): number | null {
  return stages.length === 0 ? null : Math.max(...stages.map(({ gap }) => gap));
}

/** All that a tick spent, in milliseconds. */
export function tickMs({ timings }: Pick<Tick, 'timings'>): number | null {
  if (timings === undefined) return null;
  return Object.values(timings).reduce((sum, ms) => sum + ms, 0);
}

/** 2^20: multipliers are integers over it. */
const SCALE = 1_048_576;

/** Prices of a tick by the row they belong to, the dearest class of each counting; empty where the reader may not see them. */
export function pricesOf({ stages }: Pick<Tick, 'stages'>): ReadonlyMap<string, number> {
  const prices = new Map<string, number>();
  for (const { multipliers } of stages) {
    for (const [row, multiplier] of multipliers ?? []) {
      const price = multiplier / SCALE;
      prices.set(row, Math.max(prices.get(row) ?? 0, price));
    }
  }
  return prices;
}

/** Since when the one that waits longest does. */
export function oldestOf({ items }: QueueReasons): string | null {
  return items.reduce<string | null>(
    (oldest, { oldestSubmittedAt: at }) => (at !== null && (oldest === null || at < oldest) ? at : oldest),
    null,
  );
}
