// What `annona solve` comes back with. Invariant: `optimal` only when bound and objective meet; the objective is that of the values, computed
// here and not by an engine. Made by solveProgram.ts and, when its process is gone, by node.ts.
import type { Conflict } from '../conflict.ts';
import {
  checkPoint,
  hasWholeObjective,
  isBetter,
  objectiveOf,
  type Program,
  programGap,
  rounded,
} from './program.ts';
import type { SearchEngineName } from './search.ts';

export type ProgramStatus = 'optimal' | 'feasible' | 'infeasible' | 'unbounded' | 'unknown';
export type ProgramEngineName = 'anytime' | SearchEngineName;
/** `certificate`: multipliers over the rows, checked in exact integers by verify.ts. `engine`: the engine's word. */
export type BoundFrom = 'certificate' | 'engine';

export interface ProgramAnswer {
  readonly status: ProgramStatus;
  /** Column -> value, null when there is no point. */
  readonly point: Float64Array | null;
  readonly objective: number | null;
  readonly bound: number | null;
  readonly boundFrom: BoundFrom | null;
  /** |bound - objective| / max(1, |bound|). */
  readonly gap: number | null;
  /** How the point was checked: `exact` in whole numbers, else rows within a relative 1e-6. */
  readonly checked: 'exact' | 'tolerance' | null;
  readonly engine: ProgramEngineName;
  readonly engineBuild: string;
  /** Counts of what was done, by name. */
  readonly work: Readonly<Record<string, number>>;
  readonly ended: 'complete' | 'workLimit' | 'timeLimit' | 'interrupted' | 'fault';
  /** Why `ended` is `fault`, or why the status is what it is, for a person. */
  readonly notes: readonly string[];
  readonly conflict: Conflict | null;
}

export interface ProvenBound {
  readonly bound: number;
  readonly boundFrom: BoundFrom;
}

/** The tighter of the two; between equals the one that can be checked. */
export function tighter(program: Program, a: ProvenBound | null, b: ProvenBound | null): ProvenBound | null {
  if (a === null || b === null) return a ?? b;
  if (a.bound === b.bound) return a.boundFrom === 'certificate' ? a : b;
  return isBetter(program, a.bound, b.bound) ? b : a;
}

/** An engine's bound as a whole number where only whole numbers can be reached; engines are off by their tolerances. */
export function engineBound(program: Program, bound: number | null): ProvenBound | null {
  if (bound === null || !Number.isFinite(bound)) return null;
  if (!hasWholeObjective(program)) return { bound, boundFrom: 'engine' };
  // Off by a tenth, a bound would be no bound: below it, a large one may be off by its last digits.
  const slack = Math.min(0.1, 1e-6 * Math.max(1, Math.abs(bound)));
  const whole = program.sense === 'maximise' ? Math.floor(bound + slack) : Math.ceil(bound - slack);
  return { bound: whole + 0, boundFrom: 'engine' };
}

export interface CheckedPoint {
  readonly point: Float64Array;
  readonly objective: number;
  readonly checked: 'exact' | 'tolerance';
}

/** Rounded and checked; null when it is no point of the program. */
export function checkedPoint(program: Program, given: Float64Array): CheckedPoint | null {
  const point = rounded(program, given);
  const check = checkPoint(program, point);
  if (!check.ok) return null;
  return { point, objective: objectiveOf(program, point), checked: check.exact ? 'exact' : 'tolerance' };
}

/** What the answer says of plan and bound together. A bound on the wrong side of the objective by a tolerance is the objective. */
export function claims(
  program: Program,
  best: CheckedPoint | null,
  proven: ProvenBound | null,
): Pick<ProgramAnswer, 'status' | 'point' | 'objective' | 'bound' | 'boundFrom' | 'gap' | 'checked'> {
  if (best === null) {
    const { bound, boundFrom } = proven ?? { bound: null, boundFrom: null };
    return { status: 'unknown', point: null, objective: null, bound, boundFrom, gap: null, checked: null };
  }
  if (proven === null) return { status: 'feasible', ...best, bound: null, boundFrom: null, gap: null };
  const met = !isBetter(program, proven.bound, best.objective) || isNear(program, proven, best.objective);
  const bound = met ? best.objective : proven.bound;
  return {
    status: met ? 'optimal' : 'feasible',
    ...best,
    bound,
    boundFrom: proven.boundFrom,
    gap: programGap(bound, best.objective),
  };
}

/** Engines close a gap of fractions to within 1e-6; whole objectives must meet. */
function isNear(program: Program, { bound, boundFrom }: ProvenBound, objective: number): boolean {
  return boundFrom === 'engine' && !hasWholeObjective(program) && programGap(bound, objective) <= 1e-6;
}
