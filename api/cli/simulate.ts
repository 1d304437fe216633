// `annona simulate`: a trace, or a scenario, through the production tick and through the schedulers of the literature, compared in virtual time.
// Invariant: what is printed to stdout depends on inputs and seeds alone; times and progress go to stderr.

import { writeFile } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import {
  type Capacity,
  type Comparison,
  comparisonOf,
  type RunResult,
  renderReport,
  SCHEDULERS,
  type SchedulerName,
  tableOf,
  titleOf,
} from '../../simulations/index.ts';
import { startStopwatch } from '../roles/clock.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { companyPart, historyPoint } from './simulate/policies.ts';
import { printComparison } from './simulate/print.ts';
import { inputFiles, openReport } from './simulate/reportFile.ts';
import { type RunTask, runAll } from './simulate/runs.ts';
import { readScenario, type ScenarioPoint } from './simulate/scenario.ts';
import { loadWorkload, specOf, type TraceOptions, type Workload, whole } from './simulate/workload.ts';
import { stopSignal } from './stopSignal.ts';

export interface SimulateOptions extends Omit<TraceOptions, 'trace'> {
  readonly trace?: string;
  readonly history?: string;
  readonly policies?: string;
  readonly organisation?: string;
  readonly scheduler: string;
  readonly seed: string;
  readonly repeat: string;
  readonly jobs: string;
  readonly report?: string;
  /** Of the report, which is then `simulation.html` if it has no other name. */
  readonly open?: boolean;
  readonly csv?: string;
  readonly json?: boolean;
}

export async function simulate(
  scenario: string | undefined,
  options: SimulateOptions,
  io: CommandIo,
): Promise<number> {
  const points = await pointsOf(scenario, options, io);
  const threads = whole('--jobs', options.jobs);
  const signal = stopSignal((line) => io.err(line));
  const report = options.report ?? (options.open ? 'simulation.html' : undefined);
  const command = commandOf(scenario, options);
  const comparisons: Comparison[] = [];
  let exitCode: number = EXIT.done;
  for (const [number, point] of points.entries()) {
    if (signal.aborted) break;
    const { comparison, results, capacity } = await runPoint(point, { threads, signal, io });
    comparisons.push(comparison);
    if (!options.json) printComparison(comparison, io);
    const nameOf = (file: string): string => (points.length === 1 ? file : numbered(file, number + 1));
    if (report !== undefined) {
      const inputs = await inputFiles(filesOf(scenario, point));
      const quotas = point.spec.quotas ?? [];
      const page = renderReport({ comparison, results, capacity, quotas, command, inputs });
      await write(nameOf(report), page, io);
      if (options.open) await openReport(nameOf(report), io);
    }
    if (options.csv !== undefined) await write(nameOf(options.csv), tableOf(results), io);
    exitCode = Math.max(exitCode, exitOf(results, io));
  }
  const [only] = comparisons;
  if (options.json) io.out(JSON.stringify(points.length === 1 ? only : { points: comparisons }));
  if (report === undefined && !options.json)
    io.err('next: the same with --open shows it as a page with charts');
  if (!signal.aborted) return exitCode;
  io.err('interrupted: the figures are of what had been simulated by then');
  return EXIT.interrupted;
}

/** What it was read from; a generated workload is the scenario itself. */
function filesOf(scenario: string | undefined, { spec }: ScenarioPoint): string[] {
  const trace = spec.generate === undefined ? [spec.trace] : [];
  return [...(scenario === undefined ? [] : [scenario]), ...trace];
}

async function pointsOf(
  scenario: string | undefined,
  options: SimulateOptions,
  io: CommandIo,
): Promise<ScenarioPoint[]> {
  const { trace, history, policies, organisation } = options;
  const said = [scenario, trace, history].filter((one) => one !== undefined);
  if (said.length !== 1)
    throw new CommandError('say a scenario, --trace or --history, and only one of them', EXIT.usage);
  if (scenario !== undefined) {
    if (policies !== undefined || organisation !== undefined)
      throw new CommandError('the scenario says its organisation and its policies', EXIT.usage);
    return readScenario(scenario, io);
  }
  if (history !== undefined) return [await historyPoint({ ...options, history }, io)];
  const company = await companyPart(options, io);
  const names = Object.keys(company?.bundles ?? {});
  return [{ spec: { ...specOf({ ...options, trace: trace! }), ...company }, tasks: tasksOf(options, names) }];
}

async function runPoint(
  { spec, tasks, point }: ScenarioPoint,
  { threads, signal, io }: { threads: number; signal: AbortSignal; io: CommandIo },
): Promise<{ comparison: Comparison; results: RunResult[]; capacity: Capacity }> {
  const workload = await loadWorkload(spec);
  refuseNodes(workload, tasks);
  introduce(workload, tasks, io);
  const watch = startStopwatch();
  const progress = progressOf({ workload, tasks, elapsedMs: () => watch.elapsedMs(), io });
  const results = await runAll({ spec, workload, tasks, threads, signal, progress });
  io.progress('');
  io.err(`took ${(watch.elapsedMs() / 1000).toFixed(1)} s`);
  const { format, count, dropped, capacity } = workload;
  const about = { trace: spec.trace, format, jobs: count, dropped, capacity, ...(point && { point }) };
  tellTicks(results, io);
  return { comparison: comparisonOf({ ...about, results, planned: tasks.length }), results, capacity };
}

function refuseNodes({ capacity }: Workload, tasks: readonly RunTask[]): void {
  if (!capacity.pools.some(({ unitsPerNode }) => unitsPerNode !== undefined)) return;
  if (tasks.some(({ scheduler }) => scheduler === 'annona'))
    throw new CommandError(
      'annona puts no job on several nodes: leave it out of --scheduler, or say units without nodes',
      EXIT.usage,
    );
}

/** "report.html" as "report-2.html". */
function numbered(file: string, number: number): string {
  const { dir, name, ext } = parse(file);
  return join(dir, `${name}-${number}${ext}`);
}

function exitOf(results: readonly RunResult[], io: CommandIo): number {
  const open = results.filter(({ metrics }) => metrics.end === 'stuck' || metrics.end === 'endless');
  for (const { metrics, ...run } of open)
    io.err(`${titleOf(run)} did not drain (${metrics.end}): ${metrics.unfinished} jobs never ended`);
  return open.length > 0 ? EXIT.failed : EXIT.done;
}

/** All seeds of the first scheduler, then of the next. A single run takes the trace as it is. */
function tasksOf({ scheduler, seed, repeat }: SimulateOptions, policies: readonly string[]): RunTask[] {
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
  return names.flatMap((name) => {
    const under = name === 'annona' && policies.length > 0 ? policies : [undefined];
    return under.flatMap((one) =>
      seeds.map((own): RunTask => {
        const run = { scheduler: name as SchedulerName, seed: own };
        return one === undefined ? run : { ...run, policies: one };
      }),
    );
  });
}

/** More say nothing to anybody. */
const POOLS_SHOWN = 12;

/** Times are not the same twice: they are no part of the answer. */
function tellTicks(results: readonly RunResult[], io: CommandIo): void {
  for (const result of results) {
    const { tickMs = [] } = result;
    if (tickMs.length === 0) continue;
    const sorted = tickMs.toSorted((a, b) => a - b);
    const at = (share: number): string => sorted[Math.ceil(share * sorted.length) - 1]!.toFixed(2);
    const mean = tickMs.reduce((sum, ms) => sum + ms, 0) / tickMs.length;
    io.err(
      `${titleOf(result)}: ${tickMs.length} ticks, ${mean.toFixed(2)} ms each (p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)})`,
    );
  }
}

function introduce(
  { count, capacity, format, dropped }: Workload,
  tasks: readonly RunTask[],
  io: CommandIo,
): void {
  for (const [why, lost] of dropped) io.err(`left out ${lost} jobs: ${why}`);
  const pools =
    capacity.pools.length > POOLS_SHOWN
      ? `${capacity.pools.length} pools`
      : capacity.pools.map(({ id, capacity: units }) => `${id} ${units}`).join(', ');
  io.err(`${count} jobs (${format}) on ${pools}; ${tasks.length} ${tasks.length === 1 ? 'run' : 'runs'}`);
}

function progressOf(input: {
  workload: Workload;
  tasks: readonly RunTask[];
  elapsedMs: () => number;
  io: CommandIo;
}): (task: number, submitted: number) => void {
  const { workload, tasks, elapsedMs, io } = input;
  const seen = new Map<number, number>();
  const all = workload.count * tasks.length;
  return (task, submitted) => {
    seen.set(task, submitted);
    // A task that came before this one is through, whether or not its last jobs were told of.
    let done = 0;
    for (const [number, come] of seen) done += number < task - 1 ? workload.count : come;
    const leftSeconds = (elapsedMs() * (all - done)) / Math.max(1, done) / 1000;
    const { seed } = tasks[task]!;
    const name = titleOf(tasks[task]!);
    const which = seed === null ? name : `${name}, seed ${seed}`;
    io.progress(`${which}: ${submitted}/${workload.count} jobs, about ${leftSeconds.toFixed(0)} s left`);
  };
}

/** As it can be typed again. */
function commandOf(scenario: string | undefined, options: SimulateOptions): string {
  if (scenario !== undefined) return `npx annona simulate ${scenario}`;
  const words = ['npx annona simulate'];
  for (const name of [
    'trace',
    'history',
    'organisation',
    'policies',
    'format',
    'capacity',
    'department',
    'limit',
    'throughputs',
  ] as const) {
    const value = options[name];
    if (value !== undefined) words.push(`--${name} ${value}`);
  }
  if (options.history === undefined) words.push(`--scheduler ${options.scheduler}`);
  if (options.repeat !== '1') words.push(`--seed ${options.seed} --repeat ${options.repeat}`);
  return words.join(' ');
}

async function write(file: string, text: string, io: CommandIo): Promise<void> {
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be written (${error.code}); try another place`);
  });
  io.err(`wrote ${resolve(file)}`);
}
