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
import type { DryRunOutcome, DryRuns } from '../ports.ts';
import { backgroundSolver } from './backgroundSolver.ts';
import { BoundedLine } from './boundedLine.ts';

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
  const line = new BoundedLine(LINE_MAX);
  const solver = backgroundSolver(watchdogMs);
  const memo = newMemo();
  const run = async (request: ResourceRequest): Promise<DryRunOutcome> => {
    const own = await solver.ready();
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
      return line.ask(() => run(request)) ?? BUSY;
    },
    async close() {
      await line.settled();
      await solver.close();
    },
  };
}
