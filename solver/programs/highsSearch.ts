// HiGHS's own branch and bound on any program. Invariant: a fresh model per call, always disposed; gaps of zero, so that "optimal" means it.
// Loaded by load.ts; the linear programs of a tick are answered by ../engines/highs.ts.
import highsModule, { type CallbackData, type Highs, type HighsCallbackMap, type ModelData } from 'highs';
import type { HighsSource } from '../engines/highs.ts';
import { byColumn, type Program, programWith } from './program.ts';
import type { SearchAnswer, SearchEngine, SearchLimits, SearchNews } from './search.ts';

// The package declares itself CommonJS, so its types wrap the default export once more than its ES build does.
const load = highsModule as unknown as typeof highsModule.default;
type LiveModel = ReturnType<Highs['createModel']>;

export async function loadHighsSearch({ wasmBinary, build }: HighsSource): Promise<SearchEngine> {
  const instances = await Instances.load(wasmBinary);
  return {
    name: 'highs',
    build,
    countsNodes: true,
    search: (program, limits, tell = () => {}) =>
      instances.use((highs) => search(highs, { program, limits, tell })) ?? FAILED,
  };
}

const FAILED: SearchAnswer = { ended: 'failed', point: null, bound: null, nodes: 0, simplexIterations: 0 };

/**
 * HiGHS 1.15 aborts on some programs whose whole columns have no bounds, and an instance that has aborted answers nothing any more: another
 * stands by, for a search cannot wait for one to load.
 */
class Instances {
  readonly #wasmBinary: HighsSource['wasmBinary'];
  #active: Highs | null;
  #spare: Highs | null;

  private constructor(wasmBinary: HighsSource['wasmBinary'], [active, spare]: [Highs, Highs]) {
    this.#wasmBinary = wasmBinary;
    this.#active = active;
    this.#spare = spare;
  }

  static async load(wasmBinary: HighsSource['wasmBinary']): Promise<Instances> {
    return new Instances(wasmBinary, await Promise.all([loadOne(wasmBinary), loadOne(wasmBinary)]));
  }

  /** Null where it aborts, or where too many just have. */
  use<T>(ask: (highs: Highs) => T): T | null {
    if (this.#active === null) return null;
    try {
      return ask(this.#active);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'RuntimeError') throw error;
      this.#active = this.#spare;
      this.#spare = null;
      void loadOne(this.#wasmBinary).then((fresh) => {
        if (this.#active === null) this.#active = fresh;
        else this.#spare = fresh;
      });
      return null;
    }
  }
}

const loadOne = (wasmBinary: HighsSource['wasmBinary']): Promise<Highs> =>
  load({ wasmBinary, print: () => {}, printErr: () => {} });

function search(highs: Highs, question: Question): SearchAnswer {
  const answer = run(highs, question);
  if (answer !== 'unboundedOrInfeasible') return answer;
  // With nothing to gain there is no unboundedness: what is left says which of the two it was.
  const { program, limits } = question;
  const flat = programWith(program, { objective: new Float64Array(program.objective.length) });
  const feasible = run(highs, { program: flat, limits: { ...limits, start: null }, tell: () => {} });
  if (feasible === 'unboundedOrInfeasible')
    throw new Error('HiGHS calls a program without an objective unbounded');
  return feasible.ended === 'optimal'
    ? { ...feasible, ended: 'unbounded', bound: null }
    : { ...feasible, point: null };
}

interface Question {
  readonly program: Program;
  readonly limits: SearchLimits;
  readonly tell: (news: SearchNews) => void;
}

function run(highs: Highs, { program, limits, tell }: Question): SearchAnswer | 'unboundedOrInfeasible' {
  const model = highs.createModel();
  try {
    model.options.set({
      output_flag: false,
      random_seed: 20_260_101,
      mip_rel_gap: 0,
      mip_abs_gap: 0,
      mip_min_logging_interval: 1,
      ...(limits.seconds !== null && { time_limit: Math.max(0, limits.seconds) }),
      ...(limits.nodes !== null && { mip_max_nodes: limits.nodes }),
    });
    model.passModel(dataOf(highs, program));
    if (limits.start !== null) model.setSolution({ colValue: limits.start });
    model.run(callbacks(highs, program, tell));
    return answerOf(highs, model, program);
  } finally {
    model.dispose();
  }
}

function callbacks(highs: Highs, { offset }: Program, tell: (news: SearchNews) => void): HighsCallbackMap {
  const { mipImprovingSolution, mipLogging } = highs.constants.callbackType;
  const hear = ({ data }: { readonly data: CallbackData }): undefined => {
    const bound = data.mip_dual_bound;
    tell({
      point: data.mip_solution ?? null,
      bound: bound !== undefined && Math.abs(bound) < highs.infinity ? bound + offset : null,
      nodes: Number(data.mip_node_count ?? 0n),
      seconds: data.running_time ?? 0,
    });
    return undefined;
  };
  return { [mipImprovingSolution]: hear, [mipLogging]: hear };
}

function answerOf(highs: Highs, model: LiveModel, program: Program): SearchAnswer | 'unboundedOrInfeasible' {
  const status = model.getModelStatus();
  const codes = highs.constants.modelStatus;
  if (status === codes.unboundedOrInfeasible || status === codes.unbounded) return 'unboundedOrInfeasible';
  const ended = endedOf(highs, status);
  const hasPoint =
    Number(model.info.get('primal_solution_status')) === highs.constants.solutionStatus.feasible;
  const point = hasPoint && ended !== 'infeasible' ? model.getSolution().colValue : null;
  const isMixed = program.integer.includes(1);
  const claimed = isMixed ? Number(model.info.get('mip_dual_bound')) : model.getObjectiveValue();
  const bounded =
    ended !== 'infeasible' && Math.abs(claimed) < highs.infinity && (isMixed || ended === 'optimal');
  return {
    ended,
    point,
    bound: bounded ? claimed + program.offset : null,
    nodes: Math.max(0, Number(model.info.get('mip_node_count'))),
    simplexIterations: Math.max(0, Number(model.info.get('simplex_iteration_count'))),
  };
}

function endedOf(highs: Highs, status: number): SearchAnswer['ended'] {
  const codes = highs.constants.modelStatus;
  switch (status) {
    case codes.optimal:
    case codes.empty:
      return 'optimal';
    case codes.infeasible:
      return 'infeasible';
    case codes.timeLimit:
      return 'timeLimit';
    // At a node limit the status is "solution limit"; the wrapper of older builds said "unknown".
    case codes.solutionLimit:
    case codes.iterationLimit:
      return 'nodeLimit';
    default:
      return 'failed';
  }
}

/** The constant of the objective stays here: HiGHS's gaps are then those of the columns. */
function dataOf(highs: Highs, program: Program): ModelData {
  const columns = byColumn(program);
  const finite = (bound: number): number =>
    bound === Number.POSITIVE_INFINITY
      ? highs.infinity
      : bound === Number.NEGATIVE_INFINITY
        ? -highs.infinity
        : bound;
  const numCols = program.columnNames.length;
  const numRows = program.rowNames.length;
  const { maximize, minimize } = highs.constants.objectiveSense;
  return {
    numCols,
    numRows,
    sense: program.sense === 'maximise' ? maximize : minimize,
    colCost: program.objective,
    colLower: program.lower.map(finite),
    colUpper: program.upper.map(finite),
    rowLower: program.rowLower.map(finite),
    rowUpper: program.rowUpper.map(finite),
    matrix: {
      format: 'csc',
      numRows,
      numCols,
      starts: columns.starts,
      indices: columns.rows,
      values: columns.values,
    },
    ...(program.integer.includes(1) && { integrality: Int32Array.from(program.integer) }),
  };
}
