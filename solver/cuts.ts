// Lifted cover inequalities of single rows: what no plan can do, although the linear program thinks it can.
// Invariant: every cut follows from one row's room and the shapes' multiplicities alone, so that an outsider can check it by dynamic
// programming. Called by bounding.ts and dive.ts.
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
const WHOLE = 1e-9;
const VIOLATED = 1e-3;
/** Largest right side: the table of the lifting has as many cells, and is passed once per item. */
const COVER_MAX = 1024;

interface Candidate extends Cut {
  /** By how much the point breaks it, over the root of its length: the usual efficacy. */
  readonly depth: number;
}

/** The merged columns of one shape in one row: `count` copies of `weight`, of which the point takes `taken`. */
interface Item {
  readonly shape: number;
  readonly count: number;
  weight: number;
  taken: number;
}

export class CoverCuts {
  /** Every cut found so far, in the order of finding. */
  readonly cuts: Cut[] = [];
  readonly #program: Program;
  readonly #rows: RowEntries;
  readonly #meter: Meter;
  readonly #seen = new Set<number>();
  readonly #itemOf: Int32Array;

  constructor(program: Program, meter: Meter) {
    this.#program = program;
    this.#rows = rowEntries(program);
    this.#meter = meter;
    this.#itemOf = new Int32Array(program.shapeCount).fill(-1);
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
    const room = this.#program.rhs[row]!;
    const items = this.#itemsOf(row, point);
    const fractional = items.filter(({ taken }) => taken - Math.floor(taken + WHOLE) > WHOLE);
    if (fractional.length === 0) return;
    const seen = new Set<string>();
    for (const order of ORDERS) {
      const copies = coverOf(items, fractional.slice().sort(order), room);
      if (copies === null) return;
      const key = copies.join();
      if (seen.has(key)) continue;
      seen.add(key);
      const lifted = lift(items, copies, room);
      this.#meter.cells(lifted.cells);
      if (lifted.alpha !== null) candidates.push(this.#cutOf(row, { items, point }, lifted.alpha));
    }
  }

  #itemsOf(row: number, point: Float64Array): Item[] {
    const { starts, options, values } = this.#rows;
    const { shapeOf, multiplicity } = this.#program;
    const items: Item[] = [];
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const shape = shapeOf[options[e]!]!;
      const x = point[options[e]!]!;
      const weight = values[e]!;
      const at = this.#itemOf[shape]!;
      if (at < 0) {
        this.#itemOf[shape] = items.length;
        items.push({ shape, count: multiplicity[shape]!, weight, taken: x > WHOLE ? x : 0 });
        continue;
      }
      // A shape weighs what the lightest option that the point uses does; lighter ones stay out of the cut.
      const item = items[at]!;
      if (x > WHOLE) {
        item.weight = item.taken > 0 ? Math.min(item.weight, weight) : weight;
        item.taken += x;
      } else if (item.taken === 0) item.weight = Math.min(item.weight, weight);
    }
    for (const item of items) {
      this.#itemOf[item.shape] = -1;
      item.taken = Math.min(item.taken, item.count);
    }
    return items;
  }

  #cutOf(
    row: number,
    { items, point }: { items: readonly Item[]; point: Float64Array },
    lifted: { readonly alpha: Int32Array; readonly rhs: number },
  ): Candidate {
    const { starts, options, values } = this.#rows;
    for (const [i, item] of items.entries()) this.#itemOf[item.shape] = i;
    const columns: number[] = [];
    const coefficients: number[] = [];
    let left = 0;
    for (let e = starts[row]!; e < starts[row + 1]!; e++) {
      const at = this.#itemOf[this.#program.shapeOf[options[e]!]!]!;
      const alpha = lifted.alpha[at]!;
      if (alpha === 0 || values[e]! < items[at]!.weight) continue;
      columns.push(options[e]!);
      coefficients.push(alpha);
      left += alpha * point[options[e]!]!;
    }
    for (const item of items) this.#itemOf[item.shape] = -1;
    return {
      row,
      options: Int32Array.from(columns),
      coefficients: Int32Array.from(coefficients),
      rhs: lifted.rhs,
      depth: (left - lifted.rhs) / Math.sqrt(columns.length),
    };
  }
}

const fractionOf = ({ taken }: Item): number => taken - Math.floor(taken + WHOLE);

/** Which fractional items enter the cover first: cheapest per weight, most taken, heaviest. */
const ORDERS: readonly ((a: Item, b: Item) => number)[] = [
  (a, b) => (1 - fractionOf(a)) / a.weight - (1 - fractionOf(b)) / b.weight || a.shape - b.shape,
  (a, b) => fractionOf(b) - fractionOf(a) || b.weight - a.weight || a.shape - b.shape,
  (a, b) => b.weight - a.weight || fractionOf(b) - fractionOf(a) || a.shape - b.shape,
];

/** Copies of each item in a minimal cover: every whole copy, then fractional ones, then whatever is not needed leaves. Null: no cover. */
function coverOf(items: readonly Item[], fractional: readonly Item[], room: number): Int32Array | null {
  const copies = new Int32Array(items.length);
  const at = new Map(items.map((item, i) => [item, i]));
  let weight = 0;
  for (const [i, { taken, weight: each }] of items.entries()) {
    copies[i] = Math.floor(taken + WHOLE);
    weight += copies[i]! * each;
  }
  const entered: Item[] = [];
  for (const item of fractional) {
    if (weight > room) break;
    weight += item.weight;
    copies[at.get(item)!]!++;
    entered.push(item);
  }
  if (weight <= room) return null;
  entered.sort((a, b) => fractionOf(a) - fractionOf(b) || a.shape - b.shape);
  for (const item of entered) {
    if (weight - item.weight <= room) continue;
    weight -= item.weight;
    copies[at.get(item)!]!--;
  }
  const byWeight = [...items.keys()].filter((i) => copies[i]! > 0);
  byWeight.sort((a, b) => items[a]!.weight - items[b]!.weight || a - b);
  for (const i of byWeight) {
    const each = items[i]!.weight;
    const spare = Math.min(copies[i]!, Math.ceil((weight - room) / each) - 1);
    if (spare <= 0) {
      if (each >= weight - room) break;
      continue;
    }
    copies[i] = copies[i]! - spare;
    weight -= spare * each;
  }
  return copies;
}

/**
 * Coefficients by sequential lifting, exact by dynamic programming over the value: least[v] is the least weight whose coefficients sum to v.
 * An item of `count` equal copies gets one coefficient, the largest that holds for any number of them (Zemel 1989; copies as in the
 * bounded knapsack). `alpha` null: the point does not break what came out.
 */
function lift(
  items: readonly Item[],
  copies: Int32Array,
  room: number,
): { readonly alpha: { readonly alpha: Int32Array; readonly rhs: number } | null; readonly cells: number } {
  const rhs = copies.reduce((sum, n) => sum + n, 0) - 1;
  if (rhs < 1 || rhs > COVER_MAX) return { alpha: null, cells: 0 };
  const table = new LiftingTable(rhs, room, coverWeights(items, copies));
  const alpha = new Int32Array(items.length);
  let left = 0;
  for (let i = 0; i < items.length; i++) {
    if (copies[i] === 0) continue;
    const item = items[i]!;
    const extra = item.count - copies[i]!;
    // All copies of a shape share a coefficient, so the ones outside the cover must bear 1 as well.
    if (extra > 0 && table.coefficient(item.weight, extra) < 1) return { alpha: null, cells: table.cells };
    if (extra > 0) table.add(1, item.weight, extra);
    alpha[i] = 1;
    left += item.taken;
  }
  const rest = [...items.keys()].filter((i) => copies[i] === 0);
  rest.sort((a, b) => items[b]!.taken - items[a]!.taken || items[b]!.weight - items[a]!.weight || a - b);
  for (const i of rest) {
    const item = items[i]!;
    if (item.taken === 0 && left <= rhs + VIOLATED) break;
    const coefficient = table.coefficient(item.weight, item.count);
    if (coefficient <= 0) continue;
    alpha[i] = coefficient;
    left += coefficient * item.taken;
    table.add(coefficient, item.weight, item.count);
  }
  return { alpha: left > rhs + VIOLATED ? { alpha, rhs } : null, cells: table.cells };
}

function coverWeights(items: readonly Item[], copies: Int32Array): Float64Array {
  const weights: number[] = [];
  for (let i = 0; i < items.length; i++) for (let n = 0; n < copies[i]!; n++) weights.push(items[i]!.weight);
  return Float64Array.from(weights).sort();
}

class LiftingTable {
  readonly #least: Float64Array;
  readonly #rhs: number;
  readonly #room: number;
  cells = 0;

  /** `weights`: of the cover, rising, one more than `rhs`; each with coefficient 1. */
  constructor(rhs: number, room: number, weights: Float64Array) {
    this.#rhs = rhs;
    this.#room = room;
    this.#least = new Float64Array(rhs + 1);
    for (let v = 1; v <= rhs; v++) this.#least[v] = this.#least[v - 1]! + weights[v - 1]!;
  }

  /** The largest coefficient that any number of copies can bear. */
  coefficient(weight: number, count: number): number {
    const most = Math.min(count, Math.floor(this.#room / weight));
    let best = this.#rhs;
    for (let n = 1; n <= most && best > 0; n++) {
      best = Math.min(best, Math.floor((this.#rhs - this.#valueWithin(this.#room - n * weight)) / n));
    }
    return best;
  }

  /** Adds `count` copies, by binary splitting. */
  add(coefficient: number, weight: number, count: number): void {
    let left = Math.min(count, Math.floor(this.#room / weight));
    for (let chunk = 1; left > 0; chunk *= 2) {
      const n = Math.min(chunk, left);
      this.#addOne(n * coefficient, n * weight);
      left -= n;
    }
  }

  #addOne(value: number, weight: number): void {
    const least = this.#least;
    this.cells += least.length;
    for (let v = least.length - 1; v > 0; v--) {
      const before = least[v > value ? v - value : 0]! + weight;
      if (before < least[v]!) least[v] = before;
    }
  }

  /** The most value within a weight; `least` rises. */
  #valueWithin(weight: number): number {
    let low = 0;
    let high = this.#rhs;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#least[middle]! <= weight) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function hashOf({ row, options, coefficients, rhs }: Cut): number {
  let hash = 0x811c9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x01000193);
  };
  mix(row);
  mix(rhs);
  for (let i = 0; i < options.length; i++) {
    mix(options[i]!);
    mix(coefficients[i]!);
  }
  return hash;
}
