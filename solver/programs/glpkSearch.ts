// GLPK's branch and bound on any program (npm `glpk.js`, GPL-3.0, optional), as a second opinion. Invariant: it tells no bound, so the one
// told is that of its linear relaxation, unless it closed the tree. Loaded by load.ts, and only when it was chosen.
import type { Glpk, GlpkProblem, GlpkResult } from '../engines/glpk.ts';
import { type Program, programWith } from './program.ts';
import type { SearchAnswer, SearchEngine, SearchLimits } from './search.ts';

/** `tmlim` is a 32-bit number of milliseconds. */
const SECONDS_MAX = 2_000_000;

export function createGlpkSearch(glpk: Glpk, build: string): SearchEngine {
  return {
    name: 'glpk',
    build,
    countsNodes: false,
    search: (program, limits) => search(glpk, program, limits),
  };
}

function search(glpk: Glpk, program: Program, { seconds }: SearchLimits): SearchAnswer {
  const relaxed = solve(glpk, withoutWhole(program), { presol: false, seconds });
  if (relaxed.status !== glpk.GLP_OPT) return withoutOptimum(glpk, program, { relaxed, seconds });
  const relaxation = { point: pointOf(program, relaxed), bound: Number(relaxed.z) + program.offset };
  if (!program.integer.includes(1)) return answer('optimal', relaxation);
  const tree = searchTree(glpk, program, seconds);
  if (tree.status === glpk.GLP_OPT)
    return answer('optimal', { point: pointOf(program, tree), bound: Number(tree.z) + program.offset });
  if (tree.status === glpk.GLP_NOFEAS) return answer('infeasible');
  const point = tree.status === glpk.GLP_FEAS ? pointOf(program, tree) : null;
  return answer(seconds === null ? 'failed' : 'timeLimit', { point, bound: relaxation.bound });
}

/** Where its presolver sees that there is no whole point it says nothing at all (`GLP_UNDEF`): the tree says so. */
function searchTree(glpk: Glpk, program: Program, seconds: number | null): GlpkResult {
  const tree = solve(glpk, program, { presol: true, seconds });
  return tree.status === glpk.GLP_UNDEF ? solve(glpk, program, { presol: false, seconds }) : tree;
}

/** The relaxation has no point, or no end. A whole program without an end is unbounded where it has a point at all. */
function withoutOptimum(
  glpk: Glpk,
  program: Program,
  { relaxed, seconds }: { relaxed: GlpkResult; seconds: number | null },
): SearchAnswer {
  if (relaxed.status === glpk.GLP_NOFEAS) return answer('infeasible');
  if (relaxed.status !== glpk.GLP_UNBND) return answer(seconds === null ? 'failed' : 'timeLimit');
  const flat = programWith(program, { objective: new Float64Array(program.objective.length) });
  const found = search(glpk, flat, { seconds, nodes: null, start: null });
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
