// What an engine is: something that answers a linear program and a small integer program under a work limit.
// Invariant: nothing an engine says is believed; plans are re-checked in integers and bounds come from its multipliers through verify.ts.
// Implemented by highs.ts, glpk.ts and exhaustive.ts, called by anytime.ts.
import type { EngineName } from '../solution.ts';

/** maximise objective x, subject to A x <= rowUpper, 0 <= x <= upper (Infinity: none), columns in compressed sparse form. */
export interface LinearProgram {
  readonly columnCount: number;
  readonly rowCount: number;
  readonly objective: Float64Array;
  readonly upper: Float64Array;
  /** Column -> 1 when `solveMip` must answer it in whole numbers; `solveLp` ignores it. */
  readonly integer: Uint8Array;
  readonly rowUpper: Float64Array;
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

/** Why it stopped is apart from what it has: a work limit may still leave multipliers. */
export interface LpAnswer {
  readonly stopped: 'optimal' | 'workLimit' | 'failed';
  /** The optimal point, null unless `optimal`. */
  readonly primal: Float64Array | null;
  /** Row multipliers >= 0 (the price of a unit of rowUpper), null when there are none. Any are valid, good ones make good bounds. */
  readonly multipliers: Float64Array | null;
  /** Made, or for an engine that tells no count, granted: an upper bound that counts the same on every machine. */
  readonly simplexIterations: number;
}

export interface MipAnswer {
  readonly stopped: 'optimal' | 'workLimit' | 'failed';
  /** The best point found, null when there is none. */
  readonly primal: Float64Array | null;
}

export interface Engine {
  readonly name: EngineName;
  /** Part of a tick's digest: the same build gives the same bytes. */
  readonly build: string;
  solveLp(program: LinearProgram, limit: { readonly simplexIterationsMax: number }): LpAnswer;
  /** An engine that cannot count nodes has a limit of its own, and `isReplayable` says so of what it answered. */
  solveMip(program: LinearProgram, limit: { readonly nodesMax: number }): MipAnswer;
}
