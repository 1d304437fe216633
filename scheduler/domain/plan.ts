// A tick's proposed outcome, before it is committed: which claims go to which pools, and why the rest wait.
// Made by decode.ts from a Solution; checked by verify.ts, which did not make it; nothing here has happened yet.

import type { Earmark, Victim } from './earmark.ts';
import type { ExtensionId, RequestId } from './ids.ts';
import type { Allocation, Reservation } from './lease.ts';
import type { Instant } from './quantity.ts';

/** One request granted whole: the option taken and every claim's units. */
export interface Assignment {
  readonly request: RequestId;
  readonly option: number;
  readonly allocations: readonly Allocation[];
  readonly reservations: readonly Reservation[];
  readonly endsAt: Instant;
}

export interface ExtensionGrant {
  readonly extension: ExtensionId;
  readonly endsAt: Instant;
  readonly reservations: readonly Reservation[];
}

export interface Plan {
  readonly assignments: readonly Assignment[];
  readonly extensions: readonly ExtensionGrant[];
  /** In the order in which they were planned: each builds on those before it. Absent: none. */
  readonly preemptions?: readonly Preemption[];
  /** Earmarks that can be kept no more. Absent: none. */
  readonly dropped?: readonly RequestId[];
}

/** Leases to be taken back: for a nominee, whose units are held from now on, or to repair a row. */
export type Preemption =
  | { readonly type: 'nominee'; readonly earmark: Earmark }
  | { readonly type: 'repair'; readonly row: string; readonly victims: readonly Victim[] };

export function victimsOf(preemption: Preemption): readonly Victim[] {
  return preemption.type === 'nominee' ? preemption.earmark.victims : preemption.victims;
}
