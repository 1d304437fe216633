// The organisation as one frozen revision: who may ask, what there is, who may have how much. Read from a YAML tree by api/,
// stored whole, replaced whole. Invariant: every reference resolves; windows and periods are UTC instants, no time zones inside.

import type { AccountId, AgentId, CohortId, DepartmentId, PoolId } from './ids.ts';
import type { Instant, Units } from './quantity.ts';
import type { ReservationTerms } from './reservation.ts';

/** From open to most closed; the index is the level that policies compare. */
export const CLASSIFICATIONS = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Classification = (typeof CLASSIFICATIONS)[number];

export const ROLES = [
  'agent',
  'department-head',
  'reviewer',
  'policy-author',
  'operator',
  'auditor',
  'administrator',
] as const;
export type Role = (typeof ROLES)[number];

export interface Department {
  readonly id: DepartmentId;
  readonly title: string;
  /** Highest classification that any agent of the department may touch. */
  readonly clearanceCeiling: Classification;
  /** Names of the priority classes that the department is entitled to. */
  readonly classes: readonly string[];
  /** Kinds that it may ask for; absent = all. */
  readonly kinds?: readonly string[];
  /** Largest quantity of a kind in one request; a kind that is not named is unlimited. */
  readonly requestLimits: Readonly<Record<string, Units>>;
}

export interface Agent {
  readonly id: AgentId;
  readonly department: DepartmentId;
  readonly roles: readonly Role[];
  readonly skills: readonly string[];
  readonly clearance: Classification;
  /** Accounts that pay for its grants (each with all ancestors). */
  readonly accounts: readonly AccountId[];
}

/** A stretch of a calendar pool: `capacity` units, consumable inside it. */
export interface Window {
  /** Unique within the pool; sortable, "2026-11-23T09:00Z". */
  readonly id: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly capacity: Units;
}

export interface Pool {
  readonly id: PoolId;
  /** `gpu`, `cpu`, `memory`, `agent`, `dataset`, `review`, `license` or the operator's own. */
  readonly kind: string;
  /** What one unit is ("GPU", "mCPU", "MiB", "seat", "slot"). */
  readonly unit: string;
  /** Units now; 0 for a pool with a calendar, whose windows carry the capacity. */
  readonly capacity: Units;
  readonly labels: Readonly<Record<string, string | readonly string[]>>;
  /** Renewable units come back when a lease ends; consumable ones are gone once their lease has started. */
  readonly consumable: boolean;
  /** Present: claims take a window of it. Sorted by start. */
  readonly calendar?: readonly Window[];
  /** Least clearance to claim from it. */
  readonly classification?: Classification;
  /** Minor currency units per unit and hour (per unit for consumables); 0 is free. */
  readonly priceMinor: Units;
  /** Kind `agent`: whose concurrency this is. Agent pools with equal labels and department are one row of the program. */
  readonly agent?: AgentId;
}

/** Nominal share of a kind; with a cohort, what it may borrow from and lend to its members. */
export interface Quota {
  readonly department: DepartmentId;
  readonly kind: string;
  readonly nominal: Units;
  readonly borrowingLimit: Units;
  readonly lendingLimit: Units;
  readonly cohort?: CohortId;
}

export interface Cohort {
  readonly id: CohortId;
  readonly title: string;
}

export interface AccountPeriod {
  /** "2026-11". */
  readonly id: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly budget: Units;
}

/** A budget: money in minor units, or use over time (quantity x seconds) of one kind. Ancestors measure the same. */
export interface Account {
  readonly id: AccountId;
  readonly title: string;
  readonly parent?: AccountId;
  readonly measure:
    | { readonly type: 'money'; readonly currency: string }
    | { readonly type: 'use'; readonly kind: string };
  readonly periods: readonly AccountPeriod[];
}

/** Strict class: rank 0 is served first. At most four. */
export interface PriorityClass {
  readonly name: string;
  readonly rank: number;
  readonly targetWaitSeconds: Units;
  readonly maxDurationSeconds: Units;
}

export interface LeaseTerms {
  /** A lease without a first heartbeat after this long is expired and refunded. */
  readonly startLimitSeconds: Units;
  /** An active lease without a heartbeat for this long is expired. */
  readonly heartbeatTimeoutSeconds: Units;
  /** Reserved on top of the duration, so that a late release never overspends. */
  readonly graceSeconds: Units;
}

export interface Configuration {
  /** Content address of the document: equal organisations have equal revisions. */
  readonly revision: string;
  readonly cell: string;
  readonly organisation: string;
  readonly departments: readonly Department[];
  readonly agents: readonly Agent[];
  readonly pools: readonly Pool[];
  readonly quotas: readonly Quota[];
  readonly cohorts: readonly Cohort[];
  readonly accounts: readonly Account[];
  readonly classes: readonly PriorityClass[];
  readonly leaseTerms: LeaseTerms;
  /** What is not said has a default. */
  readonly reservations?: Partial<ReservationTerms>;
}
