// What GET /v1/requests/:id/explanation answers. The numbers are those of one look at the leader's memory.

import { Type } from 'typebox';
import {
  NO_ESTIMATE,
  NO_PROMISE,
  REQUEST_STATES,
  ROW_FAMILIES,
  STANDINGS,
} from '../../../scheduler/index.ts';
import { Amount, InstantText, NullableInstant } from './fields.ts';
import { HeldOfferView, OfferView, PriceView, TakesView } from './offers.ts';
import { EstimateView, LeaseJson, ReasonView } from './views.ts';

const Text = Type.String();
const nullable = <Schema extends Parameters<typeof Type.Array>[0]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

/** Below 0 where the policy's weight outdoes what is taken. */
const Points = Type.Integer();

const ScoreView = Type.Object({
  preference: Amount,
  option: Amount,
  lateness: Amount,
  fit: nullable(Amount),
  price: Amount,
  weight: Points,
  total: Points,
  value: Amount,
});

const WorthView = Type.Object({
  alike: Amount,
  own: Amount,
  share: Amount,
  ageSixteenths: Amount,
  deadline: Amount,
  total: Amount,
});

const VerdictView = Type.Object({
  allow: Type.Boolean(),
  codes: Type.Array(Text),
  policyRevision: Text,
  dataRevision: Text,
});

const CandidateView = Type.Object({
  pool: Text,
  window: nullable(Text),
  standing: Type.Enum([...STANDINGS]),
  rank: nullable(Amount),
  capacity: Amount,
  used: Amount,
  available: Amount,
  fits: Type.Boolean(),
  priceMinor: Amount,
  score: nullable(ScoreView),
});

const shortFields = {
  family: Type.Enum([...ROW_FAMILIES]),
  what: Text,
  requested: Amount,
  available: Amount,
  held: Amount,
};

const HolderView = Type.Object({
  department: Text,
  agent: Text,
  lease: Text,
  units: Amount,
  endsAt: InstantText,
});

export const ExplanationView = Type.Object({
  id: Text,
  state: Type.Enum([...REQUEST_STATES]),
  live: Type.Boolean({
    description: 'From the memory of the leader; else what was stored with the last Decision.',
  }),
  tick: nullable(Amount),
  at: NullableInstant,
  reasons: Type.Array(ReasonView),
  position: nullable(Type.Object({ class: Text, ahead: Amount })),
  verdict: nullable(VerdictView),
  worth: nullable(WorthView),
  options: Type.Array(
    Type.Object({
      option: Amount,
      claims: Type.Array(
        Type.Object({
          claim: Amount,
          kind: Text,
          quantity: Amount,
          candidates: Type.Array(CandidateView),
          unlisted: Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount }),
        }),
      ),
      rows: Type.Array(Type.Object(shortFields)),
    }),
  ),
  reservation: nullable(
    Type.Object({
      startsAt: NullableInstant,
      madeAt: NullableInstant,
      why: nullable(
        Type.Enum([...NO_PROMISE], { description: 'Why no start is promised; null when one is.' }),
      ),
      dueAt: InstantText,
    }),
  ),
  estimate: nullable(EstimateView),
  noEstimate: nullable(
    Type.Enum([...NO_ESTIMATE], {
      description: 'Why there is none; null where there is one, or nobody has looked.',
    }),
  ),
  held: Type.Array(
    Type.Object({
      ...shortFields,
      holders: Type.Array(HolderView),
      heldUnlisted: Amount,
      heldByOthers: Amount,
    }),
  ),
  granted: nullable(LeaseJson),
  price: nullable(PriceView),
  offers: nullable(Type.Array(OfferView)),
  heldOffer: nullable(HeldOfferView),
  whatItTakes: nullable(TakesView),
});
