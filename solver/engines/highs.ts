// The HiGHS engine (npm `highs`, WebAssembly). Invariant: a fresh model per question or live program, always disposed, work limits instead
// of clocks: a model kept between solves gave other bits in 5 of 5 runs, an undisposed one leaks. Loaded by node.ts, or by a browser that
// fetched the bytes.
import highsModule, { type Highs, type ModelData } from 'highs';
import type { AddedRows, Basis, Engine, LinearProgram, LiveLp, LpAnswer, MipAnswer } from './engine.ts';

export interface HighsSource {
  /** The bytes of `highs/runtime`. */
  readonly wasmBinary: Uint8Array;
  /** "highs <package version> wasm:<sha256 prefix>". */
  readonly build: string;
}

// The package declares itself CommonJS, so its types wrap the default export once more than its ES build does.
const loadHighs = highsModule as unknown as typeof highsModule.default;

type Options = Readonly<Record<string, string | number | boolean>>;

// The wrapper itself sets one thread and no parallelism, and refuses those options.
const COMMON: Options = { output_flag: false, random_seed: 20_260_101 };

/** Loading takes 40-140 ms; the calls are synchronous after it. */
export async function loadHighsEngine({ wasmBinary, build }: HighsSource): Promise<Engine> {
  const highs = await loadHighs({ wasmBinary, print: () => {}, printErr: () => {} });
  return {
    name: 'highs',
    build,
    solveLp: (program, { simplexIterationsMax }) => solveLp(highs, program, simplexIterationsMax),
    openLp: (program) => openLp(highs, program),
    solveMip: (program, { nodesMax }) => solveMip(highs, program, nodesMax),
  };
}

const LP_OPTIONS: Options = {
  ...COMMON,
  solver: 'simplex',
  // Serial dual simplex: primal, Dantzig pricing and interior point were 2-10 times slower on such programs.
  simplex_strategy: 1,
  // Without presolve a cut-off run keeps the multipliers it had reached, and a basis stays one of this program.
  presolve: 'off',
};

function solveLp(highs: Highs, program: LinearProgram, iterationsMax: number): LpAnswer {
  return withModel(highs, { program, options: LP_OPTIONS, integer: false }, (model) =>
    runLp(highs, model, iterationsMax),
  );
}

function runLp(highs: Highs, model: LiveModel, iterationsMax: number): LpAnswer {
  model.options.set('simplex_iteration_limit', iterationsMax);
  model.run();
  const status = model.getModelStatus();
  const { optimal, iterationLimit } = highs.constants.modelStatus;
  const simplexIterations = Math.max(0, Number(model.info.get('simplex_iteration_count')));
  if (status !== optimal && status !== iterationLimit) {
    return { stopped: 'failed', primal: null, multipliers: null, simplexIterations };
  }
  const solution = model.getSolution();
  // Minimising -c x, a row `<=` has a dual <= 0: its price is the negative.
  const multipliers = solution.rowDual.map((dual) => (dual < 0 ? -dual : 0));
  return {
    stopped: status === optimal ? 'optimal' : 'workLimit',
    primal: status === optimal ? solution.colValue : null,
    multipliers: multipliers.every(Number.isFinite) ? multipliers : null,
    simplexIterations,
  };
}

function openLp(highs: Highs, program: LinearProgram): LiveLp {
  const model = highs.createModel();
  model.options.set(LP_OPTIONS);
  model.passModel(dataOf(highs, program, false));
  return {
    addRows: (rows) => {
      model.addRows(rowsOf(highs, rows, program.columnCount));
    },
    changeBounds: (columns, lower, upper) => {
      if (columns.length > 0) model.changeColsBounds({ kind: 'set', indices: columns }, lower, upper);
    },
    run: ({ simplexIterationsMax }) => runLp(highs, model, simplexIterationsMax),
    basis: (): Basis | null => {
      if (Number(model.info.get('basis_validity')) !== highs.constants.basisValidity.valid) return null;
      const { colStatus, rowStatus } = model.getBasis();
      return { columns: colStatus, rows: rowStatus };
    },
    startFrom: ({ columns, rows }) => {
      model.setBasis({ colStatus: columns, rowStatus: rows });
    },
    dispose: () => model.dispose(),
  };
}

function rowsOf(highs: Highs, rows: AddedRows, columnCount: number): Parameters<LiveModel['addRows']>[0] {
  const { starts, columns, values, upper } = rows;
  return {
    lower: new Float64Array(upper.length).fill(-highs.infinity),
    upper,
    matrix: {
      format: 'csr',
      numRows: upper.length,
      numCols: columnCount,
      starts,
      indices: columns,
      values,
    },
  };
}

function solveMip(highs: Highs, program: LinearProgram, nodesMax: number): MipAnswer {
  const options: Options = { ...COMMON, mip_max_nodes: nodesMax, mip_rel_gap: 0, mip_abs_gap: 0 };
  return withModel(highs, { program, options, integer: true }, (model) => {
    model.run();
    const status = model.getModelStatus();
    const { feasible } = highs.constants.solutionStatus;
    const hasPoint = Number(model.info.get('primal_solution_status')) === feasible;
    const primal = hasPoint ? model.getSolution().colValue : null;
    if (status === highs.constants.modelStatus.optimal) return { stopped: 'optimal', primal };
    // At a node limit the wrapper says "unknown" or "solution limit": what counts is whether there is a point.
    return { stopped: hasPoint ? 'workLimit' : 'failed', primal };
  });
}

type LiveModel = ReturnType<Highs['createModel']>;

function withModel<T>(
  highs: Highs,
  source: { program: LinearProgram; options: Options; integer: boolean },
  use: (model: LiveModel) => T,
): T {
  const model = highs.createModel();
  try {
    model.options.set(source.options);
    model.passModel(dataOf(highs, source.program, source.integer));
    return use(model);
  } finally {
    model.dispose();
  }
}

function dataOf(highs: Highs, program: LinearProgram, integer: boolean): ModelData {
  const { columnCount, rowCount } = program;
  return {
    numCols: columnCount,
    numRows: rowCount,
    sense: highs.constants.objectiveSense.minimize,
    colCost: program.objective.map((c) => -c),
    colLower: new Float64Array(columnCount),
    colUpper: program.upper.map((upper) => (upper === Infinity ? highs.infinity : upper)),
    rowLower: program.rowLower.map((lower) => (lower === -Infinity ? -highs.infinity : lower)),
    rowUpper: program.rowUpper,
    matrix: {
      format: 'csc',
      numRows: rowCount,
      numCols: columnCount,
      starts: program.starts,
      indices: program.rows,
      values: program.values,
    },
    ...(integer ? { integrality: Int32Array.from(program.integer) } : {}),
  };
}
