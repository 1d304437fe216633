// Requests made by chance: agents of departments, a mix of sizes, times between submits. Invariant: one seed is one workload, made as it is
// asked for and never kept, so that a million requests cost no memory. Called by api/cli/simulate.
//
// Times between submits and run times are each uniform between 0 and twice their mean, or between their bounds: whole numbers, the same on every
// machine. The logarithm that an exponential distribution needs is not.

import { type Job, type JobClaim, type JobTerms, Shapes } from '../job.ts';
import { Chance } from '../world/chance.ts';
import type { People } from '../world/company.ts';

export interface MixPart extends JobTerms {
  /** How often, beside the others' weights. */
  readonly weight: number;
  /** Kind -> units, or units that must have these labels. */
  readonly claims: Readonly<
    Record<string, number | { readonly units: number; readonly labels: Readonly<Record<string, string>> }>
  >;
  readonly model?: string;
  readonly runSeconds: { readonly least: number; readonly most: number };
  /** Of the run time, what is told: 100 is the truth. */
  readonly estimatePercent?: number;
  /** 0, by default, is served first by schedulers that know classes. */
  readonly rank?: number;
  /** From the submit until it must have ended; absent: it has no deadline. */
  readonly deadlineSeconds?: number;
  /** Of an organisation, whose agents ask for it; absent: all of them. */
  readonly departments?: readonly string[];
}

export interface GeneratorSpec {
  readonly requests: number;
  /** Without an organisation: how many there are, and departments that they are spread over. */
  readonly agents?: number;
  readonly departments?: number;
  readonly meanSecondsBetween: number;
  readonly mix: readonly MixPart[];
}

/** May be iterated again, with the same jobs. `people`: the organisation's, whose agents ask. */
export function generated(spec: GeneratorSpec, seed: number, people: People = crowdOf(spec)): Iterable<Job> {
  return { [Symbol.iterator]: () => generate(spec, new Chance(seed), people) };
}

interface Part extends MixPart {
  readonly list: readonly JobClaim[];
  readonly models: readonly string[];
  readonly shape: number;
  readonly terms: JobTerms | undefined;
  /** Who may ask for it: department and agent, one entry an agent. */
  readonly askers: readonly (readonly [department: string, agent: string])[];
}

/** Agents are dealt out to departments one by one. */
function crowdOf({ agents = 1, departments = 1 }: GeneratorSpec): People {
  const names = Array.from({ length: agents }, (_, i) => `agent-${String(i + 1).padStart(5, '0')}`);
  return {
    departments: Array.from({ length: Math.min(departments, agents) }, (_, number) => ({
      id: `department-${String(number + 1).padStart(2, '0')}`,
      agents: names.filter((_name, i) => i % departments === number),
    })),
  };
}

function partsOf({ mix }: GeneratorSpec, people: People): Part[] {
  const shapes = new Shapes();
  return mix.map((part): Part => {
    const list = Object.entries(part.claims).map(([kind, wanted]) =>
      typeof wanted === 'number'
        ? { kind, quantity: wanted }
        : { kind, quantity: wanted.units, labels: wanted.labels },
    );
    const models = part.model === undefined ? [] : [part.model];
    const shape = shapes.of({ claims: list, models });
    return { ...part, list, models, shape, terms: termsOf(part), askers: askersOf(part, people) };
  });
}

/** In the order of the agents' dealing: the first of each department, then the second. */
function askersOf({ departments: wanted }: MixPart, { departments }: People): Part['askers'] {
  const chosen = departments.filter(({ id }) => wanted?.includes(id) ?? true);
  const longest = Math.max(0, ...chosen.map(({ agents }) => agents.length));
  return Array.from({ length: longest }, (_, i) =>
    chosen.flatMap(({ id, agents }) => (agents[i] === undefined ? [] : [[id, agents[i]] as const])),
  ).flat();
}

function termsOf({ class: name, classification, purpose, preemptible }: MixPart): JobTerms | undefined {
  const terms: JobTerms = {
    ...(name !== undefined && { class: name }),
    ...(classification !== undefined && { classification }),
    ...(purpose !== undefined && { purpose }),
    ...(preemptible !== undefined && { preemptible }),
  };
  return Object.keys(terms).length === 0 ? undefined : terms;
}

function* generate(spec: GeneratorSpec, chance: Chance, people: People): Generator<Job> {
  const { requests, meanSecondsBetween } = spec;
  const parts = partsOf(spec, people);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const gapMs = Math.max(1, Math.round(meanSecondsBetween * 2000));
  let submitMs = 0;
  for (let index = 0; index < requests; index++) {
    if (index > 0) submitMs += chance.below(gapMs + 1);
    const part = partOf(parts, chance.below(total));
    const { list, models, shape, runSeconds, estimatePercent = 100, rank = 0, terms, askers } = part;
    const { deadlineSeconds } = part;
    const runMs = chance.between(runSeconds.least, runSeconds.most) * 1000;
    const [department, agent] = askers[chance.below(askers.length)]!;
    yield {
      index,
      name: `r${index}`,
      submitMs,
      runMs,
      estimateMs: Math.ceil((runMs * estimatePercent) / 100),
      claims: list,
      models,
      department,
      agent,
      rank,
      shape,
      ...(terms !== undefined && { terms }),
      ...(deadlineSeconds !== undefined && { deadlineMs: submitMs + deadlineSeconds * 1000 }),
    };
  }
}

function partOf(parts: readonly Part[], at: number): Part {
  let left = at;
  for (const part of parts) {
    left -= part.weight;
    if (left < 0) return part;
  }
  throw new Error('weights do not add up');
}
