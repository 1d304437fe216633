// From the schemas that check calls to the schemas that a contract shows: shared shapes become components, by what they are.
// Invariant: nothing is described twice; a shape is a component when it is exported by a schema module, and equal in every word.
// Called by openapi.ts and asyncapi.ts.

import * as events from '../schemas/events.ts';
import * as submission from '../schemas/submission.ts';
import * as views from '../schemas/views.ts';
import type { JsonSchema } from './routes.ts';

const SUFFIX = /(?:View|Json|Body)$/;

/** Text of a shape -> its name. Made once: schemas do not change. */
const NAMES: ReadonlyMap<string, string> = new Map(
  [views, submission, events].flatMap((module) =>
    Object.entries(module).flatMap(([name, schema]): [string, string][] =>
      isShape(schema) ? [[JSON.stringify(schema), name.replace(SUFFIX, '')]] : [],
    ),
  ),
);

function isShape(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && 'properties' in value;
}

export interface Components {
  /** The schema with references where it uses a component. */
  readonly refer: (schema: object) => JsonSchema;
  /** Those that were referred to, by name. */
  readonly used: () => Record<string, JsonSchema>;
}

export function createComponents(): Components {
  const used = new Map<string, JsonSchema>();
  const refer = (schema: object): JsonSchema => {
    const text = JSON.stringify(schema);
    const name = NAMES.get(text);
    if (name === undefined) return inner(JSON.parse(text));
    if (!used.has(name)) {
      // Noted before it is walked: a shape that holds itself ends here.
      used.set(name, {});
      used.set(name, inner(JSON.parse(text)));
    }
    return { $ref: `#/components/schemas/${name}` };
  };
  const inner = (schema: JsonSchema): JsonSchema => shown(mapValues(schema, (value) => walk(value, refer)));
  return { refer, used: () => sorted(Object.fromEntries(used)) };
}

function walk(value: unknown, refer: (schema: object) => JsonSchema): unknown {
  if (Array.isArray(value)) return value.map((each) => walk(each, refer));
  return typeof value === 'object' && value !== null ? refer(value) : value;
}

/** `instant` is our stricter reading of RFC 3339; a list of texts is said to be of texts. */
function shown(schema: JsonSchema): JsonSchema {
  if (schema.format === 'instant') return { ...schema, format: 'date-time' };
  const { enum: choices } = schema;
  if (Array.isArray(choices) && choices.every((choice) => typeof choice === 'string'))
    return { type: 'string', ...schema };
  return schema;
}

function mapValues(schema: JsonSchema, change: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, change(value)]));
}

/** By name, in code units, so that the order of use does not show in a committed file. */
export function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
