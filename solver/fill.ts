// Growing a stage's plan in exact integers: whole counts first, then every option in an order, until nothing fits.
// Invariant: the plan is feasible after every step, maximal after `fill`, and within a shape first come, first served. Called by anytime.ts.
import type { Load } from './load.ts';
import type { Model } from './model.ts';
import type { StageView } from './presolve.ts';

export class StagePlan {
  readonly #model: Model;
  readonly #view: StageView;
  readonly #load: Load;
  /** Option -> granted groups of its shape. */
  readonly counts: Int32Array;
  readonly #taken: Int32Array;
  readonly #costBefore: number;
  #worth = 0;

  /** `load` holds the frozen grants; it is copied. */
  constructor(model: Model, view: StageView, load: Load) {
    this.#model = model;
    this.#view = view;
    this.#load = load.copy();
    this.#costBefore = load.cost;
    this.counts = new Int32Array(view.optionShape.length);
    this.#taken = new Int32Array(view.shapes.length);
  }

  get value(): number {
    return this.#worth - (this.#load.cost - this.#costBefore);
  }

  /** Grants the option to the next groups of its shape, at most `most` of them; returns how many it could. */
  take(option: number, most: number): number {
    const s = this.#view.optionShape[option]!;
    const shape = this.#view.shapes[s]!;
    const offset = this.#view.optionFitting[option]! - shape.first;
    let taken = 0;
    while (taken < most && this.#taken[s]! < shape.groups.length) {
      // The group's own column, not its shape's: exact also in the rows that presolve dropped.
      const column = this.#view.fitting[this.#view.firstFitting[shape.groups[this.#taken[s]!]!]! + offset]!;
      if (!this.#load.add(column)) break;
      this.#taken[s] = this.#taken[s]! + 1;
      taken++;
    }
    this.counts[option] = this.counts[option]! + taken;
    this.#worth += taken * this.#model.objective[this.#view.fitting[this.#view.optionFitting[option]!]!]!;
    return taken;
  }

  /** One pass makes the plan maximal: what does not fit now will not fit later, for loads only grow. */
  fill(order: Int32Array): void {
    for (const option of order) this.take(option, Number.POSITIVE_INFINITY);
  }

  /**
   * Columns granted. Within a shape the best options go to the earliest groups; the rows cannot tell them apart,
   * so any assignment of the counts is feasible.
   */
  granted(): number[] {
    const { shapes, fitting, firstFitting } = this.#view;
    const columns: number[] = [];
    let option = 0;
    for (const shape of shapes) {
      const options = Array.from({ length: shape.options }, (_, o) => o);
      const worth = (o: number): number => this.#model.objective[fitting[shape.first + o]!]!;
      options.sort((a, b) => worth(b) - worth(a) || a - b);
      let next = 0;
      for (const o of options) {
        for (let n = this.counts[option + o]!; n > 0; n--) {
          columns.push(fitting[firstFitting[shape.groups[next]!]! + o]!);
          next++;
        }
      }
      option += shape.options;
    }
    return columns.sort((a, b) => a - b);
  }
}

/** Options by falling score; ties go to the earlier arrival, then the earlier option. */
export function orderBy(scores: Float64Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** Without prices: value per share of the scarcest rows, the share of a row being coefficient / room. */
export function densities(model: Model, view: StageView): Float64Array {
  return Float64Array.from(view.optionFitting, (f) => {
    let share = 0;
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      share += view.entryValues[e]! / Math.max(1, view.room[view.entryRows[e]!]!);
    }
    return share === 0 ? Number.MAX_VALUE : model.objective[view.fitting[f]!]! / share;
  });
}
