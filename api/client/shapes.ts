// What the client sends and gets, as docs/http-api.md describes it. Answers may carry fields that are not here: ignore them.

import type { Problem } from './problem.ts';

export type Selector = Readonly<Record<string, string | readonly string[]>>;

export interface ClaimBody {
  readonly kind: string;
  readonly quantity: number;
  readonly selector?: Selector;
  readonly prefer?: readonly Selector[];
  readonly window?: { readonly from?: string; readonly to?: string };
  /** Claims of an option with the same name here sit on one node. */
  readonly node?: string;
}

export interface SubmitBody {
  readonly clientRequestId: string;
  readonly options: readonly { readonly claims: readonly ClaimBody[] }[];
  readonly terms: {
    readonly class: string;
    readonly durationSeconds: number;
    readonly purpose?: string;
    readonly summary?: string;
    readonly classification?: string;
    readonly preemptible?: boolean;
    /** Taken up again when its lease is revoked; by default it is. */
    readonly requeue?: boolean;
    readonly startBefore?: string;
    readonly deadline?: string;
  };
}

export type RequestState = 'queued' | 'waiting' | 'granted' | 'denied' | 'expired' | 'cancelled';

export interface Reason {
  readonly code: string;
  readonly actor: string;
  readonly advice: string;
  readonly [number: string]: unknown;
}

/** What a submission is answered with; with a wait it is the whole `RequestView`. */
export interface Submitted {
  readonly id: string;
  readonly clientRequestId: string;
  readonly state: RequestState;
  readonly lease?: string | null;
  readonly reasons?: readonly Reason[];
}

/** `body` is a submission, and can be sent as it is. */
export interface OfferView extends View {
  readonly id: string;
  readonly changes: readonly View[];
  readonly body: SubmitBody;
}

export interface OffersView {
  readonly request: string;
  readonly ifVersion: string;
  readonly at: string;
  readonly offers: readonly OfferView[];
  /** The request that keeps one of them for a while, and until when. */
  readonly held?: {
    readonly id: string;
    readonly offer: string;
    readonly ifVersion: string;
    readonly until: string;
    readonly options: SubmitBody['options'];
  };
}

export interface RequestView {
  readonly id: string;
  readonly clientRequestId: string;
  readonly department: string;
  readonly agent: string;
  readonly state: RequestState;
  readonly options: SubmitBody['options'];
  readonly terms: SubmitBody['terms'];
  readonly submittedAt: string;
  readonly decidedAt: string | null;
  readonly tick: number | null;
  readonly lease: string | null;
  /** The request whose revoked lease it takes up again. */
  readonly restartOf: string | null;
  readonly approvalOf: { readonly approval: string; readonly request: string } | null;
  /** It keeps an offer's units for that request, and asks for nothing itself. */
  readonly holdOf?: { readonly request: string; readonly offer: string; readonly until: string };
  /** What the policies oblige it to; in the answer about one request alone, and absent where there is nothing. */
  readonly obligations?: ObligationsView;
  readonly reasons: readonly Reason[];
  /** A promised start, of a request that waited too long. */
  readonly reservation?: {
    readonly startsAt: string;
    readonly madeAt: string;
    readonly option: number;
  } | null;
  /** When it may expect to start; no promise. */
  readonly estimate?: StartEstimate | null;
}

export interface ObligationsView {
  /** A reviewer of each skill must approve before it is granted. */
  readonly approvals?: readonly { readonly skill: string; readonly code: string; readonly policy: string }[];
  readonly ttlSeconds?: number;
  /** Kind, or "*" for every kind, to the pools that may serve it. */
  readonly pools?: Readonly<Record<string, readonly string[]>>;
  readonly classes?: readonly string[];
  /** The class that it is served in, where that is lower than the one that was asked for. */
  readonly class?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly audit?: readonly string[];
}

export interface StartEstimate {
  readonly at: string;
  readonly p10: string;
  readonly p50: string;
  readonly p90: string;
  /** Of such estimates, how many starts lay between p10 and p90; null before there is enough to tell. */
  readonly coverage: { readonly covered: number; readonly of: number } | null;
}

export interface BatchItem {
  readonly status: number;
  readonly request?: Submitted;
  readonly problem?: Problem;
}

export type LeaseState = 'granted' | 'active' | 'revoking' | 'released' | 'expired' | 'revoked';

export interface Allocation {
  readonly claim: number;
  readonly pool: string;
  readonly kind: string;
  readonly window?: string;
  readonly quantity: number;
  /** The node that the units lie on, and which of its GPUs. */
  readonly node?: string;
  readonly gpus?: readonly number[];
  readonly startsAt: string;
  readonly endsAt: string;
}

/** What names a lease and proves to hold it. */
export interface HeldLease {
  readonly id: string;
  readonly epoch: number;
}

export interface LeaseView extends HeldLease {
  readonly request: string;
  readonly department: string;
  readonly agent: string;
  readonly state: LeaseState;
  readonly option: number;
  readonly allocations: readonly Allocation[];
  readonly grantedAt: string;
  readonly startLimitAt: string;
  readonly endsAt: string;
  readonly endedAt: string | null;
  /** Kinds of which it holds more than its department's nominal share. */
  readonly borrowed: readonly string[];
  readonly graceEndsAt: string | null;
  readonly revokedFor: {
    readonly right: 'priority' | 'reclaim' | 'repair';
    readonly department: string | null;
    readonly request: string | null;
  } | null;
}

export interface Heartbeat {
  readonly id: string;
  readonly state: LeaseState;
  readonly endsAt: string;
  readonly heartbeatAt: string;
  /** Without another one for this long the lease expires. */
  readonly heartbeatTimeoutSeconds: number;
}

export interface ExtensionView {
  readonly id: string;
  readonly lease: string;
  readonly seconds: number;
  readonly outcome: 'pending' | 'granted' | 'denied';
  readonly endsAt: string | null;
  readonly reasons: readonly Reason[];
}

/** An answer whose fields the client itself has no use for. */
export type View = Readonly<Record<string, unknown>>;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** The document of docs/events.md. */
export interface EventDocument {
  readonly id: string;
  readonly tick: number;
  readonly epoch: number;
  readonly type: string;
  readonly at: string;
  readonly department: string;
  readonly agent: string;
  readonly request: string;
  readonly lease: string | null;
  readonly policyRevision: string;
  readonly data: View;
}

/** `place` is where to go on behind it (`after`). */
export type FollowedEvent = EventDocument & { readonly place: string };
