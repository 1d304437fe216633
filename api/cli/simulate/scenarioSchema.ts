// The shape of a scenario file, as TypeBox: one source for validation and for its types; docs/simulations.md describes it.
// Invariant: closed, an unknown key is an error. Called by scenario.ts.

import { type Static, Type } from 'typebox';
import { SCHEDULERS, TRACE_FORMATS } from '../../../simulations/index.ts';

const closed = { additionalProperties: false } as const;
const units = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const name = (description: string) => Type.String({ minLength: 1, maxLength: 63, description });

const Mix = Type.Object(
  {
    weight: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How often, beside the others.' }),
    claims: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }), Type.Integer({ minimum: 1 }), {
      minProperties: 1,
      description: 'Kind and units.',
    }),
    model: Type.Optional(name('The model that it must have; absent: any.')),
    runSeconds: Type.Object(
      { least: Type.Integer({ minimum: 1 }), most: Type.Integer({ minimum: 1, maximum: 100_000_000 }) },
      { ...closed, description: 'Uniform between them.' },
    ),
    estimatePercent: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 10_000,
        description: 'Of the run time, what is told; by default 100.',
      }),
    ),
    rank: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3, description: 'Priority class, 0 first; by default 0.' }),
    ),
  },
  closed,
);

const Generate = Type.Object(
  {
    requests: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    agents: Type.Integer({ minimum: 1, maximum: 99_999 }),
    departments: Type.Integer({ minimum: 1, maximum: 99 }),
    meanSecondsBetween: Type.Number({
      exclusiveMinimum: 0,
      description: 'Between two submits; uniform from 0 to twice it.',
    }),
    mix: Type.Array(Mix, { minItems: 1, maxItems: 64 }),
  },
  { ...closed, description: 'Requests made by chance, from the seed of the run.' },
);

const Trace = Type.Object(
  {
    file: Type.String({ minLength: 1, description: 'Relative to the scenario.' }),
    format: Type.Optional(Type.Enum([...TRACE_FORMATS])),
    department: Type.Optional(name('Only the jobs of this one.')),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: 'Only the first so many.' })),
  },
  closed,
);

const Pool = Type.Object(
  {
    id: name('Unique.'),
    kind: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }),
    capacity: units('Units that there are.'),
    model: Type.Optional(name('Of its units.')),
    priceMinor: Type.Optional(units('Minor units of currency for a unit and an hour; absent: free.')),
  },
  closed,
);

const QuotaEntry = Type.Object(
  {
    department: name('As the workload names it.'),
    kind: name('Of the units.'),
    most: units('That it holds at once, under the scheduler `priority`.'),
  },
  closed,
);

const BudgetEntry = Type.Object(
  {
    department: name('As the workload names it.'),
    minor: units(
      'Minor units of currency for the whole run; spending is counted against it, nobody is stopped.',
    ),
  },
  closed,
);

export const ScenarioFile = Type.Object(
  {
    workload: Type.Object(
      { trace: Type.Optional(Trace), generate: Type.Optional(Generate) },
      { ...closed, minProperties: 1, maxProperties: 1, description: 'One of the two.' },
    ),
    pools: Type.Array(Pool, { minItems: 1, maxItems: 64 }),
    quotas: Type.Optional(Type.Array(QuotaEntry)),
    budgets: Type.Optional(Type.Array(BudgetEntry)),
    horizonSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Nothing after it is looked at; absent: until everything has ended.',
      }),
    ),
    schedulers: Type.Array(Type.Enum([...SCHEDULERS]), { minItems: 1, uniqueItems: true }),
    seeds: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1 }), {
        minItems: 1,
        uniqueItems: true,
        description: 'By default [1].',
      }),
    ),
    sweep: Type.Optional(
      Type.Record(Type.String(), Type.Array(units('A capacity to try.'), { minItems: 1 }), {
        description: 'Pool id and the capacities that are tried, each with each of the others.',
      }),
    ),
  },
  { ...closed, title: 'A scenario of annona simulate' },
);

export type ScenarioFile = Static<typeof ScenarioFile>;
