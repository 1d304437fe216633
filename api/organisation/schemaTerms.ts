// Words that the schemas of an organisation file share: ids, amounts, times.
// Invariant: each says its limits once. Called by schema.ts and schemaPools.ts.

import { Type } from 'typebox';
import { CLASSIFICATIONS } from '../../scheduler/index.ts';

// The same characters as SLUG of scheduler/, which also serves ids that are no file's.
export const slug = (description: string) =>
  Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$', description });

export const amount = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const positive = (description: string) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });

/** Of one node: so that all nodes of a pool stay exact together. */
export const nodeAmount = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 100_000_000, description });

/** Ten years: every instant that follows from now stays one that can be written as a date. */
export const SECONDS_MAX = 3660 * 86_400;

export const seconds = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: SECONDS_MAX, description });

export const title = Type.String({ minLength: 1, maxLength: 120, description: 'Name for people.' });

export const closed = { additionalProperties: false } as const;

export const classification = (description: string) => Type.Enum([...CLASSIFICATIONS], { description });

export const slugs = (description: string) =>
  Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$' }), { uniqueItems: true, description });

/** A text or a list of texts. Written as one type list: `anyOf` would report every mistake once per branch. */
export const labelValue = Type.Unsafe<string | string[]>({
  type: ['string', 'array'],
  minLength: 1,
  maxLength: 128,
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 128 },
});

export const instant = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}Z$', description });

export const clock = (description: string) =>
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$', description });
