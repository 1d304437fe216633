// The rows of a program as packing rows, if they are: one side each, seen from the bound of every column from which the row only fills.
// Invariant: whole numbers, coefficients > 0, room >= 0. Called by packing.ts.
import type { Program } from './program.ts';
import { asWhole } from './wholeNumbers.ts';

export interface PackingRow {
  readonly name: string;
  readonly columns: Int32Array;
  readonly coefficients: Float64Array;
  readonly room: number;
}

export type PackingRows =
  | {
      readonly kind: 'rows';
      readonly rows: readonly PackingRow[];
      /** Column -> 1: from its lower bound upwards; -1: from its upper bound downwards. */
      readonly direction: Int8Array;
    }
  | { readonly kind: 'infeasible'; readonly why: string }
  | { readonly kind: 'other'; readonly why: string };

interface OneSided {
  readonly row: number;
  /** 1: sum <= side; -1: -sum <= -side. */
  readonly sign: 1 | -1;
}

export function packingRows(program: Program): PackingRows {
  const sides: OneSided[] = [];
  for (let row = 0; row < program.rowNames.length; row++) {
    const found = sidesThatBind(program, row);
    if (found.length > 1) {
      const equation = program.rowLower[row] === program.rowUpper[row];
      return {
        kind: 'other',
        why: `row ${program.rowNames[row]} ${equation ? 'is an equation' : 'has two sides'}`,
      };
    }
    for (const sign of found) sides.push({ row, sign });
  }
  const direction = new Int8Array(program.columnNames.length);
  for (const { row, sign } of sides) {
    for (let e = program.starts[row]!; e < program.starts[row + 1]!; e++) {
      const j = program.indices[e]!;
      const way = sign * program.values[e]! > 0 ? 1 : -1;
      if (direction[j] === -way)
        return { kind: 'other', why: `column ${program.columnNames[j]} stands in rows with both signs` };
      direction[j] = way;
    }
  }
  for (let j = 0; j < direction.length; j++) if (direction[j] === 0) direction[j] = freeDirection(program, j);
  return wholeRows(program, sides, direction);
}

/** Without the sides that the bounds of the columns keep already. */
function sidesThatBind(program: Program, row: number): (1 | -1)[] {
  const { rowLower, rowUpper } = program;
  const signs: (1 | -1)[] = [];
  if (rowUpper[row] !== Number.POSITIVE_INFINITY && !(mostOf(program, row, 1) <= rowUpper[row]!))
    signs.push(1);
  if (rowLower[row] !== Number.NEGATIVE_INFINITY && !(mostOf(program, row, -1) <= -rowLower[row]!))
    signs.push(-1);
  return signs;
}

/** The most that sign * row can be; infinite as well where it is no sum of whole numbers, which may be off in its last digit. */
function mostOf({ starts, indices, values, lower, upper }: Program, row: number, sign: 1 | -1): number {
  let most = 0;
  for (let e = starts[row]!; e < starts[row + 1]!; e++) {
    const j = indices[e]!;
    const value = sign * values[e]!;
    most += value * (value > 0 ? upper[j]! : lower[j]!);
    if (!Number.isInteger(value) || !Number.isSafeInteger(most)) return Number.POSITIVE_INFINITY;
  }
  return most;
}

/** A column in no row that binds goes to its better bound: a step away from the other is worth something. */
function freeDirection({ sense, objective, lower, upper }: Program, j: number): 1 | -1 {
  const gain = sense === 'maximise' ? objective[j]! : -objective[j]!;
  if (gain > 0) return Number.isFinite(lower[j]!) || !Number.isFinite(upper[j]!) ? 1 : -1;
  return Number.isFinite(upper[j]!) && (gain < 0 || !Number.isFinite(lower[j]!)) ? -1 : 1;
}

function wholeRows(program: Program, sides: readonly OneSided[], direction: Int8Array): PackingRows {
  const rows: PackingRow[] = [];
  for (const { row, sign } of sides) {
    const name = program.rowNames[row]!;
    const { starts, indices, values } = program;
    const columns = indices.slice(starts[row]!, starts[row + 1]!);
    const side = sign === 1 ? program.rowUpper[row]! : -program.rowLower[row]!;
    const whole = asWhole([side, ...values.subarray(starts[row]!, starts[row + 1]!)])?.whole;
    if (whole === undefined)
      return { kind: 'other', why: `row ${name} has more digits than can be counted in whole numbers` };
    const coefficients = Float64Array.from(whole.slice(1), Math.abs);
    let room = whole[0]!;
    for (const [e, j] of columns.entries()) {
      const base = direction[j] === 1 ? program.lower[j]! : program.upper[j]!;
      if (!Number.isFinite(base))
        return { kind: 'other', why: `column ${program.columnNames[j]} has no bound to start from` };
      room -= direction[j]! * coefficients[e]! * base;
      if (!Number.isSafeInteger(room))
        return { kind: 'other', why: `row ${name} is too large for whole numbers` };
    }
    if (room < 0) return { kind: 'infeasible', why: `row ${name} cannot be met, whatever its columns are` };
    rows.push({ name, columns, coefficients, room });
  }
  return { kind: 'rows', rows, direction };
}
