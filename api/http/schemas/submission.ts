// What an agent sends to ask for something: the body of POST /v1/requests, the items of a batch, and the Kafka record.
// Invariant: unknown fields are refused, lists are bounded, and nothing here knows which pools exist.

import { type Static, Type } from 'typebox';
import { CLASSIFICATIONS, GANG_ID_LEAST, SLUG } from '../../../scheduler/index.ts';
import { ClientRequestId, InstantText, LabelText, Name, PositiveAmount } from './fields.ts';

/** Of one submission, and of every other body but a batch. */
export const BODY_BYTES_MAX = 256 * 1024;
const OPTIONS_MAX = 16;
const CLAIMS_MAX = 16;
const LABELS_MAX = 16;
/** Arrays of 1,000 are what the reader lets through; a batch of 2 MB then has 2 KB an item. */
const BATCH_ITEMS_MAX = 1000;

/** One text or a list of them. One schema with two types: a union would answer three errors for one wrong value. */
const LabelWish = Type.Unsafe<string | string[]>({
  type: ['string', 'array'],
  minLength: 1,
  maxLength: 200,
  items: LabelText,
  minItems: 1,
  maxItems: LABELS_MAX,
});

const SelectorBody = Type.Unsafe<Record<string, string | string[]>>({
  type: 'object',
  propertyNames: { minLength: 1, maxLength: 63 },
  maxProperties: LABELS_MAX,
  additionalProperties: LabelWish,
});

const ClaimBody = Type.Object(
  {
    kind: Name,
    quantity: PositiveAmount,
    selector: Type.Optional(SelectorBody),
    prefer: Type.Optional(Type.Array(SelectorBody, { maxItems: LABELS_MAX })),
    exclusive: Type.Optional(Type.Literal(true)),
    node: Type.Optional(
      Type.String({
        pattern: SLUG.source,
        description:
          'Claims of the option with the same name here sit on one node: one each of gpu, cpu and memory. GPUs in thousandths: below 1000 a share of one, else whole ones.',
      }),
    ),
    window: Type.Optional(
      Type.Object(
        { from: Type.Optional(InstantText), to: Type.Optional(InstantText) },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const OptionBody = Type.Object(
  { claims: Type.Array(ClaimBody, { minItems: 1, maxItems: CLAIMS_MAX }) },
  { additionalProperties: false },
);

const GangBody = Type.Object(
  {
    id: Type.String({ pattern: `^[!-~]{${GANG_ID_LEAST},200}$` }),
    size: PositiveAmount,
    timeoutSeconds: Type.Optional(PositiveAmount),
    colocate: Type.Optional(Name),
  },
  { additionalProperties: false },
);

const TermsBody = Type.Object(
  {
    class: Name,
    durationSeconds: PositiveAmount,
    preemptible: Type.Optional(Type.Boolean({ default: true })),
    requeue: Type.Optional(Type.Boolean({ default: true })),
    classification: Type.Optional(Type.Enum([...CLASSIFICATIONS], { default: 'internal' })),
    purpose: Type.Optional(Type.String({ maxLength: 500, default: '' })),
    summary: Type.Optional(Type.String({ maxLength: 200, pattern: '^[^\\r\\n]*$', default: '' })),
    startBefore: Type.Optional(InstantText),
    deadline: Type.Optional(InstantText),
    startLimitSeconds: Type.Optional(PositiveAmount),
    openEnded: Type.Optional(Type.Literal(true)),
    gang: Type.Optional(GangBody),
  },
  { additionalProperties: false },
);

export const SubmissionBody = Type.Object(
  {
    clientRequestId: ClientRequestId,
    options: Type.Array(OptionBody, { minItems: 1, maxItems: OPTIONS_MAX }),
    terms: TermsBody,
  },
  { additionalProperties: false },
);
export type SubmissionBody = Static<typeof SubmissionBody>;

/** Items are open here and checked one by one with `SubmissionBody`, so that a wrong one does not refuse its neighbours. */
export const BatchBody = Type.Object(
  { items: Type.Array(Type.Unknown(), { minItems: 1, maxItems: BATCH_ITEMS_MAX }) },
  { additionalProperties: false },
);
