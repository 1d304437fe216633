// What the reports answer: accounts with their ledger and forecast, usage, why the queue waits, events in pages.
// Invariant: as views.ts: answers are not cut by these schemas, a test proves that they fit.

import { Type } from 'typebox';
import { EVENT_TYPES } from '../../../scheduler/index.ts';
import { Amount, InstantText, NullableInstant } from './fields.ts';

const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);
const NullableAmount = Type.Union([Amount, Type.Null()]);

const MeasureView = Type.Union([
  Type.Object({ type: Type.Literal('money'), currency: Text }),
  Type.Object({ type: Type.Literal('use'), kind: Text }),
]);

const PeriodFields = {
  id: Text,
  startsAt: InstantText,
  endsAt: InstantText,
  current: Type.Boolean(),
  budget: Amount,
  overcommit: Amount,
  reserved: Amount,
  spent: Amount,
  available: Amount,
};
const PeriodView = Type.Object(PeriodFields);

const PeriodText = Type.String({ maxLength: 100 });
export const BudgetParams = Type.Object(
  { id: Type.String({ maxLength: 100 }), period: PeriodText },
  { additionalProperties: false },
);
export const BudgetBody = Type.Object(
  { budget: Amount, overcommit: Type.Optional(Amount) },
  { additionalProperties: false },
);
export const BudgetJson = Type.Object({ account: Text, ...PeriodFields });

export const AccountJson = Type.Object({
  id: Text,
  title: Text,
  parent: NullableText,
  measure: MeasureView,
  classes: Type.Union([Type.Array(Text), Type.Null()]),
  periods: Type.Array(PeriodView),
});

/** Of one department, class and kind: what was held, and what part of all that was held so. */
export const SharesJson = Type.Object({
  from: InstantText,
  to: InstantText,
  items: Type.Array(
    Type.Object({ department: Text, class: Text, kind: Text, unitSeconds: Amount, thousandths: Amount }),
  ),
});

export const LedgerLineJson = Type.Object({
  type: Type.Enum(['reserve', 'settle', 'refund']),
  source: Text,
  lease: Text,
  account: Text,
  period: Text,
  amount: Amount,
  tick: Amount,
});

const RUN_OUT_REASONS = ['budgetLasts', 'nothingBurnt', 'nothingElapsed', 'noCurrentPeriod'] as const;
const NullableReason = Type.Union([Type.Enum([...RUN_OUT_REASONS]), Type.Null()]);

/** `reason` says why `runsOutAt` is null, and is null where it is not. */
const MethodView = Type.Object({
  method: Type.Enum(['period', 'lastDay']),
  from: InstantText,
  to: InstantText,
  burnt: Type.Integer(),
  burntPerDay: Amount,
  projectedSpend: Amount,
  runsOutAt: NullableInstant,
  reason: NullableReason,
});

export const ForecastJson = Type.Object({
  account: Text,
  period: NullableText,
  at: InstantText,
  endsAt: NullableInstant,
  budget: NullableAmount,
  reserved: NullableAmount,
  spent: NullableAmount,
  available: NullableAmount,
  runsOutAt: NullableInstant,
  reason: NullableReason,
  projectedSpend: NullableAmount,
  methods: Type.Array(MethodView),
});

const AmountsByName = Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount });

export const UsageRowJson = Type.Object({
  department: Type.Optional(Text),
  class: Type.Optional(Text),
  kind: Type.Optional(Text),
  agent: Type.Optional(Text),
  requests: Amount,
  granted: Amount,
  denied: Amount,
  waitedMeanMs: NullableAmount,
  waitedP50Ms: NullableAmount,
  waitedP95Ms: NullableAmount,
  unitSeconds: AmountsByName,
  settledMinor: Type.Union([AmountsByName, Type.Null()]),
  expiredUnused: Amount,
});

export const UsageJson = Type.Object({
  by: Type.Array(Text),
  from: InstantText,
  to: InstantText,
  items: Type.Array(UsageRowJson),
});

export const QueueReasonsJson = Type.Object({
  waiting: Amount,
  items: Type.Array(
    Type.Object({
      code: Text,
      actor: Text,
      advice: Text,
      count: Amount,
      sharePerMille: Type.Integer({ minimum: 0, maximum: 1000 }),
      alsoCount: Amount,
      oldestSubmittedAt: NullableInstant,
    }),
  ),
});

const EventView = Type.Object({
  id: Text,
  tick: Amount,
  epoch: Amount,
  type: Type.Enum([...EVENT_TYPES]),
  at: InstantText,
  department: Text,
  agent: Text,
  request: Text,
  lease: NullableText,
  policyRevision: Text,
  data: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
});

/** `place` is where the page ends, for a later call or the stream; `next` the same while more is committed, else null. */
export const EventPageJson = Type.Object({
  items: Type.Array(EventView),
  next: NullableText,
  place: Text,
});
