// A plan that grants can be taken out of again: row sums and excesses under single changes, feasible or not on the way.
// Invariant: sums are those of the counts; a row above its limit was named in `broken` when it went there. Used by exchange.ts alone:
// whoever publishes a plan builds it with load.ts, whose sums never fall.
import type { Program } from './program.ts';

export class Ledger {
  /** Option -> groups granted. */
  readonly counts: Int32Array;
  /** Shape -> groups granted. */
  readonly taken: Int32Array;
  /** Rows that went above their limit since the caller last emptied the list; some may be below it again. */
  readonly broken: number[] = [];
  /** Objective less what the excesses cost beyond the empty plan's. */
  value = 0;
  readonly #program: Program;
  readonly #left: Float64Array;
  readonly #limit: Float64Array;
  readonly #excess: Float64Array;

  constructor(program: Program, counts: Int32Array) {
    const { rowCount, columnCount, shapeCount, excessCount, definingRow, excessUpper, rhs } = program;
    this.#program = program;
    this.#left = new Float64Array(rowCount);
    this.#excess = new Float64Array(excessCount);
    this.#limit = rhs.slice();
    for (let k = 0; k < excessCount; k++) {
      const row = definingRow[k]!;
      this.#limit[row] = Math.min(rhs[row]! + excessUpper[k]!, Number.MAX_SAFE_INTEGER);
    }
    this.counts = new Int32Array(columnCount);
    this.taken = new Int32Array(shapeCount);
    // What the empty plan exceeds already.
    for (let row = 0; row < rowCount; row++) if (program.definedBy[row]! >= 0) this.#raise(row, 0);
    this.value = 0;
    for (let q = 0; q < columnCount; q++) if (counts[q]! > 0) this.put(q, counts[q]!);
    if (this.broken.length > 0) throw new Error(`row ${this.broken[0]} does not hold the plan to start from`);
  }

  isBroken(row: number): boolean {
    return this.#left[row]! > this.#limit[row]!;
  }

  /** False when the option alone is too much for a row it enters; excesses it would raise may still break another. */
  mayFit(q: number): boolean {
    const { starts, rows, values } = this.#program;
    for (let e = starts[q]!; e < starts[q + 1]!; e++) {
      if (this.#left[rows[e]!]! + values[e]! > this.#limit[rows[e]!]!) return false;
    }
    return true;
  }

  /** `count` grants of the option more, or fewer. */
  put(q: number, count: number): void {
    const { starts, rows, values, objective, shapeOf } = this.#program;
    const shape = shapeOf[q]!;
    this.counts[q] = this.counts[q]! + count;
    this.taken[shape] = this.taken[shape]! + count;
    this.value += count * objective[q]!;
    for (let e = starts[q]!; e < starts[q + 1]!; e++) this.#raise(rows[e]!, count * values[e]!);
  }

  #raise(row: number, by: number): void {
    const { definedBy, rhs, excessCost, useStarts, useRows, useValues } = this.#program;
    const left = this.#left[row]! + by;
    this.#left[row] = left;
    if (by > 0 && left > this.#limit[row]!) this.broken.push(row);
    const k = definedBy[row]!;
    if (k < 0) return;
    const excess = Math.max(0, left - rhs[row]!);
    const more = excess - this.#excess[k]!;
    if (more === 0) return;
    this.#excess[k] = excess;
    this.value -= excessCost[k]! * more;
    for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++) this.#raise(useRows[u]!, more * useValues[u]!);
  }
}
