// The shapes of /v1/approvals: what a reviewer reads, and what a Ruling is. Invariant: a Ruling names the digest that it is about.

import { Type } from 'typebox';
import { APPROVAL_STATES, CLASSIFICATIONS } from '../../../scheduler/index.ts';
import { RulingJson } from './events.ts';
import { Amount, InstantText } from './fields.ts';

const Text = Type.String();

export const ApprovalJson = Type.Object({
  id: Text,
  state: Type.Enum([...APPROVAL_STATES]),
  /** The request that waits for it. */
  request: Text,
  department: Text,
  agent: Text,
  skill: Text,
  rule: Text,
  policy: Text,
  /** Of the claims and the purpose: a Ruling repeats it. */
  digest: Text,
  options: Type.Array(Type.Object({ claims: Type.Array(Type.Object({ kind: Text, quantity: Amount })) })),
  purpose: Text,
  summary: Text,
  class: Text,
  classification: Type.Enum([...CLASSIFICATIONS]),
  durationSeconds: Amount,
  /** The request for the slot. */
  review: Text,
  /** Slots that were sought: three at most. */
  attempt: Amount,
  slot: Type.Union([
    Type.Object({ lease: Text, pool: Text, startsAt: InstantText, endsAt: InstantText }),
    Type.Null(),
  ]),
  ruling: Type.Union([RulingJson, Type.Null()]),
  openedAt: InstantText,
});

export const RulingBody = Type.Object(
  {
    verdict: Type.Enum(['approve', 'reject']),
    /** Told to whoever asked. */
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    digest: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'The digest of the approval as it was read.',
    }),
  },
  { additionalProperties: false },
);

export const RuledView = Type.Object({
  id: Text,
  state: Type.Enum([...APPROVAL_STATES]),
  verdict: Type.Enum(['approve', 'reject']),
});
