// The shape of one organisation file, as TypeBox: one source for validation, for the types below and for docs/organisation.schema.json.
// Invariant: closed (an unknown key is an error), and only what one file can show; references and sums are checks/.
// Every section is optional here because the tree is the union of its files; sections.ts demands the required ones.

import { type Static, Type } from 'typebox';
import { DEADLINE_ALLOWANCE_MOST, ROLES } from '../../scheduler/index.ts';
import { CellEntry } from './schemaCells.ts';
import { PolicyLimitsEntry } from './schemaLimits.ts';
import { PoolTemplate } from './schemaPools.ts';
import {
  amount,
  classification,
  closed,
  instant,
  positive,
  seconds,
  slug,
  slugs,
  title,
} from './schemaTerms.ts';

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
    classes: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        uniqueItems: true,
        description: 'Of its department’s classes, those that it may ask for; absent: all of them.',
      }),
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
    weight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'Its part of what is scarce, against the weights of the others; absent: 1.',
      }),
    ),
    agents: Type.Optional(Type.Array(AgentGroup, { description: 'Its agents, in groups of equals.' })),
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

const CohortLimits = Type.Object(
  {
    lendingLimit: Type.Optional(
      amount('Of the units that its own lend each other, those that it lends beyond itself; absent: 0.'),
    ),
    borrowingLimit: Type.Optional(amount('Units beyond those that its own lend; absent: 0.')),
  },
  closed,
);

const CohortEntry = Type.Object(
  {
    id: slug('Id of the cohort.'),
    title,
    parent: Type.Optional(slug('Cohort that it is in; absent: none.')),
    limits: Type.Optional(
      Type.Record(slug('A kind.'), CohortLimits, {
        ...closed,
        description:
          'Kind -> what it lends and borrows within its parent; a kind that is not named: nothing.',
      }),
    ),
  },
  closed,
);

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
    classes: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        uniqueItems: true,
        description: 'Classes that it pays for, as a budget of class time; absent: all.',
      }),
    ),
    overcommitPercent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 400,
        description:
          'Of a budget, what may be reserved beyond it; leases are stopped when the budget is spent. Absent: 0.',
      }),
    ),
    monthly: Type.Optional(amount('Budget of every month, UTC. Exactly one of `monthly` and `periods`.')),
    periods: Type.Optional(
      Type.Array(Period, { minItems: 1, description: 'Periods of other lengths or amounts.' }),
    ),
  },
  closed,
);

const Preemption = Type.Object(
  {
    graceSeconds: Type.Optional(seconds(1, 'From the notice to the end; absent: 60.')),
    minimumRunSeconds: Type.Optional(
      seconds(0, 'No lease is taken back in its first so many seconds; absent: 600.'),
    ),
    creditPercent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: 'Of what the time held cost, given back for the disruption; absent: 10.',
      }),
    ),
    hysteresisPercent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1000,
        description: 'How much more than its value, were it waiting, a running lease is worth; absent: 20.',
      }),
    ),
    revocationsMost: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description:
          'Revocations that one wish suffers, then it is protected; 0: none of the class is taken back; absent: 2.',
      }),
    ),
  },
  { ...closed, description: 'How leases of the class are taken back.' },
);

const ClassEntry = Type.Object(
  {
    name: slug('Name of the class.'),
    rank: Type.Integer({ minimum: 0, maximum: 1000, description: '0 is served first; distinct.' }),
    targetWaitSeconds: seconds(1, 'Wait after which its requests age and may get a reservation.'),
    maxDurationSeconds: seconds(1, 'Longest lease.'),
    deadlineAllowance: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: DEADLINE_ALLOWANCE_MOST,
        description:
          'What pressing deadlines of one agent add to its requests together; a request is worth 1000. Absent: 200.',
      }),
    ),
    preemption: Type.Optional(Preemption),
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

const Fairness = Type.Object(
  {
    halfLifeSeconds: seconds(
      3600,
      'Past use counts half after this long: ten median runs or more. Absent: a week.',
    ),
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
    holdPercent: Type.Optional(
      percent(
        'Share of a pool, or of one window, that offers may hold together; 2 if not said, rounded down.',
      ),
    ),
  },
  { ...closed, description: 'Bounds of promised starts, and of offers that are held.' },
);

export const OrganisationFile = Type.Object(
  {
    organisation: Type.Optional(slug('Id of the organisation.')),
    cell: Type.Optional(
      slug('The cell that this tree describes, where it is one. Exactly one of `cell` and `cells`.'),
    ),
    cells: Type.Optional(
      Type.Array(CellEntry, { minItems: 2, description: 'The cells that the tree is divided into.' }),
    ),
    // Four: strict classes are solved one stage after the other, and a fifth stage has no time left in a tick.
    classes: Type.Optional(
      Type.Array(ClassEntry, { minItems: 1, maxItems: 4, description: 'Strict priority classes.' }),
    ),
    leaseTerms: Type.Optional(LeaseTerms),
    fairness: Type.Optional(Fairness),
    reservations: Type.Optional(Reservations),
    policyLimits: Type.Optional(PolicyLimitsEntry),
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
export type QuotaEntry = Static<typeof QuotaEntry>;
export type CohortEntry = Static<typeof CohortEntry>;
export type AccountEntry = Static<typeof AccountEntry>;
export type ClassEntry = Static<typeof ClassEntry>;
export type LeaseTermsEntry = Static<typeof LeaseTerms>;
export type FairnessEntry = Static<typeof Fairness>;
export type ReservationsEntry = Static<typeof Reservations>;

/** The published schema, as docs/organisation.schema.json holds it. */
export function organisationSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...JSON.parse(JSON.stringify(OrganisationFile)),
  };
}
