// What an engine is: something that answers a linear program, keeps one alive while rows and bounds change, and answers a small integer
// program, all under work limits. Invariant: nothing an engine says is believed; plans are re-checked in integers and bounds come from its
// multipliers through verify.ts. Implemented by highs.ts, glpk.ts and exhaustive.ts, called by bounding.ts, dive.ts and tree.ts.
import type { EngineName } from '../solution.ts';

/**
 * maximise objective x, subject to A x <= rowUpper, 0 <= x <= upper (Infinity: none), columns in compressed sparse form.
 * Every point keeps A x >= rowLower as well (-Infinity: nothing known): for engines that profit from a row with two sides.
 */
export interface LinearProgram {
  readonly columnCount: number;
  readonly rowCount: number;
  readonly objective: Float64Array;
  readonly upper: Float64Array;
  /** Column -> 1 when `solveMip` must answer it in whole numbers; `solveLp` ignores it. */
  readonly integer: Uint8Array;
  readonly rowLower: Float64Array;
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

/** Rows `sum values x <= upper` in compressed sparse form; columns rise within a row. */
export interface AddedRows {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly upper: Float64Array;
}

/** A vertex by what is basic and where the rest stands: 0 at its lower bound, 1 basic, 2 at its upper bound. */
export interface Basis {
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

/**
 * A linear program that lives within one solve and is answered again after each change, from where the last run ended. It must be
 * disposed, and is never kept between solves: one that was gave other bits in 5 of 5 runs.
 */
export interface LiveLp {
  addRows(rows: AddedRows): void;
  /** Bounds of these columns, which rise. */
  changeBounds(columns: Int32Array, lower: Float64Array, upper: Float64Array): void;
  /** Multipliers: one per row, the added ones last. */
  run(limit: { readonly simplexIterationsMax: number }): LpAnswer;
  /** Null where the engine tells none. */
  basis(): Basis | null;
  /** Where the next run starts; an engine that cannot start anywhere ignores it. */
  startFrom(basis: Basis): void;
  dispose(): void;
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
  openLp(program: LinearProgram): LiveLp;
  /** An engine that cannot count nodes has a limit of its own, and `isReplayable` says so of what it answered. */
  solveMip(program: LinearProgram, limit: { readonly nodesMax: number }): MipAnswer;
}
