// What a shape cannot say of a scenario: names that refer to nothing, bounds the wrong way round, parts that exclude each other. Invariant: each is
// told at its place, with what is allowed there. Called by scenario.ts, for each point of a sweep.

import type { Configuration } from '../../../scheduler/index.ts';
import { allowedNames, type Problem, type Source } from '../../organisation/index.ts';
import type { ScenarioFile } from './scenarioSchema.ts';

type Path = readonly (string | number)[];
type Add = (path: Path, part: 'key' | 'value', fault: Pick<Problem, 'message' | 'allowed'> | string) => void;

interface Known {
  /** Pool -> its units. */
  readonly pools: ReadonlyMap<string, number>;
  readonly kinds: ReadonlySet<string>;
}

/** `organisation`: null where the scenario has its own pools. */
export function faultsOf(
  scenario: ScenarioFile,
  source: Source,
  organisation: Configuration | null,
): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (path, part, fault) => {
    const said = typeof fault === 'string' ? { message: fault } : fault;
    problems.push({ file: source.file, ...source.position(path, part), ...said });
  };
  const overrides = scenario.organisation?.overrides?.pools ?? {};
  const all = organisation?.pools ?? scenario.pools ?? [];
  const known: Known = {
    pools: new Map(all.map(({ id, capacity }) => [id, overrides[id]?.capacity ?? capacity])),
    kinds: new Set(all.map(({ kind }) => kind)),
  };
  wholeFaults(scenario, add);
  poolFaults(scenario, add);
  mixFaults(scenario, { known, organisation, add });
  overrideFaults(scenario, organisation, add);
  calendarFaults(scenario, known, add);
  outageFaults(scenario, known, add);
  return problems;
}

function wholeFaults({ pools, organisation, workload, policies, quotas }: ScenarioFile, add: Add): void {
  if ((pools === undefined) === (organisation === undefined))
    add(
      pools === undefined ? [] : ['organisation'],
      'key',
      'say either pools or an organisation, which has its own',
    );
  const { generate } = workload;
  if (organisation === undefined) {
    if (policies !== undefined) add(['policies'], 'key', 'policies judge an organisation: name one');
    for (const key of ['agents', 'departments'] as const)
      if (generate !== undefined && generate[key] === undefined)
        add(['workload', 'generate'], 'value', `"generate" lacks the key "${key}"`);
    return;
  }
  if (quotas !== undefined)
    add(['quotas'], 'key', 'the organisation has its own: organisation/overrides/quotas changes them');
  for (const key of ['agents', 'departments'] as const)
    if (generate?.[key] !== undefined)
      add(['workload', 'generate', key], 'key', 'the organisation says who its agents are');
}

function poolFaults({ pools = [] }: ScenarioFile, add: Add): void {
  const ids = pools.map(({ id }) => id);
  for (const [i, id] of ids.entries())
    if (ids.indexOf(id) < i) add(['pools', i, 'id'], 'value', `a pool ${id} is there already`);
}

function mixFaults(
  { workload }: ScenarioFile,
  { known, organisation, add }: { known: Known; organisation: Configuration | null; add: Add },
): void {
  for (const [i, part] of (workload.generate?.mix ?? []).entries()) {
    const path = ['workload', 'generate', 'mix', i];
    const { runSeconds, claims, departments = [] } = part;
    if (runSeconds.least > runSeconds.most) add([...path, 'runSeconds'], 'value', 'least is more than most');
    for (const kind of Object.keys(claims))
      if (!known.kinds.has(kind))
        add([...path, 'claims', kind], 'key', unknown(`no pool is of kind ${kind}`, known.kinds, kind));
    if (organisation === null) {
      for (const key of ['departments', 'class', 'classification'] as const)
        if (part[key] !== undefined) add([...path, key], 'key', `${key} is of an organisation: name one`);
      continue;
    }
    const names = organisation.departments.map(({ id }) => id as string);
    for (const [n, name] of departments.entries())
      if (!names.includes(name))
        add([...path, 'departments', n], 'value', unknown(`no department ${name}`, names, name));
      else if (!organisation.agents.some(({ department }) => department === name))
        add([...path, 'departments', n], 'value', `${name} has no agents`);
    const classes = organisation.classes.map(({ name }) => name);
    if (part.class !== undefined && !classes.includes(part.class))
      add([...path, 'class'], 'value', unknown(`no class ${part.class}`, classes, part.class));
  }
}

function overrideFaults({ organisation }: ScenarioFile, configuration: Configuration | null, add: Add): void {
  if (configuration === null) return;
  const { pools, quotas, accounts, classes, departments } = configuration;
  const known = {
    pools: pools
      .filter(({ calendar, nodes }) => calendar === undefined && nodes === undefined)
      .map(({ id }) => id),
    quotas: quotas.map(({ department, kind }) => `${department}/${kind}`),
    accounts: accounts.map(({ id }) => id),
    classes: classes.map(({ name }) => name),
    departments: departments.map(({ id }) => id),
  };
  for (const [section, said] of Object.entries(organisation?.overrides ?? {}))
    for (const id of Object.keys(said)) {
      const names: readonly string[] = known[section as keyof typeof known];
      if (!names.includes(id))
        add(
          ['organisation', 'overrides', section, id],
          'key',
          unknown(`the organisation has no ${id} in ${section}`, names, id),
        );
    }
}

function calendarFaults({ calendars = {} }: ScenarioFile, { pools }: Known, add: Add): void {
  for (const [id, { steps, repeatSeconds = Number.POSITIVE_INFINITY }] of Object.entries(calendars)) {
    const capacity = pools.get(id);
    if (capacity === undefined) {
      add(['calendars', id], 'key', unknown(`no pool ${id}`, pools.keys(), id));
      continue;
    }
    let before = -1;
    for (const [i, step] of steps.entries()) {
      const path = ['calendars', id, 'steps', i];
      if (step.capacity > capacity)
        add([...path, 'capacity'], 'value', `${step.capacity} is more than the ${capacity} units of ${id}`);
      if (step.atSeconds <= before) add([...path, 'atSeconds'], 'value', 'steps come in order');
      if (step.atSeconds >= repeatSeconds)
        add([...path, 'atSeconds'], 'value', `a step comes before it all repeats, at ${repeatSeconds}`);
      before = step.atSeconds;
    }
  }
}

function outageFaults({ faults = {} }: ScenarioFile, { pools }: Known, add: Add): void {
  for (const [i, { pool, units = 0 }] of (faults.outages ?? []).entries()) {
    const path = ['faults', 'outages', i];
    const capacity = pools.get(pool);
    if (capacity === undefined)
      add([...path, 'pool'], 'value', unknown(`no pool ${pool}`, pools.keys(), pool));
    else if (units > capacity)
      add([...path, 'units'], 'value', `${units} is more than the ${capacity} units of ${pool}`);
  }
  for (const [i, { pools: ids, seconds }] of (faults.random ?? []).entries()) {
    const path = ['faults', 'random', i];
    if (seconds.least > seconds.most) add([...path, 'seconds'], 'value', 'least is more than most');
    for (const [n, id] of ids.entries())
      if (!pools.has(id)) add([...path, 'pools', n], 'value', unknown(`no pool ${id}`, pools.keys(), id));
  }
  for (const [i, { tickSeconds, isLost }] of (faults.solver ?? []).entries())
    if (tickSeconds === undefined && isLost !== true)
      add(['faults', 'solver', i], 'value', 'say tickSeconds, or isLost: true');
}

function unknown(
  message: string,
  names: Iterable<string>,
  wanted: string,
): Pick<Problem, 'message' | 'allowed'> {
  return { message, allowed: allowedNames(names, wanted) };
}
