// Two thousand bodies that nobody meant: never a fault of ours, and every refusal a problem of the catalogue.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PROBLEMS, type ProblemDocument } from '../../../api/errors.ts';
import { aLease, anEdge, aSubmission, type Edge } from './support.ts';

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

const WHOLE = aSubmission({
  options: [
    {
      claims: [{ kind: 'gpu', quantity: 2, selector: { model: ['a100', 'h100'] }, prefer: [{ zone: 'a' }] }],
    },
    {
      claims: [
        { kind: 'review', quantity: 1, window: { from: '2026-11-24T00:00:00Z', to: '2026-11-25T00:00:00Z' } },
      ],
    },
  ],
  terms: {
    class: 'batch',
    durationSeconds: 60,
    preemptible: false,
    classification: 'public',
    purpose: 'p',
    summary: 's',
    deadline: '2026-12-01T00:00:00Z',
  },
});
const PATHS = pathsOf(WHOLE).filter((path) => path.length > 0);

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '7',
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    2 ** 53 - 1,
    9,
    [],
    {},
    [[]],
    { a: 1 },
    '__proto__',
    'a100',
    'gpu',
  ),
  fc.constantFrom(
    '\0',
    '\ud800',
    'x'.repeat(5000),
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '1970-01-01T00:00:00Z',
    '{{',
    '%00',
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
);

/** One change somewhere in a good body: a value replaced, a field dropped, a field added. */
const mutation = fc.record({
  path: fc.constantFrom(...PATHS),
  how: fc.constantFrom('replace', 'drop', 'add'),
  value: junk,
  name: fc.string({ maxLength: 12 }),
});

function mutate(
  document: unknown,
  { path, how, value, name }: { path: Path; how: string; value: unknown; name: string },
): void {
  let parent = document as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    const next = parent[key];
    if (typeof next !== 'object' || next === null) return;
    parent = next as Record<string | number, unknown>;
  }
  const key = path.at(-1) as string | number;
  if (how === 'drop') delete parent[key];
  // A list has no fields to add, and its length is none that a text can set.
  else if (how === 'add' && Array.isArray(parent)) parent.push(value);
  else
    Object.defineProperty(parent, how === 'add' ? name : key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

const mutated = fc.array(mutation, { minLength: 1, maxLength: 3 }).map((mutations) => {
  const document = structuredClone(WHOLE);
  for (const each of mutations) mutate(document, each);
  return JSON.stringify(document);
});

/** A good body with a piece of its text cut out, repeated or replaced. */
const torn = fc
  .record({
    at: fc.nat(400),
    cut: fc.nat(20),
    put: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '{',
        '}',
        '"',
        ',',
        '[[[[',
        '\\u0000',
        '\\ud800',
        '1e999',
        '-0',
        '"a":1,"a":2',
        '"__proto__":{}',
      ),
    ),
  })
  .map(({ at, cut, put }) => {
    const text = JSON.stringify(WHOLE);
    return text.slice(0, at) + put + text.slice(at + cut);
  });
const body = fc.oneof(
  // Untouched now and then: who is refused each time has seen the door only.
  { weight: 1, arbitrary: fc.constant(JSON.stringify(WHOLE)) },
  { weight: 5, arbitrary: mutated },
  { weight: 3, arbitrary: torn },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
const url = fc.constantFrom(
  '/v1/requests',
  '/v1/requests',
  '/v1/requests',
  '/v1/requests/batch',
  '/v1/leases/lse_00000001_000/extend',
  '/v1/leases/lse_00000001_000/heartbeat',
  '/v1/leases/lse_00000001_000/release',
);

async function check(edge: Edge, call: { url: string; raw: string }): Promise<number> {
  const raw = call.url.endsWith('/batch') ? `{"items":[${call.raw}]}` : call.raw;
  const response = await edge.call({ method: 'POST', url: call.url, raw });
  const problems =
    response.statusCode === 207
      ? response.json().items.map((item: { problem?: ProblemDocument }) => item.problem)
      : [response.json()];
  expect(response.statusCode).toBeLessThan(500);
  for (const problem of problems as (ProblemDocument | undefined)[]) {
    if (problem?.code === undefined) continue;
    expect(PROBLEMS[problem.code].status).toBe(problem.status);
    expect(problem.status).toBeLessThan(500);
  }
  return response.statusCode;
}

it('no body makes the edge fail, and every refusal is in the catalogue', async () => {
  const edge = await anEdge();
  const lease = aLease();
  edge.store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: null });
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(url, body, async (path, raw) => {
      const status = await check(edge, { url: path, raw });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }),
    { numRuns: 2000 },
  );
  // A fuzz that is refused at the door each time has tested the door only.
  expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([202, 207, 400, 422]));
});

it('no query makes the edge fail', async () => {
  const edge = await anEdge();
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'limit',
      'after',
      'state',
      'kind',
      '5',
      '0',
      'granted',
      '__proto__',
      '%',
      '%00',
      '&',
      '=',
      '[]',
      '%f0%28%8c%28',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('requests', 'leases', 'pools', 'ticks'),
      fc.array(piece, { maxLength: 6 }),
      async (noun, pieces) => {
        const query = pieces
          .map((text) => encodeURI(text.toWellFormed()).replaceAll('%25', '%').replaceAll('#', ''))
          .join('');
        const response = await edge.call({ method: 'GET', url: `/v1/${noun}?${query}` });
        expect(response.statusCode).toBeLessThan(500);
      },
    ),
    { numRuns: 500 },
  );
});
