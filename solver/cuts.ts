// Lifted cover inequalities of single rows: what no plan can do, although the linear program thinks it can.
// Invariant: every cut follows from one row's room and the shapes' multiplicities alone, so that an outsider can check it by dynamic
// programming. Called by live.ts.
import { LiftingTable, RowItems } from './covers.ts';
import { type GrantRow, grantRows, type Program, rowThrough } from './program.ts';
import type { Meter } from './work.ts';

/** sum coefficients[i] x_options[i] <= rhs, from row `row` of the program. Options rise; those of a shape share one coefficient. */
export interface Cut {
  readonly row: number;
  /** Excesses that the row was freed of first, by adding their defining rows. */
  readonly through: readonly number[];
  readonly options: Int32Array;
  readonly coefficients: Int32Array;
  readonly rhs: number;
}

/** Only rows this full are searched: a cover weighs more than the room, and the point must hold most of it. 0.97 missed a third at 100 requests. */
const FULL = 0.9;
const VIOLATED = 1e-3;
const EXCESS_LEAST = 1e-6;
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
  readonly #rows: readonly GrantRow[];
  /** Rows freed of excesses, by row and excesses. */
  readonly #freed = new Map<string, GrantRow>();
  readonly #meter: Meter;
  readonly #items: RowItems;
  /** Excesses, those of later defining rows first. */
  readonly #lastFirst: Int32Array;
  readonly #seen = new Set<number>();

  constructor(program: Program, meter: Meter) {
    this.#program = program;
    this.#rows = grantRows(program);
    this.#meter = meter;
    this.#items = new RowItems(program);
    this.#lastFirst = Int32Array.from(program.definingRow.keys()).sort(
      (a, b) => program.definingRow[b]! - program.definingRow[a]!,
    );
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
    const use = this.#rows.map((row) => useOf(row, point));
    const excess = this.#excessAt(use);
    for (let i = 0; i < this.#rows.length && !this.#meter.isSpent; i++) {
      // An excess softens its defining row: what it may hold is not one number.
      if (this.#program.definedBy[i]! >= 0) continue;
      if (isFull(this.#rows[i]!, use[i]!)) this.#coversOf(this.#rows[i]!, point, candidates);
      const freed = this.#freedOf(i, excess);
      if (freed !== null && isFull(freed, useOf(freed, point))) this.#coversOf(freed, point, candidates);
    }
    candidates.sort((a, b) => b.depth - a.depth || a.row - b.row || a.through.length - b.through.length);
    let added = 0;
    for (const { row, through, options, coefficients, rhs } of candidates) {
      if (added >= most) break;
      const cut = { row, through, options, coefficients, rhs };
      const hash = hashOf(cut);
      // Equal hashes of different cuts lose one of them, which is no fault.
      if (this.#seen.has(hash)) continue;
      this.#seen.add(hash);
      this.cuts.push(cut);
      added++;
    }
    return added;
  }

  /** Excess -> its least value at the point. */
  #excessAt(use: readonly number[]): Float64Array {
    const { excessCount, definingRow, definedBy, rhs, useStarts, useRows, useValues } = this.#program;
    const excess = new Float64Array(excessCount);
    if (excessCount === 0) return excess;
    const left = Float64Array.from(use);
    for (let i = 0; i < left.length; i++) {
      const k = definedBy[i]!;
      if (k < 0 || left[definingRow[k]!]! <= rhs[i]!) continue;
      excess[k] = left[i]! - rhs[i]!;
      for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++)
        left[useRows[u]!] = left[useRows[u]!]! + useValues[u]! * excess[k]!;
    }
    return excess;
  }

  /** The row freed of all excesses that the point has in it; null when there are none. Later excesses first: earlier ones stand in them. */
  #freedOf(row: number, excess: Float64Array): GrantRow | null {
    const { definingRow, useStarts, useRows, useValues } = this.#program;
    const wanted = new Map([[row, 1]]);
    const times = new Map<number, number>();
    for (const k of this.#lastFirst) {
      if (excess[k]! <= EXCESS_LEAST) continue;
      let factor = 0;
      for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++)
        factor += (wanted.get(useRows[u]!) ?? 0) * useValues[u]!;
      if (factor === 0) continue;
      times.set(k, factor);
      wanted.set(definingRow[k]!, factor);
    }
    if (times.size === 0) return null;
    const key = `${row}:${[...times.keys()].join()}`;
    const known = this.#freed.get(key) ?? rowThrough(this.#program, this.#rows, { row, times });
    this.#freed.set(key, known);
    return known;
  }

  #coversOf(row: GrantRow, point: Float64Array, candidates: Candidate[]): void {
    const items = this.#items;
    items.collect(row, point);
    const seen = new Set<number>();
    for (const copies of items.covers(row.room)) {
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
  #lift(row: GrantRow, copies: Int32Array, point: Float64Array): Candidate | null {
    const items = this.#items;
    const rhs = copies.reduce((sum, n) => sum + n, 0) - 1;
    if (rhs < 1 || rhs > COVER_MAX) return null;
    const table = new LiftingTable(rhs, row.room, items.weightsOf(copies));
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

  #cutOf(from: GrantRow, { alpha, rhs }: { alpha: Int32Array; rhs: number }, point: Float64Array): Candidate {
    const { row, through, options, values } = from;
    const columns: number[] = [];
    const coefficients: number[] = [];
    let left = 0;
    for (let e = 0; e < options.length; e++) {
      const option = options[e]!;
      const at = this.#items.at(this.#program.shapeOf[option]!);
      if (alpha[at] === 0 || values[e]! < this.#items.weight[at]!) continue;
      columns.push(option);
      coefficients.push(alpha[at]!);
      left += alpha[at]! * point[option]!;
    }
    return {
      row,
      through,
      options: Int32Array.from(columns),
      coefficients: Int32Array.from(coefficients),
      rhs,
      depth: (left - rhs) / Math.sqrt(columns.length),
    };
  }
}

function useOf({ options, values }: GrantRow, point: Float64Array): number {
  let use = 0;
  for (let e = 0; e < options.length; e++) use += values[e]! * point[options[e]!]!;
  return use;
}

function isFull({ room }: GrantRow, use: number): boolean {
  return room > 0 && use > room * FULL - 1e-6;
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
