// What an agent asks: options in order of preference, each a bundle of claims that serves the request whole, and terms.
// Invariant: immutable once accepted; everything that the scheduler learns about it stands beside it, in `PendingRequest`.

import type { ReviewOf } from './approval.ts';
import type { Classification } from './configuration.ts';
import type { AgentId, DepartmentId, ExtensionId, LeaseId, RequestId } from './ids.ts';
import type { Obligations } from './obligation.ts';
import type { Instant, Units } from './quantity.ts';
import type { ReasonCode } from './reason.ts';

/** Label -> wanted value, or any of several. A pool matches when every label does. */
export type Selector = Readonly<Record<string, string | readonly string[]>>;

export interface Claim {
  readonly kind: string;
  readonly quantity: Units;
  readonly selector?: Selector;
  /** Ordered: pools that match the first are preferred to those that match the second, those to the rest. */
  readonly prefer?: readonly Selector[];
  /** Only for pools with a calendar: the window must start at or after `from` and end at or before `to`. */
  readonly window?: { readonly from?: Instant; readonly to?: Instant };
  /** Only of a dataset: while the lease lives nobody else reads it. It takes its seats all the same. */
  readonly exclusive?: true;
  /**
   * Claims of an option with the same name here sit on one node: at most one each of kind gpu, cpu and memory. Only pools made of nodes
   * serve them. GPUs are counted in thousandths: less than 1000 is a share of one GPU, more are whole GPUs.
   */
  readonly node?: string;
}

export interface Option {
  readonly claims: readonly Claim[];
}

export interface Terms {
  readonly class: string;
  readonly durationSeconds: Units;
  readonly preemptible: boolean;
  /** Not taken up again when its lease is revoked. */
  readonly requeue?: false;
  readonly classification: Classification;
  readonly purpose: string;
  /** One line for lists, at most 200 characters. */
  readonly summary: string;
  /** Not granted by then: `expired`. */
  readonly startBefore?: Instant;
  /** Must be able to end by then, otherwise `expired`. */
  readonly deadline?: Instant;
  /** The lease's own start limit, at most the organisation's; absent: the organisation's. */
  readonly startLimitSeconds?: Units;
  readonly gang?: GangTerms;
  /** What a policy obliges it to, and nobody asks for: the lease ends so long after its grant, or sooner. */
  readonly ttlSeconds?: Units;
  /** Nobody knows how long it lasts: `durationSeconds` is a slice, at most `SLICE_SECONDS_MOST`, renewed for as long as the accounts pay. */
  readonly openEnded?: true;
}

/** What is set aside at a time for work without a known end: little enough to be no loss, and 100 renewals a day at most. */
export const SLICE_SECONDS_MOST = 900;

/**
 * Requests that are granted together, in one tick, or not at all. They may be of several departments: whoever knows the id may join, so
 * an id is long, and a capability that the departments share. All members say the same.
 */
export interface GangTerms {
  /** Within the cell, `GANG_ID_LEAST` characters or more. Free again once no member is open. */
  readonly id: string;
  /** Members that make it complete, from 2 to `GANG_SIZE_MOST`. */
  readonly size: Units;
  /** How long its members wait for each other, each time that it is incomplete; absent: `GANG_TIMEOUT_SECONDS`. */
  readonly timeoutSeconds?: Units;
  /** A label such as "zone": all claims of all members on pools of kinds that carry it share one value. */
  readonly colocate?: string;
}

/** 16 members of 4 claims are 64 choices in one column: what a tick can search through without being felt. */
export const GANG_SIZE_MOST = 16;
export const GANG_CLAIMS_MOST = 4;
export const GANG_ID_LEAST = 16;
export const GANG_TIMEOUT_SECONDS = 600;
export const GANG_TIMEOUT_SECONDS_MOST = 604_800;

/** Of a request that takes up the wish of a revoked lease again. */
export interface Restart {
  readonly of: RequestId;
  /** How often the wish was revoked, over all its requests. */
  readonly revocations: Units;
  /** The tick that ended the lease: only an outside event of a later tick gives the wish a right of its own. */
  readonly tick: number;
}

/** Of a request that keeps the units of an offer: for whom, which one, until when, and the tick that began to. */
export interface HoldOf {
  readonly request: RequestId;
  readonly offer: string;
  readonly until: Instant;
  readonly tick: number;
}

export interface ResourceRequest {
  readonly id: RequestId;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly clientRequestId: string;
  readonly options: readonly Option[];
  readonly terms: Terms;
  /** Of the first of its requests: the age of a wish is carried over. */
  readonly submittedAt: Instant;
  readonly restart?: Restart;
  /** The subject that submitted it, where that is not the agent's own name. */
  readonly submittedBy?: string;
  /** It asks for a review slot: made by the leader, never submitted. */
  readonly approvalOf?: ReviewOf;
  /** It holds an offer: never a column, it ends when the offer is accepted or the time is over. Written by the fold. */
  readonly holdOf?: HoldOf;
  /** It is served otherwise than it was asked, as a policy obliges: how its agent wrote it. Never stored; `oblige` makes it. */
  readonly obliged?: { readonly class: string; readonly durationSeconds: Units };
}

/** What the gate recorded: the verdict bits, under which policy and data. No grant without `allow`. */
export interface RecordedVerdict {
  readonly allow: boolean;
  /** Deny codes, sorted. */
  readonly codes: readonly string[];
  readonly policyRevision: string;
  readonly dataRevision: string;
  /** Of an allow; absent: none. */
  readonly obligations?: Obligations;
}

/** A request that has no terminal outcome yet. `sequence` is the order of folding and breaks every tie. */
export interface PendingRequest {
  readonly request: ResourceRequest;
  readonly sequence: number;
  /** Requests with equal shapes ask for the same options under the same terms: candidates are found once for all. */
  readonly shapeKey: string;
  readonly verdict: RecordedVerdict | null;
  /** Sorted codes of the last `waiting` Decision; null before the first tick that dealt with it. */
  readonly waitingCodes: readonly ReasonCode[] | null;
  /** Until when it waits for its gang: told with the last `waiting` Decision, absent while the gang is complete or was never looked at. */
  readonly gangUntil?: Instant;
  /** Allowed, and a reviewer has yet to approve: no column of the program. Follows from the verdict and the approvals. */
  readonly awaitsApproval?: true;
}

/** A wish to hold a lease longer, decided as a column of its own: granted or refused by the tick that folds it. */
export interface PendingExtension {
  readonly id: ExtensionId;
  readonly lease: LeaseId;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly seconds: Units;
  readonly sequence: number;
}

export const REQUEST_STATES = ['queued', 'waiting', 'granted', 'denied', 'expired', 'cancelled'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];
