// A dense two-phase simplex with Bland's rule, for tiny programs only.
// Invariant: finite (Bland 1977), no shared state. Called by exhaustive.ts, as a second opinion on what HiGHS says.
import type { LinearProgram } from './engine.ts';

const TOLERANCE = 1e-9;

export type TableauAnswer =
  | {
      readonly status: 'optimal';
      readonly primal: Float64Array;
      readonly multipliers: Float64Array;
      readonly pivots: number;
    }
  | { readonly status: 'infeasible' | 'unbounded'; readonly pivots: number };

/**
 * maximise c x, A x <= b, 0 <= x <= upper; finite upper bounds become rows. A dictionary after Chvatal (1983), chapters 2 and 3:
 * basic variables are rows of `a`, x_basic = b - a x_nonbasic; phase 1 minimises one auxiliary variable when some b is negative.
 */
export function simplex(program: LinearProgram): TableauAnswer {
  const table = new Dictionary(program);
  if (!table.makeFeasible()) return { status: 'infeasible', pivots: table.pivots };
  if (!table.maximise()) return { status: 'unbounded', pivots: table.pivots };
  return { status: 'optimal', ...table.read(), pivots: table.pivots };
}

class Dictionary {
  readonly #columnCount: number;
  readonly #baseRowCount: number;
  /** Variables: 0..n-1 structural, n..n+m-1 slacks, n+m auxiliary. */
  readonly #basic: number[];
  readonly #nonbasic: number[];
  readonly #a: Float64Array[];
  readonly #b: Float64Array;
  #c: Float64Array;
  readonly #objective: Float64Array;
  pivots = 0;

  constructor(program: LinearProgram) {
    const n = program.columnCount;
    this.#columnCount = n;
    this.#baseRowCount = program.rowCount;
    const bounded = [...program.upper.keys()].filter((j) => program.upper[j]! < Infinity);
    const m = program.rowCount + bounded.length;
    // One spare column for the auxiliary variable of phase 1.
    this.#a = Array.from({ length: m }, () => new Float64Array(n + 1));
    this.#b = Float64Array.from([...program.rowUpper, ...bounded.map((j) => program.upper[j]!)]);
    for (let j = 0; j < n; j++) {
      for (let e = program.starts[j]!; e < program.starts[j + 1]!; e++)
        this.#a[program.rows[e]!]![j] = program.values[e]!;
    }
    for (const [i, j] of bounded.entries()) this.#a[program.rowCount + i]![j] = 1;
    this.#objective = program.objective;
    this.#c = Float64Array.from([...program.objective, 0]);
    this.#nonbasic = Array.from({ length: n + 1 }, (_, j) => (j < n ? j : n + m));
    this.#basic = Array.from({ length: m }, (_, i) => n + i);
  }

  get #auxiliary(): number {
    return this.#columnCount + this.#basic.length;
  }

  /** Phase 1; leaves the auxiliary variable nonbasic with a zero column. */
  makeFeasible(): boolean {
    const last = this.#columnCount;
    let worst = 0;
    for (let i = 0; i < this.#b.length; i++) if (this.#b[i]! < this.#b[worst]!) worst = i;
    const needed = this.#b.length > 0 && this.#b[worst]! < 0;
    if (needed) {
      for (const row of this.#a) row[last] = -1;
      this.#c = new Float64Array(last + 1);
      this.#c[last] = -1;
      this.#pivot(worst, last);
      if (!this.maximise()) throw new Error('phase 1 is bounded by construction');
      const row = this.#basic.indexOf(this.#auxiliary);
      if (row >= 0) {
        if (this.#b[row]! > 1e-7) return false;
        const column = this.#a[row]!.findIndex((value) => Math.abs(value) > TOLERANCE);
        if (column >= 0) this.#pivot(row, column);
      }
    }
    this.#restoreObjective();
    return true;
  }

  /** Bland's rule: the lowest variable enters, the lowest variable among the tightest leaves. False when unbounded. */
  maximise(): boolean {
    for (;;) {
      let column = -1;
      for (let j = 0; j < this.#nonbasic.length; j++) {
        if (this.#c[j]! <= TOLERANCE) continue;
        if (column < 0 || this.#nonbasic[j]! < this.#nonbasic[column]!) column = j;
      }
      if (column < 0) return true;
      let row = -1;
      for (let i = 0; i < this.#basic.length; i++) {
        if (this.#a[i]![column]! <= TOLERANCE) continue;
        if (row < 0 || this.#isTighter(i, row, column)) row = i;
      }
      if (row < 0) return false;
      this.#pivot(row, column);
    }
  }

  read(): { primal: Float64Array; multipliers: Float64Array } {
    const primal = new Float64Array(this.#columnCount);
    for (const [i, variable] of this.#basic.entries()) {
      if (variable < this.#columnCount) primal[variable] = this.#b[i]!;
    }
    const multipliers = new Float64Array(this.#baseRowCount);
    for (const [j, variable] of this.#nonbasic.entries()) {
      const slack = variable - this.#columnCount;
      if (slack >= 0 && slack < this.#baseRowCount) multipliers[slack] = Math.max(0, -this.#c[j]!);
    }
    return { primal, multipliers };
  }

  #isTighter(i: number, than: number, column: number): boolean {
    const difference = this.#b[i]! / this.#a[i]![column]! - this.#b[than]! / this.#a[than]![column]!;
    if (Math.abs(difference) > TOLERANCE) return difference < 0;
    return this.#basic[i]! < this.#basic[than]!;
  }

  /** Expresses the original objective in the nonbasic variables, the auxiliary one struck out. */
  #restoreObjective(): void {
    this.#c = new Float64Array(this.#nonbasic.length);
    for (const [j, variable] of this.#nonbasic.entries()) {
      if (variable === this.#auxiliary) for (const row of this.#a) row[j] = 0;
      else if (variable < this.#columnCount) this.#c[j] = this.#c[j]! + this.#objective[variable]!;
    }
    for (const [i, variable] of this.#basic.entries()) {
      if (variable >= this.#columnCount) continue;
      for (let j = 0; j < this.#c.length; j++)
        this.#c[j] = this.#c[j]! - this.#objective[variable]! * this.#a[i]![j]!;
    }
  }

  #pivot(row: number, column: number): void {
    this.pivots++;
    const pivotRow = this.#a[row]!;
    const pivot = pivotRow[column]!;
    for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = j === column ? 1 / pivot : pivotRow[j]! / pivot;
    this.#b[row] = this.#b[row]! / pivot;
    for (let i = 0; i < this.#a.length; i++) {
      if (i === row) continue;
      this.#b[i] = this.#b[i]! - eliminate(this.#a[i]!, pivotRow, column) * this.#b[row]!;
    }
    eliminate(this.#c, pivotRow, column);
    [this.#basic[row], this.#nonbasic[column]] = [this.#nonbasic[column]!, this.#basic[row]!];
  }
}

/** Substitutes the entering variable in one line; returns the coefficient it had. */
function eliminate(line: Float64Array, pivotRow: Float64Array, column: number): number {
  const factor = line[column]!;
  if (factor === 0) return 0;
  for (let j = 0; j < line.length; j++) line[j] = (j === column ? 0 : line[j]!) - factor * pivotRow[j]!;
  return factor;
}
