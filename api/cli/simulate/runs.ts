// Runs every scheduler with every seed, one after the other here or several at once in worker threads. Invariant: the answers come in the
// order of the tasks, and are the same bytes however many run at once. Called by simulate.ts.

import { extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { quotasOf, type RunResult, runScheduler, type SchedulerName } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { startStopwatch } from '../../roles/clock.ts';
import { sha256 } from '../../roles/digest.ts';
import type { Workload, WorkloadSpec } from './workload.ts';

export interface RunTask {
  readonly scheduler: SchedulerName;
  readonly seed: number | null;
  /** Of `annona` with an organisation. */
  readonly policies?: string;
}

export interface RunsInput {
  readonly spec: WorkloadSpec;
  readonly workload: Workload;
  readonly tasks: readonly RunTask[];
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Told how many jobs of a task have come. */
  readonly progress: (task: number, submitted: number) => void;
}

/** To a worker, and back. */
export type WorkerOrder = { readonly task: number; readonly run: RunTask } | 'stop';
export type WorkerNews =
  | { readonly type: 'progress'; readonly task: number; readonly submitted: number }
  | { readonly type: 'result'; readonly task: number; readonly result: RunResult };

/** Of a stopped run what was seen so far; tasks that had not begun are left out. */
export async function runAll(input: RunsInput): Promise<RunResult[]> {
  const results: (RunResult | undefined)[] = [];
  if (input.threads <= 1) {
    for (const [number, task] of input.tasks.entries()) {
      if (input.signal.aborted) break;
      const progress = (submitted: number): void => input.progress(number, submitted);
      results[number] = await runOne(input, task, { signal: input.signal, progress });
    }
  } else await inThreads(input, results);
  return results.filter((result) => result !== undefined);
}

export async function runOne(
  { spec, workload }: Pick<RunsInput, 'spec' | 'workload'>,
  task: RunTask,
  { signal, progress }: { signal: AbortSignal; progress: (submitted: number) => void },
): Promise<RunResult> {
  const solver = createInProcessSolver();
  try {
    const watch = { pause: () => setImmediate(), stopped: () => signal.aborted };
    const { jobsOf, capacity, company } = workload;
    const { quotas = [], budgets = [], untilMs, solverHours, reviews } = spec;
    return await runScheduler({
      ...task,
      jobsOf,
      capacity,
      quotas: company === undefined ? quotas : quotasOf(company.at(company.startsAt).configuration),
      budgets,
      ...(company !== undefined && { company }),
      ...(untilMs !== undefined && { untilMs }),
      ...(solverHours !== undefined && { solverHours }),
      ...(reviews !== undefined && { reviews }),
      ...(task.scheduler === 'annona' && { stopwatch: startStopwatch() }),
      wantsFates: Object.keys(spec.bundles ?? {}).length > 1 && task.scheduler === 'annona',
      solver,
      digest: sha256,
      watch,
      progress,
    });
  } finally {
    await solver.close();
  }
}

async function inThreads(input: RunsInput, results: (RunResult | undefined)[]): Promise<void> {
  const { spec, tasks, threads, signal, progress } = input;
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(`worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: spec,
    });
    const stop = (): void => worker.postMessage('stop' satisfies WorkerOrder);
    signal.addEventListener('abort', stop);
    try {
      while (next < tasks.length && !signal.aborted) {
        const task = next++;
        results[task] = await ask(worker, { task, run: tasks[task]! }, progress);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work));
}

function ask(
  worker: Worker,
  order: Exclude<WorkerOrder, 'stop'>,
  progress: RunsInput['progress'],
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', hear).off('error', fail).off('exit', leave);
      act();
    };
    const hear = (news: WorkerNews): void => {
      if (news.type === 'progress') progress(news.task, news.submitted);
      else settle(() => resolve(news.result));
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const leave = (code: number): void =>
      settle(() => reject(new Error(`a worker of the simulation left with ${code}`)));
    worker.on('message', hear).on('error', fail).on('exit', leave);
    worker.postMessage(order);
  });
}
