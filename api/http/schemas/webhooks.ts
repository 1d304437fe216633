// The shapes of /v1/webhooks. Invariant: the secret is in the answer to the call that made the webhook, and in no other.

import { Type } from 'typebox';
import { EVENT_TYPES } from '../../../scheduler/index.ts';
import { Amount, InstantText } from './fields.ts';

const Text = Type.String();
const Types = Type.Array(Type.Enum([...EVENT_TYPES]), { minItems: 1, maxItems: EVENT_TYPES.length });

export const WebhookBody = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2000, description: 'https, at a public address.' }),
    /** All of them when left out. */
    types: Type.Optional(Types),
  },
  { additionalProperties: false },
);

const FIELDS = {
  id: Text,
  department: Text,
  subject: Text,
  url: Text,
  types: Type.Union([Types, Type.Null()]),
  createdAt: InstantText,
};
export const WebhookJson = Type.Object(FIELDS);
export const NewWebhookJson = Type.Object({
  ...FIELDS,
  secret: Type.String({ description: 'What the calls are signed with. Told this once.' }),
});

export const DELIVERY_STATES = ['pending', 'dead'] as const;
export const DeliveryJson = Type.Object({
  /** The document that was to be sent. */
  event: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
  state: Type.Enum([...DELIVERY_STATES]),
  attempts: Amount,
  notBefore: InstantText,
  error: Type.Union([Text, Type.Null()]),
});
export const RetriedJson = Type.Object({ retried: Amount });
