// The JSON form of one tick's problem, as a JSON Schema: what a failed tick is dumped as, and what people write by hand to try one.
// Invariant: unknown fields are refused and nothing is coerced; docs/tick-file.schema.json is this object, compared by a test.

import { REVOCATION_RIGHTS } from './domain/earmark.ts';
import { LEASE_STATES, type LeaseState } from './domain/lease.ts';
import { NODE_GPUS_MOST } from './domain/nodes.ts';
import { POLICY_ROWS_MOST, POLICY_TERMS_MOST } from './domain/policyRow.ts';
import { REASON_GUIDE } from './domain/reason.ts';
import { GANG_SIZE_MOST } from './domain/request.ts';
import { configuration } from './tickFileConfiguration.ts';
import {
  atLeastOne,
  classification,
  id,
  instant,
  label,
  list,
  object,
  recordOf,
  type Schema,
  text,
  units,
} from './tickFileTerms.ts';

export const TICK_FILE_VERSION = 1;

const selector = recordOf(label);
const claim = object(
  { kind: id, quantity: atLeastOne },
  {
    selector,
    prefer: list(selector),
    exclusive: { const: true },
    node: id,
    window: object({}, { from: instant, to: instant }),
  },
);

const request = object(
  {
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
        requeue: { const: false },
        startBefore: instant,
        deadline: instant,
        startLimitSeconds: atLeastOne,
        openEnded: { const: true },
        ttlSeconds: atLeastOne,
        gang: object(
          { id, size: { ...atLeastOne, minimum: 2, maximum: GANG_SIZE_MOST } },
          { timeoutSeconds: atLeastOne, colocate: id },
        ),
      },
    ),
    submittedAt: instant,
  },
  {
    restart: object({ of: id, revocations: units, tick: units }),
    submittedBy: text,
    approvalOf: object({ approval: id, request: id }),
    obliged: object({ class: id, durationSeconds: atLeastOne }),
  },
);

const obligations = object(
  {},
  {
    approvals: list(object({ skill: text, code: text, policy: text })),
    ttlSeconds: atLeastOne,
    pools: recordOf(list(id)),
    class: id,
    labels: recordOf(text),
    audit: list(text),
  },
);

const pending = object(
  {
    request,
    sequence: units,
    verdict: object(
      { allow: { const: true }, codes: list(text), policyRevision: text, dataRevision: text },
      { obligations },
    ),
  },
  {
    waitingCodes: { anyOf: [{ type: 'null' }, list({ enum: Object.keys(REASON_GUIDE) })] },
    gangUntil: instant,
  },
);

const allocations = list(
  object(
    { claim: units, pool: id, kind: id, quantity: atLeastOne, startsAt: instant, endsAt: instant },
    {
      window: id,
      exclusive: { const: true },
      node: id,
      gpus: list({ ...units, maximum: NODE_GPUS_MOST - 1 }, { minItems: 1 }),
    },
  ),
);
const reservations = list(object({ account: id, period: id, amount: units }));

const leaseFields = {
  id,
  request: id,
  department: id,
  agent: id,
  epoch: units,
  option: units,
  allocations,
  reservations,
  grantedAt: instant,
  startLimitAt: instant,
  endsAt: instant,
  activatedAt: { anyOf: [{ type: 'null' }, instant] },
};
const held = (...states: readonly LeaseState[]): Schema => ({
  enum: LEASE_STATES.filter((state) => states.includes(state)),
});
const borrowed = list(id);
const right: Schema = { enum: [...REVOCATION_RIGHTS] };
const nullable = (schema: Schema): Schema => ({ anyOf: [{ type: 'null' }, schema] });

const lease = object({ ...leaseFields, state: held('granted', 'active') }, { borrowed });

const heldLease = object(
  {
    lease: object(
      { ...leaseFields, state: held('granted', 'active', 'revoking') },
      {
        borrowed,
        revocation: object({
          right,
          since: instant,
          graceEndsAt: instant,
          request: nullable(id),
          department: nullable(id),
        }),
      },
    ),
    request,
  },
  { checkpointAt: instant },
);

const victims = list(object({ lease: id, right, graceEndsAt: instant }));

const earmark = object(
  {
    request: id,
    department: id,
    agent: id,
    option: units,
    units: list(
      object({ claim: units, pool: id, kind: id, quantity: atLeastOne }, { exclusive: { const: true } }),
    ),
    reservations: list(object({ account: id, period: id, amount: units })),
    victims,
    madeAt: instant,
    graceEndsAt: instant,
  },
  { endsAt: instant },
);

const turn = object({ rank: units, sequence: units });

const hold = object({ request: id, offer: id, until: instant, tick: units });

const reservation = object(
  {
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
  },
  { hold },
);

const extension = object({ id, lease: id, department: id, agent: id, seconds: atLeastOne, sequence: units });

const ruleId: Schema = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$' };
const rowSelector = object(
  {},
  {
    departments: list(id),
    agents: list(id),
    classes: list(id),
    classifications: list(classification),
    kinds: list(id),
    pools: list(id),
    labels: selector,
  },
);
const fromPolicy = { code: text, policy: text, mode: { enum: ['warn', 'dryrun'] } };
const policyRow = object(
  {
    id: ruleId,
    terms: list(
      object({
        selector: rowSelector,
        coefficient: units,
        per: { enum: ['unit', 'grant'] },
      }),
      { minItems: 1, maxItems: POLICY_TERMS_MOST },
    ),
    limit: units,
    remedy: text,
  },
  { price: units, op: { enum: ['>=', '=='] }, ...fromPolicy },
);
const policyWeight = object(
  { id: ruleId, selector: rowSelector, coefficient: { type: 'integer', minimum: -1_000, maximum: 1_000 } },
  fromPolicy,
);
const separation = object(
  { id: ruleId, sides: list(rowSelector, { minItems: 2, maxItems: 2 }), remedy: text },
  fromPolicy,
);
const sidesHeld: Schema = {
  type: 'array',
  prefixItems: [id, units, units],
  minItems: 3,
  items: false,
};
const hash: Schema = { type: 'string', maxLength: 128 };
/** A proof may be a quarter of a megabyte, and nobody writes one by hand. */
const proof: Schema = { type: 'string', maxLength: 2 ** 20 };
const whole: Schema = {
  type: 'integer',
  minimum: -Number.MAX_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};

const stage = object(
  {
    stage: units,
    class: text,
    method: { enum: ['empty', 'fits', 'exact', 'lp', 'core', 'greedy', 'residual'] },
    value: whole,
    bound: whole,
    gap: { type: 'number' },
    multipliers: list({ type: 'array', prefixItems: [text, whole], minItems: 2, items: false }),
    frozenDigest: hash,
  },
  {
    ended: { enum: ['complete', 'workLimit'] },
    work: object({ simplexIterations: units, lpCalls: units, mipCalls: units }, { dpCells: units }),
    certificate: object({ derivedRows: proof, proof }),
  },
);

const decided = object({
  plan: object(
    {
      assignments: list(object({ request: id, option: units, allocations, reservations, endsAt: instant })),
      extensions: list(object({ extension: id, endsAt: instant, reservations })),
    },
    {
      preemptions: list({
        anyOf: [
          object({ type: { const: 'nominee' }, earmark }),
          object({ type: { const: 'repair' }, row: text, victims }),
        ],
      }),
      dropped: list(id),
    },
  ),
  stages: list(stage),
  fault: { enum: [null, 'watchdog', 'crash', 'garbage', 'refused'] },
  digests: object({ snapshot: hash, model: hash, plan: hash, certificate: hash }, { revocations: hash }),
});

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
      pastUse: recordOf(units),
      missedDeadlines: recordOf({ ...atLeastOne, maximum: 1_000_000 }),
      policyRows: list(object({ row: policyRow, held: units }), { maxItems: POLICY_ROWS_MOST }),
      policyWeights: list(policyWeight, { maxItems: POLICY_ROWS_MOST }),
      separations: list(object({ separation, held: list(sidesHeld) }), { maxItems: POLICY_ROWS_MOST }),
      nodes: object({
        use: recordOf(object({ gpuMilli: list(units), cpuMilli: units, memoryMiB: units })),
        bundles: recordOf(atLeastOne),
      }),
      gangTurn: turn,
      held: list(heldLease),
      earmarks: list(earmark),
      outsideTick: units,
      nomineeTurn: turn,
      approvals: list(object({ id, request: id, skill: text, digest: text, by: text })),
      extensions: list(object({ extension, lease }, { openEnded: { const: true }, endsAtMost: instant })),
      reservations: list(reservation),
      checkpoints: list(object({ at: instant, used: recordOf(units), quotaUse: recordOf(units) })),
      breach: object({
        what: text,
        lhs: { type: ['number', 'string'] },
        rhs: { type: ['number', 'string'] },
      }),
      warm: object({
        stages: list(
          object({
            stage: units,
            prices: list({ type: 'array', prefixItems: [text, units], items: false, minItems: 2 }),
          }),
        ),
      }),
      decided,
    },
  ),
};
