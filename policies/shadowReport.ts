// What a candidate would have done otherwise on live traffic, counted and sampled. Types alone: the door shows them, and reaches no thread by them.
// Filled by shadow.ts.

import type { PolicyRow, Verdict } from './verdict.ts';

export interface ShadowDifference {
  readonly tick: string;
  readonly row: PolicyRow;
  readonly active: Verdict;
  readonly candidate: Verdict;
}

export interface ShadowReport {
  readonly revision: string;
  /** Chunks that were compared, and that were left out because the candidate was behind. */
  readonly compared: number;
  readonly skipped: number;
  /** Chunks that the candidate did not answer. */
  readonly failed: number;
  readonly rows: number;
  /** Ticks without any difference since the last one with some. */
  readonly cleanTicks: number;
  readonly newlyAllowed: number;
  readonly newlyDenied: number;
  /** Rows whose outcome is the same and whose codes, warnings or duties are not. */
  readonly otherwise: number;
  /** Code to rows that only the candidate, or only the active policy, hit with it. */
  readonly byRule: Readonly<Record<string, { readonly added: number; readonly removed: number }>>;
  readonly byDepartment: Readonly<Record<string, number>>;
  /** The first so many differences. */
  readonly samples: readonly ShadowDifference[];
}
