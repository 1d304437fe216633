// What is kept of a tick: its inputs and the digests of what followed, so that it can be derived again. Inputs, not state.
// Invariant: at most 2 KB + 150 B per new request or Decision; timings stand outside the digest; ticks are chained by hash.

import type { SolverFault, StageMethod, Work } from '../../solver/index.ts';
import type { Epoch, LeaseId } from './ids.ts';
import type { PastUse } from './pastUse.ts';
import type { Instant } from './quantity.ts';

export interface TickDigests {
  readonly snapshot: string;
  readonly model: string;
  readonly plan: string;
  readonly certificate: string;
}

export interface StageRecord {
  readonly stage: number;
  readonly class: string;
  readonly method: StageMethod;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  /** Row name -> numerator over 2^20; rows with 0 are left out. */
  readonly multipliers: readonly (readonly [string, number])[];
  readonly frozenDigest: string;
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
  readonly work: Work;
  readonly fault: SolverFault | null;
  readonly termination: 'complete' | 'workLimit' | 'fault' | 'none';
  readonly stages: readonly StageRecord[];
  /** As it stood before this tick's changes, so that the use since then follows from the leases. */
  readonly pastUse?: PastUse;
  readonly counts: TickCounts;
  /** Leases that heartbeats activated, and those that time or silence ended: outside facts, so inputs. */
  readonly activated: readonly LeaseId[];
  readonly lapsed: readonly LeaseId[];
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
