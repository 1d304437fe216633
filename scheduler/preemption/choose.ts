// One choice of victims, solved and checked: the program goes to the solver like any other, and its answer through solver verify.
// Invariant: an answer that leaves here is feasible, keeps all that can be kept, and its bound was recomputed. Called by nominees.ts and repair.ts.

import { checkSolution, type Model, type StageOutcome } from '../../solver/index.ts';
import type { Units } from '../domain/quantity.ts';
import type { SchedulerPorts } from '../ports.ts';
import { type Column, costOfValue, type Program } from './program.ts';

export type SolverPorts = Pick<SchedulerPorts, 'solver' | 'solveOptions'>;

/** A program of the tick as its digests cover it. */
export interface SolvedProgram {
  readonly model: Model;
  readonly stages: readonly StageOutcome[];
}

export interface Choice {
  readonly victims: readonly Column[];
  readonly cost: Units;
  /** No choice costs less. */
  readonly leastCost: Units;
  readonly program: SolvedProgram;
}

/** Null when the answer does not pass its check: a defect of the solver, which the caller tells. */
export async function choose(
  { solver, solveOptions }: SolverPorts,
  program: Program,
): Promise<Choice | null> {
  const { model, columns } = program;
  const solution = await solver.solve(model, solveOptions);
  if (!checkSolution(model, solution).ok) return null;
  const victims = columns.filter((_, column) => solution.granted[column] !== 1);
  const all = model.objective.reduce((sum, value) => sum + value, 0);
  const most = solution.stages.reduce((sum, { bound }) => sum + bound, 0);
  return {
    victims,
    cost: victims.reduce((sum, { cost }) => sum + cost, 0),
    leastCost: costOfValue(all - most),
    program: { model, stages: solution.stages },
  };
}
