// The shape of one organisation file, as TypeBox: one source for validation, for the types below and for docs/organisation.schema.json.
// Invariant: closed (an unknown key is an error), and only what one file can show; references and sums are checks/.
// Every section is optional here because the tree is the union of its files; sections.ts demands the required ones.

import { type Static, Type } from 'typebox';
import { CLASSIFICATIONS, ROLES } from '../../scheduler/index.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

// The same characters as SLUG of scheduler/, which also serves ids that are no file's.
const slug = (description: string) => Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$', description });

const amount = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

const positive = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });

/** Ten years: every instant that follows from now stays one that can be written as a date. */
const SECONDS_MAX = 3660 * 86_400;

const seconds = (minimum: 0 | 1, description: string) =>
  Type.Integer({ minimum, maximum: SECONDS_MAX, description });

const title = Type.String({ minLength: 1, maxLength: 120, description: 'Name for people.' });

const closed = { additionalProperties: false } as const;

const classification = (description: string) => Type.Enum([...CLASSIFICATIONS], { description });

const slugs = (description: string) =>
  Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$' }), { uniqueItems: true, description });

/** A text or a list of texts. Written as one type list: `anyOf` would report every mistake once per branch. */
const labelValue = Type.Unsafe<string | string[]>({
  type: ['string', 'array'],
  minLength: 1,
  maxLength: 128,
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 128 },
});

const instant = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}Z$', description });

const clock = (description: string) =>
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', description });

export const AgentGroup = Type.Object(
  {
    // 50 characters: the pool of a member is `agent-<name>-<number>`, and a pool id has 63.
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9.-]{0,49}$',
      description: 'Id of the agent; with `count`, the stem of the ids: forge-01, forge-02, ...',
    }),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 5000,
        description: 'How many equal agents; absent: one agent named `name`.',
      }),
    ),
    roles: Type.Optional(
      Type.Array(Type.Enum([...ROLES]), { minItems: 1, uniqueItems: true, description: 'Absent: [agent].' }),
    ),
    skills: Type.Optional(slugs('What it can do, from the section `skills`; the label `skill` of its pool.')),
    clearance: classification(
      'Highest classification that it may touch; at most the ceiling of its department.',
    ),
    accounts: slugs('Accounts that pay for its grants, each with all ancestors.'),
    concurrency: Type.Optional(
      positive(
        'Tasks that it takes at once: the capacity of its agent pool. Absent: it has none and is never assigned.',
      ),
    ),
    priceMinor: Type.Optional(
      amount('Minor currency units per slot and hour of its agent pool; absent: free.'),
    ),
  },
  closed,
);

export const DepartmentEntry = Type.Object(
  {
    id: slug('Id of the department.'),
    title,
    clearanceCeiling: classification('Highest classification that any agent of it may touch.'),
    classes: Type.Array(Type.String(), {
      minItems: 1,
      uniqueItems: true,
      description: 'Priority classes that it is entitled to.',
    }),
    kinds: Type.Optional(slugs('Kinds that it may ask for; absent: all.')),
    requestLimits: Type.Optional(
      Type.Record(slug('A kind.'), amount('Largest quantity in one request.'), {
        ...closed,
        description: 'Kind -> largest quantity in one request; a kind that is not named is unlimited.',
      }),
    ),
    agents: Type.Optional(Type.Array(AgentGroup, { description: 'Its agents, in groups of equals.' })),
  },
  closed,
);

const Weekly = Type.Object(
  {
    days: Type.Array(Type.Enum([...WEEKDAYS]), {
      minItems: 1,
      uniqueItems: true,
      description: 'Days of the week.',
    }),
    from: clock('Start, UTC.'),
    to: clock('End, UTC; "24:00" is the end of the day.'),
    slots: amount('Units that can be taken in each window.'),
    weeks: Type.Integer({
      minimum: 1,
      maximum: 53,
      description: 'Weeks from the Monday of the current one.',
    }),
  },
  closed,
);

const ExplicitWindow = Type.Object(
  {
    startsAt: instant('UTC, to the minute.'),
    endsAt: instant('UTC, to the minute.'),
    slots: amount('Units.'),
  },
  closed,
);

export const Calendar = Type.Object(
  {
    weekly: Type.Optional(Type.Array(Weekly, { description: 'Rules that repeat every week.' })),
    windows: Type.Optional(Type.Array(ExplicitWindow, { description: 'Single windows.' })),
    except: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), {
        uniqueItems: true,
        description: 'Days, UTC, without windows of the weekly rules.',
      }),
    ),
  },
  closed,
);

const labels = Type.Record(slug('A label.'), labelValue, {
  ...closed,
  description: 'What selectors match: model, zone, skill, name, ...',
});

const poolPrice = amount('Minor currency units per unit and hour (per unit if consumable); absent: free.');

export const PoolMember = Type.Object(
  {
    id: slug('Id of the pool.'),
    capacity: Type.Optional(amount('Units now.')),
    labels: Type.Optional(labels),
    priceMinor: Type.Optional(poolPrice),
  },
  closed,
);

export const PoolTemplate = Type.Object(
  {
    id: Type.Optional(slug('Id of the pool; a series has those of its members.')),
    kind: slug('gpu, cpu, memory, agent, dataset, review, license or your own.'),
    unit: Type.String({
      minLength: 1,
      maxLength: 32,
      description: 'What one unit is; the same for all pools of a kind.',
    }),
    capacity: Type.Optional(amount('Units now. Exactly one of `capacity` and `calendar`.')),
    calendar: Type.Optional(Calendar),
    labels: Type.Optional(labels),
    consumable: Type.Optional(
      Type.Boolean({ description: 'Gone once the lease has started; absent: false.' }),
    ),
    classification: Type.Optional(classification('Least clearance to claim from it; absent: none.')),
    priceMinor: Type.Optional(poolPrice),
    each: Type.Optional(
      Type.Array(PoolMember, {
        minItems: 1,
        description: 'A series of pools that are alike in all the rest.',
      }),
    ),
  },
  closed,
);

export const QuotaShare = Type.Object(
  {
    nominal: amount('Units that are its own.'),
    borrowingLimit: Type.Optional(amount('Units beyond nominal that it may borrow; absent: 0.')),
    lendingLimit: Type.Optional(amount('Units of nominal that it lends while idle; absent: 0.')),
  },
  closed,
);

export const QuotaEntry = Type.Object(
  {
    kind: slug('Kind that is shared out.'),
    cohort: Type.Optional(slug('Members borrow from each other; absent: nobody borrows or lends.')),
    shares: Type.Record(slug('A department.'), QuotaShare, {
      ...closed,
      description: 'Department -> its share.',
    }),
  },
  closed,
);

const CohortEntry = Type.Object({ id: slug('Id of the cohort.'), title }, closed);

const Period = Type.Object(
  {
    id: slug('Unique within the account, "2026-11".'),
    startsAt: instant('UTC, to the minute.'),
    endsAt: instant('UTC, to the minute.'),
    budget: amount('Minor units of money, or units x seconds.'),
  },
  closed,
);

const Measure = Type.Object(
  {
    type: Type.Enum(['money', 'use'], {
      description: 'money: minor units of `currency`; use: units x seconds of `kind`.',
    }),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', description: 'With `money`.' })),
    kind: Type.Optional(slug('With `use`.')),
  },
  closed,
);

export const AccountEntry = Type.Object(
  {
    id: slug('Id of the account.'),
    title,
    parent: Type.Optional(slug('Account above it, which is charged as well.')),
    measure: Type.Optional(Measure),
    monthly: Type.Optional(amount('Budget of every month, UTC. Exactly one of `monthly` and `periods`.')),
    periods: Type.Optional(
      Type.Array(Period, { minItems: 1, description: 'Periods of other lengths or amounts.' }),
    ),
  },
  closed,
);

const ClassEntry = Type.Object(
  {
    name: slug('Name of the class.'),
    rank: Type.Integer({ minimum: 0, maximum: 1000, description: '0 is served first; distinct.' }),
    targetWaitSeconds: seconds(1, 'Wait after which its requests age and may get a reservation.'),
    maxDurationSeconds: seconds(1, 'Longest lease.'),
  },
  closed,
);

const LeaseTerms = Type.Object(
  {
    startLimitSeconds: seconds(1, 'Without a first heartbeat after this long: expired and refunded.'),
    heartbeatTimeoutSeconds: seconds(1, 'Active and without a heartbeat for this long: expired.'),
    graceSeconds: seconds(0, 'Reserved on top of the duration.'),
  },
  closed,
);

const percent = (description: string) => Type.Integer({ minimum: 0, maximum: 100, description });

const Reservations = Type.Object(
  {
    overtakes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description:
          'Later requests of its class that may pass a request before it is promised a start; 32 if not said.',
      }),
    ),
    sharePercent: Type.Optional(
      percent(
        'Share of a pool that is promised to one class; 25 if not said. Its only promise there may be larger.',
      ),
    ),
    idlePercent: Type.Optional(
      percent(
        'Share of a pool’s time that may stand idle for promises, 10 if not said: beyond it no new ones.',
      ),
    ),
  },
  { ...closed, description: 'Bounds of promised starts.' },
);

export const OrganisationFile = Type.Object(
  {
    organisation: Type.Optional(slug('Id of the organisation.')),
    cell: Type.Optional(slug('The cell that this tree describes.')),
    // Four: strict classes are solved one stage after the other, and a fifth stage has no time left in a tick.
    classes: Type.Optional(
      Type.Array(ClassEntry, { minItems: 1, maxItems: 4, description: 'Strict priority classes.' }),
    ),
    leaseTerms: Type.Optional(LeaseTerms),
    reservations: Type.Optional(Reservations),
    skills: Type.Optional(slugs('Every skill that agents and pools may name.')),
    departments: Type.Optional(Type.Array(DepartmentEntry)),
    pools: Type.Optional(Type.Array(PoolTemplate)),
    cohorts: Type.Optional(Type.Array(CohortEntry)),
    quotas: Type.Optional(Type.Array(QuotaEntry)),
    accounts: Type.Optional(Type.Array(AccountEntry)),
  },
  {
    ...closed,
    title: 'Annona organisation file',
    description: 'One file of the tree; sections may stand in any file.',
  },
);

export type OrganisationFile = Static<typeof OrganisationFile>;
export type AgentGroup = Static<typeof AgentGroup>;
export type DepartmentEntry = Static<typeof DepartmentEntry>;
export type Calendar = Static<typeof Calendar>;
export type PoolMember = Static<typeof PoolMember>;
export type PoolTemplate = Static<typeof PoolTemplate>;
/** One pool, whether it was written alone or in a series. */
export type PoolEntry = Omit<PoolTemplate, 'id' | 'each'> & { readonly id: string };
export type QuotaEntry = Static<typeof QuotaEntry>;
export type CohortEntry = Static<typeof CohortEntry>;
export type AccountEntry = Static<typeof AccountEntry>;
export type ClassEntry = Static<typeof ClassEntry>;
export type LeaseTermsEntry = Static<typeof LeaseTerms>;
export type ReservationsEntry = Static<typeof Reservations>;

/** The published schema, as docs/organisation.schema.json holds it. */
export function organisationSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...JSON.parse(JSON.stringify(OrganisationFile)),
  };
}
