// Which shapes to decide anew beside a plan. By weak duality the gap is a sum: of every row's price times its room left, and of what every
// shape forgoes against its best price; a neighbourhood is where the gap is lost and where a change costs little.
// Invariant: counts alone decide, so the same plan has the same neighbourhoods. Called by component.ts.
import type { Bounding } from './bounding.ts';
import type { Plan } from './plan.ts';
import type { Program } from './program.ts';
import { MULTIPLIER_ONE } from './relaxation.ts';

const SHAPES_FIRST = 60;
/** A neighbourhood without a better plan is followed by a larger one elsewhere. */
const GROWTH = 1.25;
const SHAPES_MAX = 240;
const FADING = 0.5;

export class Neighbourhoods {
  readonly #program: Program;
  readonly #bounding: Bounding;
  /** Shape -> weight of its score, less for each neighbourhood in vain. */
  readonly #weight: Float64Array;
  #size: number;
  #last: Int32Array = new Int32Array(0);

  constructor(program: Program, bounding: Bounding) {
    this.#program = program;
    this.#bounding = bounding;
    this.#weight = new Float64Array(program.shapeCount).fill(1);
    this.#size = SHAPES_FIRST;
  }

  next(plan: Plan): Int32Array {
    const { shapeCount, shapeStarts, objective } = this.#program;
    const { prices } = this.#bounding;
    const loss = this.#lossOfRows(plan);
    const score = new Float64Array(shapeCount);
    for (let s = 0; s < shapeCount; s++) {
      let granted = 0;
      let best = 0;
      let second = Number.NEGATIVE_INFINITY;
      let worth = 0;
      let lost = 0;
      for (let q = shapeStarts[s]!; q < shapeStarts[s + 1]!; q++) {
        if (plan.counts[q]! > 0) granted = prices[q]!;
        else second = Math.max(second, prices[q]!);
        best = Math.max(best, prices[q]!);
        worth = Math.max(worth, objective[q]!);
        lost = Math.max(lost, this.#lostAt(q, loss));
      }
      // What it would cost at these prices to choose otherwise: below zero where the plan forgoes something.
      const change = Math.max(0, granted - Math.max(granted === 0 ? Number.NEGATIVE_INFINITY : 0, second));
      score[s] = (this.#weight[s]! * (lost + best - granted)) / (change + 0.01 * worth);
    }
    const ranked = Int32Array.from(score.keys()).sort((a, b) => score[b]! - score[a]! || a - b);
    this.#last = ranked.slice(0, Math.round(this.#size));
    for (const s of this.#last) this.#weight[s] = this.#weight[s]! * FADING;
    this.#size = Math.min(SHAPES_MAX, this.#size * GROWTH);
    return this.#last;
  }

  /** The last neighbourhood held a better plan: there may be more in it. */
  reward(): void {
    for (const s of this.#last) this.#weight[s] = this.#weight[s]! / FADING;
    this.#size = SHAPES_FIRST;
  }

  /** Row -> price times the room that the plan leaves. */
  #lossOfRows(plan: Plan): Float64Array {
    const { rowCount, rhs, columnCount, starts, rows, values } = this.#program;
    const left = rhs.slice();
    for (let q = 0; q < columnCount; q++) {
      if (plan.counts[q] === 0) continue;
      for (let e = starts[q]!; e < starts[q + 1]!; e++)
        left[rows[e]!] = left[rows[e]!]! - plan.counts[q]! * values[e]!;
    }
    const lambda = this.#priceOfRows();
    for (let i = 0; i < rowCount; i++) left[i] = Math.max(0, left[i]!) * lambda[i]!;
    return left;
  }

  /** A cut's price is its row's as well: per unit of the row as its rhs is to the room. */
  #priceOfRows(): Float64Array {
    const { cuts, multipliers } = this.#bounding;
    const lambda = multipliers.rows.map((numerator) => numerator / MULTIPLIER_ONE);
    for (let c = 0; c < multipliers.cuts.length; c++) {
      const { row, rhs } = cuts[c]!;
      const room = Math.max(1, this.#program.rhs[row]!);
      lambda[row] = lambda[row]! + ((multipliers.cuts[c]! / MULTIPLIER_ONE) * rhs) / room;
    }
    return lambda;
  }

  #lostAt(q: number, loss: Float64Array): number {
    const { starts, rows } = this.#program;
    let sum = 0;
    for (let e = starts[q]!; e < starts[q + 1]!; e++) sum += loss[rows[e]!]!;
    return sum;
  }
}
