// The model read by columns, and the excess columns read by the rows that define and use them.
// Invariant: rows rise within a column, so that a defining row is met before the rows that use its excess. Built once per solve.
import type { Model } from './model.ts';
import type { Packing } from './packing.ts';

export interface Columns extends Packing {
  /** Group g owns the columns groupStarts[g]..groupStarts[g+1]-1. */
  readonly groupStarts: Int32Array;
  /** Distinct stages, ascending. */
  readonly stages: readonly number[];
}

export function columnsOf(model: Model): Columns {
  const { columnCount, excessCount, rowCount } = model;
  const counts = new Int32Array(columnCount + excessCount + 1);
  const definedBy = new Int32Array(rowCount).fill(-1);
  for (let k = 0; k < excessCount; k++) definedBy[model.definingRow[k]!] = k;
  const definesHere = (row: number, column: number): boolean =>
    column >= columnCount && definedBy[row] === column - columnCount;
  for (let row = 0; row < rowCount; row++) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      if (!definesHere(row, model.indices[e]!))
        counts[model.indices[e]! + 1] = counts[model.indices[e]! + 1]! + 1;
    }
  }
  for (let j = 0; j < columnCount + excessCount; j++) counts[j + 1] = counts[j + 1]! + counts[j]!;
  const next = counts.slice();
  const rows = new Int32Array(counts[columnCount + excessCount]!);
  const values = new Float64Array(rows.length);
  for (let row = 0; row < rowCount; row++) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const column = model.indices[e]!;
      if (definesHere(row, column)) continue;
      const at = next[column]!;
      next[column] = at + 1;
      rows[at] = row;
      values[at] = model.values[e]!;
    }
  }
  const split = counts[columnCount]!;
  return {
    columnCount,
    rowCount,
    rhs: model.rhs,
    excessCount,
    definingRow: model.definingRow,
    excessUpper: model.excessUpper,
    excessCost: model.excessCost,
    starts: counts.subarray(0, columnCount + 1),
    rows: rows.subarray(0, split),
    values: values.subarray(0, split),
    definedBy,
    useStarts: counts.slice(columnCount).map((start) => start - split),
    useRows: rows.subarray(split),
    useValues: values.subarray(split),
    groupStarts: groupStartsOf(model),
    stages: [...new Set(model.stage)].sort((a, b) => a - b),
  };
}

function groupStartsOf(model: Model): Int32Array {
  const starts = new Int32Array(model.groupCount + 1);
  for (let j = 0; j < model.columnCount; j++) starts[model.group[j]! + 1] = starts[model.group[j]! + 1]! + 1;
  for (let g = 0; g < model.groupCount; g++) starts[g + 1] = starts[g + 1]! + starts[g]!;
  return starts;
}
