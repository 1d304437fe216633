// The GLPK engine (npm `glpk.js`, WebAssembly, GPL-3.0, optional). Invariant: linear programs are limited by counted work; trees by a clock,
// for GLPK knows no other limit, so what they find is not replayable (replay.ts). Loaded by load.ts, and only when it was chosen.
// The package is described here instead of imported: an installation without it compiles and runs.
import type { Engine, LinearProgram, LpAnswer, MipAnswer } from './engine.ts';
import { openByResolving } from './resolving.ts';

interface GlpkTerm {
  readonly name: string;
  readonly coef: number;
}

export interface GlpkProblem {
  readonly name: string;
  readonly objective: { readonly direction: number; readonly name: string; readonly vars: GlpkTerm[] };
  readonly subjectTo: { name: string; vars: GlpkTerm[]; bnds: { type: number; lb: number; ub: number } }[];
  readonly bounds: { name: string; type: number; lb: number; ub: number }[];
  readonly generals: string[];
}

export interface GlpkResult {
  readonly status: number;
  readonly z: number | null;
  readonly vars: Readonly<Record<string, number>>;
  readonly dual?: Readonly<Record<string, number>>;
}

interface GlpkOptions {
  readonly msglev: number;
  readonly presol?: boolean;
  /** Seconds. */
  readonly tmlim?: number;
  readonly cb?: { readonly each: number; call(result: GlpkResult): void };
}

/** What is used of the package: synchronous after it has been made. */
export interface Glpk {
  readonly GLP_MIN: number;
  readonly GLP_MAX: number;
  readonly GLP_FR: number;
  readonly GLP_LO: number;
  readonly GLP_UP: number;
  readonly GLP_DB: number;
  readonly GLP_FX: number;
  readonly GLP_MSG_OFF: number;
  readonly GLP_FEAS: number;
  readonly GLP_INFEAS: number;
  readonly GLP_NOFEAS: number;
  readonly GLP_OPT: number;
  readonly GLP_UNBND: number;
  readonly GLP_UNDEF: number;
  solve(problem: GlpkProblem, options: GlpkOptions): { readonly result: GlpkResult };
}

export interface GlpkSource {
  /** A fresh instance of its WebAssembly; 4-16 ms. */
  readonly create: () => Promise<Glpk>;
  /** "glpk <package version> wasm:<sha256 prefix>". */
  readonly build: string;
}

/** Block k of an LP is granted k + 1 times as many: a callback copies every value, 10 ms at 5,000 columns, so few are wanted. */
const BLOCK_ITERATIONS = 200;
/** Residual trees took 1-6 ms; a quarter of the tick's watchdog ends the one that does not close. */
const TREE_SECONDS_MAX = 0.2;

export async function loadGlpkEngine({ create, build }: GlpkSource): Promise<Engine> {
  let glpk: Glpk | null = await create();
  const ask = (problem: GlpkProblem, options: Omit<GlpkOptions, 'msglev'>): GlpkResult | null => {
    if (glpk === null) return null;
    try {
      return glpk.solve(problem, { ...options, msglev: glpk.GLP_MSG_OFF }).result;
    } catch (error) {
      if (!isAbort(error)) throw error;
      // An instance that aborted owns memory nobody frees and a state nobody vouches for. Making one is asynchronous: until it is there, no answers.
      glpk = null;
      void create().then((fresh) => {
        glpk = fresh;
      });
      return null;
    }
  };
  const codes = glpk;
  const answerLp: Engine['solveLp'] = (program, { simplexIterationsMax }) =>
    solveLp({ ask, codes, program }, simplexIterationsMax);
  return {
    name: 'glpk',
    build,
    solveLp: answerLp,
    openLp: (program) => openByResolving(program, answerLp),
    solveMip: (program) => solveMip({ ask, codes, program }),
  };
}

interface Question {
  /** Null: GLPK aborted. */
  readonly ask: (problem: GlpkProblem, options: Omit<GlpkOptions, 'msglev'>) => GlpkResult | null;
  readonly codes: Glpk;
  readonly program: LinearProgram;
}

/** Thrown out of a callback, where nothing else ends a run that is not done. */
class BudgetSpent {
  readonly result: GlpkResult;
  constructor(result: GlpkResult) {
    this.result = result;
  }
}

/** GLPK tells no iteration count: what is counted is what was granted to it, in blocks, an upper bound. */
function solveLp({ ask, codes, program }: Question, iterationsMax: number): LpAnswer {
  const { each, blocks } = blocksWithin(iterationsMax);
  let granted = 0;
  let block = 0;
  const call = (result: GlpkResult): void => {
    granted += blocks[block]!;
    block++;
    const goesOn = result.status === codes.GLP_FEAS || result.status === codes.GLP_INFEAS;
    if (goesOn && block === blocks.length) throw new BudgetSpent(result);
  };
  try {
    const result = ask(problemOf(codes, program, []), { cb: { each, call } });
    if (result === null || result.status !== codes.GLP_OPT) {
      return { stopped: 'failed', primal: null, multipliers: null, simplexIterations: granted };
    }
    const multipliers = multipliersOf(program, result);
    return {
      stopped: 'optimal',
      primal: pointOf(program, result),
      multipliers,
      simplexIterations: granted,
    };
  } catch (stop) {
    if (!(stop instanceof BudgetSpent)) throw stop;
    const multipliers = multipliersOf(program, stop.result);
    return { stopped: 'workLimit', primal: null, multipliers, simplexIterations: granted };
  }
}

/** The wrapper grants 2 `each`, then 3 `each`, and so on; `each` below one is cut to a block of none. */
function blocksWithin(iterationsMax: number): { each: number; blocks: readonly number[] } {
  const each = Math.min(BLOCK_ITERATIONS, Math.floor(iterationsMax / 2));
  if (each === 0) return { each: 0.5, blocks: [0] };
  const blocks: number[] = [];
  for (let left = iterationsMax, next = 2 * each; next <= left; next += each) {
    blocks.push(next);
    left -= next;
  }
  return { each, blocks };
}

function solveMip({ ask, codes, program }: Question): MipAnswer {
  const whole = [...program.integer.keys()].filter((j) => program.integer[j] === 1);
  const result = ask(problemOf(codes, program, whole), { presol: true, tmlim: TREE_SECONDS_MAX });
  if (result?.status === codes.GLP_OPT) return { stopped: 'optimal', primal: pointOf(program, result) };
  // Out of time with a point. Out of time without one, and impossible, look alike: no point.
  if (result?.status === codes.GLP_FEAS) return { stopped: 'workLimit', primal: pointOf(program, result) };
  return { stopped: 'failed', primal: null };
}

const columnName = (column: number): string => `x${column}`;
const rowName = (row: number): string => `r${row}`;

/** Every column stands in the objective, in order, so that its place in GLPK is its place here. */
function problemOf(codes: Glpk, program: LinearProgram, whole: readonly number[]): GlpkProblem {
  const { starts, rows, values, upper } = program;
  const subjectTo = Array.from(program.rowUpper, (ub, row) => ({
    name: rowName(row),
    vars: [] as GlpkTerm[],
    bnds: { type: codes.GLP_UP, lb: 0, ub },
  }));
  const bounds: GlpkProblem['bounds'] = [];
  const vars = Array.from(program.objective, (coef, column) => {
    const name = columnName(column);
    for (let e = starts[column]!; e < starts[column + 1]!; e++)
      subjectTo[rows[e]!]!.vars.push({ name, coef: values[e]! });
    const ub = upper[column]!;
    if (ub !== Number.POSITIVE_INFINITY) bounds.push({ name, type: codes.GLP_DB, lb: 0, ub });
    return { name, coef };
  });
  return {
    name: 'stage',
    objective: { direction: codes.GLP_MAX, name: 'worth', vars },
    subjectTo,
    bounds,
    generals: whole.map(columnName),
  };
}

function pointOf(program: LinearProgram, { vars }: GlpkResult): Float64Array {
  return Float64Array.from(program.objective, (_, column) => vars[columnName(column)]!);
}

/** Maximising, a row `<=` has a dual >= 0; a basis that is not optimal yet may say otherwise, and 0 is always valid. */
function multipliersOf(program: LinearProgram, { dual = {} }: GlpkResult): Float64Array | null {
  const multipliers = Float64Array.from(program.rowUpper, (_, row) => Math.max(0, dual[rowName(row)]!));
  return multipliers.every(Number.isFinite) ? multipliers : null;
}

/** `abort()` of its C code, or a trap: memory that cannot grow, a stack that is full. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'RuntimeError' || error instanceof RangeError);
}
