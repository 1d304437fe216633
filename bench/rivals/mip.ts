// A tick's model with one class as the integer program that an engine alone would be given: groups become rows.
// Invariant: the same plans are feasible as in the model, the same worth. Called by child.ts.
import type { Model } from '../../solver/index.ts';

export interface MipRows {
  readonly columnCount: number;
  readonly rowUpper: Float64Array;
  readonly columnUpper: Float64Array;
  readonly objective: Float64Array;
  /** Column -> 1 when it must be whole: all but the excesses. */
  readonly integer: Int32Array;
  /** Compressed sparse rows. */
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

export function mipOf(model: Model): MipRows {
  const { columnCount, excessCount, groupCount, rowCount } = model;
  const all = columnCount + excessCount;
  const ofGroup = new Int32Array(groupCount + 1);
  for (const group of model.group) ofGroup[group + 1] = ofGroup[group + 1]! + 1;
  for (let g = 0; g < groupCount; g++) ofGroup[g + 1] = ofGroup[g + 1]! + ofGroup[g]!;
  const entries = model.values.length;
  return {
    columnCount: all,
    // Columns of one group are adjacent, so that its row is a run of ones.
    starts: Int32Array.of(...model.starts, ...ofGroup.subarray(1).map((end) => entries + end)),
    indices: Int32Array.of(...model.indices, ...model.group.keys()),
    values: Float64Array.of(...model.values, ...new Float64Array(columnCount).fill(1)),
    rowUpper: Float64Array.from({ length: rowCount + groupCount }, (_, i) =>
      i < rowCount ? model.rhs[i]! : 1,
    ),
    columnUpper: Float64Array.from({ length: all }, (_, j) =>
      j < columnCount ? 1 : model.excessUpper[j - columnCount]!,
    ),
    objective: Float64Array.from({ length: all }, (_, j) =>
      j < columnCount ? model.objective[j]! : -model.excessCost[j - columnCount]!,
    ),
    integer: Int32Array.from({ length: all }, (_, j) => (j < columnCount ? 1 : 0)),
  };
}
