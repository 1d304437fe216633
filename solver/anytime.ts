// The stage loop: each strict class in order, earlier grants frozen, a plan and the multipliers that bound it.
// Invariant: same model, same options, same bytes; limits are counted work. Called by index.ts's users, child.ts and node.ts.
import { type Columns, columnsOf } from './columns.ts';
import type { Engine } from './engines/engine.ts';
import { densities, orderBy, StagePlan } from './fill.ts';
import { Load } from './load.ts';
import type { Model } from './model.ts';
import { type StageView, viewStage } from './presolve.ts';
import { cheapMultipliers } from './prices.ts';
import { multipliersOf, reducedPrices, relax } from './relaxation.ts';
import { residualOf, wholePart } from './residual.ts';
import type {
  EngineName,
  Multiplier,
  Solution,
  SolveOptions,
  SolverFault,
  StageCertificate,
  StageMethod,
  StageOutcome,
  Work,
} from './solution.ts';
import { boundOf, gapOf } from './verify.ts';

/** A tree costs 5 to 60 ms of a tick: it is not grown where at most half a hundredth is left to find. */
const GAP_WORTH_A_TREE = 0.005;
/** Nodes of a residual's tree. Measured: 30 columns close in far fewer; the limit is for the instance that does not. */
const RESIDUAL_NODES_MAX = 200;

const NO_WORK: Work = { simplexIterations: 0, lpCalls: 0, mipCalls: 0, dpCells: 0 };

interface StageAnswer {
  readonly method: StageMethod;
  readonly granted: readonly number[];
  readonly multipliers: readonly Multiplier[];
  /** `refused`: the engine answered the LP with neither an optimum nor a work limit. */
  readonly ended: 'complete' | 'workLimit' | 'refused';
}

interface StageTask {
  readonly model: Model;
  readonly columns: Columns;
  readonly load: Load;
  readonly view: StageView;
  /** Column -> 1 when an earlier stage granted it. */
  readonly frozen: Uint8Array;
}

type AnswerStage = (task: StageTask) => StageAnswer | null;

/** Solves in this process. Same bytes as the solver process, which calls this. */
export function solve(model: Model, engine: Engine, options: SolveOptions): Solution {
  if (engine.name !== options.engine)
    throw new Error(`asked for engine ${options.engine}, given ${engine.name}`);
  const work = { ...NO_WORK };
  const run = runStages(model, work, (task) => {
    if (work.lpCalls >= options.budget.lpCallsMax) return { ...greedyAnswer(task), ended: 'workLimit' };
    return engineAnswer(task, { engine, options, work });
  })!;
  const refused = run.ended.has('refused');
  return {
    termination: refused ? 'fault' : run.ended.has('workLimit') ? 'workLimit' : 'complete',
    fault: refused ? 'refused' : null,
    engine: engine.name,
    engineBuild: engine.build,
    engineCalled: work.lpCalls > 0,
    granted: run.granted,
    stages: run.stages,
    work,
  };
}

/** The answer when no stage needs an engine (nothing fits, or everything does), else null. */
export function solveTrivially(
  model: Model,
  from: { engine: EngineName; engineBuild: string },
): Solution | null {
  const run = runStages(model, NO_WORK, () => null);
  return run && { termination: 'complete', fault: null, ...from, ...withoutCalls(run) };
}

/** The greedy plan with cheap multipliers: the answer of a tick whose engine failed. A pure function, so that replay repeats it. */
export function solveWithoutEngine(
  model: Model,
  from: { engine: EngineName; engineBuild: string; fault: SolverFault },
): Solution {
  const run = runStages(model, NO_WORK, greedyAnswer)!;
  return { termination: 'fault', ...from, ...withoutCalls(run) };
}

interface Run {
  readonly granted: Uint8Array;
  readonly stages: StageOutcome[];
  readonly ended: ReadonlySet<StageAnswer['ended']>;
}

function withoutCalls({
  granted,
  stages,
}: Run): Pick<Solution, 'engineCalled' | 'granted' | 'stages'> & { work: Work } {
  return { engineCalled: false, granted, stages, work: NO_WORK };
}

/** Null as soon as `answer` has none for a stage that is not trivial. `work` is counted up by `answer`. */
function runStages(model: Model, work: Work, answer: AnswerStage): Run | null {
  const columns = columnsOf(model);
  const load = new Load(model, columns);
  const granted = new Uint8Array(model.columnCount);
  const frozen: number[] = [];
  const stages: StageOutcome[] = [];
  const ended = new Set<StageAnswer['ended']>();
  for (const stage of columns.stages) {
    const view = viewStage({ model, columns, stage, load, frozen });
    const task = view && { model, columns, load, view, frozen: granted };
    const given = task === null ? NOTHING_FITS : (everythingFits(task) ?? answer(task));
    if (given === null) return null;
    const costBefore = load.cost;
    let worth = 0;
    for (const j of given.granted) {
      if (!load.add(j)) throw new Error(`stage ${stage}: granted column ${j} does not fit`);
      worth += model.objective[j]!;
    }
    const value = worth - (load.cost - costBefore);
    stages.push(outcomeOf(model, { stage, frozen: granted, answer: given, value, work: { ...work } }));
    ended.add(given.ended);
    for (const j of given.granted) {
      granted[j] = 1;
      frozen.push(j);
    }
  }
  return { granted, stages, ended };
}

const NOTHING_FITS: StageAnswer = { method: 'empty', granted: [], multipliers: [], ended: 'complete' };

/** Null also where an excess that costs may grow: a second-best option may then be the better one. */
function everythingFits({ model, columns, view, load }: StageTask): StageAnswer | null {
  const costs = (row: number): boolean => (model.excessCost[columns.definedBy[row]!] ?? 0) > 0;
  if (view.rows.some(costs)) return null;
  const plan = new StagePlan(model, view, load);
  let option = 0;
  for (const shape of view.shapes) {
    let best = option;
    for (let q = option + 1; q < option + shape.options; q++) {
      if (objectiveOf(model, view, q) > objectiveOf(model, view, best)) best = q;
    }
    if (plan.take(best, shape.groups.length) < shape.groups.length) return null;
    option += shape.options;
  }
  return { method: 'fits', granted: plan.granted(), multipliers: [], ended: 'complete' };
}

function objectiveOf(model: Model, view: StageView, option: number): number {
  return model.objective[view.fitting[view.optionFitting[option]!]!]!;
}

function greedyAnswer({ model, view, load }: StageTask): StageAnswer {
  const plan = new StagePlan(model, view, load);
  plan.fill(orderBy(densities(model, view)));
  return {
    method: 'greedy',
    granted: plan.granted(),
    multipliers: cheapMultipliers(model, view),
    ended: 'complete',
  };
}

interface EngineRun {
  readonly engine: Engine;
  readonly options: SolveOptions;
  readonly work: { -readonly [K in keyof Work]: Work[K] };
}

function engineAnswer(task: StageTask, { engine, options, work }: EngineRun): StageAnswer {
  const { model, columns, view, load } = task;
  const relaxation = relax(model, columns, view);
  const lp = engine.solveLp(relaxation.program, options.budget);
  work.lpCalls++;
  work.simplexIterations += lp.simplexIterations;
  if (lp.multipliers === null)
    return { ...greedyAnswer(task), ended: lp.stopped === 'workLimit' ? 'workLimit' : 'refused' };
  const multipliers = multipliersOf(model, columns, {
    view,
    relaxation,
    prices: lp.multipliers,
    primal: lp.primal,
  });
  const prices = reducedPrices(model, view, multipliers);
  const order = orderBy(prices);
  const planWith = (counts: Int32Array): StagePlan => {
    const plan = new StagePlan(model, view, load);
    for (const option of order) plan.take(option, counts[option]!);
    plan.fill(order);
    return plan;
  };
  const optionCount = view.optionShape.length;
  if (lp.primal === null) {
    return {
      method: 'lp',
      granted: planWith(new Int32Array(optionCount)).granted(),
      multipliers,
      ended: 'workLimit',
    };
  }
  const plan = planWith(wholePart(lp.primal, optionCount));
  const proven = boundFrom(model, { stage: view.stage, frozen: task.frozen, multipliers });
  if (gapOf(proven, plan.value) <= GAP_WORTH_A_TREE)
    return { method: 'lp', granted: plan.granted(), multipliers, ended: 'complete' };
  const residual = residualOf(view, relaxation, { primal: lp.primal, prices });
  const mip = engine.solveMip(residual.program, { nodesMax: RESIDUAL_NODES_MAX });
  work.mipCalls++;
  if (mip.primal !== null) {
    const counts = residual.fixed.slice();
    for (const [column, option] of residual.options.entries())
      counts[option] = Math.round(mip.primal[column]!);
    const better = planWith(counts);
    if (better.value > plan.value)
      return { method: 'core', granted: better.granted(), multipliers, ended: 'complete' };
  }
  return { method: 'lp', granted: plan.granted(), multipliers, ended: 'complete' };
}

/** Values and bounds come from here alone. No multipliers at all are valid too, and the better of the two is published. */
function outcomeOf(
  model: Model,
  from: { stage: number; frozen: Uint8Array; answer: StageAnswer; value: number; work: Work },
): StageOutcome {
  const { stage, frozen, answer, value, work } = from;
  const given = boundFrom(model, { stage, frozen, multipliers: answer.multipliers });
  const plain =
    answer.multipliers.length === 0 ? given : boundFrom(model, { stage, frozen, multipliers: [] });
  const multipliers = given <= plain ? answer.multipliers : [];
  const bound = Math.min(given, plain);
  if (bound < value) throw new Error(`stage ${stage}: bound ${bound} below value ${value}`);
  return {
    stage,
    method: answer.method,
    value,
    bound,
    gap: gapOf(bound, value),
    certificate: certificateOf(multipliers),
    work,
    ended: answer.ended === 'workLimit' ? 'workLimit' : 'complete',
  };
}

function certificateOf(multipliers: readonly Multiplier[]): StageCertificate {
  return { derivedRows: [], proof: { multipliers, derivedMultipliers: [] }, frozenDigest: '' };
}

/** A bound beyond 2^53 loses to the one without multipliers, which the builder keeps a safe integer. */
function boundFrom(
  model: Model,
  { stage, frozen, multipliers }: { stage: number; frozen: Uint8Array; multipliers: readonly Multiplier[] },
): number {
  const check = boundOf(model, { stage, frozen, certificate: certificateOf(multipliers) });
  if (!check.ok) throw new Error(`stage ${stage}: ${check.of} ${check.at}: ${check.fault}`);
  return Number(check.bound);
}
