// Requests made by chance: agents of departments, a mix of sizes, times between submits. Invariant: one seed is one workload, made as it is
// asked for and never kept, so that a million requests cost no memory. Called by api/cli/simulate.
//
// Times between submits and run times are each uniform between 0 and twice their mean, or between their bounds: whole numbers, the same on every
// machine. The logarithm that an exponential distribution needs is not.

import { type Job, type JobClaim, Shapes } from '../job.ts';
import { Chance } from '../world/chance.ts';

export interface MixPart {
  /** How often, beside the others' weights. */
  readonly weight: number;
  readonly claims: Readonly<Record<string, number>>;
  readonly model?: string;
  readonly runSeconds: { readonly least: number; readonly most: number };
  /** Of the run time, what is told: 100 is the truth. */
  readonly estimatePercent?: number;
  /** 0, by default, is served first by schedulers that know classes. */
  readonly rank?: number;
}

export interface GeneratorSpec {
  readonly requests: number;
  readonly agents: number;
  readonly departments: number;
  readonly meanSecondsBetween: number;
  readonly mix: readonly MixPart[];
}

/** May be iterated again, with the same jobs. */
export function generated(spec: GeneratorSpec, seed: number): Iterable<Job> {
  return { [Symbol.iterator]: () => generate(spec, new Chance(seed)) };
}

interface Part extends MixPart {
  readonly list: readonly JobClaim[];
  readonly models: readonly string[];
  readonly shape: number;
}

function* generate(spec: GeneratorSpec, chance: Chance): Generator<Job> {
  const { requests, agents, departments, meanSecondsBetween } = spec;
  const shapes = new Shapes();
  const parts = spec.mix.map((part): Part => {
    const list = Object.entries(part.claims).map(([kind, quantity]) => ({ kind, quantity }));
    const models = part.model === undefined ? [] : [part.model];
    return { ...part, list, models, shape: shapes.of({ claims: list, models }) };
  });
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const gapMs = Math.max(1, Math.round(meanSecondsBetween * 2000));
  let submitMs = 0;
  for (let index = 0; index < requests; index++) {
    if (index > 0) submitMs += chance.below(gapMs + 1);
    const {
      list,
      models,
      shape,
      runSeconds,
      estimatePercent = 100,
      rank = 0,
    } = partOf(parts, chance.below(total));
    const runMs = chance.between(runSeconds.least, runSeconds.most) * 1000;
    const agent = chance.below(agents);
    yield {
      index,
      name: `r${index}`,
      submitMs,
      runMs,
      estimateMs: Math.ceil((runMs * estimatePercent) / 100),
      claims: list,
      models,
      department: `department-${String((agent % departments) + 1).padStart(2, '0')}`,
      agent: `agent-${String(agent + 1).padStart(5, '0')}`,
      rank,
      shape,
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
