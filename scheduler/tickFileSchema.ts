// The JSON form of one tick's problem, as a JSON Schema: what a failed tick is dumped as, and what people write by hand to try one.
// Invariant: unknown fields are refused and nothing is coerced; docs/tick-file.schema.json is this object, compared by a test.

import { CLASSIFICATIONS, ROLES } from './domain/configuration.ts';
import { LEASE_STATES } from './domain/lease.ts';
import { REASON_GUIDE } from './domain/reason.ts';
import { GANG_SIZE_MOST } from './domain/request.ts';

export const TICK_FILE_VERSION = 1;

type Schema = Readonly<Record<string, unknown>>;

function object(
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: 'object',
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function list(items: Schema, limits: Schema = {}): Schema {
  return { type: 'array', items, ...limits };
}

function recordOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

const units: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const atLeastOne: Schema = { ...units, minimum: 1 };
const percent: Schema = { type: 'integer', minimum: 0, maximum: 100 };
/** Milliseconds since the Unix epoch, in the years that calendars can mean. */
const instant: Schema = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 };
const text: Schema = { type: 'string', maxLength: 4096 };
const id: Schema = { type: 'string', minLength: 1, maxLength: 200 };
const label: Schema = { anyOf: [text, list(text)] };
const classification: Schema = { enum: [...CLASSIFICATIONS] };

const window = object({ id, startsAt: instant, endsAt: instant, capacity: units });
const period = object({ id, startsAt: instant, endsAt: instant, budget: units });

const configuration = object(
  {
    revision: id,
    cell: id,
    organisation: text,
    departments: list(
      object(
        {
          id,
          title: text,
          clearanceCeiling: classification,
          classes: list(id),
          requestLimits: recordOf(units),
        },
        { kinds: list(id) },
      ),
    ),
    agents: list(
      object({
        id,
        department: id,
        roles: list({ enum: [...ROLES] }),
        skills: list(text),
        clearance: classification,
        accounts: list(id),
      }),
    ),
    pools: list(
      object(
        {
          id,
          kind: id,
          unit: text,
          capacity: units,
          labels: recordOf(label),
          consumable: { type: 'boolean' },
          priceMinor: units,
        },
        { calendar: list(window), classification, agent: id },
      ),
    ),
    quotas: list(
      object(
        { department: id, kind: id, nominal: units, borrowingLimit: units, lendingLimit: units },
        { cohort: id },
      ),
    ),
    cohorts: list(object({ id, title: text })),
    accounts: list(
      object(
        {
          id,
          title: text,
          measure: {
            anyOf: [
              object({ type: { const: 'money' }, currency: text }),
              object({ type: { const: 'use' }, kind: id }),
            ],
          },
          periods: list(period),
        },
        { parent: id },
      ),
    ),
    classes: list(
      object({
        name: id,
        rank: { type: 'integer', minimum: 0, maximum: 3 },
        targetWaitSeconds: units,
        maxDurationSeconds: units,
      }),
      { minItems: 1, maxItems: 4 },
    ),
    leaseTerms: object({ startLimitSeconds: units, heartbeatTimeoutSeconds: units, graceSeconds: units }),
  },
  {
    reservations: object({}, { overtakes: atLeastOne, sharePercent: percent, idlePercent: percent }),
  },
);

const selector = recordOf(label);
const claim = object(
  { kind: id, quantity: atLeastOne },
  {
    selector,
    prefer: list(selector),
    exclusive: { const: true },
    window: object({}, { from: instant, to: instant }),
  },
);

const request = object({
  id,
  department: id,
  agent: id,
  clientRequestId: text,
  options: list(object({ claims: list(claim, { minItems: 1, maxItems: 16 }) }), {
    minItems: 1,
    maxItems: 16,
  }),
  terms: object(
    {
      class: id,
      durationSeconds: atLeastOne,
      preemptible: { type: 'boolean' },
      classification,
      purpose: text,
      summary: text,
    },
    {
      startBefore: instant,
      deadline: instant,
      startLimitSeconds: atLeastOne,
      gang: object(
        { id, size: { ...atLeastOne, minimum: 2, maximum: GANG_SIZE_MOST } },
        { timeoutSeconds: atLeastOne, colocate: id },
      ),
    },
  ),
  submittedAt: instant,
});

const pending = object(
  {
    request,
    sequence: units,
    verdict: object({ allow: { const: true }, codes: list(text), policyRevision: text, dataRevision: text }),
  },
  {
    waitingCodes: { anyOf: [{ type: 'null' }, list({ enum: Object.keys(REASON_GUIDE) })] },
    gangUntil: instant,
  },
);

const lease = object({
  id,
  request: id,
  department: id,
  agent: id,
  epoch: units,
  option: units,
  allocations: list(
    object(
      { claim: units, pool: id, kind: id, quantity: atLeastOne, startsAt: instant, endsAt: instant },
      { window: id, exclusive: { const: true } },
    ),
  ),
  reservations: list(object({ account: id, period: id, amount: units })),
  state: { enum: LEASE_STATES.filter((state) => state === 'granted' || state === 'active') },
  grantedAt: instant,
  startLimitAt: instant,
  endsAt: instant,
  activatedAt: { anyOf: [{ type: 'null' }, instant] },
});

const reservation = object({
  request: id,
  department: id,
  agent: id,
  class: id,
  option: units,
  units: list(
    object(
      { claim: units, pool: id, kind: id, quantity: atLeastOne },
      { window: id, exclusive: { const: true } },
    ),
    { minItems: 1 },
  ),
  madeAt: instant,
  startsAt: instant,
  endsAt: instant,
});

const extension = object({ id, lease: id, department: id, agent: id, seconds: atLeastOne, sequence: units });

export const TICK_FILE_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Annona tick file',
  description:
    'One tick as a problem: who waits, what is used, what time it is. Amounts are integers, times milliseconds since 1970 UTC.',
  ...object(
    {
      version: { const: TICK_FILE_VERSION },
      cell: id,
      now: instant,
      configuration,
      requests: list(pending),
      used: recordOf(units),
      quotaUse: recordOf(units),
      accounts: recordOf(object({ reserved: units, spent: units })),
    },
    {
      exclusive: list(id),
      gangTurn: object({ rank: units, sequence: units }),
      extensions: list(object({ extension, lease })),
      reservations: list(reservation),
      checkpoints: list(object({ at: instant, used: recordOf(units), quotaUse: recordOf(units) })),
      breach: object({
        what: text,
        lhs: { type: ['number', 'string'] },
        rhs: { type: ['number', 'string'] },
      }),
    },
  ),
};
