// What came into a tick from outside, and what its term of office carried into it: with the state before it, all that deciding it again takes.
// Invariant: plain JSON, and small: what follows from the state before the tick is not in it. Made by inputs.ts, read by replay/.

import type { EngineName, SolverFault, WorkBudget } from '../../solver/index.ts';
import type { LeaseId } from './ids.ts';
import type { Obligations } from './obligation.ts';
import type { PastUse } from './pastUse.ts';
import type { PolicyRules } from './policyRow.ts';
import type { Instant, Units } from './quantity.ts';
import type { RecordedVerdict } from './request.ts';
import type { GangTurn } from './state.ts';

export interface TickInputs {
  /** Ids of the intake rows folded, in order: runs of consecutive ones. */
  readonly intake: readonly Run[];
  /** Absent: nobody was judged. */
  readonly verdicts?: VerdictBits;
  /** What the policy limits and prefers beyond single requests; absent: as in the tick before, and nothing in a term's first. */
  readonly rules?: PolicyRules;
  readonly heard: HeardFacts;
  /** What the solver was asked to keep to. */
  readonly asked: { readonly engine: EngineName; readonly budget: WorkBudget };
  /** Calls of the solver, counted from 0, that the watchdog or a crash ended; absent: none. */
  readonly faults?: readonly (readonly [call: number, fault: SolverFault])[];
  /** What turns without a commit changed since the last one; absent: nothing. */
  readonly carried?: CarriedChange;
}

export type Run = readonly [first: number, count: number];

/** Verdicts of one tick, in order of the requests' sequence: the different ones, and runs of their numbers. */
export interface VerdictBits {
  readonly kinds: readonly (Pick<RecordedVerdict, 'allow' | 'codes'> & {
    readonly obligations?: Obligations;
  })[];
  readonly of: readonly Run[];
}

/** Heartbeats, and their absence. */
export interface HeardFacts {
  readonly through: Instant;
  /** Null: always. */
  readonly since: Instant | null;
  /** Of the record's `activated`, in their order. */
  readonly at: readonly Instant[];
  /** Leases that silence ended. */
  readonly silent: readonly LeaseId[];
  /** Until when the work of leases is safe that this tick might take back, where the record before did not say so; absent: nothing new. */
  readonly saved?: readonly (readonly [lease: LeaseId, at: Instant])[];
}

/** What one turn leaves to the next beside the committed state. Absent values are null, so that each has a JSON. */
export interface Carried {
  readonly configuration: string;
  /** Up to when past use is counted. */
  readonly countedSeconds: number | null;
  readonly isReviewed: boolean;
  readonly unfinished: boolean;
  readonly gangsDue: Units | null;
  readonly nomineesDue: Units | null;
  readonly takeableAt: Instant | null;
  readonly promisedAt: Instant | null;
  readonly isOwed: boolean;
  readonly decidedAt: Instant | null;
  readonly outsideTick: number;
  readonly gangTurn: GangTurn | null;
  readonly nomineeTurn: GangTurn | null;
  /** Of the memory of those who wait, without who was overtaken: grants alone change that. Null: there is none yet. */
  readonly idle: readonly (readonly [place: string, level: Units])[] | null;
  readonly idleThrough: Instant | null;
  readonly searchTurn: GangTurn | null;
  readonly quietUntil: Instant | null;
  readonly isPutOff: boolean;
  readonly forwardAt: Instant | null;
  readonly isForwardDue: boolean;
}

export type CarriedChange = Partial<Carried> & {
  /** Beside another configuration: past use as it was counted under the ones before. */
  readonly pastUse?: PastUse | null;
};
