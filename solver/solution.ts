// What comes back from a solve: why it stopped, what was found, and the multipliers that prove how good it is.
// Termination and result are apart (a work limit with a plan is a good answer). Read by scheduler/, the API and the verifier.

import type { Model } from './model.ts';

/** Counted work, the only limit of a solve: time would break replay. */
export interface Work {
  readonly simplexIterations: number;
  readonly lpCalls: number;
  readonly mipCalls: number;
}

export interface WorkBudget {
  /** Per LP call. */
  readonly simplexIterationsMax: number;
  readonly lpCallsMax: number;
}

export type EngineName = 'highs' | 'glpk' | 'exhaustive';

/**
 * How a stage was answered: `empty` no column fits alone; `fits` every request got its best column, no engine called;
 * `lp` the whole part of the LP kept and the rest filled greedily; `residual` the engine's MIP improved a residual of at most 30 columns;
 * `greedy` without any LP (after a fault, or the budget was spent before).
 */
export type StageMethod = 'empty' | 'fits' | 'lp' | 'residual' | 'greedy';

/** Multiplier of one row, an integer numerator over 2^20. Rows that are not listed have 0. */
export interface Multiplier {
  readonly row: number;
  readonly numerator: number;
}

/** Proof of a stage's bound: whoever holds the model, the frozen grants and these multipliers can compute it. */
export interface StageCertificate {
  readonly multipliers: readonly Multiplier[];
  /** Lower-case hex SHA-256 over what the stage froze, computed by the scheduler; empty string inside solver/. */
  readonly frozenDigest: string;
}

export interface StageOutcome {
  readonly stage: number;
  readonly method: StageMethod;
  /** Sum of objective over the stage's granted columns. */
  readonly value: number;
  /** floor of the certificate's bound, from `boundOf` in verify.ts; never below `value`. */
  readonly bound: number;
  /** (bound - value) / max(1, |bound|). */
  readonly gap: number;
  readonly certificate: StageCertificate;
}

export type Termination = 'complete' | 'workLimit' | 'fault';

/** Why an answer did not come from the asked engine. A recorded input of the tick. */
export type SolverFault = 'watchdog' | 'crash' | 'garbage' | 'refused';

export interface Solution {
  readonly termination: Termination;
  readonly fault: SolverFault | null;
  readonly engine: EngineName;
  /** Engine build, part of the digest of a tick ("highs 1.15.3 wasm:<sha256 prefix>"). */
  readonly engineBuild: string;
  /** True when any stage called an engine. */
  readonly engineCalled: boolean;
  /** Column -> 1 granted, 0 not. Always feasible in exact integers. */
  readonly granted: Uint8Array;
  readonly stages: readonly StageOutcome[];
  readonly work: Work;
}

export interface SolveOptions {
  readonly engine: EngineName;
  readonly budget: WorkBudget;
}

/** The solver as the scheduler asks it: in process, or a child with a watchdog; the same answers either way. */
export interface SolverService {
  /** Never rejects because of the engine: a fault is an answer with `fault` set. Rejects after `close`. */
  solve(model: Model, options: SolveOptions): Promise<Solution>;
  close(): Promise<void>;
}
