// Selectors against labels: whether a pool answers one, and which of several preferences it meets first.
// Invariant: pure comparison of texts. Called by candidates.ts and bundles.ts.

import type { Pool } from '../domain/configuration.ts';
import { POOL_LABEL } from '../domain/obligation.ts';
import type { Selector } from '../domain/request.ts';

/** Every label asked for is there, with one of the wanted values. */
export function matches(pool: Pool, selector: Selector | undefined): boolean {
  if (selector === undefined) return true;
  for (const label of Object.keys(selector)) {
    if (label === POOL_LABEL) {
      if (!shareValue(pool.id, selector[label] ?? [])) return false;
      continue;
    }
    const has = Object.hasOwn(pool.labels, label) ? pool.labels[label] : undefined;
    if (has === undefined || !shareValue(has, selector[label] ?? [])) return false;
  }
  return true;
}

function shareValue(has: string | readonly string[], wanted: string | readonly string[]): boolean {
  if (typeof wanted === 'string') return typeof has === 'string' ? has === wanted : has.includes(wanted);
  return wanted.some((value) => (typeof has === 'string' ? has === value : has.includes(value)));
}

/** Index of the first preference that the pool matches, or how many there are. */
export function rankOf(pool: Pool, prefer: readonly Selector[]): number {
  const rank = prefer.findIndex((selector) => matches(pool, selector));
  return rank < 0 ? prefer.length : rank;
}
