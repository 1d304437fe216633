// What a policy limits beyond single requests: sums over grants and live leases, as rows of the program. The policy engine supplies them by
// the port PolicyGate. Invariant: non-negative integers, so that every row is a packing row; whatever else a policy wants is soft, with a price.

import type { Classification } from './configuration.ts';
import type { Units } from './quantity.ts';
import type { Selector } from './request.ts';

/** Every part that is present must match; absent parts match all. No part at all: everything. */
export interface RowSelector {
  readonly departments?: readonly string[];
  readonly agents?: readonly string[];
  readonly classes?: readonly string[];
  /** Of the request's terms. */
  readonly classifications?: readonly Classification[];
  readonly kinds?: readonly string[];
  /** By id. Of agent pools that nothing tells apart, one stands for all of them. */
  readonly pools?: readonly string[];
  /** Of the pool. */
  readonly labels?: Selector;
}

export interface PolicyTerm {
  readonly selector: RowSelector;
  readonly coefficient: Units;
  /** `unit`: times the units of every matching claim. `grant`: once a lease that has a matching claim. */
  readonly per: 'unit' | 'grant';
}

/** sum over terms, grants and live leases of coefficient x (units or 1)  <=  limit. */
export interface PolicyRow {
  /** Unique, "eu-gpus-at-night". */
  readonly id: string;
  readonly terms: readonly PolicyTerm[];
  readonly limit: Units;
  /** Absent: hard. Otherwise it may be passed, at so much a unit; a request is worth 1000. */
  readonly price?: Units;
  /** For whoever waits because of it: what it is for and what to do. */
  readonly remedy: string;
}

/** What a tick holds against the row: as the policy wrote it, and what live leases take of it. */
export interface PolicyRowUse {
  readonly row: PolicyRow;
  readonly held: Units;
}

export const POLICY_ROWS_MOST = 64;
export const POLICY_TERMS_MOST = 16;
/** A larger coefficient or limit could overflow a sum over leases. */
const AMOUNT_MOST = 2 ** 40;

/** What makes rows unfit for a program: for whoever activates a policy. Empty: none. */
export function policyRowProblems(rows: readonly PolicyRow[]): string[] {
  const problems: string[] = [];
  if (rows.length > POLICY_ROWS_MOST) problems.push(`${rows.length} rows; at most ${POLICY_ROWS_MOST}`);
  const seen = new Set<string>();
  for (const { id, terms, limit, price } of rows) {
    if (seen.has(id)) problems.push(`${id}: stands twice`);
    seen.add(id);
    if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(id)) problems.push(`${id}: not a name`);
    if (terms.length === 0 || terms.length > POLICY_TERMS_MOST)
      problems.push(`${id}: ${terms.length} terms; 1 to ${POLICY_TERMS_MOST}`);
    const amounts = [
      limit,
      ...terms.map(({ coefficient }) => coefficient),
      ...(price === undefined ? [] : [price]),
    ];
    if (amounts.some((amount) => !Number.isSafeInteger(amount) || amount < 0 || amount > AMOUNT_MOST))
      problems.push(`${id}: amounts are whole numbers from 0 to 2^40`);
  }
  return problems;
}
