// Formulate, solve and decode in one call, with the production engine: what most tests of the scheduler's middle need.
// Invariant: the solver is made and closed by the test file; nothing is kept between calls.

import { afterAll } from 'vitest';
import { decode } from '../../scheduler/decode.ts';
import { type Formulation, formulate, newMemo } from '../../scheduler/formulate/index.ts';
import type { Plan } from '../../scheduler/index.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { checkSolution, type Solution, type SolveOptions } from '../../solver/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';

export const SOLVE: SolveOptions = {
  engine: 'highs',
  budget: { unitsMax: 100_000 },
};

export interface Decided {
  readonly formulation: Formulation;
  readonly solution: Solution;
  readonly plan: Plan;
}

/** Call at the top of a test file: the solver closes with it. */
export function decider(): (snapshot: Snapshot) => Promise<Decided> {
  const solver = createInProcessSolver();
  afterAll(() => solver.close());
  return async (snapshot) => {
    const formulation = formulate(snapshot, newMemo());
    const solution = await solver.solve(formulation.model, SOLVE);
    const check = checkSolution(formulation.model, solution);
    if (!check.ok) throw new Error(`the checker refuses it: ${JSON.stringify(check)}`);
    return { formulation, solution, plan: decode(formulation, solution, snapshot) };
  };
}
