// The organisation as one frozen revision: who may ask, what there is, who may have how much. Read from a YAML tree by api/,
// stored whole, replaced whole. Invariant: every reference resolves; windows and periods are UTC instants, no time zones inside.

import type { AccountId, AgentId, CohortId, DepartmentId, PoolId } from './ids.ts';
import type { PoolNodes } from './nodes.ts';
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
  /** Its part of what is scarce, against the others' weights; absent: 1. Never an order: fairness.ts. */
  readonly weight?: Units;
}

export interface Agent {
  readonly id: AgentId;
  readonly department: DepartmentId;
  readonly roles: readonly Role[];
  readonly skills: readonly string[];
  readonly clearance: Classification;
  /** Of its department's classes, those that it may ask for; absent: all of them. */
  readonly classes?: readonly string[];
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
  /** The price is of so many renewable units; absent: of one. 1000 where a unit is a thousandth. */
  readonly pricePer?: Units;
  /** Kind `agent`: whose concurrency this is. Agent pools with equal labels and department are one row of the program. */
  readonly agent?: AgentId;
  /** Made of nodes: kind `gpu`, `cpu` or `memory`, and the capacity is their sum. Claims with `node` take from it, and no others. */
  readonly nodes?: PoolNodes;
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
  /** The cohort that it is in: a tree, to any depth. */
  readonly parent?: CohortId;
  /** Per kind, of a cohort in another one; a kind that is not named it neither lends nor borrows. Sorted by kind. */
  readonly limits?: readonly CohortLimit[];
}

export interface CohortLimit {
  readonly kind: string;
  /** Of what its own lend each other, what it lends to those beside it. */
  readonly lendingLimit: Units;
  /** What it may hold beyond that which its own lend. */
  readonly borrowingLimit: Units;
}

export interface AccountPeriod {
  /** "2026-11". */
  readonly id: string;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly budget: Units;
  /** What may be reserved beyond the budget, counting on leases that end early; metering stops what would spend it. Absent: 0. */
  readonly overcommit?: Units;
}

/** A budget: money in minor units, or use over time (quantity x seconds) of one kind. Ancestors measure the same. */
export interface Account {
  readonly id: AccountId;
  readonly title: string;
  readonly parent?: AccountId;
  readonly measure:
    | { readonly type: 'money'; readonly currency: string }
    | { readonly type: 'use'; readonly kind: string };
  /** It pays only for leases of these classes: a budget of class time. Absent: for all. */
  readonly classes?: readonly string[];
  readonly periods: readonly AccountPeriod[];
}

/** Strict class: rank 0 is served first. At most four. */
export interface PriorityClass {
  readonly name: string;
  readonly rank: number;
  readonly targetWaitSeconds: Units;
  readonly maxDurationSeconds: Units;
  /** What the pressing deadlines of one agent may add to its requests' values together; absent: `DEADLINE_ALLOWANCE` of the objective. */
  readonly deadlineAllowance?: Units;
  /** How leases of the class are taken back; what is absent follows `PREEMPTION_DEFAULTS`. */
  readonly preemption?: Partial<PreemptionTerms>;
}

export interface PreemptionTerms {
  /** From the notice to the end. */
  readonly graceSeconds: Units;
  /** No lease is taken back in its first so many seconds. */
  readonly minimumRunSeconds: Units;
  /** Of what the time held cost, given back for the disruption. */
  readonly creditPercent: Units;
  /** How much more than its value, were it waiting, a lease that runs is worth. */
  readonly hysteresisPercent: Units;
  /** Revocations that one wish suffers; then it is protected. */
  readonly revocationsMost: Units;
}

/** A minute to write a checkpoint, ten to get anywhere; a tenth is what a restart is worth to somebody who checkpoints. */
export const PREEMPTION_DEFAULTS: PreemptionTerms = {
  graceSeconds: 60,
  minimumRunSeconds: 600,
  creditPercent: 10,
  hysteresisPercent: 20,
  revocationsMost: 2,
};

export function preemptionOf({ preemption }: PriorityClass): PreemptionTerms {
  return { ...PREEMPTION_DEFAULTS, ...preemption };
}

export interface LeaseTerms {
  /** A lease without a first heartbeat after this long is expired and refunded. */
  readonly startLimitSeconds: Units;
  /** An active lease without a heartbeat for this long is expired. */
  readonly heartbeatTimeoutSeconds: Units;
  /** Reserved on top of the duration, so that a late release never overspends. */
  readonly graceSeconds: Units;
}

/** What the default policies limit beyond what departments and classes say of themselves; what is absent is not limited. */
export interface PolicyLimits {
  /** From this classification on a request needs a reviewer's approval; absent: never. */
  readonly approvalRequiredFrom?: Classification;
  readonly departments?: Readonly<Record<string, DepartmentLimits>>;
  readonly classes?: Readonly<Record<string, { readonly maxCostMinor: Units }>>;
  /** Dataset -> the purposes that it is for. */
  readonly datasets?: Readonly<Record<string, readonly string[]>>;
  /** Pairs of roles or skills that no agent has together. */
  readonly separatedDuties?: readonly (readonly string[])[];
}

export interface DepartmentLimits {
  /** GPU models that it may be given. */
  readonly models?: readonly string[];
  /** So many of its agents are served, in the order of their ids. */
  readonly agentsMost?: Units;
  /** From hour to hour of the day, UTC, only requests of these classes. */
  readonly quietHours?: { readonly from: Units; readonly to: Units; readonly classes: readonly string[] };
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
  readonly fairness?: FairnessTerms;
  /** What is not said has a default. */
  readonly reservations?: Partial<ReservationTerms>;
  readonly policyLimits?: PolicyLimits;
  /** Of an organisation that is several cells; absent: it is one. */
  readonly cells?: CellPart;
}

/** What one cell shares with the others of its organisation, and whom it stands beside. What is not named here is the cell's alone. */
export interface CellPart {
  /** The other cells. Sorted by id. */
  readonly neighbours: readonly Neighbour[];
  /** Pools whose `capacity` here is the cell's allotment, of `whole` in all cells together. Sorted by id. */
  readonly pools: readonly { readonly pool: PoolId; readonly whole: Units }[];
  /** Periods whose budget here is the cell's allotment; `whole` with what may be reserved beyond it. Sorted by account. */
  readonly accounts: readonly {
    readonly account: AccountId;
    readonly period: string;
    readonly whole: Units;
  }[];
}

export interface Neighbour {
  readonly cell: string;
  readonly departments: readonly DepartmentId[];
  /** Of its pools. Sorted. */
  readonly kinds: readonly string[];
}

export interface FairnessTerms {
  /** In which past use comes to count half: at least ten median runs, or it says who was lucky last. Absent: a week. */
  readonly halfLifeSeconds: Units;
}
