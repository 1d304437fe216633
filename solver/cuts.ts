// Lifted cover inequalities of single rows: what no plan can do, although the linear program thinks it can.
// Invariant: every cut follows from one row's room and the shapes' multiplicities alone, so that an outsider can check it by dynamic
// programming. Called by live.ts.
import { LiftingTable, RowItems } from './covers.ts';
import { type Program, type RowEntries, rowEntries } from './program.ts';
import type { Meter } from './work.ts';

/** sum coefficients[i] x_options[i] <= rhs, from row `row` of the program. Options rise; those of a shape share one coefficient. */
export interface Cut {
  readonly row: number;
  readonly options: Int32Array;
  readonly coefficients: Int32Array;
  readonly rhs: number;
}

/** Only rows this full can be cut: a cover weighs more than the room, and the point must hold nearly all of it. */
const FULL = 0.97;
const VIOLATED = 1e-3;
/** Largest right side: the table of the lifting has as many cells, and is passed once per item. */
const COVER_MAX = 1024;

interface Candidate extends Cut {
  /** By how much the point breaks it, over the root of its length: the usual efficacy. */
  readonly depth: number;
}

export class CoverCuts {
  /** Every cut found so far, in the order of finding. */
  readonly cuts: Cut[] = [];
  readonly #program: Program;
  readonly #rows: RowEntries;
  readonly #meter: Meter;
  readonly #items: RowItems;
  readonly #seen = new Set<number>();

  constructor(program: Program, meter: Meter) {
    this.#program = program;
    this.#rows = rowEntries(program);
    this.#meter = meter;
    this.#items = new RowItems(program, this.#rows);
  }

  /** Takes in cuts that hold for this program although it did not find them. */
  adopt(cuts: readonly Cut[]): void {
    for (const cut of cuts) {
      this.#seen.add(hashOf(cut));
      this.cuts.push(cut);
    }
  }

  /** Adds at most `most` cuts that the point breaks, the deepest first; says how many. */
  separate(point: Float64Array, most: number): number {
    const candidates: Candidate[] = [];
    for (let row = 0; row < this.#program.rowCount && !this.#meter.isSpent; row++) {
      // An excess softens its defining row: what it may hold is not one number.
      if (this.#program.definedBy[row]! < 0 && this.#isFull(row, point))
        this.#coversOf(row, point, candidates);
    }
    candidates.sort((a, b) => b.depth - a.depth || a.row - b.row);
    let added = 0;
    for (const { row, options, coefficients, rhs } of candidates) {
      if (added >= most) break;
      const cut = { row, options, coefficients, rhs };
      const hash = hashOf(cut);
      // Equal hashes of different cuts lose one of them, which is no fault.
      if (this.#seen.has(hash)) continue;
      this.#seen.add(hash);
      this.cuts.push(cut);
      added++;
    }
    return added;
  }

  #isFull(row: number, point: Float64Array): boolean {
    const { starts, options, values } = this.#rows;
    let use = 0;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) use += values[e]! * point[options[e]!]!;
    return use > this.#program.rhs[row]! * FULL - 1e-6;
  }

  #coversOf(row: number, point: Float64Array, candidates: Candidate[]): void {
    const items = this.#items;
    items.collect(row, point);
    const seen = new Set<number>();
    for (const copies of items.covers(this.#program.rhs[row]!)) {
      const hash = hashOfNumbers(copies);
      if (seen.has(hash)) continue;
      seen.add(hash);
      const cut = this.#lift(row, copies, point);
      if (cut !== null) candidates.push(cut);
    }
    items.clear();
  }

  /**
   * Coefficients by sequential lifting: copies in the cover have 1, the others in turn as much as they can bear, those that the point
   * takes first. Null when the point does not break what comes out.
   */
  #lift(row: number, copies: Int32Array, point: Float64Array): Candidate | null {
    const items = this.#items;
    const rhs = copies.reduce((sum, n) => sum + n, 0) - 1;
    if (rhs < 1 || rhs > COVER_MAX) return null;
    const table = new LiftingTable(rhs, this.#program.rhs[row]!, items.weightsOf(copies));
    const alpha = new Int32Array(items.capacity);
    let left = 0;
    for (let i = 0; i < copies.length; i++) {
      if (copies[i] === 0) continue;
      const extra = items.count[i]! - copies[i]!;
      // All copies of a shape share a coefficient, so the ones outside the cover must bear 1 as well.
      if (extra > 0 && table.coefficient(items.weight[i]!, extra) < 1) return this.#done(table, null);
      if (extra > 0) table.add(1, items.weight[i]!, extra);
      alpha[i] = 1;
      left += items.taken[i]!;
    }
    const liftIn = (order: readonly number[]): void => {
      for (const i of order) {
        const coefficient = table.coefficient(items.weight[i]!, items.count[i]!);
        if (coefficient <= 0) continue;
        alpha[i] = coefficient;
        left += coefficient * items.taken[i]!;
        table.add(coefficient, items.weight[i]!, items.count[i]!);
      }
    };
    liftIn(items.takenBeside(copies));
    if (left <= rhs + VIOLATED) return this.#done(table, null);
    liftIn(items.collectUntaken(row));
    return this.#done(table, this.#cutOf(row, { alpha, rhs }, point));
  }

  #done(table: LiftingTable, cut: Candidate | null): Candidate | null {
    this.#meter.cells(table.cells);
    return cut;
  }

  #cutOf(row: number, { alpha, rhs }: { alpha: Int32Array; rhs: number }, point: Float64Array): Candidate {
    const { starts, options, values } = this.#rows;
    const columns: number[] = [];
    const coefficients: number[] = [];
    let left = 0;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const option = options[e]!;
      const at = this.#items.at(this.#program.shapeOf[option]!);
      if (alpha[at] === 0 || values[e]! < this.#items.weight[at]!) continue;
      columns.push(option);
      coefficients.push(alpha[at]!);
      left += alpha[at]! * point[option]!;
    }
    return {
      row,
      options: Int32Array.from(columns),
      coefficients: Int32Array.from(coefficients),
      rhs,
      depth: (left - rhs) / Math.sqrt(columns.length),
    };
  }
}

/** FNV-1a over 32 bits. */
function hashOfNumbers(numbers: Int32Array, from = 0x811c9dc5): number {
  let hash = from;
  for (let i = 0; i < numbers.length; i++) hash = Math.imul(hash ^ numbers[i]!, 0x01000193);
  return hash;
}

function hashOf({ row, options, coefficients, rhs }: Cut): number {
  return hashOfNumbers(coefficients, hashOfNumbers(options, hashOfNumbers(Int32Array.of(row, rhs))));
}
