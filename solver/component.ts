// One component answered: exactly by a small tree where it is small, else bound, plan, cores and neighbourhoods while work is left.
// Invariant: the plan is feasible and maximal whatever ended it; same program, same work, same answer. Called by stage.ts.
import { type Bounding, boundProgram } from './bounding.ts';
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
  /** Where the small tree closed; its columns are `spread`'s. */
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
  const { closed, best } = solveByTree(engine, single.program, meter);
  const gathered = (plan: Plan): Plan => {
    const counts = new Int32Array(program.columnCount);
    for (let q = 0; q < single.optionOf.length; q++) {
      counts[single.optionOf[q]!] = counts[single.optionOf[q]!]! + plan.counts[q]!;
    }
    return { counts, value: plan.value };
  };
  if (closed !== null)
    return { method: 'exact', plan: gathered(closed.plan), bounding: null, tree: closed, ended: 'complete' };
  // Groups that are alike, under an excess at a price, branch until the work is spent: then the tree's best plan is all there is to go by.
  const searched = searchPlan(question);
  const found: ComponentAnswer =
    best !== null && best.value > searched.plan.value
      ? { ...searched, method: 'core', plan: gathered(best) }
      : searched;
  if (found.ended !== 'complete' || found.bounding === null) return found;
  const mip = engine.solveMip(relax(program).lp, { nodesMax: MIP_NODES_MAX });
  meter.mipCall();
  if (mip.primal === null) return found;
  const plan = new Planner(program).build(orderBy(found.bounding.prices), mip.primal);
  return plan.value > found.plan.value ? { ...found, method: 'core', plan } : found;
}

function searchPlan(question: ComponentQuestion): ComponentAnswer {
  const { engine, program, meter, start, better } = question;
  const bounding = boundProgram(engine, program, { meter, start });
  if (bounding.failed) return greedyAnswer(program, 'refused');
  const planner = new Planner(program);
  const order = orderBy(bounding.prices);
  const answer: ComponentAnswer = {
    method: 'lp',
    plan: planner.build(order, bounding.point),
    bounding,
    tree: null,
    ended: bounding.point === null || meter.isSpent ? 'workLimit' : 'complete',
  };
  better(answer);
  if (answer.ended === 'workLimit') return answer;
  const search = { engine, program, bounding, planner, order, meter, gapEnough: question.gapEnough };
  return improve(search, answer, better);
}

/** Without any linear program. */
export function greedyAnswer(program: Program, ended: ComponentAnswer['ended']): ComponentAnswer {
  const plan = new Planner(program).build(orderBy(densities(program)), null);
  return { method: 'greedy', plan, bounding: null, tree: null, ended };
}

/** Shapes of the first core: twice the fractional ones and this many. */
const CORE_BESIDE = 20;
/** Exchanges after the first plan, and in every later round. */
const FIRST_MOVES = 1_000;
const ROUND_MOVES = 4_000;
/** Neighbourhoods in a row without a better plan, after which there is little left to find this way. */
const FAILURES_MAX = 12;
/** A gap as small as this is worth nobody's time. */
export const GAP_ENOUGH = 1e-4;

function improve(
  question: CoreQuestion & Pick<ComponentQuestion, 'gapEnough'>,
  from: ComponentAnswer,
  better: ComponentQuestion['better'],
): ComponentAnswer {
  let answer = from;
  const { program, planner, order, meter } = question;
  const { point, prices, bound } = from.bounding!;
  const doubt = doubtOf(program, point!, prices);
  const core = 2 * doubt.fractional + CORE_BESIDE;
  const isOver = (): boolean =>
    meter.isSpent || bound < answer.plan.value + 1 || bound - answer.plan.value <= bound * question.gapEnough;
  const consider = (plan: Plan | null): boolean => {
    if (plan === null || plan.value <= answer.plan.value) return false;
    answer = { ...answer, method: 'core', plan };
    better(answer);
    return true;
  };
  const dive = (shapes: Int32Array, stands: Float64Array | Int32Array): boolean =>
    !isOver() && consider(solveCore(question, { shapes, stands, best: answer.plan.value }));
  let seed = 0;
  const swap = (moves: number): boolean => {
    if (isOver()) return false;
    seed++;
    const shapes = doubt.shapes.subarray(0, core);
    return consider(
      exchange({ program, planner, order, shapes, prices, plan: answer.plan, moves, seed, meter }),
    );
  };
  swap(FIRST_MOVES);
  for (const times of [1, 2]) {
    dive(doubt.shapes.subarray(0, times * core), point!);
    swap(ROUND_MOVES);
  }
  const neighbourhoods = new Neighbourhoods(program, from.bounding!);
  for (let failures = 0; failures < FAILURES_MAX && !isOver(); failures++) {
    if (dive(neighbourhoods.next(answer.plan), answer.plan.counts)) {
      neighbourhoods.reward();
      failures = -1;
    }
    if (swap(ROUND_MOVES)) failures = -1;
  }
  return meter.isSpent ? { ...answer, ended: 'workLimit' } : answer;
}
