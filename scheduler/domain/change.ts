// Everything a tick may do to the state, as data: decided purely, applied to memory by apply.ts, written by the store, told by event.ts.
// Invariant: the list of changes of a tick, in order, is the whole difference between two states.

import type { Approval } from './approval.ts';
import type { Earmark, EarmarkEnd, Revocation } from './earmark.ts';
import type { AccountId, AgentId, DepartmentId, ExtensionId, LeaseId, RequestId } from './ids.ts';
import type { Lease, LeaseEnd, Reservation } from './lease.ts';
import type { Told } from './obligation.ts';
import type { Instant, Units } from './quantity.ts';
import type { Reason } from './reason.ts';
import type { PendingExtension, PendingRequest, RecordedVerdict } from './request.ts';
import type { DropCause, MoveCause, StartReservation } from './reservation.ts';

export const DECISION_OUTCOMES = ['granted', 'waiting', 'denied', 'expired', 'cancelled'] as const;
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number];
export type TerminalOutcome = Exclude<DecisionOutcome, 'waiting'>;

/** `reserve` on grant, `settle` moves what was used from reserved to spent, `refund` gives the rest back. One of each per lease, account and period; an extension reserves under its own id. */
export interface LedgerEntry {
  /** "<lease or extension id>/<account>/<period>/<type>": unique, so that a credit cannot happen twice. */
  readonly id: string;
  readonly type: 'reserve' | 'settle' | 'refund';
  readonly account: AccountId;
  readonly period: string;
  readonly lease: LeaseId;
  readonly amount: Units;
}

/**
 * `acknowledged`: given back in its grace. `grace`: taken back when the grace was over. `budget`: stopped by metering, when an over-committed
 * account had nothing left. `ruled`: a review slot whose reviewer has ruled.
 */
export const LEASE_END_CAUSES = [
  'agent',
  'cancelled',
  'startLimit',
  'heartbeat',
  'duration',
  'acknowledged',
  'grace',
  'budget',
  'ruled',
] as const;
export type LeaseEndCause = (typeof LEASE_END_CAUSES)[number];

export type Change =
  | { readonly type: 'requestOpened'; readonly pending: PendingRequest }
  | { readonly type: 'verdictRecorded'; readonly request: RequestId; readonly verdict: RecordedVerdict }
  | {
      readonly type: 'decided';
      readonly request: RequestId;
      readonly department: DepartmentId;
      readonly agent: AgentId;
      readonly outcome: DecisionOutcome;
      readonly reasons: readonly Reason[];
      readonly lease: LeaseId | null;
    }
  /** `told`: what a policy wants to be said of the grant; absent: nothing. */
  | { readonly type: 'leaseGranted'; readonly lease: Lease; readonly told?: Told }
  | { readonly type: 'leaseActivated'; readonly lease: LeaseId; readonly at: Instant }
  | {
      readonly type: 'leaseEnded';
      readonly lease: LeaseId;
      readonly end: LeaseEnd;
      readonly at: Instant;
      readonly cause: LeaseEndCause;
      /** The request that takes up the wish again. */
      readonly successor?: RequestId;
    }
  | { readonly type: 'leaseRevoking'; readonly lease: LeaseId; readonly revocation: Revocation }
  /** `borrowed`: kinds, sorted; empty when it holds nothing borrowed any more. */
  | { readonly type: 'leaseFlagged'; readonly lease: LeaseId; readonly borrowed: readonly string[] }
  | { readonly type: 'earmarkMade'; readonly earmark: Earmark }
  | { readonly type: 'earmarkEnded'; readonly request: RequestId; readonly end: EarmarkEnd }
  /** The approval as it is now. The first of one finds none before it: made `seeking`, or `approved` where a Ruling on the same digest stands. */
  | { readonly type: 'approvalMoved'; readonly approval: Approval }
  | { readonly type: 'extensionOpened'; readonly extension: PendingExtension }
  | {
      readonly type: 'extensionDecided';
      readonly extension: ExtensionId;
      readonly lease: LeaseId;
      readonly outcome: 'granted' | 'denied';
      readonly endsAt: Instant | null;
      readonly reservations: readonly Reservation[];
      readonly reasons: readonly Reason[];
    }
  | { readonly type: 'ledger'; readonly entry: LedgerEntry }
  | { readonly type: 'reservationMade'; readonly reservation: StartReservation }
  | {
      readonly type: 'reservationMoved';
      readonly reservation: StartReservation;
      readonly from: Instant;
      readonly cause: MoveCause;
    }
  /** A request that is granted, or gets another outcome, takes its reservation along without a word. */
  | {
      readonly type: 'reservationDropped';
      readonly reservation: StartReservation;
      readonly cause: DropCause;
    };
