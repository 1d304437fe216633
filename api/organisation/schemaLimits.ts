// The section `policyLimits` of an organisation file: numbers and lists that the default policies judge by.
// Invariant: what is absent is not limited. Called by schema.ts.

import { type Static, Type } from 'typebox';
import { amount, classification, closed, slug, slugs } from './schemaTerms.ts';

const hour = (description: string) => Type.Integer({ minimum: 0, maximum: 23, description });

const QuietHours = Type.Object(
  {
    from: hour('First quiet hour of the day, UTC.'),
    to: hour('First hour that is not quiet any more; before `from`: of the next day.'),
    classes: slugs('Classes that are taken in quiet hours all the same.'),
  },
  closed,
);

const DepartmentLimits = Type.Object(
  {
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        uniqueItems: true,
        description: 'GPU models that it may be given; absent: all.',
      }),
    ),
    agentsMost: Type.Optional(
      amount('So many of its agents are served, in the order of their ids; absent: all.'),
    ),
    quietHours: Type.Optional(QuietHours),
  },
  closed,
);

const text = Type.String({ minLength: 1, maxLength: 128 });

export const PolicyLimitsEntry = Type.Object(
  {
    approvalRequiredFrom: Type.Optional(
      classification(
        'From it on a request needs the approval of a reviewer with the skill data-protection; absent: never.',
      ),
    ),
    departments: Type.Optional(Type.Record(slug('A department.'), DepartmentLimits, closed)),
    classes: Type.Optional(
      Type.Record(
        slug('A class.'),
        Type.Object({ maxCostMinor: amount('The most that one request can cost, in minor units.') }, closed),
        closed,
      ),
    ),
    datasets: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 128 }), Type.Array(text, { uniqueItems: true }), {
        description: 'Label `name` of a dataset -> the purposes that it is for; one that is not named: all.',
      }),
    ),
    separatedDuties: Type.Optional(
      Type.Array(Type.Array(text, { minItems: 2, maxItems: 2, uniqueItems: true }), {
        description: 'Pairs of roles or skills that no agent has together.',
      }),
    ),
  },
  { ...closed, description: 'What the default policies limit; what is absent is not limited.' },
);

export type PolicyLimitsEntry = Static<typeof PolicyLimitsEntry>;
