// Words that the schemas of tick files share: objects without unknown fields, units, instants, ids.
// Invariant: each says its limits once. Called by tickFileSchema.ts and tickFileConfiguration.ts.

import { CLASSIFICATIONS } from './domain/configuration.ts';

export type Schema = Readonly<Record<string, unknown>>;

export function object(
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

export function list(items: Schema, limits: Schema = {}): Schema {
  return { type: 'array', items, ...limits };
}

export function recordOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

export const units: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
export const atLeastOne: Schema = { ...units, minimum: 1 };
export const percent: Schema = { type: 'integer', minimum: 0, maximum: 100 };
/** Milliseconds since the Unix epoch, in the years that calendars can mean. */
export const instant: Schema = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 };
export const text: Schema = { type: 'string', maxLength: 4096 };
export const id: Schema = { type: 'string', minLength: 1, maxLength: 200 };
export const label: Schema = { anyOf: [text, list(text)] };
export const classification: Schema = { enum: [...CLASSIFICATIONS] };
