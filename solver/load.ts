// How full every row is under a growing plan, in exact integers, excess columns at their least value.
// Invariant: every row holds after each `add`. Used by presolve (what fits alone), by fill (what still fits) and by the dives.
import type { Packing } from './packing.ts';

/**
 * Exact in doubles: a row's left side is at most `limit` <= 2^53 - 1 in every plan that is kept, and a sum of non-negative integers
 * that leaves that range rounds to 2^53 or more, never back under a limit.
 */
export class Load {
  readonly #packing: Packing;
  /** Largest left side a row may have, its own excess at its upper bound. */
  readonly #limit: Float64Array;
  /** Left side per row: structural columns and the excesses of earlier rows. */
  readonly #left: Float64Array;
  readonly #excess: Float64Array;
  /** What the excesses take off the value. */
  #cost = 0;
  /** Scratch of one `fits`: increase per row (zero between calls), rows touched, defining rows still to be carried on. */
  readonly #increase: Float64Array;
  readonly #touched: Int32Array;
  #touchedCount = 0;
  readonly #pending: number[] = [];

  constructor(packing: Packing) {
    this.#packing = packing;
    this.#limit = packing.rhs.slice();
    for (let k = 0; k < packing.excessCount; k++) {
      const row = packing.definingRow[k]!;
      this.#limit[row] = Math.min(packing.rhs[row]! + packing.excessUpper[k]!, Number.MAX_SAFE_INTEGER);
    }
    this.#left = new Float64Array(packing.rowCount);
    this.#excess = new Float64Array(packing.excessCount);
    this.#increase = new Float64Array(packing.rowCount);
    this.#touched = new Int32Array(packing.rowCount);
    if (packing.excessCount > 0) for (let row = 0; row < packing.rowCount; row++) this.#carry(row);
  }

  /** Exact: the builder keeps the sum over every excess's upper bound a safe integer. */
  get cost(): number {
    return this.#cost;
  }

  copy(): Load {
    const copy = new Load(this.#packing);
    copy.become(this);
    return copy;
  }

  /** Takes the state of another load of the same packing. */
  become(other: Load): void {
    this.#left.set(other.#left);
    this.#excess.set(other.#excess);
    this.#cost = other.#cost;
  }

  excess(k: number): number {
    return this.#excess[k]!;
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
    if (fits) this.#settle();
    this.#clear();
    return fits;
  }

  /** Adds the column as often as it fits, at most `most` times; says how often. */
  addMost(column: number, most: number): number {
    const { starts, rows, values, definedBy } = this.#packing;
    const end = starts[column + 1]!;
    let plain = true;
    let count = most;
    for (let e = starts[column]!; e < end && count > 0; e++) {
      const row = rows[e]!;
      if (definedBy[row]! >= 0) plain = false;
      const room = this.#limit[row]! - this.#left[row]!;
      if (count * values[e]! > room) count = Math.floor(room / values[e]!);
    }
    if (count <= 0) return 0;
    if (plain) {
      for (let e = starts[column]!; e < end; e++) {
        this.#left[rows[e]!] = this.#left[rows[e]!]! + count * values[e]!;
      }
      return count;
    }
    let added = 0;
    while (added < count && this.add(column)) added++;
    return added;
  }

  #raise(column: number): boolean {
    const { starts, rows, values } = this.#packing;
    const end = starts[column + 1]!;
    for (let e = starts[column]!; e < end; e++) {
      if (!this.#raiseRow(rows[e]!, values[e]!)) return false;
    }
    return this.#pending.length === 0 || this.#carryOn();
  }

  #carryOn(): boolean {
    const { definedBy, rhs, useStarts, useRows, useValues } = this.#packing;
    while (this.#pending.length > 0) {
      const row = this.#pending.shift()!;
      const k = definedBy[row]!;
      const excess = Math.max(0, this.#left[row]! + this.#increase[row]! - rhs[row]!);
      const more = excess - this.#excess[k]!;
      if (more <= 0) continue;
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
      this.#touched[this.#touchedCount++] = row;
      if (this.#packing.definedBy[row]! >= 0) this.#queue(row);
    }
    const increase = this.#increase[row]! + by;
    this.#increase[row] = increase;
    return this.#left[row]! + increase <= this.#limit[row]!;
  }

  /** Sorted insertion: a defining row is final once no earlier one is pending, and a column meets only a few. */
  #queue(row: number): void {
    let at = this.#pending.length;
    while (at > 0 && this.#pending[at - 1]! > row) at--;
    if (at === this.#pending.length) this.#pending.push(row);
    else this.#pending.splice(at, 0, row);
  }

  #settle(): void {
    const { definedBy, rhs, excessCost } = this.#packing;
    for (let t = 0; t < this.#touchedCount; t++) {
      const row = this.#touched[t]!;
      this.#left[row] = this.#left[row]! + this.#increase[row]!;
      const k = definedBy[row]!;
      if (k < 0) continue;
      const excess = Math.max(0, this.#left[row]! - rhs[row]!);
      this.#cost += excessCost[k]! * (excess - this.#excess[k]!);
      this.#excess[k] = excess;
    }
  }

  #clear(): void {
    for (let t = 0; t < this.#touchedCount; t++) this.#increase[this.#touched[t]!] = 0;
    this.#touchedCount = 0;
    this.#pending.length = 0;
  }

  /** Start state: what the empty plan already exceeds. */
  #carry(row: number): void {
    const { definedBy, rhs, excessCost, useStarts, useRows, useValues } = this.#packing;
    const k = definedBy[row]!;
    if (k < 0) return;
    const excess = Math.max(0, this.#left[row]! - rhs[row]!);
    this.#excess[k] = excess;
    this.#cost += excessCost[k]! * excess;
    for (let u = useStarts[k]!; u < useStarts[k + 1]! && excess > 0; u++) {
      this.#left[useRows[u]!] = this.#left[useRows[u]!]! + useValues[u]! * excess;
    }
  }
}
