// A small tree of our own: linear programs and branchings on single columns, whose leaves the certificate lists. What is small it closes,
// of what is larger it lowers the bound as far as the leaves go. Invariant: every leaf's bound holds for all plans of its part, and the
// leaves cover all plans, closed or not. Called by component.ts.
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
  /** The best that it came by. */
  readonly plan: Plan;
  readonly cuts: readonly Cut[];
  readonly tree: Tree;
  readonly leaves: number;
  /** Of all plans, in doubles: a guide, never published. */
  readonly bound: number;
  /** No plan is worth more than the best, or than the one it was asked to beat. */
  readonly isClosed: boolean;
}

export interface TreeOptions {
  readonly meter: Meter;
  /** Worth of a plan that is known. */
  readonly known: number;
}

/** Each leaf is a pass of the checker over the model. */
export const LEAVES_MAX = 200;
/** Multipliers of all leaves: as many as a stored certificate has room for. */
const MULTIPLIERS_MAX = 8_000;
const ROOT_ROUNDS = 4;

/** Every multiplicity must be 1. Null where not even the root has an answer. */
export function solveByTree(
  engine: Engine,
  program: Program,
  { meter, known }: TreeOptions,
): TreeAnswer | null {
  const live = new LiveProgram(engine, program, { meter });
  try {
    if (live.run() !== 'optimal' || !cutRounds(live, { meter, rounds: ROOT_ROUNDS, bound: live.objective }))
      return null;
    return new Search(live, meter, known).run();
  } finally {
    live.dispose();
  }
}

interface Branching {
  readonly option: number;
  readonly one: Node;
  readonly zero: Node;
}

interface Node {
  /** Option and the value that it is fixed at, from the root on. */
  readonly fixed: readonly (readonly [option: number, value: 0 | 1])[];
  readonly multipliers: Multipliers;
  readonly bound: number;
  /** What to branch on; null: nothing is fractional. */
  readonly option: number | null;
  branching: Branching | null;
}

class Search {
  readonly #live: LiveProgram;
  readonly #meter: Meter;
  readonly #known: number;
  readonly #planner: Planner;
  readonly #options: readonly number[];
  /** -1 open, else the value it is fixed at. */
  readonly #fixed: Int8Array;
  #best: Plan;
  #leaves = 1;
  #multipliers = 0;

  constructor(live: LiveProgram, meter: Meter, known: number) {
    this.#live = live;
    this.#meter = meter;
    this.#known = known;
    this.#planner = new Planner(live.program);
    this.#options = [...live.point.keys()];
    this.#fixed = new Int8Array(live.program.columnCount);
    this.#best = this.#planner.build(orderBy(live.program.objective), null);
  }

  /** The leaf whose bound is highest is branched next: nothing else lowers the bound of all. */
  run(): TreeAnswer | null {
    const root = this.#nodeAt([]);
    if (root === null) return null;
    let open: Node[] = [root];
    let bound = root.bound;
    for (;;) {
      open = open.filter((node) => !this.#isDone(node.bound));
      const next = open.reduce<Node | null>(
        (most, node) => (most && most.bound >= node.bound ? most : node),
        null,
      );
      bound = next === null ? this.#floor : next.bound;
      if (next === null || next.option === null || !this.#mayGrow || !this.#branch(next)) break;
      const { one, zero } = next.branching!;
      open = [...open.filter((node) => node !== next), one, zero];
    }
    const isClosed = open.length === 0;
    return {
      plan: this.#best,
      cuts: this.#live.cutter.cuts,
      tree: treeOf(root),
      leaves: this.#leaves,
      bound,
      isClosed,
    };
  }

  get #floor(): number {
    return Math.max(this.#best.value, this.#known);
  }

  get #mayGrow(): boolean {
    return this.#leaves < LEAVES_MAX && this.#multipliers < MULTIPLIERS_MAX && !this.#meter.isSpent;
  }

  #isDone(bound: number): boolean {
    return bound < this.#floor + 1 - WHOLE_TOLERANCE;
  }

  /** False where a part has no answer: the leaf stays one. */
  #branch(node: Node): boolean {
    const option = node.option!;
    const one = this.#nodeAt([...node.fixed, [option, 1]]);
    const zero = one && this.#nodeAt([...node.fixed, [option, 0]]);
    if (zero === null) return false;
    node.branching = { option, one: one!, zero };
    this.#leaves++;
    return true;
  }

  #nodeAt(fixed: Node['fixed']): Node | null {
    this.#fixed.fill(-1);
    for (const [option, value] of fixed) this.#fixed[option] = value;
    const { program, cutter } = this.#live;
    const part = this.#part();
    this.#bound(part);
    if (this.#meter.isSpent || this.#live.run() !== 'optimal') return null;
    const { point, multipliers } = this.#live;
    const prices = pricesAt(program, cutter.cuts, multipliers);
    const plan = this.#planner.build(orderBy(prices), point);
    if (plan.value > this.#best.value) this.#best = plan;
    const bound = boundAt(program, cutter.cuts, { multipliers, prices, part });
    this.#multipliers += countOf(multipliers);
    return { fixed, multipliers, bound, option: this.#mostFractional(point), branching: null };
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

function countOf({ rows, cuts }: Multipliers): number {
  const isUsed = (numerator: number): boolean => numerator > 0;
  return rows.filter(isUsed).length + cuts.filter(isUsed).length;
}

function treeOf({ multipliers, branching }: Node): Tree {
  if (branching === null) return { multipliers };
  const { option, zero, one } = branching;
  return { option, zero: treeOf(zero), one: treeOf(one) };
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
