// What a plan fills: rows `lhs <= rhs` with non-negative coefficients, read by columns, and the excess columns that soften some of them.
// Invariant: rows rise within a column, a defining row stands before the rows that use its excess. A whole model is one (columns.ts), and
// so is a component of a stage (program.ts); filled by load.ts.

/** Every number is an integer in a double. */
export interface Packing {
  readonly columnCount: number;
  readonly rowCount: number;
  readonly rhs: Float64Array;
  /** Entries of column j are starts[j]..starts[j+1]-1. */
  readonly starts: Int32Array;
  readonly rows: Int32Array;
  readonly values: Float64Array;
  readonly excessCount: number;
  /** Row -> the excess it defines, or -1. */
  readonly definedBy: Int32Array;
  readonly definingRow: Int32Array;
  readonly excessUpper: Float64Array;
  /** What a unit of the excess takes off the value. */
  readonly excessCost: Float64Array;
  /** Uses of excess k are useStarts[k]..useStarts[k+1]-1. */
  readonly useStarts: Int32Array;
  readonly useRows: Int32Array;
  readonly useValues: Float64Array;
}
