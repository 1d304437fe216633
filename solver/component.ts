// One component answered: exactly by a small tree where it is small, else bound, plan, cores and neighbourhoods while work is left.
// Invariant: the plan is feasible and maximal whatever ended it; same program, same work, same answer. Called by stage.ts.
import { type Bounded, type Bounding, boundProgram, isLarge } from './bounding.ts';
import { type CoreQuestion, doubtOf, solveCore } from './core.ts';
import type { Engine } from './engines/engine.ts';
import { exchange } from './exchange.ts';
import { Neighbourhoods } from './neighbourhoods.ts';
import { densities, orderBy, type Plan, Planner } from './plan.ts';
import type { Program } from './program.ts';
import { relax } from './relaxation.ts';
import { solveByTree, spread, type TreeAnswer } from './tree.ts';
import type { Meter } from './work.ts';

export interface ComponentAnswer {
  readonly method: 'exact' | 'lp' | 'core' | 'greedy';
  readonly plan: Plan;
  /** Multipliers of the whole, null without any linear program. */
  readonly bounding: Bounding | null;
  /** Where a tree proves more than the multipliers of the whole; its columns are `spread`'s. */
  readonly tree: TreeAnswer | null;
  readonly ended: 'complete' | 'workLimit' | 'refused';
}

export interface ComponentQuestion {
  readonly engine: Engine;
  readonly program: Program;
  readonly meter: Meter;
  /** Relative gap at which the search ends. */
  readonly gapEnough: number;
  /** Numerator per row of the program, from a solve before. */
  readonly start: Float64Array | null;
  /** Told of every better plan. */
  readonly better: (answer: ComponentAnswer) => void;
}

/** Columns of the model up to which a component is tried exactly. */
const EXACT_COLUMNS_MAX = 30;
/** Up to which a tree is grown for the bound alone, with so much of the work that is left. */
const BRANCHED_COLUMNS_MAX = 400;
const BRANCHED_PART = 0.5;
/** Nodes of the engine's own tree, for the plan where ours did not close. */
const MIP_NODES_MAX = 200;

export function solveComponent(question: ComponentQuestion): ComponentAnswer {
  if (question.meter.isSpent) return greedyAnswer(question.program, 'workLimit');
  if (columnsIn(question.program) <= EXACT_COLUMNS_MAX) return solveExactly(question);
  return searchPlan(question);
}

/** Columns of the model that the program stands for. */
export function columnsIn(program: Program): number {
  let columns = 0;
  for (let q = 0; q < program.columnCount; q++) columns += program.multiplicity[program.shapeOf[q]!]!;
  return columns;
}

function solveExactly(question: ComponentQuestion): ComponentAnswer {
  const { engine, program, meter } = question;
  const single = spread(program);
  const tree = solveByTree(engine, single.program, { meter, known: 0 });
  const grown = tree && { tree, plan: gathered(program, single.optionOf, tree.plan) };
  if (grown?.tree.isClosed) return { method: 'exact', ...grown, bounding: null, ended: 'complete' };
  // Groups that are alike, under an excess at a price, branch until the leaves are spent: then the tree's best is all there is to go by.
  const found = withTree(searchPlan(question), grown);
  if (found.ended !== 'complete' || found.bounding === null) return found;
  const mip = engine.solveMip(relax(program).lp, { nodesMax: MIP_NODES_MAX });
  meter.mipCall();
  if (mip.primal === null) return found;
  const plan = new Planner(program).build(orderBy(found.bounding.prices), mip.primal);
  return plan.value > found.plan.value ? { ...found, method: 'core', plan } : found;
}

/** A tree's plan over the columns of single groups, as counts of the options that they are copies of. */
function gathered({ columnCount }: Program, optionOf: Int32Array, { counts, value }: Plan): Plan {
  const sums = new Int32Array(columnCount);
  for (let q = 0; q < optionOf.length; q++) sums[optionOf[q]!] = sums[optionOf[q]!]! + counts[q]!;
  return { counts: sums, value };
}

/** With the better plan of the two, and the tree where it proves more. */
function withTree(
  answer: ComponentAnswer,
  grown: { readonly tree: TreeAnswer; readonly plan: Plan } | null,
): ComponentAnswer {
  if (grown === null) return answer;
  const { tree, plan } = grown;
  const provesMore = answer.bounding === null || tree.bound < answer.bounding.bound;
  const better = plan.value > answer.plan.value ? ({ method: 'core', plan } as const) : {};
  return { ...answer, ...better, tree: provesMore ? tree : answer.tree };
}

function searchPlan(question: ComponentQuestion): ComponentAnswer {
  const { engine, program, meter, start, better } = question;
  const first = isLarge(program) ? greedyAnswer(program, 'workLimit') : null;
  if (first !== null) better(first);
  const known = first?.plan.value ?? 0;
  const { bounding, tighten } = boundProgram(engine, program, { meter, start, known });
  if (bounding.failed) return greedyAnswer(program, 'refused');
  const search = new Search(question, bounding, first?.plan ?? null);
  if (bounding.point === null || meter.isSpent) return search.ended('workLimit');
  if (!search.improve(tighten)) return search.ended('refused');
  return search.ended(meter.isSpent ? 'workLimit' : 'complete');
}

/** Without any linear program. */
export function greedyAnswer(program: Program, ended: ComponentAnswer['ended']): ComponentAnswer {
  const plan = new Planner(program).build(orderBy(densities(program)), null);
  return { method: 'greedy', plan, bounding: null, tree: null, ended };
}

/** Shapes of the first core: twice the fractional ones and this many. */
const CORE_BESIDE = 20;
/** Exchanges after the first plan, and in every later round; of few options fewer, for they are soon all tried. */
const FIRST_MOVES = 1_000;
const ROUND_MOVES = 4_000;
const MOVES_PER_OPTION = 20;
/** Neighbourhoods in a row without a better plan, after which there is little left to find this way. */
const FAILURES_MAX = 12;
/** A gap as small as this is worth nobody's time. */
export const GAP_ENOUGH = 1e-4;

/** One search for a better plan, guided by the tightest bounding there is. */
class Search {
  readonly #question: ComponentQuestion;
  #guide!: CoreQuestion;
  /** Shapes, those that the guide leaves most in doubt first, and of how many the first core is. */
  #doubtful: Int32Array = new Int32Array(0);
  #core = 0;
  #answer: ComponentAnswer;
  #seed = 0;

  /** `known`: a plan from before, which may be the better one. */
  constructor(question: ComponentQuestion, bounding: Bounding, known: Plan | null) {
    this.#question = question;
    this.#guideBy(bounding);
    const own = this.#planFrom(bounding);
    const plan = known !== null && known.value > own.value ? known : own;
    this.#answer = { method: 'lp', plan, bounding, tree: null, ended: 'complete' };
    question.better(this.#answer);
  }

  ended(ended: ComponentAnswer['ended']): ComponentAnswer {
    return { ...this.#answer, ended };
  }

  /** After each step of the bound what it can guide; false when the engine refused one. */
  improve(tighten: Bounded['tighten']): boolean {
    // What prices in steps leave is no vertex, and leaves too much in doubt for a core.
    if (!isLarge(this.#question.program)) this.#cores([1]);
    for (let next = this.#isOver ? null : tighten(); next !== null; next = this.#isOver ? null : tighten()) {
      if (next.failed) return false;
      this.#follow(next);
      this.#cores([1]);
    }
    this.#cores([2]);
    this.#branch();
    this.#neighbourhoods();
    return true;
  }

  #guideBy(bounding: Bounding): void {
    const { engine, program, meter } = this.#question;
    const { point, prices } = bounding;
    this.#guide = { engine, program, bounding, planner: new Planner(program), order: orderBy(prices), meter };
    if (point === null) return;
    const { shapes, fractional } = doubtOf(program, point, prices);
    this.#doubtful = shapes;
    this.#core = 2 * fractional + CORE_BESIDE;
  }

  #planFrom({ point }: Bounding): Plan {
    return this.#guide.planner.build(this.#guide.order, point);
  }

  #follow(bounding: Bounding): void {
    this.#guideBy(bounding);
    this.#answer = { ...this.#answer, bounding };
    this.#question.better(this.#answer);
    if (bounding.point !== null) this.#consider(this.#planFrom(bounding));
  }

  #cores(sizes: readonly number[]): void {
    const { point } = this.#guide.bounding;
    if (point === null) return;
    const core = this.#core;
    this.#swap(FIRST_MOVES);
    for (const times of sizes) {
      this.#dive(this.#doubtful.subarray(0, times * core), point);
      this.#swap(ROUND_MOVES);
    }
  }

  /** A tree that need not close: its leaves tell more of what is small than cuts of single rows can. */
  #branch(): void {
    const { engine, program, meter } = this.#guide;
    const columns = columnsIn(program);
    if (this.#isOver || columns <= EXACT_COLUMNS_MAX || columns > BRANCHED_COLUMNS_MAX) return;
    const { program: single, optionOf } = spread(program);
    const known = this.#answer.plan.value;
    const tree = solveByTree(engine, single, { meter: meter.share(BRANCHED_PART), known });
    if (tree === null) return;
    this.#answer = withTree(this.#answer, { tree, plan: gathered(program, optionOf, tree.plan) });
    this.#question.better(this.#answer);
  }

  #neighbourhoods(): void {
    const { program, bounding } = this.#guide;
    if (bounding.point === null) return;
    const neighbourhoods = new Neighbourhoods(program, bounding);
    for (let failures = 0; failures < FAILURES_MAX && !this.#isOver; failures++) {
      if (this.#dive(neighbourhoods.next(this.#answer.plan), this.#answer.plan.counts)) {
        neighbourhoods.reward();
        failures = -1;
      }
      if (this.#swap(ROUND_MOVES)) failures = -1;
    }
  }

  get #isOver(): boolean {
    const bound = Math.min(this.#guide.bounding.bound, this.#answer.tree?.bound ?? Number.POSITIVE_INFINITY);
    const { value } = this.#answer.plan;
    const { meter, gapEnough } = this.#question;
    return meter.isSpent || bound < value + 1 || bound - value <= bound * gapEnough;
  }

  #dive(shapes: Int32Array, stands: Float64Array | Int32Array): boolean {
    if (this.#isOver) return false;
    return this.#consider(solveCore(this.#guide, { shapes, stands, best: this.#answer.plan.value }));
  }

  #swap(moves: number): boolean {
    if (this.#isOver) return false;
    this.#seed++;
    const { program, planner, order, bounding, meter } = this.#guide;
    const { prices } = bounding;
    const shapes = this.#doubtful.subarray(0, this.#core);
    const seed = this.#seed;
    const { plan } = this.#answer;
    const most = Math.min(moves, MOVES_PER_OPTION * program.columnCount);
    return this.#consider(
      exchange({ program, planner, order, shapes, prices, plan, moves: most, seed, meter }),
    );
  }

  #consider(plan: Plan | null): boolean {
    if (plan === null || plan.value <= this.#answer.plan.value) return false;
    this.#answer = { ...this.#answer, method: 'core', plan };
    this.#question.better(this.#answer);
    return true;
  }
}
