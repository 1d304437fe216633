// A hard tick through the solver process with a live tick's budget, and the same tick without its hard department: what the others got of it.
// Invariant: what is compared is worth and counted work, never time. Used by test/solver/hard.*.ts.
import { formulate, newMemo, type Snapshot, TICK_BUDGET } from '../../scheduler/index.ts';
import {
  checkPlan,
  checkSolution,
  type Model,
  type Solution,
  type SolverService,
} from '../../solver/index.ts';
import { type HardTick, hardSnapshot, isHard, withoutHard } from './hardModels.ts';

export interface Beside {
  readonly tick: HardTick;
  /** Of the normal requests alone, in the tick with hard ones and in that without. */
  readonly othersValue: { readonly with: number; readonly without: number };
  readonly solution: Solution;
  /** At least so much work was counted, in units of the budget. */
  readonly unitsLeast: number;
  /** From the question to the answer of the hard tick. */
  readonly ms: number;
}

export async function besideHard(tick: HardTick, solver: SolverService): Promise<Beside> {
  const snapshot = hardSnapshot(tick);
  const beside = await valueOfOthers(snapshot, solver);
  const alone = await valueOfOthers(withoutHard(snapshot), solver);
  const { simplexIterations, lpCalls } = beside.solution.work;
  return {
    tick,
    othersValue: { with: beside.value, without: alone.value },
    solution: beside.solution,
    // The prices of solver/work.ts without what depends on a program's size.
    unitsLeast: 100 * lpCalls + 4 * simplexIterations,
    ms: beside.ms,
  };
}

async function valueOfOthers(
  snapshot: Snapshot,
  solver: SolverService,
): Promise<{ value: number; solution: Solution; ms: number }> {
  const { model, columns } = formulate(snapshot, newMemo());
  const from = performance.now();
  const solution = await solver.solve(model, { engine: 'highs', budget: TICK_BUDGET });
  const ms = performance.now() - from;
  const check = checkSolution(model, solution);
  if (!check.ok) throw new Error(JSON.stringify(check));
  const others = solution.granted.map((granted, j) => {
    const meaning = columns[j]!;
    return granted === 1 && !(meaning.type === 'request' && isHard(meaning.request)) ? 1 : 0;
  });
  return { value: worthOf(model, others), solution, ms };
}

function worthOf(model: Model, plan: Uint8Array): number {
  const check = checkPlan(model, plan);
  if (!check.ok) throw new Error(JSON.stringify(check));
  return [...check.values.values()].reduce((sum, value) => sum + value, 0);
}
