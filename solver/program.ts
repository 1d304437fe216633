// A component of a stage as the methods see it: integer columns ("options") of shapes with a multiplicity, over the rows that can bind.
// Invariant: a plan of the program is a plan of the stage, value for value; every number is an integer. Made by components.ts from a
// view of the model, and here from a larger program by fixing grants; solved by bounding.ts, dive.ts and tree.ts.
import { Load } from './load.ts';
import type { Packing } from './packing.ts';

/**
 *   maximise   sum_q objective[q] x_q - sum_k excessCost[k] (e_k - e_k of the empty plan)
 *   subject to the rows of the packing, and per shape s: sum over its options of x_q <= multiplicity[s];  x_q >= 0 integer
 *
 * Columns of the packing are options; those of a shape are adjacent: shapeStarts[s]..shapeStarts[s+1]-1.
 */
export interface Program extends Packing {
  readonly shapeCount: number;
  readonly shapeStarts: Int32Array;
  /** Option -> shape. */
  readonly shapeOf: Int32Array;
  /** Shape -> groups it stands for. */
  readonly multiplicity: Int32Array;
  readonly objective: Float64Array;
  /** Excess -> the most that a plan can ask of it. */
  readonly excessMost: Float64Array;
}

/** A row `sum values x_options <= room` over grants alone. Options rise. */
export interface GrantRow {
  /** The program's row that it is, or begins with. */
  readonly row: number;
  /** Excesses whose defining rows have been added, so that they stand in it no more; empty for a row as it is. */
  readonly through: readonly number[];
  readonly options: Int32Array;
  readonly values: Float64Array;
  readonly room: number;
}

/** The program row by row; what excesses add to a row only takes room. */
export function grantRows(program: Program): GrantRow[] {
  const { columnCount, rowCount, starts, rows, values } = program;
  const rowStarts = new Int32Array(rowCount + 1);
  for (let e = 0; e < rows.length; e++) rowStarts[rows[e]! + 1] = rowStarts[rows[e]! + 1]! + 1;
  for (let i = 0; i < rowCount; i++) rowStarts[i + 1] = rowStarts[i + 1]! + rowStarts[i]!;
  const next = rowStarts.slice();
  const options = new Int32Array(rows.length);
  const rowValues = new Float64Array(rows.length);
  for (let q = 0; q < columnCount; q++) {
    for (let e = starts[q]!; e < starts[q + 1]!; e++) {
      const at = next[rows[e]!]!;
      next[rows[e]!] = at + 1;
      options[at] = q;
      rowValues[at] = values[e]!;
    }
  }
  return Array.from({ length: rowCount }, (_, row) => ({
    row,
    through: [],
    options: options.subarray(rowStarts[row], rowStarts[row + 1]),
    values: rowValues.subarray(rowStarts[row], rowStarts[row + 1]),
    room: program.rhs[row]!,
  }));
}

/**
 * A row with the defining rows of some excesses added: e_k >= lhs_k - rhs_k, so the row holds with lhs_k - rhs_k in the place of e_k.
 * `times`: how often each defining row is added, by excess.
 */
export function rowThrough(
  program: Program,
  rows: readonly GrantRow[],
  { row, times }: { row: number; times: ReadonlyMap<number, number> },
): GrantRow {
  const sum = new Map<number, number>();
  const add = ({ options, values }: GrantRow, factor: number): void => {
    for (let e = 0; e < options.length; e++)
      sum.set(options[e]!, (sum.get(options[e]!) ?? 0) + factor * values[e]!);
  };
  let room = program.rhs[row]!;
  add(rows[row]!, 1);
  for (const [k, factor] of times) {
    const defining = program.definingRow[k]!;
    add(rows[defining]!, factor);
    room += factor * program.rhs[defining]!;
  }
  const entries = [...sum].sort(([a], [b]) => a - b);
  return {
    row,
    through: [...times.keys()],
    options: Int32Array.from(entries, ([option]) => option),
    values: Float64Array.from(entries, ([, value]) => value),
    room,
  };
}

export interface Restriction {
  readonly program: Program;
  /** Option of the restricted program -> option of the larger one. */
  readonly optionOf: Int32Array;
  /** Row of the restricted program -> row of the larger one. */
  readonly rowOf: Int32Array;
  /** Excess of the restricted program -> excess of the larger one. */
  readonly excessOf: Int32Array;
  /** What the fixed grants are worth, less what the excesses they add cost. */
  readonly fixedValue: number;
}

/**
 * The program that is left when `fixed` (option -> count) stands and only the options with `open[q]` = 1 may still be granted.
 * `whole` drops what whole plans do not need: options that no longer fit, rows that nothing open enters. `priced` keeps both, for a
 * linear program takes parts, and a row that is full has a price all the same.
 */
export function restrict(
  program: Program,
  { fixed, open }: { readonly fixed: Int32Array; readonly open: Uint8Array },
  keep: 'whole' | 'priced',
): Restriction {
  const load = new Load(program);
  let fixedValue = load.cost;
  for (let q = 0; q < fixed.length; q++) {
    if (fixed[q]! > 0) fixedValue += load.addMost(q, fixed[q]!) * program.objective[q]!;
  }
  fixedValue -= load.cost;
  const taken = new Int32Array(program.shapeCount);
  for (let q = 0; q < fixed.length; q++) taken[program.shapeOf[q]!] = taken[program.shapeOf[q]!]! + fixed[q]!;
  const optionOf: number[] = [];
  for (let q = 0; q < program.columnCount; q++) {
    const shape = program.shapeOf[q]!;
    if (open[q] === 0 || taken[shape]! >= program.multiplicity[shape]!) continue;
    if (keep === 'priced' || load.fits(q)) optionOf.push(q);
  }
  const options = Int32Array.from(optionOf);
  const rows = rowsLeft(program, options, keep);
  const kept = keepRows(program, rows, { fixed, load });
  const shapes = shapesLeft(program, options, taken);
  return {
    program: {
      columnCount: options.length,
      ...shapes,
      objective: Float64Array.from(options, (q) => program.objective[q]!),
      ...kept,
      ...entriesLeft(program, options, rows),
    },
    optionOf: options,
    rowOf: Int32Array.from(rows.rows),
    excessOf: Int32Array.from(rows.excesses),
    fixedValue,
  };
}

type Shapes = Pick<Program, 'shapeCount' | 'shapeStarts' | 'shapeOf' | 'multiplicity'>;

function shapesLeft(program: Program, options: Int32Array, taken: Int32Array): Shapes {
  const starts: number[] = [];
  const multiplicity: number[] = [];
  const shapeOf = new Int32Array(options.length);
  let last = -1;
  for (let q = 0; q < options.length; q++) {
    const shape = program.shapeOf[options[q]!]!;
    if (shape !== last) {
      starts.push(q);
      multiplicity.push(program.multiplicity[shape]! - taken[shape]!);
      last = shape;
    }
    shapeOf[q] = starts.length - 1;
  }
  return {
    shapeCount: starts.length,
    shapeStarts: Int32Array.from([...starts, options.length]),
    shapeOf,
    multiplicity: Int32Array.from(multiplicity),
  };
}

interface RowsLeft {
  /** Row of the larger program -> row of the restricted one, or -1. */
  readonly local: Int32Array;
  readonly rows: readonly number[];
  /** Excess of the larger program -> of the restricted one, or -1: nothing that is open can move it. */
  readonly excess: Int32Array;
  readonly excesses: readonly number[];
}

/** A row is left when an open option enters it, or an excess that an open option can move. */
function rowsLeft(program: Program, options: Int32Array, keep: 'whole' | 'priced'): RowsLeft {
  const active = new Uint8Array(program.rowCount).fill(keep === 'priced' ? 1 : 0);
  for (const q of options) {
    for (let e = program.starts[q]!; e < program.starts[q + 1]!; e++) active[program.rows[e]!] = 1;
  }
  const local = new Int32Array(program.rowCount).fill(-1);
  const rows: number[] = [];
  const excess = new Int32Array(program.excessCount).fill(-1);
  const excesses: number[] = [];
  for (let row = 0; row < program.rowCount; row++) {
    if (active[row] === 0) continue;
    local[row] = rows.length;
    rows.push(row);
    const k = program.definedBy[row]!;
    if (k < 0) continue;
    excess[k] = excesses.length;
    excesses.push(k);
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) active[program.useRows[u]!] = 1;
  }
  return { local, rows, excess, excesses };
}

type Rows = Omit<Packing, 'columnCount' | 'starts' | 'rows' | 'values'> & Pick<Program, 'excessMost'>;

function keepRows(
  program: Program,
  { local, rows, excess, excesses }: RowsLeft,
  { fixed, load }: { fixed: Int32Array; load: Load },
): Rows {
  const used = new Float64Array(program.rowCount);
  for (let q = 0; q < fixed.length; q++) {
    if (fixed[q] === 0) continue;
    for (let e = program.starts[q]!; e < program.starts[q + 1]!; e++) {
      used[program.rows[e]!] = used[program.rows[e]!]! + fixed[q]! * program.values[e]!;
    }
  }
  // What an excess that stands still carries into a row is spent; one that can move stays a column.
  for (let k = 0; k < program.excessCount; k++) {
    if (excess[k]! >= 0) continue;
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) {
      used[program.useRows[u]!] = used[program.useRows[u]!]! + program.useValues[u]! * load.excess(k);
    }
  }
  const useStarts = new Int32Array(excesses.length + 1);
  const useRows: number[] = [];
  const useValues: number[] = [];
  for (const [i, k] of excesses.entries()) {
    for (let u = program.useStarts[k]!; u < program.useStarts[k + 1]!; u++) {
      useRows.push(local[program.useRows[u]!]!);
      useValues.push(program.useValues[u]!);
    }
    useStarts[i + 1] = useRows.length;
  }
  return {
    rowCount: rows.length,
    rhs: Float64Array.from(rows, (row) => program.rhs[row]! - used[row]!),
    excessCount: excesses.length,
    definedBy: Int32Array.from(rows, (row) => {
      const k = program.definedBy[row]!;
      return k < 0 ? -1 : excess[k]!;
    }),
    definingRow: Int32Array.from(excesses, (k) => local[program.definingRow[k]!]!),
    excessUpper: Float64Array.from(excesses, (k) => program.excessUpper[k]!),
    excessCost: Float64Array.from(excesses, (k) => program.excessCost[k]!),
    excessMost: Float64Array.from(excesses, (k) => program.excessMost[k]!),
    useStarts,
    useRows: Int32Array.from(useRows),
    useValues: Float64Array.from(useValues),
  };
}

function entriesLeft(
  program: Program,
  options: Int32Array,
  { local }: RowsLeft,
): Pick<Packing, 'starts' | 'rows' | 'values'> {
  const starts = new Int32Array(options.length + 1);
  for (let q = 0; q < options.length; q++) {
    starts[q + 1] = starts[q]! + program.starts[options[q]! + 1]! - program.starts[options[q]!]!;
  }
  const rows = new Int32Array(starts[options.length]!);
  const values = new Float64Array(rows.length);
  let at = 0;
  for (const q of options) {
    for (let e = program.starts[q]!; e < program.starts[q + 1]!; e++) {
      rows[at] = local[program.rows[e]!]!;
      values[at] = program.values[e]!;
      at++;
    }
  }
  return { starts, rows, values };
}
