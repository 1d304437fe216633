// Calls of one operation: its path, query, headers, caller and body, each as meant or as nobody would mean it.
// Invariant: what is drawn is data (a fuzzed call prints as JSON and can be sent again).

import fc from 'fast-check';
import { reachOf } from '../../../../api/http/permissions.ts';
import type { Role } from '../../../../scheduler/index.ts';
import type { Operation, Parameter } from './contract.ts';
import { junk, nearly } from './values.ts';
import { nounOf, type Words } from './words.ts';

export interface FuzzCall {
  readonly method: Operation['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const CALLERS = [
  // What there is belongs to this one.
  'agent:research:forge-01',
  'agent:research:forge-01',
  'agent:research:forge-01',
  'agent:research:anvil-01',
  'agent:sales:scout-01',
  'operator:research',
  'administrator:research',
  'department-head:research',
  'reviewer:sales',
  'policy-author:research',
  'auditor:sales',
];
const STRANGERS = ['expired', 'forged', 'malformed', 'wrongAudience', 'unknownAgent', 'king:nowhere', ''];

export function callsOf(operation: Operation, words: Words): fc.Arbitrary<FuzzCall> {
  return fc
    .record({
      path: paths(operation, words),
      query: queries(operation, words),
      headers: headersOf(operation, words),
      body: operation.body === null ? strayBody(operation) : nearly(operation.body, words),
    })
    .map(({ path, query, headers, body }) => ({
      method: operation.method,
      url: query === '' ? path : `${path}?${query}`,
      headers: body === null ? headers : { 'content-type': 'application/json', ...headers },
      body,
    }));
}

/** One call in eight has it. */
function seldom<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

/** A body where none is expected. */
function strayBody({ method }: Operation): fc.Arbitrary<string | null> {
  return method === 'GET' ? fc.constant(null) : seldom(fc.constantFrom('{}', 'null', '{"a":1}', 'x'));
}

const encoded = (text: string) => encodeURIComponent(text.toWellFormed());

function paths({ path, parameters }: Operation, words: Words): fc.Arbitrary<string> {
  const names = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name);
  const parts = names.map((name) => pathPart(name === 'id' ? `id of ${nounOf(path)}` : name, words));
  return fc
    .tuple(...parts)
    .map((drawn) =>
      names.reduce((made, name, index) => made.replace(`{${name}}`, () => drawn[index] ?? ''), path),
    );
}

const isWord = (value: unknown): value is string | number => typeof value !== 'object';

function pathPart(field: string, words: Words): fc.Arbitrary<string> {
  const ofField = words.of(field, isWord).map(String);
  return fc.oneof(
    ...(ofField.length === 0 ? [] : [{ weight: 12, arbitrary: fc.constantFrom(...ofField).map(encoded) }]),
    { weight: 1, arbitrary: fc.constantFrom('none', ...words.known()).map(encoded) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map(encoded) },
    { weight: 1, arbitrary: ODD_PARTS },
  );
}

const ODD_PARTS = fc.constantFrom(
  '',
  '%',
  '%00',
  '%2e%2e',
  '..',
  'x'.repeat(101),
  'x'.repeat(600),
  '%f0%28',
  'req_',
  '0',
);

function queries({ parameters }: Operation, words: Words): fc.Arbitrary<string> {
  const known = parameters.filter(({ in: place }) => place === 'query');
  const wrong = fc
    .tuple(
      fc.constantFrom(
        'limit',
        'after',
        'state',
        'dryRun',
        '__proto__',
        'x',
        ...known.map(({ name }) => name),
      ),
      junk,
    )
    .map(([name, value]) => `${encoded(name)}=${encoded(textOf(value))}`);
  const torn = fc.constantFrom(
    '%',
    '=',
    '&&',
    'limit',
    'limit=%zz',
    'a[]=1',
    'limit=1&limit=2',
    '%00=1',
    'after=%f0%28',
  );
  const right = fc
    .subarray(known.map((parameter) => pair(parameter, words)))
    .chain((pairs) => fc.tuple(...pairs));
  return fc
    .tuple(right, seldom(fc.oneof(wrong, torn)))
    .map(([pairs, extra]) => [...pairs, ...(extra === null ? [] : [extra])].join('&'));
}

function pair({ name, schema }: Parameter, words: Words): fc.Arbitrary<string> {
  return nearly(schema, words, name).map((text) => {
    const value = asText(text);
    return `${encoded(name)}=${encoded(value)}`;
  });
}

function asText(json: string): string {
  try {
    return textOf(JSON.parse(json));
  } catch {
    return json;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** Node refuses to send what no client can: line ends, and letters beyond one byte. */
const headerText = fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[^\t\x20-\x7e]/g, '.'));
const MEDIA = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/json;charset="UTF-8"',
  'x',
  'application/xml',
];

const ANY = fc.constant('*');
const OWN_DRAW = ['Prefer', 'If-Match', 'If-None-Match'];

function may(caller: string, { action }: Operation): boolean {
  const [role] = caller.split(':') as [Role];
  return action === 'public' || reachOf(role, action) !== 'none';
}

function headersOf(operation: Operation, words: Words): fc.Arbitrary<Record<string, string>> {
  const bearer = (callers: readonly string[]) =>
    fc.constantFrom(...callers).map((caller) => `Bearer ${caller}`);
  const authorization = fc.oneof(
    { weight: 16, arbitrary: bearer(CALLERS.filter((caller) => may(caller, operation))) },
    { weight: 4, arbitrary: bearer(CALLERS) },
    { weight: 1, arbitrary: bearer(STRANGERS) },
    { weight: 1, arbitrary: headerText },
  );
  const own = operation.parameters
    .filter(({ in: place, name }) => place === 'header' && !OWN_DRAW.includes(name))
    .map(({ name }): [string, fc.Arbitrary<string>] => [
      name.toLowerCase(),
      fc.oneof(headerText, fc.constantFrom('*', '"x"', 'key-1', 'key-2', ...words.known().slice(0, 20))),
    ]);
  // A wait that is granted would take its seconds: the hub's own tests wait.
  const prefer = fc.constantFrom('wait=0', 'wait=-1', 'wait=x', 'respond-async', 'wait=');
  const optional = fc.record(
    {
      ...Object.fromEntries(own),
      prefer,
      accept: fc.constantFrom('application/json', 'text/csv', 'text/event-stream', '*/*', 'x'),
    },
    { requiredKeys: [] },
  );
  // Both at once are refused, and neither where one is needed.
  const conditions = fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 6, arbitrary: fc.record({ 'if-match': fc.oneof(headerText, ANY, ANY, fc.constant('"1"')) }) },
    { weight: 3, arbitrary: fc.record({ 'if-none-match': fc.oneof(ANY, headerText) }) },
    { weight: 1, arbitrary: fc.record({ 'if-match': ANY, 'if-none-match': ANY }) },
  );
  const media = seldom(fc.constantFrom(...MEDIA));
  return fc.tuple(authorization, optional, media, conditions).map(([who, others, type, condition]) => ({
    ...condition,
    ...(Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >),
    authorization: who,
    ...(type === null ? {} : { 'content-type': type }),
  }));
}
