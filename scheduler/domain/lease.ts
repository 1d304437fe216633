// A time-bounded grant with a fencing epoch, and the units it holds. Its life is the table in states.ts.
// Invariant: a lease never moves back; its capacity returns once.

import type { Revocation } from './earmark.ts';
import type { AccountId, AgentId, DepartmentId, Epoch, LeaseId, NodeId, PoolId, RequestId } from './ids.ts';
import type { Instant, Units } from './quantity.ts';

export const LEASE_STATES = ['granted', 'active', 'revoking', 'released', 'expired', 'revoked'] as const;
export type LeaseState = (typeof LEASE_STATES)[number];
export type LeaseEnd = 'released' | 'expired' | 'revoked';

/** One claim's units. A windowed allocation starts and ends with its window, the others with the lease. */
export interface Allocation {
  readonly claim: number;
  readonly pool: PoolId;
  readonly kind: string;
  readonly window?: string;
  readonly quantity: Units;
  /** While it lives no other lease takes anything of the pool. */
  readonly exclusive?: true;
  /** The node that the units lie on, of a pool made of nodes. */
  readonly node?: NodeId;
  /** Which of the node's GPUs: one, held whole or in part, or several, each held whole. */
  readonly gpus?: readonly number[];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
}

/** What a grant reserved on one account and period: the ceiling of what settlement can spend. */
export interface Reservation {
  readonly account: AccountId;
  readonly period: string;
  readonly amount: Units;
}

export interface Lease {
  readonly id: LeaseId;
  readonly request: RequestId;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  /** Fencing token: the leader's epoch at the grant. A holder shows it with every call. */
  readonly epoch: Epoch;
  readonly option: number;
  readonly allocations: readonly Allocation[];
  readonly reservations: readonly Reservation[];
  readonly state: LeaseState;
  readonly grantedAt: Instant;
  /** Without a heartbeat by then: expired and refunded. */
  readonly startLimitAt: Instant;
  readonly endsAt: Instant;
  readonly activatedAt: Instant | null;
  /** Kinds of which it holds more than its department's nominal share; absent: none. Told at the grant, and kept up as older leases end. */
  readonly borrowed?: readonly string[];
  /** Present in state `revoking`, and after it. */
  readonly revocation?: Revocation;
}

/** Where units are counted: a pool, or one window of it. */
export type CapacityKey = string;

export function capacityKey(pool: PoolId, window?: string): CapacityKey {
  return window === undefined ? pool : `${pool}@${window}`;
}

export function startOf({ activatedAt, grantedAt }: Pick<Lease, 'activatedAt' | 'grantedAt'>): Instant {
  return activatedAt ?? grantedAt;
}
