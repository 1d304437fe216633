// The solver as a neighbour that may be slow, dead or wrong. Invariant: behind it is the real one, and a solution that was bent says nothing
// of it, so that only the scheduler's own checks stand between it and a grant. Called by scheduler.ts.

import { type Solution, type SolverService, solveWithoutEngine } from '../../solver/index.ts';
import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import { InjectedFault } from './network.ts';

/** In a hundred solves. */
export interface SolverFaults {
  slow: number;
  faulty: number;
  garbage: number;
  gone: number;
}

/** Where the watchdog of a real one ends it. */
const SLOW_MOST_MS = 800;

interface Neighbours {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly faults: SolverFaults;
  /** The real one. */
  readonly solver: SolverService;
  /** Told of each solution that was bent: the tick may then dump what it refused. */
  readonly bent: () => void;
}

export function unreliableSolver(
  life: Life,
  { loop, chance, faults, solver, bent }: Neighbours,
): SolverService {
  return {
    async solve(model, options) {
      await loop.sleep(
        chance.percent(faults.slow) ? chance.between(200, SLOW_MOST_MS) : chance.between(1, 20),
        life,
      );
      if (chance.percent(faults.gone)) throw new InjectedFault('the solver is gone');
      if (chance.percent(faults.faulty))
        return solveWithoutEngine(model, { engine: options.engine, engineBuild: 'none', fault: 'watchdog' });
      const solution = await solver.solve(model, options);
      if (!chance.percent(faults.garbage)) return solution;
      bent();
      return garbled(solution, chance);
    },
    close: () => solver.close(),
  };
}

/** Columns granted and not at random: what an answer torn on its way would be. */
function garbled(solution: Solution, chance: Chance): Solution {
  return { ...solution, granted: solution.granted.map((bit) => (chance.percent(40) ? 1 - bit : bit)) };
}
