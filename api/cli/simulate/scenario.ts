// A scenario file as runs: one workload, pools, schedulers, seeds, and capacities to sweep. Invariant: everything that is wrong is told at once,
// with file, line and column; a sweep that explodes is refused with its count. Called by ../simulate.ts.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Capacity } from '../../../simulations/index.ts';
import {
  type Problem,
  parseSource,
  problemLine,
  type Source,
  shapeCheckOf,
  sortProblems,
} from '../../organisation/index.ts';
import { CommandError, EXIT } from '../io.ts';
import type { RunTask } from './runs.ts';
import { ScenarioFile } from './scenarioSchema.ts';
import type { WorkloadSpec } from './workload.ts';

export interface ScenarioPoint {
  readonly spec: WorkloadSpec;
  readonly tasks: readonly RunTask[];
}

/** Hours of simulation are meant by nobody who types a list too many. */
const RUNS_MOST = 500;

export async function readScenario(file: string): Promise<ScenarioPoint[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code})`, EXIT.usage);
  });
  const { source, problems, readable } = parseSource(file, text);
  const shape = readable ? shapeCheckOf(ScenarioFile)(source).problems : [];
  refuse([...problems, ...shape]);
  const scenario = source.value as ScenarioFile;
  refuse(faultsOf(scenario, source));
  return pointsOf(scenario, file);
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0)
    throw new CommandError(sortProblems(problems).map(problemLine).join('\n'), EXIT.usage);
}

/** What a shape cannot say. */
function faultsOf({ pools, workload, sweep = {} }: ScenarioFile, source: Source): Problem[] {
  const problems: Problem[] = [];
  const add = (path: readonly (string | number)[], part: 'key' | 'value', message: string): void =>
    void problems.push({ file: source.file, ...source.position(path, part), message });
  const ids = pools.map(({ id }) => id);
  for (const [i, id] of ids.entries())
    if (ids.indexOf(id) < i) add(['pools', i, 'id'], 'value', `a pool ${id} is there already`);
  for (const id of Object.keys(sweep))
    if (!ids.includes(id)) add(['sweep', id], 'key', `no pool ${id} (pools: ${ids.join(', ')})`);
  for (const [i, { runSeconds, claims }] of (workload.generate?.mix ?? []).entries()) {
    const path = ['workload', 'generate', 'mix', i];
    if (runSeconds.least > runSeconds.most) add([...path, 'runSeconds'], 'value', 'least is more than most');
    for (const kind of Object.keys(claims))
      if (!pools.some((pool) => pool.kind === kind))
        add([...path, 'claims', kind], 'key', `no pool is of kind ${kind}`);
  }
  return problems;
}

function pointsOf(scenario: ScenarioFile, file: string): ScenarioPoint[] {
  const { schedulers, seeds = [1], sweep = {}, quotas = [], budgets = [], horizonSeconds } = scenario;
  const { generate } = scenario.workload;
  const capacities = swept(scenario.pools, sweep);
  const runs = capacities.length * schedulers.length * seeds.length;
  if (runs > RUNS_MOST)
    throw new CommandError(
      `${file}: ${capacities.length} capacities, ${schedulers.length} schedulers and ${seeds.length} seeds are ${runs} runs, more than ${RUNS_MOST}; sweep less at once`,
      EXIT.usage,
    );
  // A trace has no chance in it: with one seed it is taken as it is.
  const isAsItIs = generate === undefined && seeds.length === 1;
  const tasks = schedulers.flatMap((scheduler) =>
    seeds.map((seed): RunTask => ({ scheduler, seed: isAsItIs ? null : seed })),
  );
  const horizon = horizonSeconds === undefined ? {} : { untilMs: horizonSeconds * 1000 };
  return capacities.map(({ pools }) => ({
    tasks,
    spec: { ...workloadOf(scenario.workload, file), gpuModel: 'v100', pools, quotas, budgets, ...horizon },
  }));
}

function workloadOf(
  { trace, generate }: ScenarioFile['workload'],
  file: string,
): Pick<WorkloadSpec, 'trace' | 'format' | 'department' | 'limit' | 'generate'> {
  if (trace === undefined) return { trace: file, ...(generate !== undefined && { generate }) };
  const { file: named, format, department, limit } = trace;
  return {
    trace: resolve(dirname(file), named),
    ...(format !== undefined && { format }),
    ...(department !== undefined && { department }),
    ...(limit !== undefined && { limit }),
  };
}

/** Each capacity of a pool with each of the others, in the order of the file. */
function swept(pools: Capacity['pools'], sweep: Readonly<Record<string, readonly number[]>>): Capacity[] {
  let all: Capacity[] = [{ pools }];
  for (const [id, tried] of Object.entries(sweep))
    all = all.flatMap((one) =>
      tried.map((capacity) => ({
        pools: one.pools.map((pool) => (pool.id === id ? { ...pool, capacity } : pool)),
      })),
    );
  return all;
}
