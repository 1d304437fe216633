// The shape of a scenario file, as TypeBox: one source for validation and for its types; docs/simulations.md describes it,
// and docs/scenario.schema.json is it.
// Invariant: closed, an unknown key is an error. Called by scenario.ts.

import { type Static, Type } from 'typebox';
import { CLASSIFICATIONS } from '../../../scheduler/index.ts';
import { SCHEDULERS, TRACE_FORMATS } from '../../../simulations/index.ts';

const closed = { additionalProperties: false } as const;
const units = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const name = (description: string) => Type.String({ minLength: 1, maxLength: 63, description });

const kind = '^[a-z][a-z0-9-]{0,62}$';
const seconds = (description: string) => Type.Integer({ minimum: 0, maximum: 1_000_000_000, description });
const lasting = (description: string) => Type.Integer({ minimum: 1, maximum: 1_000_000_000, description });
const span = (description: string) =>
  Type.Object(
    { least: Type.Integer({ minimum: 1 }), most: Type.Integer({ minimum: 1, maximum: 100_000_000 }) },
    { ...closed, description },
  );

const Wanted = Type.Union([
  Type.Integer({ minimum: 1 }),
  Type.Object(
    {
      units: Type.Integer({ minimum: 1 }),
      labels: Type.Record(Type.String(), Type.String(), { description: 'That the pool must have.' }),
    },
    closed,
  ),
]);

const Mix = Type.Object(
  {
    weight: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How often, beside the others.' }),
    claims: Type.Record(Type.String({ pattern: kind }), Wanted, {
      minProperties: 1,
      description: 'Kind and units, or `{ units, labels }`.',
    }),
    model: Type.Optional(name('The model that it must have; absent: any.')),
    runSeconds: span('Uniform between them.'),
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
    departments: Type.Optional(
      Type.Array(name('Of the organisation.'), {
        minItems: 1,
        uniqueItems: true,
        description: 'Whose agents ask for it; by default all.',
      }),
    ),
    class: Type.Optional(name('A class of the organisation; absent: by its rank.')),
    classification: Type.Optional(Type.Enum([...CLASSIFICATIONS])),
    purpose: Type.Optional(name('As policies see it; by default `simulation`.')),
    preemptible: Type.Optional(Type.Boolean({ description: 'May be taken back and begun again.' })),
    deadlineSeconds: Type.Optional(lasting('From the submit until it must have ended.')),
  },
  closed,
);

const Generate = Type.Object(
  {
    requests: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    agents: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 99_999,
        description: 'Without an organisation, which has its own.',
      }),
    ),
    departments: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 99, description: 'Without an organisation.' }),
    ),
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

const Overrides = Type.Object(
  {
    pools: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          {
            capacity: Type.Optional(units('Units.')),
            priceMinor: Type.Optional(units('Minor units of currency for a unit and an hour.')),
          },
          { ...closed, minProperties: 1 },
        ),
        { description: 'By id.' },
      ),
    ),
    quotas: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[^/]+/[^/]+$' }),
        Type.Object(
          {
            nominal: Type.Optional(units('Its share.')),
            borrowingLimit: Type.Optional(units('Beyond it.')),
            lendingLimit: Type.Optional(units('Of it, to others.')),
          },
          { ...closed, minProperties: 1 },
        ),
        { description: 'By `department/kind`.' },
      ),
    ),
    accounts: Type.Optional(
      Type.Record(Type.String(), Type.Object({ budget: units('Of each period.') }, closed), {
        description: 'By id.',
      }),
    ),
    classes: Type.Optional(
      Type.Record(Type.String(), Type.Object({ targetWaitSeconds: seconds('As in its file.') }, closed), {
        description: 'By name.',
      }),
    ),
    departments: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({ weight: Type.Integer({ minimum: 1, description: 'As in its file.' }) }, closed),
        { description: 'By id.' },
      ),
    ),
  },
  { ...closed, description: 'What is otherwise than in the files.' },
);

const Organisation = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'Its folder, relative to the scenario.' }),
    overrides: Type.Optional(Overrides),
  },
  closed,
);

const Calendar = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        { atSeconds: seconds('From the start of the run.'), capacity: units('From then on.') },
        closed,
      ),
      { minItems: 1, maxItems: 1000 },
    ),
    repeatSeconds: Type.Optional(lasting('After which the steps begin again.')),
  },
  closed,
);

const Faults = Type.Object(
  {
    outages: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pool: name('Its id.'),
            atSeconds: seconds('From the start of the run.'),
            seconds: lasting('Until the units are back.'),
            units: Type.Optional(Type.Integer({ minimum: 1, description: 'That fail; by default all.' })),
          },
          closed,
        ),
        { minItems: 1, maxItems: 1000, description: 'What ran on the units is lost and begins again.' },
      ),
    ),
    random: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pools: Type.Array(name('Ids.'), { minItems: 1, uniqueItems: true }),
            meanSecondsBetween: lasting('From a return to the next loss; uniform from 0 to twice it.'),
            seconds: span('Until the units are back; uniform.'),
            percent: Type.Optional(
              Type.Integer({ minimum: 1, maximum: 100, description: 'Of the pool; by default 100.' }),
            ),
          },
          closed,
        ),
        { minItems: 1, maxItems: 64, description: 'Outages of each pool by itself, from the seed.' },
      ),
    ),
    solver: Type.Optional(
      Type.Array(
        Type.Object(
          {
            atSeconds: seconds('From the start of the run.'),
            seconds: lasting('How long.'),
            tickSeconds: Type.Optional(
              Type.Number({
                exclusiveMinimum: 0,
                maximum: 3600,
                description: 'A tick decides so long after news.',
              }),
            ),
            isLost: Type.Optional(
              Type.Boolean({ description: 'Each solve ends as when the watchdog ends it.' }),
            ),
          },
          closed,
        ),
        { minItems: 1, maxItems: 64, description: 'Of `annona` alone.' },
      ),
    ),
  },
  { ...closed, minProperties: 1 },
);

const Scalar = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);

export const ScenarioFile = Type.Object(
  {
    workload: Type.Object(
      { trace: Type.Optional(Trace), generate: Type.Optional(Generate) },
      { ...closed, minProperties: 1, maxProperties: 1, description: 'One of the two.' },
    ),
    extends: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Another scenario, relative to this one: what is not said here is as there.',
      }),
    ),
    organisation: Type.Optional(Organisation),
    policies: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        uniqueItems: true,
        description:
          'Folders or built bundles, relative to the scenario; annona runs under each. `shipped`: the default ones.',
      }),
    ),
    pools: Type.Optional(
      Type.Array(Pool, { minItems: 1, maxItems: 64, description: 'Instead of an organisation.' }),
    ),
    calendars: Type.Optional(
      Type.Record(Type.String(), Calendar, { description: 'Pool id, and what it has when.' }),
    ),
    faults: Type.Optional(Faults),
    reviews: Type.Optional(
      Type.Object(
        {
          approvePercent: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 100, description: 'By default 100.' }),
          ),
          seconds: Type.Optional(seconds('From the beginning of a slot to the Ruling; by default 300.')),
        },
        { ...closed, description: 'How reviewers rule on what policies want to have approved.' },
      ),
    ),
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
      Type.Record(Type.String(), Type.Array(Scalar, { minItems: 1 }), {
        description:
          'Pool id and capacities, or the path of any number or word of the scenario, by `/`, and values: each is tried with each of the others.',
      }),
    ),
  },
  {
    ...closed,
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A scenario of annona simulate',
  },
);

export type ScenarioFile = Static<typeof ScenarioFile>;
