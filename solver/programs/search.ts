// What an engine of branch and bound is: it answers any program under limits, and may be started from a point.
// Invariant: nothing it says is believed: points are checked by program.ts, and its bound is told as the engine's.
// Implemented by highsSearch.ts and glpkSearch.ts, called by solveProgram.ts and conflict.ts.
import type { Program } from './program.ts';

export type SearchEngineName = 'highs' | 'glpk';

export interface SearchLimits {
  /** Wall clock, kept by the engine itself; null: none. */
  readonly seconds: number | null;
  /** Nodes of the tree; null: none. An engine that cannot count them ignores it (`countsNodes`). */
  readonly nodes: number | null;
  /** A point to start from; null: none. An engine may ignore it. */
  readonly start: Float64Array | null;
}

export interface SearchNews {
  /** A better point, when there is one since the last news. */
  readonly point: Float64Array | null;
  /** Null: none yet. */
  readonly bound: number | null;
  readonly nodes: number;
  readonly seconds: number;
}

export interface SearchAnswer {
  readonly ended: 'optimal' | 'infeasible' | 'unbounded' | 'nodeLimit' | 'timeLimit' | 'failed';
  /** The best point found, as the engine has it; null: none. */
  readonly point: Float64Array | null;
  /** What the engine says that no point can pass; null: nothing. */
  readonly bound: number | null;
  /** Of a linear program's optimum, column -> what a step away from its bound would cost; null: not told. */
  readonly reducedCosts: Float64Array | null;
  readonly nodes: number;
  readonly simplexIterations: number;
}

export interface SearchEngine {
  readonly name: SearchEngineName;
  readonly build: string;
  /** Whether `nodes` limits it. */
  readonly countsNodes: boolean;
  search(program: Program, limits: SearchLimits, tell?: (news: SearchNews) => void): SearchAnswer;
}

export const NO_LIMITS: SearchLimits = { seconds: null, nodes: null, start: null };
