// The smallest set of rows that clash, when a program has no point: an irreducible infeasible set by a deletion filter.
// Invariant: the rows told have no common point; `irreducible` when each was shown to be needed. Called by programs/solveProgram.ts.
// Deletion filter: Chinneck and Dravnieks, ORSA Journal on Computing 3 (1991); halves are dropped first, so that few rows cost few solves.
import { type Program, programWith } from './programs/program.ts';

export interface Conflict {
  /** Rising. */
  readonly rows: readonly number[];
  /** Bounds of columns without which the rows would have a point. */
  readonly bounds: readonly ConflictBound[];
  /** Whether whole numbers are part of the clash: with fractions the rows have a point. */
  readonly needsWhole: boolean;
  /** False when a question was too hard to answer: then what is told clashes, and less might. */
  readonly irreducible: boolean;
  /** How many programs were solved. */
  readonly questions: number;
}

export interface ConflictBound {
  readonly column: number;
  readonly side: 'lower' | 'upper';
}

/** `unknown`: the question was too hard within its limits. */
export type Feasibility = 'feasible' | 'infeasible' | 'unknown';
export type Ask = (program: Program) => Feasibility;

/** Null when `ask` does not find the program infeasible. */
export function conflictOf(given: Program, ask: Ask): Conflict | null {
  let questions = 0;
  const counted: Ask = (program) => {
    questions++;
    return ask(program);
  };
  const program = programWith(given, { objective: new Float64Array(given.objective.length) });
  // Fractions are the easier question, and where they clash already, whole numbers are no part of it.
  const relaxed = programWith(program, { integer: new Uint8Array(program.integer.length) });
  const needsWhole = counted(relaxed) !== 'infeasible';
  const clashing = needsWhole ? program : relaxed;
  if (needsWhole && counted(clashing) !== 'infeasible') return null;
  const rows = reduced(
    clashing.rowNames.map((_, i) => i),
    (kept) => counted(programWith(clashing, { rows: kept })),
  );
  const withRows = programWith(clashing, { rows: rows.kept });
  const bounds = reduced(boundsIn(withRows), (kept) => counted(withBounds(withRows, kept)));
  return {
    rows: rows.kept,
    bounds: bounds.kept,
    needsWhole,
    irreducible: rows.sure && bounds.sure,
    questions,
  };
}

/** Drops what is not needed: from halves down to single items, then every one that is left has been tried alone. */
function reduced<T>(
  items: readonly T[],
  ask: (kept: readonly T[]) => Feasibility,
): { kept: T[]; sure: boolean } {
  let kept = [...items];
  let sure = true;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      const found = ask(without);
      if (found === 'infeasible') kept = without;
      else {
        if (found === 'unknown' && size === 1) sure = false;
        at += size;
      }
    }
  }
  return { kept, sure };
}

/** The finite bounds of columns that stand in a row. */
function boundsIn({ indices, lower, upper }: Program): ConflictBound[] {
  const columns = [...new Set(indices)].sort((a, b) => a - b);
  return columns.flatMap((column) => [
    ...(Number.isFinite(lower[column]!) ? [{ column, side: 'lower' as const }] : []),
    ...(Number.isFinite(upper[column]!) ? [{ column, side: 'upper' as const }] : []),
  ]);
}

/** These bounds and no others. */
function withBounds(program: Program, kept: readonly ConflictBound[]): Program {
  const lower = new Float64Array(program.lower.length).fill(Number.NEGATIVE_INFINITY);
  const upper = new Float64Array(program.upper.length).fill(Number.POSITIVE_INFINITY);
  for (const { column, side } of kept) {
    if (side === 'lower') lower[column] = program.lower[column]!;
    else upper[column] = program.upper[column]!;
  }
  return programWith(program, { lower, upper });
}
