// `annona simulate`: a trace through the production tick and through the schedulers of the literature, compared in virtual time.
// Invariant: what is printed to stdout depends on inputs and seeds alone; times and progress go to stderr.

import { writeFile } from 'node:fs/promises';
import {
  comparisonOf,
  type RunResult,
  renderReport,
  SCHEDULERS,
  type SchedulerName,
} from '../../simulations/index.ts';
import { startStopwatch } from '../roles/clock.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { printComparison } from './simulate/print.ts';
import { type RunTask, runAll } from './simulate/runs.ts';
import { tableOf } from './simulate/tableFile.ts';
import { loadWorkload, specOf, type TraceOptions, type Workload, whole } from './simulate/workload.ts';
import { stopSignal } from './stopSignal.ts';

export interface SimulateOptions extends TraceOptions {
  readonly scheduler: string;
  readonly seed: string;
  readonly repeat: string;
  readonly jobs: string;
  readonly report?: string;
  readonly csv?: string;
  readonly json?: boolean;
}

export async function simulate(options: SimulateOptions, io: CommandIo): Promise<number> {
  const spec = specOf(options);
  const tasks = tasksOf(options);
  const threads = whole('--jobs', options.jobs);
  const workload = await loadWorkload(spec);
  introduce(workload, tasks, io);
  const signal = stopSignal((line) => io.err(line));
  const watch = startStopwatch();
  const progress = progressOf({ workload, tasks, elapsedMs: () => watch.elapsedMs(), io });
  const results = await runAll({ spec, workload, tasks, threads, signal, progress });
  io.progress('');
  io.err(`took ${(watch.elapsedMs() / 1000).toFixed(1)} s`);
  const { format, jobs, dropped, capacity } = workload;
  const comparison = comparisonOf({
    trace: options.trace,
    format,
    jobs: jobs.length,
    dropped,
    capacity,
    results,
    planned: tasks.length,
  });
  if (options.json) io.out(JSON.stringify(comparison));
  else printComparison(comparison, io);
  if (options.report !== undefined)
    await write(options.report, renderReport({ comparison, results, command: commandOf(options) }), io);
  if (options.csv !== undefined) await write(options.csv, tableOf(results), io);
  return exitOf(results, signal, io);
}

function exitOf(results: readonly RunResult[], signal: AbortSignal, io: CommandIo): number {
  if (signal.aborted) {
    io.err('interrupted: the figures are of what had been simulated by then');
    return EXIT.interrupted;
  }
  const open = results.filter(({ metrics }) => metrics.end === 'stuck' || metrics.end === 'endless');
  for (const { scheduler, metrics } of open)
    io.err(`${scheduler} did not drain (${metrics.end}): ${metrics.unfinished} jobs never ended`);
  return open.length > 0 ? EXIT.failed : EXIT.done;
}

/** All seeds of the first scheduler, then of the next. A single run takes the trace as it is. */
function tasksOf({ scheduler, seed, repeat }: SimulateOptions): RunTask[] {
  const names = [...new Set(scheduler.split(',').map((name) => name.trim()))];
  const unknown = names.filter((name) => !SCHEDULERS.includes(name as SchedulerName));
  if (unknown.length > 0)
    throw new CommandError(
      `--scheduler ${unknown.join(', ')} is not known (allowed: ${SCHEDULERS.join(', ')})`,
      EXIT.usage,
    );
  const first = whole('--seed', seed);
  const count = whole('--repeat', repeat);
  const seeds = count === 1 ? [null] : Array.from({ length: count }, (_, i) => first + i);
  return names.flatMap((name) => seeds.map((one) => ({ scheduler: name as SchedulerName, seed: one })));
}

function introduce(
  { jobs, capacity, format, dropped }: Workload,
  tasks: readonly RunTask[],
  io: CommandIo,
): void {
  for (const [why, count] of dropped) io.err(`left out ${count} jobs: ${why}`);
  const pools = capacity.pools.map(({ id, capacity: units }) => `${id} ${units}`).join(', ');
  io.err(
    `${jobs.length} jobs (${format}) on ${pools}; ${tasks.length} ${tasks.length === 1 ? 'run' : 'runs'}`,
  );
}

function progressOf(input: {
  workload: Workload;
  tasks: readonly RunTask[];
  elapsedMs: () => number;
  io: CommandIo;
}): (task: number, submitted: number) => void {
  const { workload, tasks, elapsedMs, io } = input;
  const seen = new Map<number, number>();
  const all = workload.jobs.length * tasks.length;
  return (task, submitted) => {
    seen.set(task, submitted);
    // A task that came before this one is through, whether or not its last jobs were told of.
    let done = 0;
    for (const [number, count] of seen) done += number < task - 1 ? workload.jobs.length : count;
    const leftSeconds = (elapsedMs() * (all - done)) / Math.max(1, done) / 1000;
    const { scheduler, seed } = tasks[task]!;
    const which = seed === null ? scheduler : `${scheduler}, seed ${seed}`;
    io.progress(
      `${which}: ${submitted}/${workload.jobs.length} jobs, about ${leftSeconds.toFixed(0)} s left`,
    );
  };
}

/** As it can be typed again. */
function commandOf(options: SimulateOptions): string {
  const words = ['annona simulate', `--trace ${options.trace}`];
  for (const name of ['format', 'capacity', 'scheduler', 'department', 'limit', 'throughputs'] as const) {
    const value = options[name];
    if (value !== undefined) words.push(`--${name} ${value}`);
  }
  if (options.repeat !== '1') words.push(`--seed ${options.seed} --repeat ${options.repeat}`);
  return words.join(' ');
}

async function write(file: string, text: string, io: CommandIo): Promise<void> {
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be written (${error.code}); try another place`);
  });
  io.err(`wrote ${file}`);
}
