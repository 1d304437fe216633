// The oracle engine: tries every combination of whole numbers. Invariant: ignores budgets, refuses programs that are not tiny.
// Used by tests, and by `annona solve` on a handful of requests.
import type { Engine, LinearProgram, LpAnswer, MipAnswer } from './engine.ts';
import { openByResolving } from './resolving.ts';
import { simplex } from './tableau.ts';

/** A dense tableau beyond this takes longer than a second. */
const TABLEAU_CELLS_MAX = 1_000_000;
/** Combinations tried before it gives up; 2^20 take about a second. */
const TRIES_MAX = 2 ** 20;
const TOLERANCE = 1e-9;

export function createExhaustiveEngine(): Engine {
  return {
    name: 'exhaustive',
    build: 'exhaustive 1',
    solveLp,
    openLp: (program) => openByResolving(program, solveLp),
    solveMip,
  };
}

function solveLp(program: LinearProgram): LpAnswer {
  const rows = program.rowCount + program.columnCount;
  if (rows * program.columnCount > TABLEAU_CELLS_MAX) {
    return { stopped: 'failed', primal: null, multipliers: null, simplexIterations: 0 };
  }
  const answer = simplex(program);
  if (answer.status !== 'optimal') {
    return { stopped: 'failed', primal: null, multipliers: null, simplexIterations: answer.pivots };
  }
  const { primal, multipliers, pivots } = answer;
  return { stopped: 'optimal', primal, multipliers, simplexIterations: pivots };
}

function solveMip(program: LinearProgram): MipAnswer {
  const search = new Search(program);
  if (!search.run()) return { stopped: 'failed', primal: null };
  return search.best === null
    ? { stopped: 'failed', primal: null }
    : { stopped: 'optimal', primal: search.best };
}

class Search {
  readonly #program: LinearProgram;
  readonly #integers: number[];
  readonly #continuous: number[];
  /** Position in #integers -> the most that it and those after it can still add. */
  readonly #promise: Float64Array;
  readonly #room: Float64Array;
  /** Rows without a negative coefficient: over full once is over full for good. */
  readonly #packing: Uint8Array;
  readonly #point: Float64Array;
  best: Float64Array | null = null;
  #bestValue = Number.NEGATIVE_INFINITY;
  #tries = 0;

  constructor(program: LinearProgram) {
    this.#program = program;
    const columns = [...program.objective.keys()];
    this.#integers = columns.filter((j) => program.integer[j] === 1);
    this.#continuous = columns.filter((j) => program.integer[j] !== 1);
    this.#point = new Float64Array(program.columnCount);
    this.#room = program.rowUpper.slice();
    this.#packing = new Uint8Array(program.rowCount).fill(1);
    for (const [e, row] of program.rows.entries()) if (program.values[e]! < 0) this.#packing[row] = 0;
    const most = (j: number): number =>
      program.objective[j]! > 0 ? program.objective[j]! * program.upper[j]! : 0;
    this.#promise = new Float64Array(this.#integers.length + 1);
    this.#promise[this.#integers.length] = this.#continuous.reduce((sum, j) => sum + most(j), 0);
    for (let at = this.#integers.length - 1; at >= 0; at--) {
      this.#promise[at] = this.#promise[at + 1]! + most(this.#integers[at]!);
    }
  }

  /** False when the program was not tiny. */
  run(): boolean {
    this.#branch(0, 0);
    return this.#tries <= TRIES_MAX;
  }

  #branch(at: number, value: number): void {
    this.#tries++;
    if (this.#tries > TRIES_MAX || value + this.#promise[at]! <= this.#bestValue) return;
    if (at === this.#integers.length) {
      this.#leaf(value);
      return;
    }
    const column = this.#integers[at]!;
    let count = 0;
    // Largest counts first, so that a good point prunes early.
    while (count < this.#program.upper[column]! && this.#move(column, 1)) count++;
    for (; count >= 0; count--) {
      this.#point[column] = count;
      this.#branch(at + 1, value + count * this.#program.objective[column]!);
      if (count > 0) this.#move(column, -1);
    }
    this.#point[column] = 0;
  }

  /** Takes or returns one unit; a unit that over-fills a packing row is not taken. */
  #move(column: number, by: 1 | -1): boolean {
    const { starts, rows, values } = this.#program;
    for (let e = starts[column]!; e < starts[column + 1]!; e++) {
      this.#room[rows[e]!] = this.#room[rows[e]!]! - by * values[e]!;
    }
    if (by === -1) return true;
    for (let e = starts[column]!; e < starts[column + 1]!; e++) {
      if (this.#packing[rows[e]!] === 1 && this.#room[rows[e]!]! < -TOLERANCE) {
        this.#move(column, -1);
        return false;
      }
    }
    return true;
  }

  /** The whole numbers stand; the continuous rest is a linear program of its own. */
  #leaf(value: number): void {
    const rest = simplex(this.#restProgram());
    if (rest.status !== 'optimal') {
      if (rest.status === 'infeasible') return;
      throw new Error('an unbounded program has no oracle');
    }
    let total = value;
    for (const [i, j] of this.#continuous.entries()) total += rest.primal[i]! * this.#program.objective[j]!;
    if (total <= this.#bestValue) return;
    this.#bestValue = total;
    this.best = this.#point.slice();
    for (const [i, j] of this.#continuous.entries()) this.best[j] = rest.primal[i]!;
  }

  #restProgram(): LinearProgram {
    const { starts, rows, values, objective, upper } = this.#program;
    const columns = this.#continuous;
    const restStarts = [0];
    for (const j of columns) restStarts.push(restStarts.at(-1)! + starts[j + 1]! - starts[j]!);
    return {
      columnCount: columns.length,
      rowCount: this.#program.rowCount,
      objective: Float64Array.from(columns, (j) => objective[j]!),
      upper: Float64Array.from(columns, (j) => upper[j]!),
      integer: new Uint8Array(columns.length),
      rowLower: this.#program.rowLower,
      rowUpper: this.#room,
      starts: Int32Array.from(restStarts),
      rows: Int32Array.from(columns.flatMap((j) => [...rows.subarray(starts[j]!, starts[j + 1]!)])),
      values: Float64Array.from(columns.flatMap((j) => [...values.subarray(starts[j]!, starts[j + 1]!)])),
    };
  }
}
