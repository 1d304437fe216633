// Values for a JSON Schema of ours: those that fit it, and those that a careless or hostile caller sends instead.
// Invariant: a fitting value fits (the test of this file validates it); names are drawn from what the organisation and earlier
// answers said, so that calls get past the door.

import fc from 'fast-check';
import type { Schema } from './contract.ts';
import type { Words } from './words.ts';

const VISIBLE = /^\^\[!-~\]\{1,(\d+)\}\$$/;
const RARE = { weight: 1 };
const COMMON = { weight: 6 };

/** `field` is the name of the property or parameter that the value is for. */
export function fitting(schema: Schema, words: Words, field = ''): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.anyOf))
    return fc.oneof(...(schema.anyOf as Schema[]).map((each) => fitting(each, words, field)));
  const [type] = [schema.type].flat();
  switch (type) {
    case 'object':
      return objects(schema, words, field);
    case 'array':
      return arrays(schema, words, field);
    case 'string':
      // A list where either is allowed, now and then.
      return [schema.type].flat().includes('array')
        ? fc.oneof(
            { ...COMMON, arbitrary: texts(schema, words, field) },
            { ...RARE, arbitrary: arrays(schema, words, field) },
          )
        : texts(schema, words, field);
    case 'integer':
    case 'number':
      return integers(schema, words, field);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objects(schema: Schema, words: Words, field: string): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const required = (schema.required ?? []) as string[];
  const fields = Object.fromEntries(properties.map(([name, inner]) => [name, fitting(inner, words, name)]));
  const requiredKeys = required.filter((name) => name in fields);
  const least = Object.fromEntries(requiredKeys.map((name) => [name, fields[name]!]));
  // With half of many options in, hardly anything would make sense as a whole.
  const named = fc.oneof(fc.record(least), fc.record(fields, { requiredKeys }));
  const { minProperties, maxProperties } = schema as { minProperties?: number; maxProperties?: number };
  const [byPattern] = Object.entries((schema.patternProperties ?? {}) as Record<string, Schema>);
  if (byPattern !== undefined) {
    const [pattern, valueSchema] = byPattern;
    const keys = fc.stringMatching(new RegExp(pattern)).filter((key) => key !== '__proto__');
    const sizes = {
      minKeys: minProperties ?? 0,
      maxKeys: Math.min(maxProperties ?? 2, (minProperties ?? 0) + 2),
    };
    return fc.dictionary(keys, fitting(valueSchema, words, ''), sizes);
  }
  if (maxProperties !== undefined && properties.length >= maxProperties)
    return fc
      .subarray(Object.keys(fields), { minLength: minProperties ?? 0, maxLength: maxProperties })
      .chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, fields[name]!]))));
  if (typeof schema.additionalProperties !== 'object') return named;
  const inner = fitting(schema.additionalProperties as Schema, words, 'label');
  const names = fc.oneof(
    { ...COMMON, arbitrary: fc.constantFrom(...words.of('labels', isName), 'zone') },
    { ...RARE, arbitrary: fc.constantFrom(...words.known().filter(isName), 'zone') },
  );
  return fc.dictionary(names, inner, { maxKeys: field === 'prefer' ? 1 : 2 });
}

const isName = (word: unknown): word is string =>
  typeof word === 'string' && word.length >= 1 && word.length <= 63 && word !== '__proto__';

function arrays(schema: Schema, words: Words, field: string): fc.Arbitrary<unknown> {
  const inner = fitting((schema.items ?? {}) as Schema, words, field);
  const least = (schema.minItems as number | undefined) ?? 0;
  const sizes = { minLength: least, maxLength: Math.min((schema.maxItems as number) ?? 3, least + 2) };
  return schema.uniqueItems === true
    ? fc.uniqueArray(inner, { ...sizes, comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b) })
    : fc.array(inner, sizes);
}

function texts(schema: Schema, words: Words, field: string): fc.Arbitrary<unknown> {
  const {
    pattern,
    format,
    minLength = 0,
    maxLength = 200,
  } = schema as {
    pattern?: string;
    format?: string;
    minLength?: number;
    maxLength?: number;
  };
  if (format === 'date-time') return instants;
  const fits = (word: unknown): word is string =>
    typeof word === 'string' &&
    word.length >= minLength &&
    word.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern).test(word));
  const free =
    pattern === undefined
      ? fc.string({ minLength, maxLength: Math.min(maxLength, 24) })
      : fc.stringMatching(new RegExp(VISIBLE.test(pattern) ? '^[!-~]{1,20}$' : pattern));
  const [ofField, known] = [words.of(field, fits), words.known().filter(fits)];
  // Used keys are refused before anything else is looked at.
  const weight = field === 'clientRequestId' ? 1 : 12;
  return fc.oneof(
    ...(ofField.length === 0 ? [] : [{ weight, arbitrary: fc.constantFrom(...ofField) }]),
    ...(known.length === 0 ? [] : [{ ...RARE, arbitrary: fc.constantFrom(...known) }]),
    { weight: field === 'clientRequestId' ? 12 : 1, arbitrary: free },
  );
}

/** 2020 to 2050: around any `now` of a test, mostly after it. */
const instants = fc
  .oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1_577_836_800, max: 1_763_000_000 }) },
    { weight: 4, arbitrary: fc.integer({ min: 1_798_000_000, max: 2_524_600_000 }) },
  )
  .map((seconds) => new Date(seconds * 1000).toISOString());

function integers(schema: Schema, words: Words, field: string): fc.Arbitrary<unknown> {
  const min = (schema.minimum as number | undefined) ?? 0;
  const max = (schema.maximum as number | undefined) ?? Number.MAX_SAFE_INTEGER;
  const fits = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
  const ofField = words.of(field, fits);
  return fc.oneof(
    ...(ofField.length === 0 ? [] : [{ ...COMMON, arbitrary: fc.constantFrom(...ofField) }]),
    { ...COMMON, arbitrary: fc.integer({ min, max: Math.min(max, min + 9) }) },
    { ...RARE, arbitrary: fc.maxSafeInteger().map((value) => Math.min(max, Math.max(min, Math.abs(value)))) },
  );
}

/** What nobody means: wrong types, the ends of every range, text that breaks readers. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '7', 0, -1, 1.5, 1e308, 2 ** 53, 2 ** 53 - 1, [], {}, [[]], {
    a: 1,
  }),
  fc.constantFrom(
    '\0',
    '\ud800',
    'x'.repeat(5000),
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '__proto__',
    'constructor',
    "'; --",
    '../../etc',
    '%00',
    '\u202e',
    '𝕏'.repeat(70),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.double(),
);

interface Change {
  readonly at: number;
  readonly how: 'replace' | 'drop' | 'add' | 'repeat';
  readonly value: unknown;
  readonly name: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(1000),
  how: fc.constantFrom('replace', 'drop', 'add', 'repeat'),
  value: junk,
  name: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('__proto__', 'toString', 'id', 'department')),
});

/** The text of a value that fits, or one that nearly does: up to three places changed, or its text torn. */
export function nearly(schema: Schema, words: Words, field = ''): fc.Arbitrary<string> {
  const good = fitting(schema, words, field);
  const changed = fc
    .tuple(good, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => JSON.stringify(changes.reduce(applied, structuredClone(value))) ?? 'null');
  const torn = fc
    .record({ value: good, at: fc.nat(400), cut: fc.nat(12), put: pieces })
    .map(({ value, at, cut, put }) => {
      const text = JSON.stringify(value) ?? 'null';
      return text.slice(0, at) + put + text.slice(at + cut);
    });
  return fc.oneof(
    { weight: 4, arbitrary: good.map((value) => JSON.stringify(value) ?? 'null') },
    { weight: 4, arbitrary: changed },
    { weight: 2, arbitrary: torn },
    { weight: 1, arbitrary: doubled(good) },
    { weight: 1, arbitrary: fc.oneof(fc.json(), fc.string({ unit: 'binary' }), oddities) },
  );
}

const pieces = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('{', '}', '"', ',', '[[[[', '\\u0000', '\\ud800', '1e999', '-0', '1.0', '"__proto__":{}'),
);

const oddities = fc.constantFrom(
  '',
  ' ',
  'null',
  '[]',
  '{}',
  '\ufeff{}',
  '[',
  '['.repeat(3000),
  `[${'1,'.repeat(2000)}1]`,
  '{"a":{"a":{"a":{"a":{}}}}}',
  `"${'x'.repeat(300_000)}"`,
);

/** Every key of the outermost object twice, as raw text: which of two counts would depend on the reader. */
function doubled(good: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return good.map((value) => {
    const text = JSON.stringify(value) ?? 'null';
    return text.startsWith('{') && text.length > 2 ? `${text.slice(0, -1)},${text.slice(1)}` : text;
  });
}

function applied(value: unknown, { at, how, value: drawn, name }: Change): unknown {
  // A copy: what is drawn from a list of constants is shared, and may be changed by the next change.
  const put = structuredClone(drawn);
  const places = containersOf(value);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return put;
  const keys = Object.keys(place);
  const key = keys[at % Math.max(1, keys.length)] ?? name;
  if (how === 'drop') Reflect.deleteProperty(place, key);
  else if (how === 'repeat' && Array.isArray(place)) place.push(...place, ...place);
  else {
    const target = how === 'add' ? name : key;
    if (Array.isArray(place)) place.push(put);
    else
      Object.defineProperty(place, target, {
        value: put,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return value;
}

function containersOf(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(containersOf)];
}
