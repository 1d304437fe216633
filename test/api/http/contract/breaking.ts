// What a caller of the released contract would miss in the present one: removed routes and fields, new duties, narrower choices.
// Invariant: one line a breach, with the place; what is only added is no breach. Used by breaking.test.ts.

type Json = { readonly [key: string]: unknown };
type Side = 'sent' | 'answered';

interface Pair {
  readonly old: Json;
  readonly now: Json;
}

interface Place {
  readonly pair: Pair;
  readonly side: Side;
  readonly at: string;
}

/** `old` and `now` are whole documents; both are walked with their own references. */
export function breakingChanges(old: Json, now: Json): string[] {
  const documents: Pair = { old, now };
  return routesOf(old).flatMap(([path, method, operation]) => {
    const at = `${method.toUpperCase()} ${path}`;
    const present = recordOf(recordOf(recordOf(now.paths)[path])[method]);
    if (Object.keys(present).length === 0) return [`${at}: the route is gone`];
    const pair = { old: operation, now: present };
    return [
      ...parameterBreaches(pair, documents, at),
      ...bodyBreaches(pair, documents, at),
      ...answerBreaches(pair, documents, at),
    ];
  });
}

function routesOf(document: Json): [string, string, Json][] {
  return Object.entries(recordOf(document.paths)).flatMap(([path, methods]) =>
    Object.entries(recordOf(methods)).map(([method, operation]): [string, string, Json] => [
      path,
      method,
      recordOf(operation),
    ]),
  );
}

function parameterBreaches({ old, now }: Pair, documents: Pair, at: string): string[] {
  const before = parametersOf(old, documents.old);
  const present = parametersOf(now, documents.now);
  const gone = [...before].flatMap(([key, parameter]) => {
    const same = present.get(key);
    if (same === undefined) return [`${at}: the parameter ${key} is gone`];
    const pair = { old: recordOf(parameter.schema), now: recordOf(same.schema) };
    return [
      ...(same.required === true && parameter.required !== true ? [`${at}: ${key} is required now`] : []),
      ...schemaBreaches({ pair, side: 'sent', at: `${at} ${key}` }, documents),
    ];
  });
  const added = [...present].filter(([key, { required }]) => required === true && !before.has(key));
  return [...gone, ...added.map(([key]) => `${at}: the parameter ${key} is required now`)];
}

function parametersOf(operation: Json, document: Json): Map<string, Json> {
  const listed = (operation.parameters ?? []) as Json[];
  return new Map(
    listed.map((each) => follow(each, document)).map((each) => [`${each.in} ${each.name}`, each]),
  );
}

function bodyBreaches({ old, now }: Pair, documents: Pair, at: string): string[] {
  const [before, present] = [recordOf(old.requestBody), recordOf(now.requestBody)];
  if (present.required === true && before.required !== true) return [`${at}: a body is required now`];
  if (old.requestBody === undefined || now.requestBody === undefined) return [];
  return mediaBreaches({ pair: { old: before, now: present }, side: 'sent', at: `${at} body` }, documents);
}

function answerBreaches({ old, now }: Pair, documents: Pair, at: string): string[] {
  const present = recordOf(now.responses);
  return Object.entries(recordOf(old.responses)).flatMap(([status, answer]) => {
    // A problem that cannot be met any more is no loss.
    if (present[status] === undefined)
      return status.startsWith('2') ? [`${at}: it answers ${status} no more`] : [];
    const pair = {
      old: follow(recordOf(answer), documents.old),
      now: follow(recordOf(present[status]), documents.now),
    };
    return mediaBreaches({ pair, side: 'answered', at: `${at} ${status}` }, documents);
  });
}

function mediaBreaches({ pair, side, at }: Place, documents: Pair): string[] {
  const present = recordOf(pair.now.content);
  return Object.entries(recordOf(pair.old.content)).flatMap(([type, media]) => {
    if (present[type] === undefined) return [`${at}: ${type} is gone`];
    const schemas = { old: recordOf(recordOf(media).schema), now: recordOf(recordOf(present[type]).schema) };
    return schemaBreaches({ pair: schemas, side, at }, documents);
  });
}

/** Each variant that there was lives on in one of those that there are: it is held against the one that comes nearest. */
function schemaBreaches({ pair, side, at }: Place, documents: Pair): string[] {
  const old = variantsOf(pair.old, documents.old);
  const now = variantsOf(pair.now, documents.now);
  const nullable = (variants: readonly Json[]) => variants.some(({ type }) => type === 'null');
  return [
    ...(side === 'answered' && nullable(now) && !nullable(old) ? [`${at}: it may be null now`] : []),
    ...old.flatMap((variant) =>
      now
        .map((each) => variantBreaches({ pair: { old: variant, now: each }, side, at }, documents))
        .reduce((least, each) => (each.length < least.length ? each : least)),
    ),
  ];
}

/** Of a union its members, with references followed; anything else is its own only one. */
function variantsOf(value: Json, document: Json): Json[] {
  const schema = follow(value, document);
  const members = schema.anyOf ?? schema.oneOf;
  return Array.isArray(members) ? members.flatMap((each) => variantsOf(recordOf(each), document)) : [schema];
}

function variantBreaches({ pair: { old, now }, side, at }: Place, documents: Pair): string[] {
  return [
    ...(sameType(old, now) ? [] : [`${at}: the type is ${typeOf(now)} and was ${typeOf(old)}`]),
    ...(side === 'sent' ? dutyBreaches({ old, now }, at) : promiseBreaches({ old, now }, at)),
    ...insideBreaches({ pair: { old, now }, side, at }, documents),
  ];
}

function sameType(old: Json, now: Json): boolean {
  return typeOf(old) === typeOf(now) || now.type === undefined || old.type === undefined;
}

function typeOf({ type }: Json): string {
  return [type].flat().sort().join(' or ');
}

/** What a caller has to do more than before. */
function dutyBreaches({ old, now }: Pair, at: string): string[] {
  const before = listOf(old.required);
  const narrowed = listOf(old.enum).filter(
    (choice) => now.enum !== undefined && !listOf(now.enum).includes(choice),
  );
  return [
    ...listOf(now.required)
      .filter((field) => !before.includes(field))
      .map((field) => `${at}/${field}: it is required now`),
    ...(old.enum === undefined && now.enum !== undefined && old.type === 'string'
      ? [`${at}: it is a closed list now`]
      : []),
    ...narrowed.map((choice) => `${at}: ${choice} is no choice any more`),
    ...limitBreaches({ old, now }, at),
  ];
}

function limitBreaches({ old, now }: Pair, at: string): string[] {
  const lower = ['minimum', 'minLength', 'minItems'].filter(
    (limit) => numberOf(now[limit], 0) > numberOf(old[limit], 0),
  );
  const upper = ['maximum', 'maxLength', 'maxItems', 'maxProperties'].filter(
    (limit) => numberOf(now[limit], Infinity) < numberOf(old[limit], Infinity),
  );
  return [...lower, ...upper].map(
    (limit) => `${at}: ${limit} is ${now[limit]} and was ${old[limit] ?? 'open'}`,
  );
}

/** What a reader was promised and gets no more. */
function promiseBreaches({ old, now }: Pair, at: string): string[] {
  const present = listOf(now.required);
  const fields = recordOf(now.properties);
  return listOf(old.required)
    .filter((field) => fields[field] !== undefined && !present.includes(field))
    .map((field) => `${at}/${field}: it may be left out now`);
}

function insideBreaches({ pair: { old, now }, side, at }: Place, documents: Pair): string[] {
  const fields = recordOf(now.properties);
  const inFields = Object.entries(recordOf(old.properties)).flatMap(([field, schema]) => {
    if (fields[field] === undefined) return [`${at}/${field}: the field is gone`];
    const pair = { old: recordOf(schema), now: recordOf(fields[field]) };
    return schemaBreaches({ pair, side, at: `${at}/${field}` }, documents);
  });
  if (old.items === undefined || now.items === undefined) return inFields;
  const pair = { old: recordOf(old.items), now: recordOf(now.items) };
  return [...inFields, ...schemaBreaches({ pair, side, at: `${at}/*` }, documents)];
}

function follow(value: Json, document: Json): Json {
  const { $ref: ref } = value;
  if (typeof ref !== 'string') return value;
  const found = ref
    .slice(2)
    .split('/')
    .reduce<Json>((place, part) => recordOf(place[part]), document);
  return follow(found, document);
}

function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function numberOf(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : absent;
}
