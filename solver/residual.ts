// The residual program: at most 30 options that the LP was undecided about, the rest of its whole part fixed.
// Invariant: its answer is only a proposal of counts; fill.ts grants what fits exactly. Called by anytime.ts.
import type { LinearProgram } from './engines/engine.ts';
import type { StageView } from './presolve.ts';
import { ColumnDraft, type Relaxation } from './relaxation.ts';

/** Exact trees of an engine stay within 5-60 ms up to here; beyond, 20 nodes reached a 1 s wall in 17 of 30 runs. */
export const RESIDUAL_COLUMNS_MAX = 30;

/** Primal values this close to a whole number are that number. */
export const WHOLE_TOLERANCE = 1e-6;

export interface Residual {
  readonly program: LinearProgram;
  /** Program column -> option. */
  readonly options: Int32Array;
  /** Option -> count that stays fixed. */
  readonly fixed: Int32Array;
}

export function wholePart(primal: Float64Array, optionCount: number): Int32Array {
  return Int32Array.from(primal.subarray(0, optionCount), (x) => Math.floor(x + WHOLE_TOLERANCE));
}

/** Fractional options first, then those whose reduced price is nearest to zero: the core of Balas and Zemel (1980). */
export function residualOf(
  view: StageView,
  relaxation: Relaxation,
  from: { readonly primal: Float64Array; readonly prices: Float64Array },
): Residual {
  const optionCount = view.optionShape.length;
  const whole = wholePart(from.primal, optionCount);
  const doubt = Float64Array.from(from.prices, (price, q) =>
    from.primal[q]! - whole[q]! > WHOLE_TOLERANCE ? -1 : Math.abs(price),
  );
  const ranked = Int32Array.from(doubt.keys()).sort((a, b) => doubt[a]! - doubt[b]! || a - b);
  const options = ranked.slice(0, RESIDUAL_COLUMNS_MAX).sort();
  const fixed = whole.slice();
  for (const option of options) fixed[option] = 0;
  return { program: programOf(view, relaxation, { options, fixed }), options, fixed };
}

function programOf(
  view: StageView,
  relaxation: Relaxation,
  { options, fixed }: { options: Int32Array; fixed: Int32Array },
): LinearProgram {
  const { program } = relaxation;
  const room = program.rowUpper.slice();
  for (const [option, count] of fixed.entries()) {
    for (let e = program.starts[option]!; count > 0 && e < program.starts[option + 1]!; e++) {
      room[program.rows[e]!] = room[program.rows[e]!]! - count * program.values[e]!;
    }
  }
  const draft = new ColumnDraft();
  const localRow = new Map<number, number>();
  const put = (column: number): void => {
    for (let e = program.starts[column]!; e < program.starts[column + 1]!; e++) {
      const row = program.rows[e]!;
      if (!localRow.has(row)) localRow.set(row, localRow.size);
      draft.entry(localRow.get(row)!, program.values[e]!);
    }
    draft.end(program.objective[column]!, program.upper[column]!);
  };
  for (const option of options) put(option);
  for (let column = view.optionShape.length; column < program.columnCount; column++) put(column);
  // Rows without an entry are left out: a tolerance of the fixed part in one of them would make the whole residual infeasible.
  const rowUpper = Float64Array.from(localRow.keys(), (row) => room[row]!);
  return draft.program(rowUpper, options.length);
}
