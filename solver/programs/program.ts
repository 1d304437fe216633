// A mixed-integer linear program as people write them in files: any bounds, any rows, either sense. A tick's own program is model.ts.
// Invariant: every number is finite but for bounds and sides, where an infinity means that there is none. Built by files/ and
// modelProgram.ts, read by packing.ts, conflict.ts and the engines of programs/.
import { asWhole } from './wholeNumbers.ts';

/**
 *   minimise or maximise  offset + sum_j objective[j] x_j
 *   subject to            rowLower[i] <= sum_j a_ij x_j <= rowUpper[i]    every row i
 *                         lower[j] <= x_j <= upper[j],  x_j whole where integer[j] = 1
 */
export interface Program {
  readonly name: string;
  readonly sense: 'maximise' | 'minimise';
  readonly offset: number;
  /** Unique. */
  readonly columnNames: readonly string[];
  readonly objective: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly integer: Uint8Array;
  /** Unique. */
  readonly rowNames: readonly string[];
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  /** Compressed sparse rows: entries of row i are starts[i]..starts[i+1]-1. Column indices rise within a row; no value is 0. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** Beyond this, two whole numbers are one double. */
export const LARGEST = Number.MAX_SAFE_INTEGER;

/** What engines accept as "on the row", relative to the size of its terms; HiGHS's own default is 1e-7 on scaled rows. */
const ROW_TOLERANCE = 1e-6;
const WHOLE_TOLERANCE = 1e-5;

/** Objective and constant as whole numbers over a power of ten; null when they have too many digits. */
export interface WholeObjective {
  readonly scale: number;
  readonly coefficients: readonly number[];
  readonly offset: number;
}

export function wholeObjective({ objective, offset }: Program): WholeObjective | null {
  const found = asWhole([offset, ...objective]);
  if (found === null) return null;
  const [first = 0, ...coefficients] = found.whole;
  return { scale: found.scale, coefficients, offset: first };
}

/** Exact where point and objective can be counted in whole numbers: equal worths are then equal numbers. */
export function objectiveOf(program: Program, point: Float64Array): number {
  const whole = wholeObjective(program);
  const exact = whole && wholeWorth(whole, point);
  if (whole !== null && exact !== null) return exact / whole.scale + 0;
  let sum = program.offset;
  for (let j = 0; j < point.length; j++) sum += program.objective[j]! * point[j]!;
  return sum;
}

/** Null where the sum is no safe whole number. */
export function wholeWorth({ coefficients, offset }: WholeObjective, point: Float64Array): number | null {
  let sum = offset;
  for (let j = 0; j < point.length; j++) {
    const term = coefficients[j]! * point[j]!;
    sum += term;
    if (!Number.isSafeInteger(term) || !Number.isSafeInteger(sum)) return null;
  }
  return sum + 0;
}

/** (bound - objective) / max(1, |bound|) in size, whichever the sense. */
export function programGap(bound: number, objective: number): number {
  return Math.abs(bound - objective) / Math.max(1, Math.abs(bound));
}

/** Whether `a` is the better objective. */
export function isBetter({ sense }: Program, a: number, b: number): boolean {
  return sense === 'maximise' ? a > b : a < b;
}

/** True when every objective that can occur is a whole number: a bound may then be rounded to one. */
export function hasWholeObjective({ objective, integer, offset }: Program): boolean {
  if (!Number.isSafeInteger(offset)) return false;
  return objective.every((c, j) => c === 0 || (integer[j] === 1 && Number.isSafeInteger(c)));
}

export type PointCheck =
  /** `exact`: all arithmetic was on whole numbers below 2^53. Otherwise rows hold within a relative 1e-6. */
  | { readonly ok: true; readonly exact: boolean }
  | { readonly ok: false; readonly broken: 'row' | 'column'; readonly index: number; readonly by: number };

/** Whole columns to the nearest whole number, every column into its bounds: engines are off by their tolerances. */
export function rounded(program: Program, point: Float64Array): Float64Array {
  return point.map((value, j) => {
    const whole = program.integer[j] === 1 ? Math.round(value) : value;
    // `+ 0` turns -0 into 0: it would be told as "-0".
    return Math.min(Math.max(whole, program.lower[j]!), program.upper[j]!) + 0;
  });
}

/** Every bound, every whole number, every row, by code that shares nothing with an engine. */
export function checkPoint(program: Program, point: Float64Array): PointCheck {
  let exact = true;
  for (let j = 0; j < program.columnNames.length; j++) {
    const value = point[j]!;
    const below = Math.max(program.lower[j]! - value, value - program.upper[j]!);
    if (!Number.isFinite(value) || below > 0) return { ok: false, broken: 'column', index: j, by: below };
    const off = Math.abs(value - Math.round(value));
    if (program.integer[j] === 1 && off > WHOLE_TOLERANCE)
      return { ok: false, broken: 'column', index: j, by: off };
  }
  for (let i = 0; i < program.rowNames.length; i++) {
    const row = activityOf(program, i, point);
    const over = Math.max(program.rowLower[i]! - row.activity, row.activity - program.rowUpper[i]!);
    exact &&= row.exact;
    if (over > (row.exact ? 0 : ROW_TOLERANCE * Math.max(1, row.size)))
      return { ok: false, broken: 'row', index: i, by: over };
  }
  return { ok: true, exact };
}

/** Size: sum of the terms without their signs. Exact while it is a safe whole number made of whole terms. */
function activityOf(
  { starts, indices, values }: Program,
  row: number,
  point: Float64Array,
): { activity: number; size: number; exact: boolean } {
  let activity = 0;
  let size = 0;
  let whole = true;
  for (let e = starts[row]!; e < starts[row + 1]!; e++) {
    const value = values[e]!;
    const x = point[indices[e]!]!;
    activity += value * x;
    size += Math.abs(value * x);
    whole &&= Number.isInteger(value) && Number.isInteger(x);
  }
  return { activity, size, exact: whole && size <= LARGEST };
}

/** The same program with some of its rows, and other bounds. */
export function programWith(
  program: Program,
  change: {
    readonly rows?: readonly number[];
    readonly lower?: Float64Array;
    readonly upper?: Float64Array;
    readonly objective?: Float64Array;
    readonly integer?: Uint8Array;
  },
): Program {
  const { rows, ...columns } = change;
  return { ...program, ...columns, ...(rows && rowsOf(program, rows)) };
}

function rowsOf(
  program: Program,
  rows: readonly number[],
): Pick<Program, 'rowNames' | 'rowLower' | 'rowUpper' | 'starts' | 'indices' | 'values'> {
  const starts = new Int32Array(rows.length + 1);
  for (const [at, i] of rows.entries())
    starts[at + 1] = starts[at]! + program.starts[i + 1]! - program.starts[i]!;
  const indices = new Int32Array(starts[rows.length]!);
  const values = new Float64Array(starts[rows.length]!);
  for (const [at, i] of rows.entries()) {
    indices.set(program.indices.subarray(program.starts[i]!, program.starts[i + 1]!), starts[at]!);
    values.set(program.values.subarray(program.starts[i]!, program.starts[i + 1]!), starts[at]!);
  }
  return {
    rowNames: rows.map((i) => program.rowNames[i]!),
    rowLower: Float64Array.from(rows, (i) => program.rowLower[i]!),
    rowUpper: Float64Array.from(rows, (i) => program.rowUpper[i]!),
    starts,
    indices,
    values,
  };
}

/** Entries by column, for engines that want them so. Row indices rise within a column. */
export function byColumn({ columnNames, rowNames, starts, indices, values }: Program): {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  readonly values: Float64Array;
} {
  const columnStarts = new Int32Array(columnNames.length + 1);
  for (const j of indices) columnStarts[j + 1] = columnStarts[j + 1]! + 1;
  for (let j = 0; j < columnNames.length; j++) columnStarts[j + 1] = columnStarts[j + 1]! + columnStarts[j]!;
  const next = columnStarts.slice();
  const rows = new Int32Array(indices.length);
  const columnValues = new Float64Array(indices.length);
  for (let i = 0; i < rowNames.length; i++) {
    for (let e = starts[i]!; e < starts[i + 1]!; e++) {
      const j = indices[e]!;
      rows[next[j]!] = i;
      columnValues[next[j]!] = values[e]!;
      next[j] = next[j]! + 1;
    }
  }
  return { starts: columnStarts, rows, values: columnValues };
}
