// When the solver is slow or lost. Invariant: slow is told in virtual time and lost as the watchdog leaves a tick, so that both are the same on
// every machine. Called by liveRun.ts.

import { type SolverService, solveWithoutEngine } from '../../solver/index.ts';

export interface SolverHour {
  readonly atSeconds: number;
  readonly seconds: number;
  /** A tick decides so long after there is something to decide. */
  readonly tickSeconds?: number;
  /** Each solve ends as when the watchdog ends it: what is granted needs no engine. */
  readonly isLost?: boolean;
}

/** Milliseconds between news and the tick that decides on it, at that instant; the longest that holds. */
export function lagAt(hours: readonly SolverHour[], atMs: number): number {
  let lag = 0;
  for (const hour of hours)
    if (holds(hour, atMs)) lag = Math.max(lag, Math.round((hour.tickSeconds ?? 0) * 1000));
  return lag;
}

export function solverOfHours(
  solver: SolverService,
  hours: readonly SolverHour[],
  now: () => number,
): SolverService {
  if (!hours.some(({ isLost }) => isLost === true)) return solver;
  return {
    solve(model, options) {
      if (!hours.some((hour) => hour.isLost === true && holds(hour, now())))
        return solver.solve(model, options);
      const without = { engine: options.engine, engineBuild: 'none', fault: 'watchdog' } as const;
      return Promise.resolve(solveWithoutEngine(model, without));
    },
    close: () => solver.close(),
  };
}

function holds({ atSeconds, seconds }: SolverHour, atMs: number): boolean {
  return atSeconds * 1000 <= atMs && atMs < (atSeconds + seconds) * 1000;
}
