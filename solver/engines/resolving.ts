// A live linear program for an engine that keeps none: each run is a fresh question of everything added so far.
// Invariant: same answers as a live one, at the price of a cold start each. Called by glpk.ts and exhaustive.ts.
import type { AddedRows, LinearProgram, LiveLp, LpAnswer } from './engine.ts';

type SolveLp = (program: LinearProgram, limit: { readonly simplexIterationsMax: number }) => LpAnswer;

export function openByResolving(program: LinearProgram, solveLp: SolveLp): LiveLp {
  const added: AddedRows[] = [];
  const lower = new Float64Array(program.columnCount);
  const upper = program.upper.slice();
  return {
    addRows: (rows) => {
      added.push(rows);
    },
    changeBounds: (columns, from, to) => {
      columns.forEach((column, i) => {
        lower[column] = from[i]!;
        upper[column] = to[i]!;
      });
    },
    run: (limit) => {
      const answer = solveLp(shifted(withRows({ ...program, upper }, added), lower), limit);
      return { ...answer, primal: answer.primal?.map((x, column) => x + lower[column]!) ?? null };
    },
    basis: () => null,
    startFrom: () => {},
    dispose: () => {},
  };
}

function withRows(program: LinearProgram, added: readonly AddedRows[]): LinearProgram {
  const entries: [row: number, value: number][][] = Array.from(
    { length: program.columnCount },
    (_, column) => {
      const own: [number, number][] = [];
      for (let e = program.starts[column]!; e < program.starts[column + 1]!; e++)
        own.push([program.rows[e]!, program.values[e]!]);
      return own;
    },
  );
  const rowUpper = [...program.rowUpper];
  for (const { starts, columns, values, upper } of added) {
    for (let row = 0; row < upper.length; row++) {
      for (let e = starts[row]!; e < starts[row + 1]!; e++)
        entries[columns[e]!]!.push([rowUpper.length, values[e]!]);
      rowUpper.push(upper[row]!);
    }
  }
  const unknown = new Array<number>(rowUpper.length - program.rowCount).fill(Number.NEGATIVE_INFINITY);
  const starts = new Int32Array(program.columnCount + 1);
  for (const [column, own] of entries.entries()) starts[column + 1] = starts[column]! + own.length;
  return {
    ...program,
    rowCount: rowUpper.length,
    rowLower: Float64Array.from([...program.rowLower, ...unknown]),
    rowUpper: Float64Array.from(rowUpper),
    starts,
    rows: Int32Array.from(entries.flat(), ([row]) => row),
    values: Float64Array.from(entries.flat(), ([, value]) => value),
  };
}

/** With x = lower + x', the program in x': an engine's columns start at 0. */
function shifted(program: LinearProgram, lower: Float64Array): LinearProgram {
  const rowUpper = program.rowUpper.slice();
  for (let column = 0; column < program.columnCount; column++) {
    if (lower[column] === 0) continue;
    for (let e = program.starts[column]!; e < program.starts[column + 1]!; e++)
      rowUpper[program.rows[e]!] = rowUpper[program.rows[e]!]! - lower[column]! * program.values[e]!;
  }
  return { ...program, rowUpper, upper: program.upper.map((most, column) => most - lower[column]!) };
}
