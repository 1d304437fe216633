// Puts columns into the rows of a model without excesses: takes out what is too much, fills what is left, best worth first.
// Invariant: what it returns fits, in exact integers, and nothing more fits beside it. Called by evolve.ts.
import type { Model } from '../model.ts';
import type { Draw } from './evolve.ts';

/** Crossing, loading, dropping and valuing look at every group: most of the time where there are few rows. */
const PASSES_A_CHILD = 4;

export class Packer {
  readonly #model: Model;
  /** Entries by column. */
  readonly #starts: Int32Array;
  readonly #rows: Int32Array;
  readonly #values: Float64Array;
  /** Columns by falling worth; between equals by place. */
  readonly #order: Int32Array;
  readonly #room: Float64Array;
  /** Work so far: entries added, taken off or tried, and columns looked at. */
  entries = 0;

  constructor(model: Model, worth: Float64Array) {
    if (model.excessCount > 0) throw new Error('a packing program has no excesses');
    this.#model = model;
    this.#order = Int32Array.from(model.objective.keys()).sort((a, b) => worth[b]! - worth[a]! || a - b);
    this.#room = new Float64Array(model.rowCount);
    this.#starts = new Int32Array(model.columnCount + 1);
    for (const j of model.indices) this.#starts[j + 1] = this.#starts[j + 1]! + 1;
    for (let j = 0; j < model.columnCount; j++) this.#starts[j + 1] = this.#starts[j + 1]! + this.#starts[j]!;
    this.#rows = new Int32Array(model.indices.length);
    this.#values = new Float64Array(model.indices.length);
    const next = this.#starts.slice();
    for (let row = 0; row < model.rowCount; row++) {
      for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
        const at = next[model.indices[e]!]!;
        next[model.indices[e]!] = at + 1;
        this.#rows[at] = row;
        this.#values[at] = model.values[e]!;
      }
    }
  }

  /** Changes the choice (group -> column, -1 for none) until it fits, and fills it. */
  repaired(choice: Int32Array): Int32Array {
    this.entries += PASSES_A_CHILD * choice.length;
    this.#load(choice);
    this.#drop(choice);
    this.#fill(choice, this.#order);
    return choice;
  }

  /** A plan filled in a random order. */
  filledAtRandom(draw: Draw): Int32Array {
    const order = this.#order.slice();
    for (let at = order.length - 1; at > 0; at--) {
      const other = draw(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    const choice = new Int32Array(this.#model.groupCount).fill(-1);
    this.#load(choice);
    this.#fill(choice, order);
    return choice;
  }

  #load(choice: Int32Array): void {
    this.#room.set(this.#model.rhs);
    for (const column of choice) if (column >= 0) this.#take(column, 1);
  }

  #take(column: number, sign: 1 | -1): void {
    for (let e = this.#starts[column]!; e < this.#starts[column + 1]!; e++) {
      const row = this.#rows[e]!;
      this.#room[row] = this.#room[row]! - sign * this.#values[e]!;
    }
    this.entries += this.#starts[column + 1]! - this.#starts[column]!;
  }

  /** Worst worth first, whatever stands in a row that is too full, until none is. */
  #drop(choice: Int32Array): void {
    for (let at = this.#order.length - 1; at >= 0 && this.#isOverfull(); at--) {
      // Down to the next column that gives room: until then nothing changes.
      while (at >= 0 && !this.#isInTheWay(choice, this.#order[at]!)) at--;
      if (at < 0) return;
      const column = this.#order[at]!;
      this.#take(column, -1);
      choice[this.#model.group[column]!] = -1;
    }
  }

  #isOverfull(): boolean {
    this.entries += this.#room.length;
    return this.#room.some((room) => room < 0);
  }

  #isInTheWay(choice: Int32Array, column: number): boolean {
    return choice[this.#model.group[column]!] === column && this.#isTooMuch(column);
  }

  #isTooMuch(column: number): boolean {
    for (let e = this.#starts[column]!; e < this.#starts[column + 1]!; e++) {
      this.entries++;
      if (this.#room[this.#rows[e]!]! < 0) return true;
    }
    return false;
  }

  #fill(choice: Int32Array, order: Int32Array): void {
    // A column without entries costs something too, or a model without rows would be worked on for ever.
    this.entries += order.length;
    for (const column of order) {
      const group = this.#model.group[column]!;
      if (choice[group] !== -1 || !this.#fits(column)) continue;
      this.#take(column, 1);
      choice[group] = column;
    }
  }

  #fits(column: number): boolean {
    for (let e = this.#starts[column]!; e < this.#starts[column + 1]!; e++) {
      this.entries++;
      if (this.#values[e]! > this.#room[this.#rows[e]!]!) return false;
    }
    return true;
  }
}
