// The anytime method on a packing program. Invariant: what it says is checked in exact integers, its bound comes with a certificate.
// Called by solveProgram.ts, and by node.ts when the process is gone.
import { solve, solveWithoutEngine } from '../anytime.ts';
import type { Engine } from '../engines/engine.ts';
import type { Solution, SolveOptions } from '../solution.ts';
import { checkSolution } from '../verify.ts';
import { type CheckedPoint, checkedPoint, type ProvenBound } from './answer.ts';
import type { PackingForm } from './packing.ts';
import { type Program, rounded } from './program.ts';

/** In simplex iterations a linear program; a program of 10,000 columns needs some ten thousand. */
export const DEFAULT_WORK = 1_000_000;

export interface PackedAnswer {
  readonly best: CheckedPoint;
  readonly proven: ProvenBound;
  /** In the model's own unit. */
  readonly bound: number;
  readonly solution: Solution;
}

export function solvePacked(
  program: Program,
  form: PackingForm,
  from: { engine: Engine; work: number | null },
): PackedAnswer {
  return packedAnswer(program, form, solve(form.model, from.engine, optionsFor(from.work)));
}

/** The greedy plan with its bound, in milliseconds: for when the process that solved is gone. */
export function solvePackedGreedily(program: Program, form: PackingForm): PackedAnswer {
  return packedAnswer(
    program,
    form,
    solveWithoutEngine(form.model, { engine: 'highs', engineBuild: 'none', fault: 'watchdog' }),
  );
}

/** `work` in simplex iterations, the unit of a tick's budget. */
function optionsFor(work: number | null): SolveOptions {
  return {
    engine: 'highs',
    budget: { simplexIterationsMax: work ?? DEFAULT_WORK, lpCallsMax: work === 0 ? 0 : 64 },
  };
}

/** Throws when the answer does not check: that is a defect, and no plan to be shown. */
function packedAnswer(program: Program, form: PackingForm, solution: Solution): PackedAnswer {
  const check = checkSolution(form.model, solution);
  if (!check.ok) throw new Error(`the answer does not check: ${JSON.stringify(check)}`);
  const best = checkedPoint(program, rounded(program, form.pointOf(solution.granted)));
  if (best === null) throw new Error('the packing form states another program');
  // One stage: everything is of one class. None: no column can be granted, and what stands is the best.
  const bound = solution.stages[0]?.bound ?? 0;
  return { best, proven: { bound: form.objectiveAt(bound), boundFrom: 'certificate' }, bound, solution };
}
