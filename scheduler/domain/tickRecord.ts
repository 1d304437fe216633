// What is kept of a tick: its inputs and the digests of what followed, so that it can be derived again. Inputs, not state.
// Invariant: at most 2 KB + 150 B per new request or Decision, and 256 kB a stage of certificate; timings stand outside the digest; ticks are chained by hash.

import type { SolverFault, StageMethod, StoredCertificate, Warm, Work } from '../../solver/index.ts';
import type { RevocationRight } from './earmark.ts';
import type { Epoch, LeaseId, RequestId } from './ids.ts';
import type { Told } from './obligation.ts';
import type { PastUse } from './pastUse.ts';
import type { Instant, Units } from './quantity.ts';
import type { TickInputs } from './tickInputs.ts';

export interface TickDigests {
  readonly snapshot: string;
  readonly model: string;
  readonly plan: string;
  readonly certificate: string;
  /** Of the programs that chose whom leases were taken from; absent: there were none. */
  readonly revocations?: string;
}

export interface StageRecord {
  readonly stage: number;
  readonly class: string;
  readonly method: RecordedMethod;
  /** Whether the stage was given up at its bound of work. Absent in records from before it was kept. */
  readonly ended?: 'complete' | 'workLimit';
  /** Work of the whole solve when the stage stopped. Absent in records from before it was kept. */
  readonly work?: Work;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  /** Row name -> numerator over 2^20; rows with 0 are left out. Empty where the proof branches. */
  readonly multipliers: readonly (readonly [string, number])[];
  readonly frozenDigest: string;
  /** The whole proof, rows by number. Absent where `multipliers` are all of it. */
  readonly certificate?: StoredCertificate;
}

/** `residual`: what older records call a restricted core that improved the plan. */
export type RecordedMethod = StageMethod | 'residual';

/** One choice of victims: for whom, which, at what cost, and what is proven. The programs themselves are in the tick's digests. */
export interface PreemptionRecord {
  /** The nominee's request, or the broken row. */
  readonly for: string;
  readonly victims: readonly (readonly [lease: LeaseId, right: RevocationRight])[];
  readonly cost: Units;
  /** No choice for these places costs less, as the program's certificate proves. */
  readonly leastCost: Units;
  /** Choices of places that were solved. */
  readonly programs: number;
}

export interface RevocationsRecord {
  readonly looked: number;
  /** Nominees and broken rows that wait for a later tick's looks. */
  readonly left: number;
  /** Answers and plans that did not pass their check. */
  readonly refused: number;
  readonly plans: readonly PreemptionRecord[];
}

/** A rule of the policy that the tick's plan leaves on its wrong side. Of a separation `sum` counts the agents that hold both sides. */
export interface RuleStanding {
  readonly id: string;
  readonly mode: 'enforce' | 'warn' | 'dryrun';
  readonly op: '<=' | '>=' | '==';
  readonly sum: Units;
  readonly limit: Units;
}

export interface TickCounts {
  readonly pending: number;
  readonly columns: number;
  readonly rows: number;
  readonly granted: number;
  readonly waiting: number;
  readonly denied: number;
  readonly expired: number;
  readonly cancelled: number;
  readonly released: number;
}

export interface TickRecord {
  readonly cell: string;
  readonly tick: number;
  readonly epoch: Epoch;
  readonly now: Instant;
  readonly policyRevision: string;
  readonly dataRevision: string;
  readonly configurationRevision: string;
  readonly engine: string;
  readonly engineBuild: string;
  readonly engineCalled: boolean;
  /** Records from before `dpCells` was counted have none. */
  readonly work: Omit<Work, 'dpCells'> & Partial<Work>;
  readonly fault: SolverFault | null;
  readonly termination: 'complete' | 'workLimit' | 'fault' | 'none';
  /** Prices that the solve started from, an input; null: cold, as in a term's first tick. Absent in records from before there were any. */
  readonly warm?: Warm | null;
  readonly stages: readonly StageRecord[];
  /** As it stood before this tick's changes, so that the use since then follows from the leases. */
  readonly pastUse?: PastUse;
  readonly counts: TickCounts;
  /** Absent: every rule is on its right side. */
  readonly rules?: readonly RuleStanding[];
  /** Absent when nobody was looked at. */
  readonly revocations?: RevocationsRecord;
  /** Grants of which a policy wants something said; absent: none. */
  readonly told?: readonly ({ readonly request: RequestId; readonly lease: LeaseId } & Told)[];
  /** Leases that heartbeats activated, and those that time or silence ended: outside facts, so inputs. */
  readonly activated: readonly LeaseId[];
  readonly lapsed: readonly LeaseId[];
  /** What else a replay needs beside the state before. Absent in records from before it was kept: those cannot be replayed. */
  readonly inputs?: TickInputs;
  readonly digests: TickDigests;
  /** Digest over everything above and the previous tick's digest. */
  readonly digest: string;
  readonly previousDigest: string;
  /** Outside the digest. */
  readonly timings: {
    readonly foldMs: number;
    readonly gateMs: number;
    readonly formulateMs: number;
    readonly solveMs: number;
    readonly decodeMs: number;
  };
}
