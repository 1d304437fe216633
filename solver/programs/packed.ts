// The anytime method on a packing program. Invariant: what it says is checked in exact integers, its bound comes with a certificate.
// Called by solveProgram.ts, and by node.ts when the process is gone.
import { solve, solveWithoutEngine } from '../anytime.ts';
import type { Engine } from '../engines/engine.ts';
import type { Model } from '../model.ts';
import type { Solution, SolveOptions } from '../solution.ts';
import { checkSolution } from '../verify.ts';
import { type CheckedPoint, checkedPoint, type ProvenBound } from './answer.ts';
import { evolve, worthAt } from './evolve.ts';
import type { PackingForm } from './packing.ts';
import { type Program, rounded } from './program.ts';

/** Units of counted work, about a microsecond each: two seconds. */
export const DEFAULT_WORK = 2_000_000;

/** Of the work, for crossing. */
const CROSSING_PART = 0.5;
/**
 * Of the work, for the method, a column: 250,000 units of the default for 100 columns. Beside the whole default for the method alone, all 120
 * knapsacks of bench:library kept their bounds to the last digit; of the plans 68 were better after crossing, 2 worse.
 */
const METHOD_PART_PER_COLUMN = 1 / 800;
/** Units an entry added, taken off or tried costs: six to nine thousandths of a microsecond where it was measured. */
const UNITS_PER_CROSSING_ENTRY = 0.01;
/** Entries of a model beyond which so few children are made that crossing finds nothing. */
const CROSSING_ENTRIES_MAX = 200_000;

/** Units of the method and of crossing, together at most `work`; null: DEFAULT_WORK. Without crossing the method has all. */
export function workFor(model: Model, work: number | null): { method: number; crossing: number } {
  const units = work ?? DEFAULT_WORK;
  if (model.indices.length > CROSSING_ENTRIES_MAX) return { method: units, crossing: 0 };
  const methodPart = Math.min(1 - CROSSING_PART, METHOD_PART_PER_COLUMN * model.columnCount);
  return { method: Math.ceil(units * methodPart), crossing: Math.floor(units * CROSSING_PART) };
}

export interface PackedAnswer {
  readonly best: CheckedPoint;
  readonly proven: ProvenBound;
  readonly solution: Solution;
}

export function solvePacked(
  program: Program,
  form: PackingForm,
  from: { engine: Engine; work: number | null },
): PackedAnswer {
  return packedAnswer(program, form, solve(form.model, from.engine, optionsFor(from.work)));
}

/** Never worse than `first`, whose bound stands. Throws when a crossed plan is no point of the program: a defect. */
export function packedCrossed(
  program: Program,
  form: PackingForm,
  { first, units }: { first: PackedAnswer; units: number },
): { answer: PackedAnswer; entries: number } {
  const stage = first.solution.stages[0];
  // Nothing can be granted, so that nothing can be crossed.
  if (stage === undefined) return { answer: first, entries: 0 };
  const { granted, entries } = evolve(form.model, first.solution.granted, {
    worth: worthAt(form.model, stage.certificate),
    entries: units / UNITS_PER_CROSSING_ENTRY,
    enough: stage.bound,
  });
  const best = checkedPoint(program, form.pointOf(granted));
  if (best === null) throw new Error('crossing came to a plan that does not fit');
  return { answer: { ...first, best }, entries };
}

/** The greedy plan with its bound, in milliseconds: for when the process that solved is gone. */
export function solvePackedGreedily(program: Program, form: PackingForm): PackedAnswer {
  return packedAnswer(
    program,
    form,
    solveWithoutEngine(form.model, { engine: 'highs', engineBuild: 'none', fault: 'watchdog' }),
  );
}

/** `work` in the units of a tick's budget. */
function optionsFor(work: number | null): SolveOptions {
  return { engine: 'highs', budget: { unitsMax: work ?? DEFAULT_WORK } };
}

/** Throws when the answer does not check: that is a defect, and no plan to be shown. */
function packedAnswer(program: Program, form: PackingForm, solution: Solution): PackedAnswer {
  const check = checkSolution(form.model, solution);
  if (!check.ok) throw new Error(`the answer does not check: ${JSON.stringify(check)}`);
  const best = checkedPoint(program, rounded(program, form.pointOf(solution.granted)));
  if (best === null) throw new Error('the packing form states another program');
  // One stage: everything is of one class. None: no column can be granted, and what stands is the best.
  const bound = solution.stages[0]?.bound ?? 0;
  return { best, proven: { bound: form.objectiveAt(bound), boundFrom: 'certificate' }, solution };
}
