// The job `simulation`: a scenario of POST /v1/simulations through its schedulers, one run after the other, as `annona simulate` does it.
// Invariant: it writes nothing but its result, and counts its work before it begins: what is too much is refused, whatever way it came.
// Called by simulations.ts, in a process of its own.

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Configuration, Instant } from '../../../scheduler/index.ts';
import {
  type Capacity,
  comparisonOf,
  generated,
  type Job,
  type RunResult,
  readTrace,
  renderReport,
  runScheduler,
  shaken,
  type Trace,
  TraceError,
  tableOf,
} from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import {
  SIMULATED_JOBS_MOST,
  SimulationBody,
  simulationFaults,
  tooLarge,
} from '../../http/schemas/simulations.ts';
import { formatInstant } from '../../http/time.ts';
import { compileCheck, summarise } from '../../http/validate.ts';
import type { ConfigurationStore, SideJobContext, SideJobRunner } from '../../ports.ts';
import { sha256 } from '../digest.ts';
import { type HistoryPorts, historyTrace } from './historyTrace.ts';
import { SideJobInputError } from './inputError.ts';

export interface SimulationPorts extends HistoryPorts {
  readonly configuration: Pick<ConfigurationStore, 'current'>;
  readonly now: () => Instant;
}

const HOUR_MS = 3_600_000;

interface Workload {
  /** In words. */
  readonly name: string;
  readonly format: string;
  readonly count: number;
  readonly dropped: ReadonlyMap<string, number>;
  readonly jobsOf: (seed: number | null) => Iterable<Job>;
}

export function createSimulation(ports: SimulationPorts): SideJobRunner {
  const check = compileCheck(SimulationBody);
  return {
    async run(input, context) {
      const checked = check(input);
      if (!checked.ok) throw new SideJobInputError(summarise(checked.errors));
      const body = checked.value;
      const faults = simulationFaults(body);
      if (faults.length > 0) throw new SideJobInputError(summarise(faults));
      const configuration = await ports.configuration.current(context.cell);
      const capacity = { pools: body.pools ?? poolsOf(configuration) };
      const workload = await workloadOf(body, { ports, context, configuration });
      const why = tooLarge(body, workload.count);
      if (why !== null) throw new SideJobInputError(why);
      const results = await runAll({ body, capacity, workload, context });
      const { name, format, count, dropped } = workload;
      const about = { trace: name, format, jobs: count, dropped, capacity };
      const comparison = comparisonOf({ ...about, results, planned: results.length });
      await context.write(`${JSON.stringify(comparison)}\n`);
      await context.nextFile({
        fileName: 'simulation.csv',
        contentType: 'text/csv; charset=utf-8; header=present',
      });
      await context.write(tableOf(results));
      await context.nextFile({ fileName: 'simulation.html', contentType: 'text/html; charset=utf-8' });
      await context.write(
        renderReport({
          comparison,
          results,
          capacity,
          quotas: body.quotas ?? [],
          command: commandOf(body),
          inputs: [],
        }),
      );
      return { fileName: 'simulation.json', contentType: 'application/json' };
    },
  };
}

/** Those of the cell as they are now: units that come back, without agents and calendars, whose capacity is elsewhere. */
function poolsOf({ pools }: Configuration): Capacity['pools'] {
  const simulated = pools.filter(
    ({ kind, consumable, calendar }) => kind !== 'agent' && !consumable && calendar === undefined,
  );
  if (simulated.length === 0)
    throw new SideJobInputError('the server has no pool of units that come back: name `pools`');
  return simulated.map(({ id, kind, capacity, labels, priceMinor, pricePer }) => {
    const { model } = labels;
    return {
      ...{ id, kind, capacity, priceMinor },
      ...(typeof model === 'string' && { model }),
      ...(pricePer !== undefined && { pricePer }),
    };
  });
}

async function workloadOf(
  { workload: { generate, trace, history } }: SimulationBody,
  around: { ports: SimulationPorts; context: SideJobContext; configuration: Configuration },
): Promise<Workload> {
  if (generate !== undefined) {
    const spec = { ...generate, meanSecondsBetween: generate.meanMillisecondsBetween / 1000 };
    const jobsOf = (seed: number | null): Iterable<Job> => generated(spec, seed ?? 1);
    return {
      name: 'generated requests',
      format: 'generated',
      count: spec.requests,
      dropped: new Map(),
      jobsOf,
    };
  }
  if (trace !== undefined) {
    const read = await inlineTrace(trace);
    return ofTrace('inline trace', read, trace);
  }
  const { hours, department } = history!;
  const { ports, context, configuration } = around;
  const to = ports.now();
  const from = to - hours * HOUR_MS;
  const read = await historyTrace(ports, {
    ...{ scope: context.scope, from, to, requestsMost: SIMULATED_JOBS_MOST },
    ...(department !== undefined && { department }),
    classes: configuration.classes.toSorted((a, b) => a.rank - b.rank).map(({ name }) => name),
  });
  return ofTrace(`requests of ${context.cell} from ${formatInstant(from)} to ${formatInstant(to)}`, read, {});
}

async function inlineTrace({
  text,
  format,
}: NonNullable<SimulationBody['workload']['trace']>): Promise<Trace> {
  async function* lines(): AsyncGenerator<string> {
    yield* text.join('').split(/\r?\n/);
  }
  try {
    return await readTrace({ name: 'trace', lines: lines(), ...(format !== undefined && { format }) });
  } catch (error) {
    throw error instanceof TraceError ? new SideJobInputError(error.message) : error;
  }
}

function ofTrace(
  name: string,
  { jobs: all, format, dropped }: Trace,
  { department, limit }: { readonly department?: string; readonly limit?: number },
): Workload {
  const jobs = all
    .filter((job) => job.department === (department ?? job.department))
    .slice(0, limit)
    .map((job, index) => ({ ...job, index }));
  if (jobs.length === 0) throw new SideJobInputError(`${name}: there is no job to simulate`);
  return { name, format, count: jobs.length, dropped, jobsOf: (seed) => shaken(jobs, seed) };
}

async function runAll(input: {
  readonly body: SimulationBody;
  readonly capacity: Capacity;
  readonly workload: Workload;
  readonly context: SideJobContext;
}): Promise<RunResult[]> {
  const { body, capacity, workload, context } = input;
  const { schedulers, seeds = [1], quotas = [], budgets = [], horizonSeconds } = body;
  const isAsItIs = body.workload.generate === undefined && seeds.length === 1;
  const runs = schedulers.flatMap((scheduler) =>
    seeds.map((seed) => ({ scheduler, seed: isAsItIs ? null : seed })),
  );
  const total = runs.length * workload.count;
  const results: RunResult[] = [];
  const solver = createInProcessSolver();
  try {
    for (const [number, run] of runs.entries()) {
      context.progress(number * workload.count, total);
      results.push(
        await runScheduler({
          ...run,
          ...{ jobsOf: workload.jobsOf, capacity, quotas, budgets, solver, digest: sha256 },
          ...(horizonSeconds !== undefined && { untilMs: horizonSeconds * 1000 }),
          // A cancellation is the end of the process: nothing has to be asked for.
          watch: { pause: () => setImmediate(), stopped: () => false },
          progress: (submitted) => context.progress(number * workload.count + submitted, total),
        }),
      );
    }
  } finally {
    await solver.close();
  }
  context.progress(total, total);
  return results;
}

/** The call that asks for it again; of a trace its digest, as it may be long. */
function commandOf(body: SimulationBody): string {
  const { trace } = body.workload;
  if (trace === undefined) return `POST /v1/simulations ${JSON.stringify(body)}`;
  const digest = createHash('sha256').update(trace.text.join('')).digest('hex');
  const shown = { ...body, workload: { trace: { ...trace, text: [`SHA-256 ${digest}`] } } };
  return `POST /v1/simulations ${JSON.stringify(shown)}`;
}
