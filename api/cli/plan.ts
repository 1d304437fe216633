// `annona plan`: how much of each pool meets the targets, found by simulations of a trace. Invariant: what is recommended was simulated;
// standard output depends on the inputs alone.

import { setImmediate } from 'node:timers/promises';
import {
  type Bottleneck,
  type Capacity,
  demandOf,
  figureOf,
  type Plan,
  type PlanInput,
  type PlanPoint,
  planCapacity,
  runScheduler,
  SCHEDULERS,
  type SchedulerName,
  type Target,
  TargetError,
  targetsOf,
  wordOf,
} from '../../simulations/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { allowedNames } from '../organisation/index.ts';
import { sha256 } from '../roles/digest.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { loadTrace, specOf, type TraceOptions, type TraceWorkload } from './simulate/workload.ts';
import { stopSignal } from './stopSignal.ts';

export interface PlanOptions extends Omit<TraceOptions, 'trace'> {
  readonly trace?: string;
  readonly target: string;
  readonly scheduler: string;
  readonly least?: string;
  readonly most?: string;
  readonly growth?: string;
  readonly json?: boolean;
}

/** Where nothing is said: from the largest job to so many times what the trace ran on. */
const MOST_TIMES = 8;

export async function plan(options: PlanOptions, io: CommandIo): Promise<number> {
  const { trace } = options;
  if (trace === undefined) throw new CommandError('--trace is missing: which jobs?', EXIT.usage);
  const targets = wantedTargets(options.target);
  const scheduler = SCHEDULERS.find((name) => name === options.scheduler);
  if (scheduler === undefined)
    throw new CommandError(
      `--scheduler ${options.scheduler} is not known (allowed: ${SCHEDULERS.join(', ')})`,
      EXIT.usage,
    );
  const growthPercent = percentOf(options.growth);
  const workload = await loadTrace(specOf({ ...options, trace }));
  if (workload.capacity.machines !== undefined)
    throw new CommandError('plan searches pools: say them, as in --capacity gpu=96', EXIT.usage);
  refuseStrangers(targets, workload);
  const signal = stopSignal((line) => io.err(line));
  const found = await planCapacity({
    capacity: workload.capacity,
    bounds: boundsOf(workload, options),
    targets,
    evaluate: evaluator({ workload, scheduler, signal, io }),
    ...(growthPercent !== undefined && { growthPercent }),
  });
  io.progress('');
  if (options.json) io.out(JSON.stringify({ trace, scheduler, targets, ...briefOf(found) }));
  else printPlan(found, targets, io);
  return found.recommended === null ? EXIT.unsatisfiable : EXIT.done;
}

function wantedTargets(text: string): Target[] {
  try {
    return targetsOf(text);
  } catch (error) {
    if (error instanceof TargetError) throw new CommandError(`--target ${error.message}`, EXIT.usage);
    throw error;
  }
}

function refuseStrangers(targets: readonly Target[], { jobs }: TraceWorkload): void {
  const known = new Set(jobs.map(({ department }) => department));
  for (const { department } of targets)
    if (department !== undefined && !known.has(department))
      throw new CommandError(
        `--target @${department}: the trace has no such department (allowed: ${allowedNames(known, department).join(', ')})`,
        EXIT.usage,
      );
}

function percentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const found = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  if (found === null) throw new CommandError(`--growth ${text}: want a month's growth, as in 3%`, EXIT.usage);
  return Number(found[1]);
}

function boundsOf({ jobs, capacity }: TraceWorkload, { least, most }: PlanOptions): PlanInput['bounds'] {
  return new Map(
    capacity.pools.map(({ id, kind, capacity: held }) => {
      let largest = 1;
      for (const { claims } of jobs)
        for (const claim of claims) if (claim.kind === kind) largest = Math.max(largest, claim.quantity);
      // Of several pools of a kind one need not hold the largest job.
      const isAlone = capacity.pools.filter((pool) => pool.kind === kind).length === 1;
      const from = least === undefined ? (isAlone ? largest : 0) : units('--least', least);
      const to = most === undefined ? Math.max(held, largest) * MOST_TIMES : units('--most', most);
      if (from > to)
        throw new CommandError(`${id}: from ${from} to ${to} there is nothing to search`, EXIT.usage);
      return [id, { least: from, most: to }];
    }),
  );
}

function units(name: string, value: string): number {
  if (/^\d{1,12}$/.test(value)) return Number(value);
  throw new CommandError(`${name} ${value} is not a whole number`, EXIT.usage);
}

function evaluator(input: {
  workload: TraceWorkload;
  scheduler: SchedulerName;
  signal: AbortSignal;
  io: CommandIo;
}): PlanInput['evaluate'] {
  const { scheduler, signal, io } = input;
  const { jobs } = input.workload;
  let count = 0;
  return async (capacity: Capacity, demandPercent: number) => {
    count += 1;
    const pools = capacity.pools.map((pool) => `${pool.id} ${pool.capacity}`).join(', ');
    io.progress(`simulation ${count}: ${pools}, demand ${demandPercent} %`);
    const solver = createInProcessSolver();
    try {
      const { metrics } = await runScheduler({
        scheduler,
        jobsOf: () => demandOf(jobs, demandPercent),
        capacity,
        quotas: [],
        seed: null,
        solver,
        digest: sha256,
        watch: { pause: () => setImmediate(), stopped: () => signal.aborted },
        progress: () => {},
      });
      if (signal.aborted) throw new CommandError('interrupted: nothing is recommended', EXIT.interrupted);
      return metrics;
    } finally {
      await solver.close();
    }
  };
}

/** Without the figures of every department at every point. */
function briefOf({ recommended, points, frontier, sensitivity, months, bottleneck }: Plan): object {
  return {
    recommended: recommended && brief(recommended),
    bottleneck,
    points: points.map(brief),
    frontier: frontier.map(brief),
    sensitivity: sensitivity.map((one) => {
      return { demandPercent: one.demandPercent, recommended: one.recommended && brief(one.recommended) };
    }),
    months: months.map(({ month, point }) => ({ month, ...brief(point) })),
  };
}

function brief({
  units,
  costPerHourMinor,
  demandPercent,
  isMet,
  metrics,
}: PlanPoint): Record<string, unknown> {
  const { departments: _, ...figures } = metrics;
  return { units, costPerHourMinor, demandPercent, isMet, ...figures };
}

function printPlan(
  { recommended, frontier, sensitivity, months, bottleneck }: Plan,
  targets: readonly Target[],
  io: CommandIo,
): void {
  if (recommended === null) {
    io.out('nothing within the bounds meets the targets');
    return;
  }
  io.out(`enough: ${said(recommended, targets)}`);
  if (bottleneck !== null) io.out(bottleneckText(bottleneck));
  io.out('cost against wait, cheapest first:');
  for (const point of frontier) io.out(`  ${point.isMet ? 'met   ' : 'missed'} ${said(point, targets)}`);
  for (const { demandPercent, recommended: other } of sensitivity)
    io.out(
      `with ${demandPercent} % of the demand: ${other === null ? 'nothing within the bounds' : said(other, targets)}`,
    );
  for (const { month, point } of months)
    io.out(`month ${month}: demand ${point.demandPercent} %, ${point.isMet ? 'met' : 'missed'}`);
}

function bottleneckText({ pool, by, prices }: Bottleneck): string {
  if (by === 'use') return `used most: ${pool}`;
  const dear = Object.entries(prices).filter(([, price]) => price > 0);
  return `scarcest, by the mean price of a unit: ${dear.map(([name, price]) => `${name} ${price.toFixed(1)}`).join(', ')}`;
}

function said({ units, costPerHourMinor, metrics }: PlanPoint, targets: readonly Target[]): string {
  const pools = Object.entries(units).map(([pool, count]) => `${pool} ${count}`);
  const cost = costPerHourMinor > 0 ? [`${costPerHourMinor} an hour`] : [];
  const figures = targets.map((target) => {
    const value = figureOf(metrics, target);
    const word = wordOf(target);
    switch (target.name) {
      case 'utilisation':
        return `${word} ${(value * 100).toFixed(1)} %`;
      case 'slowdown':
        return `${word} ${value.toFixed(2)}`;
      case 'budget':
        return `${word} ${value}`;
      default:
        return `${word} ${value.toFixed(0)} s`;
    }
  });
  return [...pools, ...cost, ...figures, `in use ${(metrics.utilisation * 100).toFixed(1)} %`].join(', ');
}
