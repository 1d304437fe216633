// The parts of a lifted cover: a row's columns merged into items, covers among them, and the table that lifting asks.
// Invariant: an item's weight is at most that of any column it stands for in the cut. Called by cuts.ts.
import type { GrantRow, Program } from './program.ts';

const WHOLE = 1e-9;

/**
 * The shapes of one row as items: `count` copies of `weight` each, of which the point takes `taken`. Taken items come first; the others
 * are collected when a cut needs them. Scratch space of one `CoverCuts`, filled and cleared row by row.
 */
export class RowItems {
  readonly capacity: number;
  readonly weight: Float64Array;
  readonly taken: Float64Array;
  readonly count: Int32Array;
  readonly #program: Program;
  readonly #shape: Int32Array;
  readonly #itemOf: Int32Array;
  #takenCount = 0;
  #size = 0;

  constructor(program: Program) {
    this.capacity = program.shapeCount;
    this.weight = new Float64Array(program.shapeCount);
    this.taken = new Float64Array(program.shapeCount);
    this.count = new Int32Array(program.shapeCount);
    this.#program = program;
    this.#shape = new Int32Array(program.shapeCount);
    this.#itemOf = new Int32Array(program.shapeCount).fill(-1);
  }

  /** Item of a shape, -1 when it has none yet. */
  at(shape: number): number {
    return this.#itemOf[shape]!;
  }

  /** A shape weighs what the lightest option that the point uses does; lighter ones stay out of the cut. */
  collect({ options, values }: GrantRow, point: Float64Array): void {
    const { shapeOf } = this.#program;
    for (let e = 0; e < options.length; e++) {
      const x = point[options[e]!]!;
      if (x <= WHOLE) continue;
      const shape = shapeOf[options[e]!]!;
      const at = this.#itemOf[shape]!;
      if (at < 0) this.#put(shape, values[e]!, x);
      else {
        this.weight[at] = Math.min(this.weight[at]!, values[e]!);
        this.taken[at] = Math.min(this.taken[at]! + x, this.count[at]!);
      }
    }
    this.#takenCount = this.#size;
  }

  /** Shapes that the point takes nothing of, heaviest first. */
  collectUntaken({ options, values }: GrantRow): number[] {
    if (this.#size === this.#takenCount) {
      for (let e = 0; e < options.length; e++) {
        const shape = this.#program.shapeOf[options[e]!]!;
        const at = this.#itemOf[shape]!;
        if (at < 0) this.#put(shape, values[e]!, 0);
        else if (at >= this.#takenCount) this.weight[at] = Math.min(this.weight[at]!, values[e]!);
      }
    }
    const untaken: number[] = [];
    for (let i = this.#takenCount; i < this.#size; i++) untaken.push(i);
    return untaken.sort((a, b) => this.weight[b]! - this.weight[a]! || a - b);
  }

  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#itemOf[this.#shape[i]!] = -1;
    this.#size = 0;
    this.#takenCount = 0;
  }

  /**
   * Minimal covers as copies per taken item: every whole copy, then fractional items in some order until the room is overfull, then
   * whatever is not needed leaves. None when all taken items together fit.
   */
  covers(room: number): Int32Array[] {
    const whole = new Int32Array(this.#takenCount);
    const fractional: number[] = [];
    let weight = 0;
    let most = 0;
    for (let i = 0; i < this.#takenCount; i++) {
      whole[i] = Math.floor(this.taken[i]! + WHOLE);
      weight += whole[i]! * this.weight[i]!;
      if (this.#fraction(i) <= WHOLE) continue;
      fractional.push(i);
      most += this.weight[i]!;
    }
    if (weight + most <= room) return [];
    const lightestFirst: number[] = [];
    for (let i = 0; i < this.#takenCount; i++) if (whole[i]! > 0) lightestFirst.push(i);
    lightestFirst.sort((a, b) => this.weight[a]! - this.weight[b]! || a - b);
    return this.#orders().map((order) =>
      this.#minimalCover({ whole, lightestFirst, weight, room }, fractional.slice().sort(order)),
    );
  }

  /** Rising, one per copy. */
  weightsOf(copies: Int32Array): Float64Array {
    const weights: number[] = [];
    for (let i = 0; i < copies.length; i++)
      for (let n = 0; n < copies[i]!; n++) weights.push(this.weight[i]!);
    return Float64Array.from(weights).sort();
  }

  /** Taken items without a copy in the cover: most taken, then heaviest first. */
  takenBeside(copies: Int32Array): number[] {
    const beside: number[] = [];
    for (let i = 0; i < copies.length; i++) if (copies[i] === 0) beside.push(i);
    return beside.sort(
      (a, b) => this.taken[b]! - this.taken[a]! || this.weight[b]! - this.weight[a]! || a - b,
    );
  }

  #put(shape: number, weight: number, taken: number): void {
    const at = this.#size++;
    this.#itemOf[shape] = at;
    this.#shape[at] = shape;
    this.weight[at] = weight;
    this.taken[at] = taken;
    this.count[at] = this.#program.multiplicity[shape]!;
  }

  #fraction(i: number): number {
    return this.taken[i]! - Math.floor(this.taken[i]! + WHOLE);
  }

  /** Which fractional items enter first: cheapest per weight, most taken, heaviest. */
  #orders(): ((a: number, b: number) => number)[] {
    const missing = (i: number): number => (1 - this.#fraction(i)) / this.weight[i]!;
    const heavier = (a: number, b: number): number => this.weight[b]! - this.weight[a]!;
    const fuller = (a: number, b: number): number => this.#fraction(b) - this.#fraction(a);
    return [
      (a, b) => missing(a) - missing(b) || a - b,
      (a, b) => fuller(a, b) || heavier(a, b) || a - b,
      (a, b) => heavier(a, b) || fuller(a, b) || a - b,
    ];
  }

  #minimalCover(
    from: { whole: Int32Array; lightestFirst: readonly number[]; weight: number; room: number },
    fractional: readonly number[],
  ): Int32Array {
    const copies = from.whole.slice();
    let over = from.weight - from.room;
    const entered: number[] = [];
    for (const i of fractional) {
      if (over > 0) break;
      over += this.weight[i]!;
      copies[i] = copies[i]! + 1;
      entered.push(i);
    }
    entered.sort((a, b) => this.#fraction(a) - this.#fraction(b) || a - b);
    for (const i of entered) {
      if (over <= this.weight[i]!) continue;
      over -= this.weight[i]!;
      copies[i] = copies[i]! - 1;
    }
    for (const i of from.lightestFirst) {
      const each = this.weight[i]!;
      if (each >= over) break;
      const spare = Math.min(copies[i]!, Math.ceil(over / each) - 1);
      copies[i] = copies[i]! - spare;
      over -= spare * each;
    }
    return copies;
  }
}

/**
 * Exact lifting by dynamic programming over the value: least[v] is the least weight whose coefficients sum to v or more. An item of
 * several equal copies gets one coefficient, the largest that holds for any number of them.
 */
export class LiftingTable {
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
      const before = (v > value ? least[v - value]! : 0) + weight;
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
