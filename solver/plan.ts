// Plans of a program: counts per option, grown in exact integers until nothing fits. Invariant: feasible after every step, maximal after
// `build`. Called by stage.ts, dive.ts and tree.ts.
import { Load } from './load.ts';
import type { Program } from './program.ts';

export interface Plan {
  /** Option -> groups of its shape that are granted it. */
  readonly counts: Int32Array;
  /** Sum of objective, less what the excesses cost beyond the empty plan's. */
  readonly value: number;
}

/** Primal values this close to a whole number are that number. */
export const WHOLE_TOLERANCE = 1e-6;

export class Planner {
  readonly #program: Program;
  readonly #empty: Load;
  readonly #load: Load;

  constructor(program: Program) {
    this.#program = program;
    this.#empty = new Load(program);
    this.#load = this.#empty.copy();
  }

  /**
   * First the whole part of `wanted` in the order given, as far as it fits, then every option in the order: one pass makes the plan
   * maximal, for what does not fit now will not fit later.
   */
  build(order: Int32Array, wanted: Float64Array | Int32Array | null): Plan {
    const { objective, shapeOf, multiplicity, shapeCount } = this.#program;
    const load = this.#load;
    load.become(this.#empty);
    const counts = new Int32Array(objective.length);
    const left = new Int32Array(shapeCount);
    left.set(multiplicity);
    let worth = 0;
    const take = (q: number, most: number): void => {
      const shape = shapeOf[q]!;
      const count = load.addMost(q, Math.min(most, left[shape]!));
      counts[q] = counts[q]! + count;
      left[shape] = left[shape]! - count;
      worth += count * objective[q]!;
    };
    if (wanted !== null) {
      for (let i = 0; i < order.length; i++) {
        const count = Math.floor(wanted[order[i]!]! + WHOLE_TOLERANCE);
        if (count > 0) take(order[i]!, count);
      }
    }
    for (let i = 0; i < order.length; i++) {
      const q = order[i]!;
      if (left[shapeOf[q]!]! > 0) take(q, left[shapeOf[q]!]!);
    }
    return { counts, value: worth - (load.cost - this.#empty.cost) };
  }
}

/** Options by falling score; ties go to the earlier arrival, then the earlier option. */
export function orderBy(scores: Float64Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
}

/** Without prices: value per share of the scarcest rows, the share of a row being coefficient / room. */
export function densities(program: Program): Float64Array {
  const { starts, rows, values, rhs, objective } = program;
  return objective.map((worth, q) => {
    let share = 0;
    for (let e = starts[q]!; e < starts[q + 1]!; e++) share += values[e]! / Math.max(1, rhs[rows[e]!]!);
    return share === 0 ? Number.MAX_VALUE : worth / share;
  });
}
