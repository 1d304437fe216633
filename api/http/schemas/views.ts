// What the API answers: one schema an answer, for the documentation, the command line and the tests that check every answer.
// Invariant: answers are not cut by these schemas (JSON.stringify writes them); a test proves that they fit. Clients ignore unknown fields.

import { Type } from 'typebox';
import {
  CLASSIFICATIONS,
  LEASE_STATES,
  REQUEST_STATES,
  REVOCATION_RIGHTS,
} from '../../../scheduler/index.ts';
import { DETAIL_CODES, PROBLEMS } from '../../errors.ts';
import { Amount, EpochNumber, InstantText, NullableInstant } from './fields.ts';

const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);
const NullableAmount = Type.Union([Amount, Type.Null()]);

export const ProblemView = Type.Object({
  type: Text,
  title: Text,
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Text,
  instance: Text,
  code: Type.Enum(Object.keys(PROBLEMS)),
  requestId: Text,
  remedy: Text,
  errors: Type.Array(
    Type.Object({
      pointer: Text,
      code: Type.Enum([...DETAIL_CODES]),
      message: Text,
      allowed: Type.Optional(Type.Array(Text)),
      largest: Type.Optional(Type.Object({ quantity: Amount, pool: Text })),
      suggestion: Type.Optional(Type.Object({}, { description: 'A whole body to send instead, as it is.' })),
    }),
  ),
});

/** `code`, who acts next, what to do, and the numbers that belong to the code. */
export const ReasonView = Type.Object({ code: Text, actor: Text, advice: Text });

export const AcceptedView = Type.Object({
  id: Text,
  clientRequestId: Text,
  state: Type.Literal('queued'),
  receivedAt: InstantText,
});

export const BatchView = Type.Object({
  items: Type.Array(
    Type.Object({
      status: Type.Integer(),
      request: Type.Optional(AcceptedView),
      problem: Type.Optional(ProblemView),
    }),
  ),
});

const TermsView = Type.Object({
  class: Text,
  durationSeconds: Amount,
  preemptible: Type.Boolean(),
  requeue: Type.Optional(Type.Literal(false)),
  classification: Type.Enum([...CLASSIFICATIONS]),
  purpose: Text,
  summary: Text,
  startBefore: Type.Optional(InstantText),
  deadline: Type.Optional(InstantText),
  startLimitSeconds: Type.Optional(Amount),
  openEnded: Type.Optional(Type.Literal(true)),
  gang: Type.Optional(
    Type.Object({
      id: Text,
      size: Amount,
      timeoutSeconds: Type.Optional(Amount),
      colocate: Type.Optional(Text),
    }),
  ),
});

export const EstimateView = Type.Object(
  {
    at: InstantText,
    p10: InstantText,
    p50: InstantText,
    p90: InstantText,
    /** Of such estimates, how many starts lay between p10 and p90. */
    coverage: Type.Union([Type.Object({ covered: Amount, of: Amount }), Type.Null()]),
  },
  { description: 'When it may expect to start. No promise: `reservation` is one.' },
);

/** What the policies oblige a request to that they allow; in the answer about one request alone, and absent where there is nothing. */
const ObligationsView = Type.Object({
  /** A reviewer of each skill must approve before it is granted. */
  approvals: Type.Optional(Type.Array(Type.Object({ skill: Text, code: Text, policy: Text }))),
  /** The longest that its lease can last, extensions included. */
  ttlSeconds: Type.Optional(Amount),
  /** Kind, or "*" for every kind, to the pools that may serve it. */
  pools: Type.Optional(Type.Record(Text, Type.Array(Text))),
  /** Caps on its class, as the rules state them. */
  classes: Type.Optional(Type.Array(Text)),
  /** The class that it is served in, where that is lower than the one that was asked for. */
  class: Type.Optional(Text),
  /** Written on the lease, and into the events and the record of its grant. */
  labels: Type.Optional(Type.Record(Text, Text)),
  /** Codes of the rules that want the grant to be told apart. */
  audit: Type.Optional(Type.Array(Text)),
});

export const OptionView = Type.Object({
  claims: Type.Array(Type.Object({ kind: Text, quantity: Amount })),
});

export const RequestJson = Type.Object({
  id: Text,
  clientRequestId: Text,
  department: Text,
  agent: Text,
  state: Type.Enum([...REQUEST_STATES]),
  options: Type.Array(OptionView),
  terms: TermsView,
  submittedAt: InstantText,
  decidedAt: NullableInstant,
  tick: NullableAmount,
  lease: NullableText,
  /** The request whose revoked lease it takes up again. */
  restartOf: NullableText,
  /** It asks for the slot in which a reviewer rules on that request. */
  approvalOf: Type.Union([Type.Object({ approval: Text, request: Text }), Type.Null()]),
  /** It keeps an offer's units for that request, and asks for nothing itself. */
  holdOf: Type.Optional(Type.Object({ request: Text, offer: Text, until: InstantText })),
  obligations: Type.Optional(ObligationsView),
  reasons: Type.Array(ReasonView),
  /** A promised start, of an open request that waited too long; it moves later only after a loss of capacity. */
  reservation: Type.Union([
    Type.Object({ startsAt: InstantText, madeAt: InstantText, option: Amount }),
    Type.Null(),
  ]),
  estimate: Type.Union([EstimateView, Type.Null()]),
});

export const CancelView = Type.Object({ id: Text, state: Type.Enum([...REQUEST_STATES]) });

export const AllocationView = Type.Object({
  claim: Amount,
  pool: Text,
  kind: Text,
  window: Type.Optional(Text),
  quantity: Amount,
  exclusive: Type.Optional(Type.Literal(true)),
  node: Type.Optional(Text),
  gpus: Type.Optional(Type.Array(Amount)),
  startsAt: InstantText,
  endsAt: InstantText,
});

export const LeaseJson = Type.Object({
  id: Text,
  request: Text,
  department: Text,
  agent: Text,
  epoch: EpochNumber,
  state: Type.Enum([...LEASE_STATES]),
  option: Amount,
  allocations: Type.Array(AllocationView),
  reservations: Type.Array(Type.Object({ account: Text, period: Text, amount: Amount })),
  grantedAt: InstantText,
  startLimitAt: InstantText,
  endsAt: InstantText,
  activatedAt: NullableInstant,
  heartbeatAt: NullableInstant,
  endedAt: NullableInstant,
  /** Kinds of which it holds more than its department's nominal share. */
  borrowed: Type.Array(Text),
  /** Of a lease that is being revoked, or was. */
  graceEndsAt: NullableInstant,
  revokedFor: Type.Union([
    Type.Object({
      right: Type.Enum([...REVOCATION_RIGHTS]),
      department: NullableText,
      request: NullableText,
    }),
    Type.Null(),
  ]),
});

export const HeartbeatView = Type.Object({
  id: Text,
  state: Type.Enum([...LEASE_STATES]),
  endsAt: InstantText,
  heartbeatAt: InstantText,
  /** Without another heartbeat for this long the lease expires: a client need not know the organisation. */
  heartbeatTimeoutSeconds: Amount,
});

export const ReleaseView = Type.Object({ id: Text, state: Type.Enum([...LEASE_STATES]) });

export const ExtensionJson = Type.Object({
  id: Text,
  lease: Text,
  seconds: Amount,
  outcome: Type.Enum(['pending', 'granted', 'denied']),
  endsAt: NullableInstant,
  reasons: Type.Array(ReasonView),
});

const WindowView = Type.Object({
  id: Text,
  startsAt: InstantText,
  endsAt: InstantText,
  capacity: Amount,
  used: Amount,
  available: Amount,
});

const poolFields = {
  id: Text,
  kind: Text,
  unit: Text,
  labels: Type.Unsafe<Record<string, string | readonly string[]>>({ type: 'object' }),
  consumable: Type.Boolean(),
  classification: NullableText,
  priceMinor: Amount,
  agent: NullableText,
  pricePer: Type.Optional(Amount),
  nodes: Type.Optional(Type.Object({ set: Text, count: Amount })),
  capacity: Amount,
  used: Amount,
  available: Amount,
};

export const PoolSummary = Type.Object({ ...poolFields, windowCount: Amount });
export const PoolJson = Type.Object({ ...poolFields, windows: Type.Array(WindowView) });

/** Multipliers are null, certificates and the leases of a tick left out, for readers who may not see all departments. */
const StageView = Type.Object({
  stage: Amount,
  class: Text,
  method: Text,
  value: Type.Number(),
  bound: Type.Number(),
  gap: Type.Number(),
  multipliers: Type.Union([Type.Array(Type.Array(Type.Unknown())), Type.Null()]),
  frozenDigest: Text,
  /** `complete`, or `workLimit` where the class was given up at its bound of work. Absent in older ticks. */
  ended: Type.Optional(Text),
  work: Type.Optional(Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount })),
  /** The whole proof where multipliers are not all of it: derived rows and branchings. Of one tick alone, never in a list. */
  certificate: Type.Optional(Type.Object({ derivedRows: Text, proof: Text })),
});

export const TickJson = Type.Object({
  cell: Text,
  tick: Amount,
  epoch: EpochNumber,
  now: InstantText,
  policyRevision: Text,
  configurationRevision: Text,
  /** Whether the tick can be decided again from a record of its calls. */
  replayable: Type.Boolean(),
  termination: Text,
  stages: Type.Array(StageView),
  counts: Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount }),
  activated: Type.Optional(Type.Array(Text)),
  lapsed: Type.Optional(Type.Array(Text)),
  /** Rules of the policy that the tick's plan leaves on their wrong side: soft ones, broken ones, and those in mode warn or dryrun. */
  rules: Type.Optional(
    Type.Array(Type.Object({ id: Text, mode: Text, op: Text, sum: Amount, limit: Amount })),
  ),
  /** Nominees looked at, and what was taken back for whom. */
  revocations: Type.Optional(
    Type.Object({
      looked: Amount,
      left: Amount,
      refused: Amount,
      plans: Type.Array(
        Type.Object({
          for: Text,
          victims: Type.Array(Type.Array(Text)),
          cost: Amount,
          leastCost: Amount,
          programs: Amount,
        }),
      ),
    }),
  ),
  digest: Text,
  previousDigest: Text,
});

export function pageOf<Item extends Parameters<typeof Type.Array>[0]>(item: Item) {
  return Type.Object({ items: Type.Array(item), next: NullableText });
}

export const HealthView = Type.Object({
  status: Type.Enum(['ok', 'failing']),
  failing: Type.Array(Type.Object({ check: Text, detail: Text })),
  /** What is done without; no reason to send calls elsewhere. */
  degraded: Type.Array(Type.Object({ check: Text, detail: Text })),
});
