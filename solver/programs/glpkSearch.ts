// GLPK's branch and bound on any program (npm `glpk.js`, GPL-3.0, optional), as a second opinion. Invariant: it tells no bound, so the one
// told is that of its linear relaxation, unless it closed the tree. Loaded by load.ts, and only when it was chosen.
import type { Glpk, GlpkProblem, GlpkResult } from '../engines/glpk.ts';
import { checkPoint, isBetter, type Program, programWith, rounded } from './program.ts';
import type { SearchAnswer, SearchEngine } from './search.ts';

/** As GLPK's own for a whole number, absolute. */
const WHOLE_TOLERANCE = 1e-5;
/** One within the other: each leaves a column less room. */
const HALVINGS_MAX = 30;

interface Limits {
  readonly seconds: number | null;
  readonly halvings: number;
}
interface Halving extends Limits {
  readonly relaxation: { readonly point: Float64Array; readonly bound: number };
}

/** `tmlim` is a 32-bit number of milliseconds. */
const SECONDS_MAX = 2_000_000;

export function createGlpkSearch(glpk: Glpk, build: string): SearchEngine {
  return {
    name: 'glpk',
    build,
    countsNodes: false,
    search: (program, { seconds }) => search(glpk, program, { seconds, halvings: 0 }),
  };
}

function search(glpk: Glpk, program: Program, { seconds, halvings }: Limits): SearchAnswer {
  const relaxed = solve(glpk, withoutWhole(program), { presol: false, seconds });
  if (relaxed.status !== glpk.GLP_OPT) return withoutOptimum(glpk, program, { relaxed, seconds, halvings });
  const relaxation = { point: pointOf(program, relaxed), bound: Number(relaxed.z) + program.offset };
  if (!program.integer.includes(1)) return answer('optimal', relaxation);
  const tree = solve(glpk, program, { presol: true, seconds });
  if (tree.status === glpk.GLP_NOFEAS) return answer('infeasible');
  const point = pointOf(program, tree);
  const holds = checkPoint(program, rounded(program, point)).ok;
  if (tree.status === glpk.GLP_OPT && holds)
    return answer('optimal', { point, bound: Number(tree.z) + program.offset });
  if (tree.status === glpk.GLP_OPT || (tree.status === glpk.GLP_UNDEF && seconds === null))
    return searchHalves(glpk, program, { relaxation, seconds, halvings });
  const found = tree.status === glpk.GLP_FEAS && holds ? point : null;
  return answer(seconds === null ? 'failed' : 'timeLimit', { point: found, bound: relaxation.bound });
}

/**
 * GLPK 5.0's presolver may tell a point that breaks a row (11 <= 5 x <= 12 with 1 <= x <= 3: x = 3), or nothing at all (`GLP_UNDEF`), where
 * there is no whole point; without it glpk.js tells nothing ever. Then the halves on either side of a fraction are asked apart.
 */
function searchHalves(
  glpk: Glpk,
  program: Program,
  { relaxation, seconds, halvings }: Halving,
): SearchAnswer {
  const { point } = relaxation;
  const j = point.findIndex((value, at) => program.integer[at] === 1 && isFraction(value));
  if (j < 0) return answer('optimal', relaxation);
  const stopped = answer(seconds === null ? 'failed' : 'timeLimit', { point: null, bound: relaxation.bound });
  if (halvings === HALVINGS_MAX) return stopped;
  const halves = [
    programWith(program, { upper: program.upper.with(j, Math.floor(point[j]!)) }),
    programWith(program, { lower: program.lower.with(j, Math.ceil(point[j]!)) }),
  ].map((half) => search(glpk, half, { seconds, halvings: halvings + 1 }));
  if (!halves.every(({ ended }) => ended === 'optimal' || ended === 'infeasible')) return stopped;
  return halves.reduce((best, half) => {
    if (half.bound === null || (best.bound !== null && !isBetter(program, half.bound, best.bound)))
      return best;
    return half;
  });
}

const isFraction = (value: number): boolean => Math.abs(value - Math.round(value)) > WHOLE_TOLERANCE;

/** The relaxation has no point, or no end. A whole program without an end is unbounded where it has a point at all. */
function withoutOptimum(
  glpk: Glpk,
  program: Program,
  { relaxed, seconds, halvings }: Limits & { readonly relaxed: GlpkResult },
): SearchAnswer {
  if (relaxed.status === glpk.GLP_NOFEAS) return answer('infeasible');
  if (relaxed.status !== glpk.GLP_UNBND) return answer(seconds === null ? 'failed' : 'timeLimit');
  const flat = programWith(program, { objective: new Float64Array(program.objective.length) });
  const found = search(glpk, flat, { seconds, halvings });
  if (found.ended === 'infeasible') return found;
  return found.point === null ? answer('failed') : answer('unbounded', { point: found.point, bound: null });
}

function answer(
  ended: SearchAnswer['ended'],
  { point, bound }: Pick<SearchAnswer, 'point' | 'bound'> = { point: null, bound: null },
): SearchAnswer {
  return { ended, point, bound, nodes: 0, simplexIterations: 0 };
}

function withoutWhole(program: Program): Program {
  return programWith(program, { integer: new Uint8Array(program.integer.length) });
}

function solve(
  glpk: Glpk,
  program: Program,
  { presol, seconds }: { presol: boolean; seconds: number | null },
): GlpkResult {
  const tmlim = seconds === null ? {} : { tmlim: Math.min(Math.max(0.001, seconds), SECONDS_MAX) };
  return glpk.solve(problemOf(glpk, program), { presol, msglev: glpk.GLP_MSG_OFF, ...tmlim }).result;
}

const columnName = (column: number): string => `x${column}`;

function problemOf(glpk: Glpk, program: Program): GlpkProblem {
  const bounds = (lb: number, ub: number): { type: number; lb: number; ub: number } => {
    const [below, above] = [Number.isFinite(lb), Number.isFinite(ub)];
    if (below && above) return { type: lb === ub ? glpk.GLP_FX : glpk.GLP_DB, lb, ub };
    if (below) return { type: glpk.GLP_LO, lb, ub: 0 };
    return above ? { type: glpk.GLP_UP, lb: 0, ub } : { type: glpk.GLP_FR, lb: 0, ub: 0 };
  };
  return {
    name: 'program',
    objective: {
      direction: program.sense === 'maximise' ? glpk.GLP_MAX : glpk.GLP_MIN,
      name: 'objective',
      vars: Array.from(program.objective, (coef, j) => ({ name: columnName(j), coef })),
    },
    subjectTo: program.rowNames.map((_, i) => ({
      name: `r${i}`,
      vars: Array.from(program.indices.subarray(program.starts[i], program.starts[i + 1]), (j, e) => ({
        name: columnName(j),
        coef: program.values[program.starts[i]! + e]!,
      })),
      bnds: bounds(program.rowLower[i]!, program.rowUpper[i]!),
    })),
    bounds: program.columnNames.map((_, j) => ({
      name: columnName(j),
      ...bounds(program.lower[j]!, program.upper[j]!),
    })),
    generals: Array.from(program.integer.keys())
      .filter((j) => program.integer[j] === 1)
      .map(columnName),
  };
}

function pointOf(program: Program, { vars }: GlpkResult): Float64Array {
  return Float64Array.from(program.objective, (_, j) => vars[columnName(j)]!);
}
