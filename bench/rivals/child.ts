// A general engine alone on a tick's program, in a process that may be killed: HiGHS or GLPK with a clock, as people use them.
// Invariant: what it answers is a proposal; rival.ts checks it in exact integers. Started by rival.ts.
import loadHighs, { type Highs } from 'highs';
import type { Model } from '../../solver/index.ts';
import { type MipRows, mipOf } from './mip.ts';

export interface RivalQuestion {
  readonly engine: 'highs' | 'glpk';
  readonly model: Model;
  readonly seconds: number;
}

export interface RivalAnswer {
  /** Structural column -> 1 granted; null: no point. */
  readonly granted: Uint8Array | null;
  /** The engine's own; null when it tells none. */
  readonly bound: number | null;
  readonly ms: number;
}

type LoadHighs = (options: { print: () => void; printErr: () => void }) => Promise<Highs>;
const highs = await (loadHighs as unknown as LoadHighs)({ print: () => {}, printErr: () => {} });

process.on('disconnect', () => process.exit(0));
process.on('message', (question: RivalQuestion) => {
  const answer = question.engine === 'highs' ? askHighs(question) : askGlpk(question);
  void answer.then((said) => process.send!(said));
});
process.send!('ready');

async function askHighs({ model, seconds }: RivalQuestion): Promise<RivalAnswer> {
  const from = performance.now();
  const mip = mipOf(model);
  const live = highs.createModel();
  try {
    live.options.set({ output_flag: false, time_limit: seconds, mip_rel_gap: 0 });
    live.passModel({
      numCols: mip.columnCount,
      numRows: mip.rowUpper.length,
      sense: highs.constants.objectiveSense.maximize,
      colCost: mip.objective,
      colLower: new Float64Array(mip.columnCount),
      colUpper: mip.columnUpper,
      rowLower: new Float64Array(mip.rowUpper.length).fill(-highs.infinity),
      rowUpper: mip.rowUpper,
      matrix: {
        format: 'csr',
        numRows: mip.rowUpper.length,
        numCols: mip.columnCount,
        starts: mip.starts,
        indices: mip.indices,
        values: mip.values,
      },
      integrality: mip.integer,
    });
    live.run();
    const hasPoint =
      Number(live.info.get('primal_solution_status')) === highs.constants.solutionStatus.feasible;
    const bound = Number(live.info.get('mip_dual_bound'));
    return {
      granted: hasPoint ? rounded(model, live.getSolution().colValue) : null,
      bound: Number.isFinite(bound) ? bound : null,
      ms: performance.now() - from,
    };
  } finally {
    live.dispose();
  }
}

async function askGlpk({ model, seconds }: RivalQuestion): Promise<RivalAnswer> {
  const { default: create } = await import('glpk.js/node');
  const glpk = await create();
  const from = performance.now();
  const mip = mipOf(model);
  const result = await glpk.solve(problemOf(mip, glpk), {
    msglev: glpk.GLP_MSG_OFF,
    presol: true,
    tmlim: seconds,
  });
  const { status, vars } = 'result' in result ? result.result : (result as never);
  const hasPoint = status === glpk.GLP_OPT || status === glpk.GLP_FEAS;
  const values = Float64Array.from({ length: mip.columnCount }, (_, j) => vars[`x${j}`] ?? 0);
  return { granted: hasPoint ? rounded(model, values) : null, bound: null, ms: performance.now() - from };
}

function problemOf(mip: MipRows, glpk: { GLP_MAX: number; GLP_UP: number; GLP_DB: number }): never {
  const name = (j: number): string => `x${j}`;
  const columns = Array.from({ length: mip.columnCount }, (_, j) => j);
  return {
    name: 'tick',
    objective: {
      direction: glpk.GLP_MAX,
      name: 'worth',
      vars: columns.map((j) => ({ name: name(j), coef: mip.objective[j]! })),
    },
    subjectTo: Array.from(mip.rowUpper, (ub, i) => ({
      name: `r${i}`,
      vars: Array.from(mip.indices.subarray(mip.starts[i]!, mip.starts[i + 1]!), (j, e) => ({
        name: name(j),
        coef: mip.values[mip.starts[i]! + e]!,
      })),
      bnds: { type: glpk.GLP_UP, lb: 0, ub },
    })),
    bounds: columns.map((j) => ({ name: name(j), type: glpk.GLP_DB, lb: 0, ub: mip.columnUpper[j]! })),
    generals: columns.filter((j) => mip.integer[j] === 1).map(name),
  } as never;
}

function rounded(model: Model, values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: model.columnCount }, (_, j) => Math.round(values[j]!));
}
