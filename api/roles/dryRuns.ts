// Dry runs of the process that leads: one at a time, a short line before it, and a solver child of low priority that is none of the tick's.
// Invariant: bounded; beyond the line a dry run is refused at once. The child is started by the first dry run. Made by scheduling.ts.

import {
  type DryRunAnswer,
  type DryRunPorts,
  dryRun,
  type Instant,
  newMemo,
  type ResourceRequest,
  type Runner,
} from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import { createSolverProcess } from '../../solver/node.ts';
import type { DryRunOutcome, DryRuns } from '../ports.ts';

/** A dry run of a cell with 10,000 requests takes a tick's time, 100 to 300 ms: the last in line waits for about two seconds. */
const LINE_MAX = 8;
const BUSY = { type: 'busy', retryAfterSeconds: 1 } as const;

export interface DryRunParts {
  readonly ports: Omit<DryRunPorts, 'solver'>;
  readonly runner: Pick<Runner, 'state'>;
  readonly now: () => Instant;
  readonly watchdogMs: number;
}

export interface DryRunService extends DryRuns {
  close(): Promise<void>;
}

export function createDryRuns({ ports, runner, now, watchdogMs }: DryRunParts): DryRunService {
  let starting: Promise<SolverService> | null = null;
  let asked = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const memo = newMemo();
  const solver = (): Promise<SolverService> => {
    starting ??= createSolverProcess({ watchdogMs, priority: 'background' }).catch((error: unknown) => {
      starting = null;
      throw error;
    });
    return starting;
  };
  const run = async (request: ResourceRequest): Promise<DryRunOutcome> => {
    const own = await solver();
    // Asked when its turn has come: the memory of then, not of when it joined the line.
    const state = runner.state();
    if (state === null) return { type: 'notLeading' };
    const answer: DryRunAnswer = await dryRun({ ...ports, solver: own }, state, {
      request,
      now: now(),
      memo,
    });
    return { type: 'decided', answer };
  };
  return {
    async ask(request) {
      if (runner.state() === null) return { type: 'notLeading' };
      if (asked >= LINE_MAX) return BUSY;
      asked += 1;
      const mine = turn.then(() => run(request));
      turn = mine.catch(() => undefined);
      return mine.finally(() => {
        asked -= 1;
      });
    },
    async close() {
      await turn;
      const own = await starting;
      await own?.close();
    },
  };
}
