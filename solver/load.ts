// How full every row is under a growing plan, in exact integers, excess columns at their least value.
// Invariant: every row holds after each `add`. Used by presolve (what fits alone) and by fill (what still fits).
import type { Columns } from './columns.ts';
import type { Model } from './model.ts';

/**
 * Exact in doubles: a row's left side is at most `limit` <= 2^53 - 1 in every plan that is kept, and a sum of non-negative integers
 * that leaves that range rounds to 2^53 or more, never back under a limit.
 */
export class Load {
  readonly #model: Model;
  readonly #columns: Columns;
  /** Largest left side a row may have, its own excess at its upper bound. */
  readonly #limit: Float64Array;
  /** Left side per row: structural columns and the excesses of earlier rows. */
  readonly #left: Float64Array;
  readonly #excess: Float64Array;
  /** Scratch of one `fits`: increase per row (zero between calls), rows touched, defining rows still to be carried on. */
  readonly #increase: Float64Array;
  readonly #touched: number[] = [];
  readonly #pending: number[] = [];

  constructor(model: Model, columns: Columns) {
    this.#model = model;
    this.#columns = columns;
    this.#limit = Float64Array.from(model.rhs, (rhs, row) => {
      const k = columns.definedBy[row]!;
      return k < 0 ? rhs : rhs + model.excessUpper[k]!;
    });
    this.#left = new Float64Array(model.rowCount);
    this.#excess = new Float64Array(model.excessCount);
    this.#increase = new Float64Array(model.rowCount);
    for (let row = 0; row < model.rowCount; row++) this.#carry(row);
  }

  /** What the excesses take off the objective. Exact: the builder keeps the sum over their upper bounds a safe integer. */
  get cost(): number {
    let cost = 0;
    for (let k = 0; k < this.#excess.length; k++) cost += this.#model.excessCost[k]! * this.#excess[k]!;
    return cost;
  }

  copy(): Load {
    const copy = new Load(this.#model, this.#columns);
    copy.#left.set(this.#left);
    copy.#excess.set(this.#excess);
    return copy;
  }

  /** True when the column can be added to the plan with every row still holding. */
  fits(column: number): boolean {
    const fits = this.#raise(column);
    this.#clear();
    return fits;
  }

  /** Adds the column if it fits; says whether it did. */
  add(column: number): boolean {
    const fits = this.#raise(column);
    if (fits) {
      for (const row of this.#touched) this.#left[row] = this.#left[row]! + this.#increase[row]!;
      for (const row of this.#touched) {
        const k = this.#columns.definedBy[row]!;
        if (k >= 0) this.#excess[k] = Math.max(0, this.#left[row]! - this.#model.rhs[row]!);
      }
    }
    this.#clear();
    return fits;
  }

  #raise(column: number): boolean {
    const { starts, rows, values } = this.#columns;
    for (let e = starts[column]!; e < starts[column + 1]!; e++) {
      if (!this.#raiseRow(rows[e]!, values[e]!)) return false;
    }
    while (this.#pending.length > 0) {
      const row = this.#pending.shift()!;
      const k = this.#columns.definedBy[row]!;
      const excess = Math.max(0, this.#left[row]! + this.#increase[row]! - this.#model.rhs[row]!);
      const more = excess - this.#excess[k]!;
      if (more <= 0) continue;
      const { useStarts, useRows, useValues } = this.#columns;
      for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++) {
        if (!this.#raiseRow(useRows[u]!, useValues[u]! * more)) return false;
      }
    }
    return true;
  }

  /** Early exit is right even before the row is final: increases are never taken back. */
  #raiseRow(row: number, by: number): boolean {
    if (by === 0) return true;
    if (this.#increase[row] === 0) {
      this.#touched.push(row);
      if (this.#columns.definedBy[row]! >= 0) this.#queue(row);
    }
    const increase = this.#increase[row]! + by;
    this.#increase[row] = increase;
    return this.#left[row]! + increase <= this.#limit[row]!;
  }

  /** Sorted insertion: a defining row is final once no earlier one is pending, and a column meets only a few. */
  #queue(row: number): void {
    let at = this.#pending.length;
    while (at > 0 && this.#pending[at - 1]! > row) at--;
    this.#pending.splice(at, 0, row);
  }

  #clear(): void {
    for (const row of this.#touched) this.#increase[row] = 0;
    this.#touched.length = 0;
    this.#pending.length = 0;
  }

  /** Start state: what the empty plan already exceeds. */
  #carry(row: number): void {
    const k = this.#columns.definedBy[row]!;
    if (k < 0) return;
    const excess = Math.max(0, this.#left[row]! - this.#model.rhs[row]!);
    this.#excess[k] = excess;
    const { useStarts, useRows, useValues } = this.#columns;
    for (let u = useStarts[k]!; u < useStarts[k + 1]! && excess > 0; u++) {
      this.#left[useRows[u]!] = this.#left[useRows[u]!]! + useValues[u]! * excess;
    }
  }
}
