// Asks for GLPK where it is not installed, and prints what both solvers say. Started by test/solver/node.test.ts.
import '../../support/hideGlpk.ts';
import { checkSolution, type Solution, type SolverService } from '../../../solver/index.ts';
import { createInProcessSolver, createSolverProcess, engineAbsence } from '../../../solver/node.ts';
import { syntheticTick } from '../../support/syntheticTick.ts';

const model = syntheticTick({ requests: 120, seed: 8, stages: 2 });

async function said(solver: SolverService): Promise<object> {
  const solution: Solution = await solver.solve(model, {
    engine: 'glpk',
    budget: { unitsMax: 100_000 },
  });
  await solver.close();
  const { termination, fault, engine, engineBuild } = solution;
  return { termination, fault, engine, engineBuild, checked: checkSolution(model, solution).ok };
}

const report = {
  absence: await engineAbsence('glpk'),
  inProcess: await said(createInProcessSolver()),
  process: await said(await createSolverProcess({ watchdogMs: 60_000 })),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
