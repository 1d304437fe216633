// A scenario file as runs: one workload, pools or an organisation, policies, faults, schedulers, seeds, and values to sweep. Invariant: everything
// that is wrong is told at once, with file, line and column; a sweep that explodes is refused with its count. Called by ../simulate.ts.

import { dirname, resolve } from 'node:path';
import type { Configuration } from '../../../scheduler/index.ts';
import { EPOCH_MS } from '../../../simulations/index.ts';
import {
  type OrganisationText,
  type Problem,
  problemLine,
  readOrganisation,
  type Source,
  shapeCheckOf,
  sortProblems,
} from '../../organisation/index.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { type Bundles, readBundles } from './bundles.ts';
import { loadedAt, SHIPPED } from './company.ts';
import { readLayers } from './layers.ts';
import type { RunTask } from './runs.ts';
import { faultsOf } from './scenarioFaults.ts';
import { ScenarioFile } from './scenarioSchema.ts';
import { type Scalar, stepsOf, swept } from './sweep.ts';
import type { WorkloadSpec } from './workload.ts';

export interface ScenarioPoint {
  readonly spec: WorkloadSpec;
  readonly tasks: readonly RunTask[];
  /** What of a sweep it is; absent: nothing is swept. */
  readonly point?: Readonly<Record<string, Scalar>>;
}

/** Hours of simulation are meant by nobody who types a list too many. */
const RUNS_MOST = 500;

export async function readScenario(file: string, io: CommandIo): Promise<ScenarioPoint[]> {
  const { source, problems } = await readLayers(file);
  refuse(problems);
  const check = shapeCheckOf(ScenarioFile);
  refuse(check(source).problems);
  const whole = source.value as ScenarioFile;
  const trees = new Trees(file);
  const named = whole.organisation && (await trees.at(whole.organisation.path));
  refuse([...sweepFaults(whole, source), ...faultsOf(whole, source, named?.configuration ?? null)]);
  const points = pointsOf(whole, file);
  const scenarios: { scenario: ScenarioFile; point: Readonly<Record<string, Scalar>> }[] = [];
  for (const { value, point } of points) {
    const own = pointSource(source, value, Object.keys(point));
    refuse(check(own).problems);
    const scenario = value as ScenarioFile;
    const tree = scenario.organisation && (await trees.at(scenario.organisation.path));
    refuse(faultsOf(scenario, own, tree?.configuration ?? null));
    scenarios.push({ scenario, point });
  }
  const bundles = await readBundles(policiesOf(whole), io, dirname(file));
  const made: ScenarioPoint[] = [];
  for (const { scenario, point } of scenarios) {
    const tree = scenario.organisation && (await trees.at(scenario.organisation.path));
    const spec = specOf(scenario, { file, texts: tree?.texts, bundles });
    const tasks = tasksOf(scenario, Object.keys(bundles));
    made.push({ spec, tasks, ...(Object.keys(point).length > 0 && { point }) });
  }
  return made;
}

function refuse(problems: readonly Problem[]): void {
  const lines = new Set(sortProblems(problems).map(problemLine));
  if (lines.size > 0) throw new CommandError([...lines].join('\n'), EXIT.usage);
}

/** Each folder once. */
class Trees {
  readonly #known = new Map<string, { texts: readonly OrganisationText[]; configuration: Configuration }>();

  readonly #file: string;

  /** Of a scenario, to which swept paths are relative; all others are absolute by now. */
  constructor(file: string) {
    this.#file = file;
  }

  async at(named: string): Promise<{ texts: readonly OrganisationText[]; configuration: Configuration }> {
    const path = resolve(dirname(this.#file), named);
    let known = this.#known.get(path);
    if (known === undefined) {
      const texts = await readOrganisation(path);
      const loaded = loadedAt(texts, EPOCH_MS);
      if ('problems' in loaded)
        throw new CommandError(
          loaded.problems.map((problem) => `${path}/${problemLine(problem)}`).join('\n'),
          EXIT.usage,
        );
      known = { texts, configuration: loaded.configuration };
      this.#known.set(path, known);
    }
    return known;
  }
}

function policiesOf({ policies, organisation }: ScenarioFile): readonly string[] {
  return policies ?? (organisation === undefined ? [] : [SHIPPED]);
}

/** What a swept value breaks is wrong where it was written. */
function pointSource(source: Source, value: unknown, keys: readonly string[]): Source {
  const places = keys.map((key) => ({ key, steps: stepsOf(source.value, key)! }));
  return {
    ...source,
    value,
    position(path, part) {
      const within = places.find(({ steps }) => steps.every((step, i) => path[i] === step));
      return within === undefined
        ? source.position(path, part)
        : source.position(['sweep', within.key], 'key');
    },
  };
}

function sweepFaults(scenario: ScenarioFile, source: Source): Problem[] {
  return Object.keys(scenario.sweep ?? {}).flatMap((key) => {
    if (stepsOf(scenario, key) !== null) return [];
    const ids = scenario.pools?.map(({ id }) => id) ?? [];
    const message = key.includes('/')
      ? `${key} leads to no number or word of the scenario`
      : `no pool ${key} (pools: ${ids.join(', ') || 'none'})`;
    return [{ file: source.file, ...source.position(['sweep', key], 'key'), message }];
  });
}

function pointsOf(scenario: ScenarioFile, file: string): ReturnType<typeof swept> {
  const { sweep = {}, schedulers, seeds = [1] } = scenario;
  const parts = Object.entries(sweep).map(([key, values]) => {
    return { key, steps: stepsOf(scenario, key)!, values };
  });
  const count = parts.reduce((product, { values }) => product * values.length, 1);
  const each = tasksOf(scenario, policiesOf(scenario)).length;
  if (count * each > RUNS_MOST)
    throw new CommandError(
      `${file}: ${count} points, ${schedulers.length} schedulers and ${seeds.length} seeds are ${count * each} runs, more than ${RUNS_MOST}; sweep less at once`,
      EXIT.usage,
    );
  return swept(scenario, parts);
}

/** The production tick runs under each of the policies, the others know none. */
function tasksOf(
  { schedulers, seeds = [1], workload, faults }: ScenarioFile,
  policies: readonly string[],
): RunTask[] {
  // A trace has no chance in it: with one seed it is taken as it is.
  const isAsItIs = workload.generate === undefined && seeds.length === 1 && faults?.random === undefined;
  const named = policies.length === 0 ? [undefined] : policies;
  return schedulers.flatMap((scheduler) =>
    (scheduler === 'annona' ? named : [undefined]).flatMap((one) =>
      seeds.map((seed): RunTask => {
        return { scheduler, seed: isAsItIs ? null : seed, ...(one !== undefined && { policies: one }) };
      }),
    ),
  );
}

function specOf(
  scenario: ScenarioFile,
  from: { file: string; texts: readonly OrganisationText[] | undefined; bundles: Bundles },
): WorkloadSpec {
  const {
    organisation,
    pools,
    quotas = [],
    budgets = [],
    horizonSeconds,
    calendars,
    faults,
    reviews,
  } = scenario;
  const schedules = Object.entries(calendars ?? {}).map(([pool, calendar]) => ({ pool, ...calendar }));
  const { outages = [], random = [], solver } = faults ?? {};
  const isPlanned = schedules.length + outages.length + random.length > 0;
  return {
    ...workloadOf(scenario.workload, from.file),
    gpuModel: 'v100',
    quotas,
    budgets,
    ...(pools !== undefined && { pools }),
    ...(from.texts !== undefined && {
      company: { texts: from.texts, overrides: organisation?.overrides ?? {} },
      bundles: from.bundles,
    }),
    ...(horizonSeconds !== undefined && { untilMs: horizonSeconds * 1000 }),
    ...(isPlanned && { plan: { schedules, outages, random } }),
    ...(solver !== undefined && { solverHours: solver }),
    ...(reviews !== undefined && { reviews }),
  };
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
