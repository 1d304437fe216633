// Units that are held for one waiting request while leases that stand in its way are taken back, and how such a lease is being taken back.
// Invariant: an earmark's request is open; its units are granted to nobody else until it has them or it is dropped. Its life is the table in states.ts.

import type { AgentId, DepartmentId, LeaseId, RequestId } from './ids.ts';
import type { Allocation, Reservation } from './lease.ts';
import type { Instant } from './quantity.ts';

/**
 * By what a lease may be taken back. `priority`: of its own department, for a strictly higher class. `reclaim`: what was borrowed, for a
 * member of the cohort within its nominal share. `repair`: the operator's, where a pool or a share was cut below its use.
 */
export const REVOCATION_RIGHTS = ['priority', 'reclaim', 'repair'] as const;
export type RevocationRight = (typeof REVOCATION_RIGHTS)[number];

/** Stands on a lease from its notice to its end. */
export interface Revocation {
  readonly right: RevocationRight;
  readonly since: Instant;
  /** Acknowledged by then, or ended then. */
  readonly graceEndsAt: Instant;
  /** For whom; null of a repair. */
  readonly request: RequestId | null;
  readonly department: DepartmentId | null;
}

/** What one claim will take. */
export type EarmarkedUnits = Pick<Allocation, 'claim' | 'pool' | 'kind' | 'quantity' | 'exclusive'>;

export interface Victim {
  readonly lease: LeaseId;
  readonly right: RevocationRight;
  readonly graceEndsAt: Instant;
}

export interface Earmark {
  readonly request: RequestId;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly option: number;
  /** One a claim, in order of claims. */
  readonly units: readonly EarmarkedUnits[];
  /** Per account and period at least what the grant will set aside, whenever up to `graceEndsAt` it begins. */
  readonly reservations: readonly Reservation[];
  readonly victims: readonly Victim[];
  readonly madeAt: Instant;
  /** By then all that it counts on has come back. */
  readonly graceEndsAt: Instant;
  /** By then its lease has ended, whenever up to `graceEndsAt` it begins, a late tick counted; absent: no end is known. */
  readonly endsAt?: Instant;
}

export const EARMARK_STATES = ['held', 'granted', 'dropped'] as const;
export type EarmarkState = (typeof EARMARK_STATES)[number];
export type EarmarkEnd = Exclude<EarmarkState, 'held'>;
