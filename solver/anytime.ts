// The stage loop: each strict class in order, earlier grants frozen, a plan and the certificate that bounds it.
// Invariant: same model, same options, same bytes; limits are counted work. Called by index.ts's users, child.ts and node.ts.
import { columnsOf } from './columns.ts';
import type { Engine } from './engines/engine.ts';
import { Load } from './load.ts';
import type { Model } from './model.ts';
import { viewStage } from './presolve.ts';
import type {
  EngineName,
  Solution,
  SolveOptions,
  SolverFault,
  StageCertificate,
  StageOutcome,
} from './solution.ts';
import {
  answerGreedily,
  answerWithEngine,
  everythingFits,
  NO_CERTIFICATE,
  NOTHING_FITS,
  type StageAnswer,
  type StageTask,
} from './stage.ts';
import { trimCertificate } from './trim.ts';
import { boundOf, gapOf } from './verify.ts';
import { carryOf, startPrices } from './warm.ts';
import { Meter } from './work.ts';

type AnswerStage = (task: StageTask, stage: number) => StageAnswer | null;

/** Solves in this process. Same bytes as the solver process, which calls this. */
export function solve(model: Model, engine: Engine, options: SolveOptions): Solution {
  if (engine.name !== options.engine)
    throw new Error(`asked for engine ${options.engine}, given ${engine.name}`);
  const meter = new Meter(options.budget.unitsMax);
  const sizes = sizesOf(model);
  const start = startPrices(model, options.warm ?? null);
  const left: { stage: number; rowPrices: Float64Array | null }[] = [];
  const run = runStages(model, meter, (task, stage) => {
    const { progress } = options;
    const tell = (answer: StageAnswer): void =>
      progress?.({ stage, granted: answer.granted, certificate: answer.certificate, work: meter.work });
    // Of what is left, at least half is for the class at hand, for it comes first.
    const later = sizes.filter((size) => size.stage > stage).reduce((sum, { columns }) => sum + columns, 0);
    const own = sizes.find((size) => size.stage === stage)!.columns;
    const share = meter.share(Math.max(0.5, own / (own + later)));
    const answer = answerWithEngine(task, {
      engine,
      meter: share,
      budget: options.budget,
      start: start.get(stage) ?? null,
      progress: progress ? tell : null,
    });
    left.push({ stage, rowPrices: answer.rowPrices });
    return answer;
  })!;
  const refused = run.ended.has('refused');
  return {
    termination: refused ? 'fault' : run.ended.has('workLimit') ? 'workLimit' : 'complete',
    fault: refused ? 'refused' : null,
    engine: engine.name,
    engineBuild: engine.build,
    engineCalled: meter.work.lpCalls > 0,
    granted: run.granted,
    stages: run.stages,
    work: meter.work,
    carry: carryOf(model, left),
  };
}

/** The answer when no stage needs an engine (nothing fits, or everything does), else null. */
export function solveTrivially(
  model: Model,
  from: { engine: EngineName; engineBuild: string },
): Solution | null {
  const run = runStages(model, new Meter(0), () => null);
  return run && { termination: 'complete', fault: null, ...from, ...withoutCalls(run) };
}

/** The greedy plan with cheap multipliers: the answer of a tick whose engine failed. A pure function, so that replay repeats it. */
export function solveWithoutEngine(
  model: Model,
  from: { engine: EngineName; engineBuild: string; fault: SolverFault },
): Solution {
  const run = runStages(model, new Meter(0), answerGreedily)!;
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
}: Run): Pick<Solution, 'engineCalled' | 'granted' | 'stages' | 'work' | 'carry'> {
  return { engineCalled: false, granted, stages, work: new Meter(0).work, carry: null };
}

/** Null as soon as `answer` has none for a stage that is not trivial. The meter is counted up by `answer`. */
function runStages(model: Model, meter: Meter, answer: AnswerStage): Run | null {
  const columns = columnsOf(model);
  const load = new Load(columns);
  const granted = new Uint8Array(model.columnCount);
  const frozen: number[] = [];
  const stages: StageOutcome[] = [];
  const ended = new Set<StageAnswer['ended']>();
  for (const stage of columns.stages) {
    const view = viewStage({ model, columns, stage, load, frozen });
    const task = view && { model, columns, load, view };
    const given = task === null ? NOTHING_FITS : (everythingFits(task) ?? answer(task, stage));
    if (given === null) return null;
    const costBefore = load.cost;
    let worth = 0;
    for (const j of given.granted) {
      if (!load.add(j)) throw new Error(`stage ${stage}: granted column ${j} does not fit`);
      worth += model.objective[j]!;
    }
    const value = worth - (load.cost - costBefore);
    stages.push({
      stage,
      method: given.method,
      value,
      ...proven(model, { stage, frozen: granted, given, value }),
      work: meter.work,
      ended: given.ended === 'workLimit' ? 'workLimit' : 'complete',
    });
    ended.add(given.ended);
    for (const j of given.granted) {
      granted[j] = 1;
      frozen.push(j);
    }
  }
  return { granted, stages, ended };
}

/** Bounds come from the checker alone. No multipliers at all are valid too, and the better of the two is published. */
function proven(
  model: Model,
  from: { stage: number; frozen: Uint8Array; given: StageAnswer; value: number },
): Pick<StageOutcome, 'bound' | 'gap' | 'certificate'> {
  const { stage, frozen, given, value } = from;
  let certificate = trimCertificate(model, { stage, frozen }, { certificate: given.certificate });
  let bound = boundFrom(model, { stage, frozen, certificate });
  const isPlain = given.certificate === NO_CERTIFICATE;
  const plain =
    isPlain || bound === value ? bound : boundFrom(model, { stage, frozen, certificate: NO_CERTIFICATE });
  if (plain < bound) [bound, certificate] = [plain, NO_CERTIFICATE];
  if (bound < value) throw new Error(`stage ${stage}: bound ${bound} below value ${value}`);
  return { bound, gap: gapOf(bound, value), certificate };
}

/** A bound beyond 2^53 loses to the one without multipliers, which the builder keeps a safe integer. */
function boundFrom(
  model: Model,
  stage: { stage: number; frozen: Uint8Array; certificate: StageCertificate },
): number {
  const check = boundOf(model, stage);
  if (!check.ok) throw new Error(`stage ${stage.stage}: ${check.of} ${check.at}: ${check.fault}`);
  return Number(check.bound);
}

function sizesOf(model: Model): { stage: number; columns: number }[] {
  const columns = new Map<number, number>();
  for (const group of model.group) {
    const stage = model.stage[group]!;
    columns.set(stage, (columns.get(stage) ?? 0) + 1);
  }
  return Array.from(columns, ([stage, count]) => ({ stage, columns: count }));
}
