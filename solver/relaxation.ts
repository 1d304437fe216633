// A program as the linear program an engine sees, and the engine's prices as multipliers of the program's rows.
// Invariant: scales are powers of two, so the linear program is the program exactly and prices map back without error before rounding.
// Called by bounding.ts, dive.ts and tree.ts.
import type { LinearProgram } from './engines/engine.ts';
import type { Program } from './program.ts';

/** Multipliers are integers over this; rounding to 2^-10 already costs under 0.0001 % of a bound. */
export const MULTIPLIER_ONE = 2 ** 20;
/** Engines work to absolute tolerances of 1e-7: objective and coefficients beyond these would drown in them. */
const OBJECTIVE_MAX = 1e6;
const COEFFICIENT_MAX = 2 ** 20;

export interface Relaxation {
  /** Columns: the options, then the excesses. Rows: the program's rows, then one per shape with several options. */
  readonly lp: LinearProgram;
  /** Shape -> row of the linear program that holds its multiplicity, -1 where a single option's upper bound says the same. */
  readonly shapeRow: Int32Array;
  readonly rowScale: Float64Array;
  readonly excessScale: Float64Array;
  readonly objectiveScale: number;
}

export function relax(program: Program): Relaxation {
  const { columnCount, excessCount, rowCount } = program;
  const { rowScale, excessScale } = scalesOf(program);
  let largest = 1;
  for (let q = 0; q < columnCount; q++) largest = Math.max(largest, program.objective[q]!);
  const objectiveScale = powerOfTwoAbove(largest / OBJECTIVE_MAX);
  const shapeRow = shapeRowsOf(program);
  const width = columnCount + excessCount;
  const entryCount = program.rows.length + shapeRow.entries + excessCount + program.useRows.length;
  const starts = new Int32Array(width + 1);
  const rows = new Int32Array(entryCount);
  const values = new Float64Array(entryCount);
  const objective = new Float64Array(width);
  const upper = new Float64Array(width);
  let at = 0;
  const put = (row: number, value: number): void => {
    rows[at] = row;
    values[at] = value;
    at++;
  };
  for (let q = 0; q < columnCount; q++) {
    for (let e = program.starts[q]!; e < program.starts[q + 1]!; e++)
      put(program.rows[e]!, program.values[e]! / rowScale[program.rows[e]!]!);
    const shape = program.shapeOf[q]!;
    if (shapeRow.of[shape]! >= 0) put(shapeRow.of[shape]!, 1);
    starts[q + 1] = at;
    objective[q] = program.objective[q]! / objectiveScale;
    upper[q] = program.multiplicity[shape]!;
  }
  for (let k = 0; k < excessCount; k++) {
    const scale = excessScale[k]!;
    put(program.definingRow[k]!, -1);
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) {
      const row = program.useRows[u]!;
      put(row, (program.useValues[u]! * scale) / rowScale[row]!);
    }
    starts[columnCount + k + 1] = at;
    objective[columnCount + k] = (-program.excessCost[k]! / objectiveScale) * scale;
    // An upper bound that cannot be reached is left out: its price would not be one that the certificate's formula knows.
    const reachable = program.excessMost[k]! >= program.excessUpper[k]!;
    upper[columnCount + k] = reachable ? program.excessUpper[k]! / scale : Number.POSITIVE_INFINITY;
  }
  const rowUpper = new Float64Array(rowCount + shapeRow.counts.length);
  for (let i = 0; i < rowCount; i++) rowUpper[i] = program.rhs[i]! / rowScale[i]!;
  rowUpper.set(shapeRow.counts, rowCount);
  // A shape's row has a lower side too, so that a ratio test can flip a whole shape from granted to not without a pivot.
  const rowLower = new Float64Array(rowUpper.length).fill(0, rowCount);
  rowLower.fill(Number.NEGATIVE_INFINITY, 0, rowCount);
  const integer = new Uint8Array(width).fill(1, 0, columnCount);
  return {
    lp: {
      columnCount: width,
      rowCount: rowUpper.length,
      objective,
      upper,
      integer,
      rowLower,
      rowUpper,
      starts,
      rows,
      values,
    },
    shapeRow: shapeRow.of,
    rowScale,
    excessScale,
    objectiveScale,
  };
}

/** The engine's row prices as numerators over 2^20 for the program's rows; the shapes' own rows follow from them. */
export function numeratorsOf(
  program: Program,
  relaxation: Relaxation,
  answer: { readonly multipliers: Float64Array; readonly primal: Float64Array | null },
): Float64Array {
  const numerators = new Float64Array(program.rowCount);
  for (let i = 0; i < program.rowCount; i++) {
    const price = (answer.multipliers[i]! * relaxation.objectiveScale) / relaxation.rowScale[i]!;
    numerators[i] = Math.min(Math.max(0, Math.round(price * MULTIPLIER_ONE)), Number.MAX_SAFE_INTEGER);
  }
  evenOutExcesses(program, relaxation, { primal: answer.primal, numerators });
  return numerators;
}

/**
 * Rounding may leave cost_k + lambda A_k a hair below 0, and the box term charges that hair times the excess's upper bound. Where the
 * excess is not at its bound the true price is >= 0, so the defining row's multiplier is lowered to meet it. Later rows first: they define too.
 */
function evenOutExcesses(
  program: Program,
  relaxation: Relaxation,
  { primal, numerators }: { primal: Float64Array | null; numerators: Float64Array },
): void {
  for (let k = program.excessCount - 1; k >= 0; k--) {
    let worth = program.excessCost[k]! * MULTIPLIER_ONE;
    let rounding = 1;
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) {
      worth += numerators[program.useRows[u]!]! * program.useValues[u]!;
      rounding += program.useValues[u]!;
    }
    const row = program.definingRow[k]!;
    const column = program.columnCount + k;
    const inside = (primal?.[column] ?? 0) < relaxation.lp.upper[column]! * (1 - 1e-6);
    if (numerators[row]! > worth && (inside || numerators[row]! - worth <= rounding)) numerators[row] = worth;
  }
}

/** Rows are met in rising order, so an excess's own scale (its defining row's) is known before the rows that use it. */
function scalesOf(program: Program): { rowScale: Float64Array; excessScale: Float64Array } {
  const largest = new Float64Array(program.rowCount);
  for (let e = 0; e < program.rows.length; e++) {
    const row = program.rows[e]!;
    if (program.values[e]! > largest[row]!) largest[row] = program.values[e]!;
  }
  const excessScale = new Float64Array(program.excessCount);
  const rowScale = new Float64Array(program.rowCount);
  for (let i = 0; i < program.rowCount; i++) {
    rowScale[i] = powerOfTwoAbove(largest[i]! / COEFFICIENT_MAX);
    const k = program.definedBy[i]!;
    if (k < 0) continue;
    excessScale[k] = rowScale[i]!;
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) {
      const user = program.useRows[u]!;
      largest[user] = Math.max(largest[user]!, program.useValues[u]! * excessScale[k]!);
    }
  }
  return { rowScale, excessScale };
}

/** The least power of two >= value, at least 1. */
function powerOfTwoAbove(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}

/** Shape -> row that holds its multiplicity, -1 where a single option's upper bound says the same. */
function shapeRowsOf(program: Program): { of: Int32Array; counts: number[]; entries: number } {
  const counts: number[] = [];
  const of = new Int32Array(program.shapeCount).fill(-1);
  let entries = 0;
  for (let s = 0; s < program.shapeCount; s++) {
    const options = program.shapeStarts[s + 1]! - program.shapeStarts[s]!;
    if (options === 1) continue;
    of[s] = program.rowCount + counts.length;
    counts.push(program.multiplicity[s]!);
    entries += options;
  }
  return { of, counts, entries };
}
