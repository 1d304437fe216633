// One instance of bench/solver.ts: formulated, solved cold and warm with a trace of certified gaps over time, and what rivals reach.
// Invariant: every figure is recomputed from plan and certificate by the checker, outside the time that is measured.
import {
  decode,
  formulate,
  newMemo,
  parseTickFile,
  type Snapshot,
  workConservation,
} from '../scheduler/index.ts';
import {
  boundOf,
  checkPlan,
  checkSolution,
  encodeCertificate,
  gapOf,
  type Model,
  type Solution,
  type SolveOptions,
  type SolveProgress,
  type SolverService,
  type StageOutcome,
  type Warm,
} from '../solver/index.ts';
import { rounded } from './figures.ts';
import { type InstanceOf, instanceOf } from './instances/instance.ts';
import type { Rival } from './rivals/rival.ts';

/** A plan and its proof at a moment of a solve. */
export interface Mark {
  readonly ms: number;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
}

export interface SolveFigures {
  readonly ms: number;
  /** Of the class with the largest gap, as are bound, gap and method. */
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly method: string;
  readonly termination: string;
  /** In order of time; the end alone where there are several classes. */
  readonly marks: readonly Mark[];
  readonly certificateBytes: number;
  /** Refused by the checker, or none. */
  readonly fault: string | null;
  /** Requests left waiting although they fit whole into what the plan leaves; null where the search for them would take too long. */
  readonly idle: number | null;
  readonly work: Solution['work'];
}

export interface InstanceFigures {
  readonly requests: number;
  readonly backlog: number;
  readonly leasedPercent: number;
  readonly family: InstanceOf['family'];
  readonly seed: number;
  readonly columns: number;
  readonly rows: number;
  readonly entries: number;
  readonly formulateMs: number;
  readonly cold: SolveFigures;
  /** The instance with a tenth of its requests replaced, from what the cold solve carried over. */
  readonly warm: SolveFigures;
  /** The same instance without what was carried over. */
  readonly warmUncarried: SolveFigures;
  readonly rivals: Readonly<
    Record<string, { readonly seconds: number; readonly value: number; readonly ms: number }[]>
  >;
}

export interface RunTools {
  readonly solver: SolverService;
  readonly options: SolveOptions;
  readonly rivals: ReadonlyMap<string, Rival>;
  /** In milliseconds, from anywhere. */
  readonly clock: () => number;
}

/** Processor time of this process instead of the wall's: what is left to measure on a machine that does other things. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function snapshotOf(input: InstanceOf): Snapshot {
  const parsed = parseTickFile(instanceOf(input));
  if (parsed.ok) return parsed.snapshot;
  throw new Error(`the instance is no tick file: ${JSON.stringify(parsed.problems.slice(0, 3))}`);
}

/** An instance as a tick has it. */
interface Posed {
  readonly snapshot: Snapshot;
  readonly formulation: ReturnType<typeof formulate>;
  readonly formulateMs: number;
}

function pose(input: InstanceOf, memo: ReturnType<typeof newMemo>, { clock }: RunTools): Posed {
  const snapshot = snapshotOf(input);
  const from = clock();
  const formulation = formulate(snapshot, memo);
  return { snapshot, formulation, formulateMs: rounded(clock() - from) };
}

export async function runInstance(input: InstanceOf, tools: RunTools): Promise<InstanceFigures> {
  const memo = newMemo();
  const posed = pose(input, memo, tools);
  const { model } = posed.formulation;
  const [cold, carried] = await figuresOf(posed, tools, null);
  const next = pose({ ...input, replacedOneIn: 10 }, memo, tools);
  const [warmUncarried] = await figuresOf(next, tools, null);
  const [warm] = await figuresOf(next, tools, carried);
  return {
    requests: input.requests,
    backlog: input.backlog,
    leasedPercent: input.leasedPercent,
    family: input.family,
    seed: input.seed,
    columns: model.columnCount,
    rows: model.rowCount,
    entries: model.values.length,
    formulateMs: posed.formulateMs,
    cold,
    warm,
    warmUncarried,
    // They know no classes.
    rivals: input.family === 'classes' ? {} : await rivalsOf(model, tools, cold),
  };
}

async function figuresOf(
  posed: Posed,
  { solver, options, clock }: RunTools,
  warm: Warm | null,
): Promise<[SolveFigures, Warm | null]> {
  const { model } = posed.formulation;
  const seen: { ms: number; progress: SolveProgress }[] = [];
  const from = clock();
  const progress = (told: SolveProgress): void => {
    seen.push({ ms: clock() - from, progress: told });
  };
  const solution = await solver.solve(model, { ...options, warm, progress });
  const ms = clock() - from;
  const { stages, termination, work } = solution;
  const worst =
    stages.length === 0 ? NO_STAGE : stages.reduce((most, stage) => (stage.gap > most.gap ? stage : most));
  const check = checkSolution(model, solution);
  const marks = stages.length > 1 ? [] : seen.map(({ ms: at, progress: told }) => markOf(model, at, told));
  const last: Mark = { ms, value: worst.value, bound: worst.bound, gap: worst.gap };
  const figures: SolveFigures = {
    ...last,
    ms: rounded(ms),
    method: worst.method,
    termination,
    marks: [...marks, last].map((mark) => ({ ...mark, ms: rounded(mark.ms) })),
    certificateBytes: Buffer.byteLength(storedForm(solution)),
    fault: check.ok ? null : JSON.stringify(check),
    idle: idleIn(posed, solution),
    work,
  };
  return [figures, solution.carry];
}

/** Nothing that was asked for fits into what is free: there is no column, and no stage. */
const NO_STAGE: Pick<StageOutcome, 'value' | 'bound' | 'gap' | 'method'> = {
  value: 0,
  bound: 0,
  gap: 0,
  method: 'empty',
};

/** Beyond this the exact search takes minutes. */
const SEARCHED_REQUESTS_MAX = 2000;

/** Who was left out of a full program is no breach: the next tick, which comes at once, begins with them. */
function idleIn({ snapshot, formulation }: Posed, solution: Solution): number | null {
  if (snapshot.requests.length > SEARCHED_REQUESTS_MAX) return null;
  const { idle } = workConservation(snapshot, decode(formulation, solution, snapshot));
  return idle.filter(({ request }) => !formulation.leftOut.has(request)).length;
}

function markOf(model: Model, ms: number, { stage, granted, certificate }: SolveProgress): Mark {
  const plan = new Uint8Array(model.columnCount);
  for (const column of granted) plan[column] = 1;
  const check = checkPlan(model, plan);
  const proof = boundOf(model, { stage, frozen: new Uint8Array(model.columnCount), certificate });
  if (!check.ok || !proof.ok) throw new Error('a plan or a proof on the way does not pass the checker');
  const value = check.values.get(stage)!;
  const bound = Number(proof.bound);
  return { ms, value, bound, gap: gapOf(bound, value) };
}

/** Equal time: what the cold solve took, and a second. */
async function rivalsOf(
  model: Model,
  { rivals }: RunTools,
  { ms }: SolveFigures,
): Promise<InstanceFigures['rivals']> {
  const told: Record<string, { seconds: number; value: number; ms: number }[]> = {};
  // GLPK takes no program without a column, and says so on the result's own stream.
  if (model.columnCount === 0) return told;
  for (const [name, rival] of rivals) {
    told[name] = [];
    for (const seconds of [ms / 1000, 1]) {
      const { value, ms: took } = await rival.solve(model, seconds);
      told[name].push({ seconds: rounded(seconds), value, ms: rounded(took) });
    }
  }
  return told;
}

/** The best certified gap that was known at that time; 1 before the first plan. */
export function gapAt(figures: SolveFigures, ms: number): number {
  let bound = Number.POSITIVE_INFINITY;
  let value = 0;
  for (const mark of figures.marks) {
    if (mark.ms > ms) break;
    bound = Math.min(bound, mark.bound);
    value = Math.max(value, mark.value);
  }
  return Number.isFinite(bound) ? gapOf(bound, value) : 1;
}

/** The best plan's value at that time; 0 before the first. */
export function valueAt(figures: SolveFigures, ms: number): number {
  return figures.marks.reduce((best, mark) => (mark.ms <= ms ? Math.max(best, mark.value) : best), 0);
}

/** When a gap was first certified; null: never. */
export function timeTo(figures: SolveFigures, gap: number): number | null {
  return figures.marks.find(({ ms }) => gapAt(figures, ms) <= gap)?.ms ?? null;
}

/** What a tick record keeps of the certificates, before any trimming. */
function storedForm({ stages }: Solution): string {
  return JSON.stringify(stages.map(({ certificate }) => encodeCertificate(certificate)));
}
