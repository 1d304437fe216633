// What comes back from a solve: why it stopped, what was found, and the multipliers that prove how good it is.
// Termination and result are apart (a work limit with a plan is a good answer). Read by scheduler/, the API and the verifier.

import type { Model } from './model.ts';

/** Counted work, the only limit of a solve: time would break replay. */
export interface Work {
  readonly simplexIterations: number;
  readonly lpCalls: number;
  readonly mipCalls: number;
  /** Cells of dynamic programming in cut separation and lifting. */
  readonly dpCells: number;
}

/**
 * What a solve may work, in units: simplex iterations, LP calls and cells of dynamic programming, each weighed by the size of what it is
 * done on (work.ts). A unit is about a microsecond, on a machine where it was measured; what counts is that it is the same on all.
 */
export interface WorkBudget {
  readonly unitsMax: number;
  /** Present: 30,000 units and so many more per column, at most `unitsMax`, so that a small tick does not search as long as a large one. */
  readonly unitsPerColumn?: number;
  /** A relative gap at which the search for a better plan ends; absent: 1e-4. */
  readonly gapEnough?: number;
}

export type EngineName = 'highs' | 'glpk' | 'exhaustive';

/**
 * How a stage was answered: `empty` no column fits alone; `fits` every request got its best column, no engine called;
 * `exact` proved by a small tree; `lp` the whole part of the LP kept and the rest filled greedily; `core` a restricted core improved
 * the LP's plan; `greedy` without any LP (after a fault, or the budget was spent before).
 */
export type StageMethod = 'empty' | 'fits' | 'exact' | 'lp' | 'core' | 'greedy';

/** Multiplier of one row, an integer numerator over 2^20. Rows that are not listed have 0. */
export interface Multiplier {
  readonly row: number;
  readonly numerator: number;
}

/**
 * An inequality sum coefficients[i] x_columns[i] <= rhs that follows from one base row (with the room the frozen grants leave) and one
 * column per group at most. It holds for the stage's columns that fit beside the frozen grants; others may be left out.
 *
 * The checker asks for the least of the base row that columns worth more than `rhs` together would take, by dynamic programming over
 * their worth (0..rhs+1), and accepts when that is more than the room. No room is too large, so rows need no rounding first; what
 * counts is (rhs + 2) x items <= 2^28 summed over a certificate's rows. Items: per distinct coefficient p the ceil((rhs + 1) / p)
 * lightest groups with one useful column, and every group with several (no other column at most as heavy is worth as much).
 */
export interface DerivedRow {
  readonly row: number;
  /**
   * Excesses that the base row stands free of, in this order: for each, its defining row is added as often as the excess stands in the
   * row by then, which takes it out. What is left of other excesses must not be negative. Absent: the base row as it is.
   */
  readonly through?: Int32Array;
  /** Rising. */
  readonly columns: Int32Array;
  /** Positive integers, at most 2^21 so that the row can be stored; one above `rhs` forbids its column. */
  readonly coefficients: Int32Array;
  readonly rhs: number;
}

/** Multiplier of derivedRows[derived], an integer numerator over 2^20. */
export interface DerivedMultiplier {
  readonly derived: number;
  readonly numerator: number;
}

export interface ProofLeaf {
  readonly multipliers: readonly Multiplier[];
  readonly derivedMultipliers: readonly DerivedMultiplier[];
}

/** Both sides of a branching on a structural column: x_column = 0 and x_column = 1. */
export interface ProofBranch {
  readonly column: number;
  readonly zero: Proof;
  readonly one: Proof;
}

export type Proof = ProofLeaf | ProofBranch;

/** Proof of a stage's bound: whoever holds the model, the frozen grants and these multipliers can compute it. */
export interface StageCertificate {
  readonly derivedRows: readonly DerivedRow[];
  readonly proof: Proof;
  /** Lower-case hex SHA-256 over what the stage froze, computed by the scheduler; empty string inside solver/. */
  readonly frozenDigest: string;
}

export interface StageOutcome {
  readonly stage: number;
  readonly method: StageMethod;
  /** Sum of objective over the stage's granted columns, less the cost of the excess that they add. */
  readonly value: number;
  /** floor of the certificate's bound, the largest of its leaves', from `boundOf` in verify.ts; never below `value`. */
  readonly bound: number;
  /** (bound - value) / max(1, |bound|). */
  readonly gap: number;
  readonly certificate: StageCertificate;
  /** Work of the whole solve when the stage stopped. */
  readonly work: Work;
  readonly ended: 'complete' | 'workLimit';
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
  /** For the next solve of a model like this one; null when it was too small, or needed no engine. */
  readonly carry: Warm | null;
}

/** A better plan, or the last one, of a stage. Its bound is what `boundOf` makes of the certificate. */
export interface SolveProgress {
  readonly stage: number;
  readonly granted: readonly number[];
  readonly certificate: StageCertificate;
  /** Of the whole solve so far. */
  readonly work: Work;
}

/** Where the next solve may start: prices of rows by name, numerators over 2^20, per stage. Plain data, to be recorded as an input. */
export interface Warm {
  readonly stages: readonly {
    readonly stage: number;
    readonly prices: readonly (readonly [row: string, numerator: number])[];
  }[];
}

export interface SolveOptions {
  readonly engine: EngineName;
  readonly budget: WorkBudget;
  /** `carry` of the solve before; null or absent: cold. */
  readonly warm?: Warm | null;
  /** Called between steps, so that a benchmark can take the time; never by the solver process. */
  readonly progress?: (progress: SolveProgress) => void;
}

/** The solver as the scheduler asks it: in process, or a child with a watchdog; the same answers either way. */
export interface SolverService {
  /** Never rejects because of the engine: a fault is an answer with `fault` set. Rejects after `close`. */
  solve(model: Model, options: SolveOptions): Promise<Solution>;
  close(): Promise<void>;
}
