// Bodies and answers of agents, departments, pools and quotas: what is edited while the cell runs.
// Invariant: bodies are closed, and say the whole object: what is left out has its default, not what it was.

import { Type } from 'typebox';
import { CLASSIFICATIONS, ROLES } from '../../../scheduler/index.ts';
import { DETAIL_CODES } from '../../errors.ts';
import { Amount, InstantText, Name, NullableInstant, PositiveAmount } from './fields.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);
const NullableAmount = Type.Union([Amount, Type.Null()]);
/** The characters of SLUG in scheduler/. */
const Slug = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$' });
/** A pool id has 63 characters, and that of an agent's pool is `agent-` and the id. */
const AgentSlug = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,56}$' });
const Slugs = Type.Array(Slug, { uniqueItems: true, maxItems: 100 });
const Classification = Type.Enum([...CLASSIFICATIONS]);

export const PreviewQuery = Type.Object(
  {
    dryRun: Type.Optional(Type.Enum(['true', 'false'], { description: 'Answer the effect, store nothing.' })),
  },
  closed,
);

const agentFields = {
  roles: Type.Optional(
    Type.Array(Type.Enum([...ROLES]), { minItems: 1, maxItems: ROLES.length, uniqueItems: true }),
  ),
  skills: Type.Optional(Slugs),
  clearance: Classification,
  accounts: Slugs,
  concurrency: Type.Optional(Type.Union([PositiveAmount, Type.Null()])),
  priceMinor: Type.Optional(Amount),
};
export const AgentBody = Type.Object(agentFields, closed);
export const NewAgentBody = Type.Object({ id: AgentSlug, department: Name, ...agentFields }, closed);

export const PoolBody = Type.Object(
  {
    kind: Slug,
    unit: Type.String({ minLength: 1, maxLength: 32 }),
    capacity: NullableAmount,
    labels: Type.Optional(
      Type.Record(
        Slug,
        Type.Unsafe<string | string[]>({
          type: ['string', 'array'],
          minLength: 1,
          maxLength: 128,
          minItems: 1,
          maxItems: 100,
          uniqueItems: true,
          items: { type: 'string', minLength: 1, maxLength: 128 },
        }),
        { ...closed, maxProperties: 50 },
      ),
    ),
    consumable: Type.Optional(Type.Boolean()),
    classification: Type.Optional(Type.Union([Classification, Type.Null()])),
    priceMinor: Type.Optional(Amount),
  },
  closed,
);

export const QuotaBody = Type.Object(
  {
    nominal: Amount,
    borrowingLimit: Type.Optional(Amount),
    lendingLimit: Type.Optional(Amount),
    cohort: Type.Optional(Type.Union([Slug, Type.Null()])),
  },
  closed,
);
export const QuotaParams = Type.Object(
  { department: Type.String({ maxLength: 100 }), kind: Type.String({ maxLength: 100 }) },
  closed,
);

export const AgentJson = Type.Object({
  id: Text,
  department: Text,
  roles: Type.Array(Type.Enum([...ROLES])),
  skills: Type.Array(Text),
  clearance: Classification,
  classes: Type.Union([Type.Array(Text), Type.Null()]),
  accounts: Type.Array(Text),
  concurrency: NullableAmount,
  priceMinor: Amount,
  pool: NullableText,
  heartbeatAt: NullableInstant,
  /** Its last call of any kind, as far as anybody remembers: for display, and null after a restart. */
  lastSeenAt: NullableInstant,
});
export const AgentBeatJson = Type.Object({ id: Text, heartbeatAt: InstantText });
export const RetiredJson = Type.Object({ id: Text, state: Type.Literal('retired') });

export const DepartmentJson = Type.Object({
  id: Text,
  title: Text,
  clearanceCeiling: Classification,
  classes: Type.Array(Text),
  kinds: Type.Union([Type.Array(Text), Type.Null()]),
  requestLimits: Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount }),
  weight: Amount,
  agents: Amount,
});

export const QuotaJson = Type.Object({
  department: Text,
  kind: Text,
  nominal: Amount,
  borrowingLimit: Amount,
  lendingLimit: Amount,
  cohort: NullableText,
  used: Amount,
});

/** What an edit would do. `before` and `after` are the object as its ETag covers it; null where there is none. */
export const PreviewJson = Type.Object({
  dryRun: Type.Literal(true),
  before: Type.Union([Type.Object({}), Type.Null()]),
  after: Type.Union([Type.Object({}), Type.Null()]),
  used: NullableAmount,
  belowUse: Type.Union([Type.Boolean(), Type.Null()]),
  impossibleRequests: NullableAmount,
  errors: Type.Array(
    Type.Object({
      pointer: Text,
      code: Type.Enum([...DETAIL_CODES]),
      message: Text,
      allowed: Type.Optional(Type.Array(Text)),
    }),
  ),
});
