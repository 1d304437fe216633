// A solver child of low priority that is started by its first question: what people ask must never make a tick wait.
// Invariant: one child at most; a start that failed is tried again by the next question. Made by dryRuns.ts and offering.ts.

import type { SolverService } from '../../solver/index.ts';
import { createSolverProcess } from '../../solver/node.ts';

export interface BackgroundSolver {
  ready(): Promise<SolverService>;
  close(): Promise<void>;
}

export function backgroundSolver(watchdogMs: number): BackgroundSolver {
  let starting: Promise<SolverService> | null = null;
  return {
    ready() {
      starting ??= createSolverProcess({ watchdogMs, priority: 'background' }).catch((error: unknown) => {
        starting = null;
        throw error;
      });
      return starting;
    },
    async close() {
      const own = await starting;
      await own?.close();
    },
  };
}
