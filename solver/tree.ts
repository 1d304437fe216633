// A small tree of our own: linear programs and branchings on single columns, whose leaves the certificate lists. For components so small
// that they can be closed. Invariant: every leaf's bound holds for all plans of its part, and the leaves cover all plans.
// Called by component.ts.
import type { Cut } from './cuts.ts';
import { cutRounds } from './dive.ts';
import type { Engine } from './engines/engine.ts';
import { boundAt, type Multipliers, type Part, pricesAt } from './lagrangian.ts';
import { LiveProgram } from './live.ts';
import { Load } from './load.ts';
import { orderBy, type Plan, Planner, WHOLE_TOLERANCE } from './plan.ts';
import type { Program } from './program.ts';
import type { Meter } from './work.ts';

export type Tree =
  | { readonly multipliers: Multipliers }
  | { readonly option: number; readonly zero: Tree; readonly one: Tree };

export interface TreeAnswer {
  readonly plan: Plan;
  readonly cuts: readonly Cut[];
  readonly tree: Tree;
  readonly leaves: number;
}

export interface TreeSearch {
  /** The best plan with the tree that proves it, null when the work or the leaves did not suffice. */
  readonly closed: TreeAnswer | null;
  /** The best plan that it came by, proved or not; null before the first branching. */
  readonly best: Plan | null;
}

/** Each leaf is a pass of the checker over the model. */
export const LEAVES_MAX = 200;
const ROOT_ROUNDS = 4;

/** Every multiplicity must be 1. */
export function solveByTree(engine: Engine, program: Program, meter: Meter): TreeSearch {
  const live = new LiveProgram(engine, program, { meter });
  try {
    if (live.run() !== 'optimal' || !cutRounds(live, { meter, rounds: ROOT_ROUNDS, bound: live.objective }))
      return { closed: null, best: null };
    return new Search(live, meter).run();
  } finally {
    live.dispose();
  }
}

class Search {
  readonly #live: LiveProgram;
  readonly #meter: Meter;
  readonly #planner: Planner;
  readonly #options: readonly number[];
  /** -1 open, else the value it is fixed at. */
  readonly #fixed: Int8Array;
  #best: Plan;
  #leaves = 0;

  constructor(live: LiveProgram, meter: Meter) {
    this.#live = live;
    this.#meter = meter;
    this.#planner = new Planner(live.program);
    this.#options = [...live.point.keys()];
    this.#fixed = new Int8Array(live.program.columnCount).fill(-1);
    this.#best = this.#planner.build(orderBy(live.program.objective), null);
  }

  run(): TreeSearch {
    const tree = this.#grow();
    const best = this.#best;
    return { closed: tree && { plan: best, cuts: this.#live.cutter.cuts, tree, leaves: this.#leaves }, best };
  }

  #grow(): Tree | null {
    const { program, cutter } = this.#live;
    const cuts = cutter.cuts;
    const part = this.#part();
    this.#bound(part);
    if (this.#meter.isSpent || this.#live.run() !== 'optimal') return null;
    const { point, multipliers } = this.#live;
    const prices = pricesAt(program, cuts, multipliers);
    const plan = this.#planner.build(orderBy(prices), point);
    if (plan.value > this.#best.value) this.#best = plan;
    const bound = boundAt(program, cuts, { multipliers, prices, part });
    if (bound < this.#best.value + 1 - WHOLE_TOLERANCE) {
      this.#leaves++;
      return { multipliers };
    }
    const option = this.#mostFractional(point);
    if (option === null || this.#leaves >= LEAVES_MAX) return null;
    this.#fixed[option] = 1;
    const one = this.#grow();
    if (one === null) return null;
    this.#fixed[option] = 0;
    const zero = this.#grow();
    this.#fixed[option] = -1;
    return zero && { option, zero, one };
  }

  /** Fixed columns, and what no longer fits beside them: the checker closes it as well. */
  #part(): Part {
    const { program } = this.#live;
    const load = new Load(program);
    const lower = new Int32Array(program.columnCount);
    const closed = new Uint8Array(program.columnCount);
    const settled = new Uint8Array(program.shapeCount);
    for (const q of this.#options) {
      if (this.#fixed[q] !== 1) continue;
      load.add(q);
      lower[q] = 1;
      settled[program.shapeOf[q]!] = 1;
    }
    for (const q of this.#options) {
      if (this.#fixed[q] !== -1 || settled[program.shapeOf[q]!] === 1 || !load.fits(q)) closed[q] = 1;
    }
    return { lower, closed };
  }

  #bound({ lower, closed }: Part): void {
    const upper = this.#options.map((q) => (closed[q] === 1 ? lower[q]! : 1));
    this.#live.fix(this.#options, [...lower], upper);
  }

  #mostFractional(point: Float64Array): number | null {
    let best: number | null = null;
    let distance = 0.5 - WHOLE_TOLERANCE;
    for (const q of this.#options) {
      if (Math.abs(point[q]! - 0.5) >= distance) continue;
      best = q;
      distance = Math.abs(point[q]! - 0.5);
    }
    return best;
  }
}

/** The program with every group a shape of its own, for a tree branches on columns of single groups. */
export function spread(program: Program): { readonly program: Program; readonly optionOf: Int32Array } {
  const optionOf: number[] = [];
  const shapeStarts = [0];
  for (let s = 0; s < program.shapeCount; s++) {
    for (let copy = 0; copy < program.multiplicity[s]!; copy++) {
      for (let q = program.shapeStarts[s]!; q < program.shapeStarts[s + 1]!; q++) optionOf.push(q);
      shapeStarts.push(optionOf.length);
    }
  }
  const shapeOf = new Int32Array(optionOf.length);
  for (let s = 0; s + 1 < shapeStarts.length; s++) shapeOf.fill(s, shapeStarts[s], shapeStarts[s + 1]);
  const starts = new Int32Array(optionOf.length + 1);
  for (const [i, q] of optionOf.entries())
    starts[i + 1] = starts[i]! + program.starts[q + 1]! - program.starts[q]!;
  const rows = new Int32Array(starts[optionOf.length]!);
  const values = new Float64Array(rows.length);
  for (const [i, q] of optionOf.entries()) {
    rows.set(program.rows.subarray(program.starts[q]!, program.starts[q + 1]!), starts[i]!);
    values.set(program.values.subarray(program.starts[q]!, program.starts[q + 1]!), starts[i]!);
  }
  return {
    program: {
      ...program,
      columnCount: optionOf.length,
      shapeCount: shapeStarts.length - 1,
      shapeStarts: Int32Array.from(shapeStarts),
      shapeOf,
      multiplicity: new Int32Array(shapeStarts.length - 1).fill(1),
      objective: Float64Array.from(optionOf, (q) => program.objective[q]!),
      starts,
      rows,
      values,
    },
    optionOf: Int32Array.from(optionOf),
  };
}
