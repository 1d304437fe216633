// What GET /v1/requests/:id/offers answers, and what an explanation says of prices, offers and what it would take.

import { Type } from 'typebox';
import { Amount, InstantText } from './fields.ts';
import { AllocationView, OptionView } from './views.ts';

const Text = Type.String();
const Units = Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount });

/** `from` and `to` are of the field's own type: amounts, names, or windows with `from` and `to`. */
const ChangeView = Type.Object({
  field: Type.Enum(['quantity', 'label', 'window', 'durationSeconds', 'class']),
  option: Type.Optional(Amount),
  claim: Type.Optional(Amount),
  kind: Type.Optional(Text),
  label: Type.Optional(Text),
  from: Type.Unknown(),
  to: Type.Unknown(),
});

export const OfferView = Type.Object({
  id: Text,
  changes: Type.Array(ChangeView),
  body: Type.Unsafe<object>({
    type: 'object',
    description: 'A submission as POST /v1/requests takes it, admissible as it is.',
  }),
  grant: Type.Object({
    allocations: Type.Array(AllocationView),
    reservations: Type.Array(Type.Object({ account: Text, period: Text, amount: Amount })),
    endsAt: InstantText,
  }),
});

/** The request that keeps an offer's units; accepted with this version, or any other, it is granted. */
export const HeldOfferView = Type.Object({
  id: Text,
  offer: Text,
  ifVersion: Text,
  until: InstantText,
  options: Type.Array(OptionView, { description: 'What is held, as the holding request asks for it.' }),
});

export const OffersView = Type.Object({
  request: Text,
  ifVersion: Type.String({ description: 'The version at which each offer fits; in quotes for If-Match.' }),
  at: InstantText,
  offers: Type.Array(OfferView),
  held: Type.Optional(HeldOfferView),
});

export const PriceView = Type.Object({
  tick: Amount,
  at: InstantText,
  class: Text,
  value: Amount,
  price: Amount,
  rows: Type.Array(Type.Object({ row: Text, units: Amount, price: Amount })),
  atLeast: Amount,
});

const DisplacedView = Type.Object({
  department: Text,
  agent: Text,
  request: Text,
  what: Type.Enum(['grant', 'extension']),
  units: Units,
});

const StrongerView = Type.Object({
  field: Type.Enum(['budget', 'class']),
  option: Type.Optional(Amount),
  raises: Type.Optional(Type.Array(Type.Object({ account: Text, period: Text, by: Amount }))),
  from: Type.Optional(Text),
  to: Type.Optional(Text),
  outcome: Type.Optional(Type.Enum(['granted', 'preempting'])),
  startsBy: Type.Optional(InstantText),
});

export const TakesView = Type.Object({
  tick: Type.Union([Amount, Type.Null()]),
  at: Type.Union([InstantText, Type.Null()]),
  standing: Type.Enum(['displaces', 'outranked', 'notInProgram']),
  atLeast: Type.Union([Amount, Type.Null()]),
  atMost: Type.Union([Amount, Type.Null()]),
  displaced: Type.Array(DisplacedView),
  displacedOthers: Type.Array(Type.Object({ department: Text, count: Amount, units: Units })),
  stronger: Type.Array(StrongerView),
});
