// Ten thousand calls that nobody meant, over every route of the contract: never a fault of ours, every refusal a problem that the
// contract names, every answer what its schema says, and nothing written that was not acknowledged.

import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../api/http/time.ts';
import { operationsOf } from './fuzz/contract.ts';
import { faultsOf } from './fuzz/judge.ts';
import { fuzz } from './fuzz/run.ts';
import { fitting } from './fuzz/values.ts';
import { createWords } from './fuzz/words.ts';
import { anEdge } from './support.ts';

const CASES = 10_000;
const ROUNDS_MAX = 10;

/** A fuzz that is refused at the door each time has tested the door only. */
const WANT = [
  'submitRequest 202',
  'submitBatch 207',
  'listRequests 200',
  'readLease 200',
  'cancelRequest 202',
  'createAgent 201',
  'writeAgent 200',
  'writePool 200',
  'deletePool 204',
];
const WANT_CODES = [
  'BODY_INVALID',
  'DUPLICATE_KEY',
  'QUERY_INVALID',
  'NOT_FOUND',
  'MEDIA_TYPE',
  'TOKEN_EXPIRED',
];

describe('the edge under calls that nobody meant', () => {
  it('answers every one as its contract says', { timeout: 300_000 }, async () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    console.log(`fuzz: seed ${seed}`);
    const successes = new Set<string>();
    const codes = new Set<string>();
    const isUnseen = () => WANT.some((key) => !successes.has(key));
    // Some of them come up once or twice in ten thousand calls, and by chance in none: then it goes on.
    for (let round = 0; round === 0 || (round < ROUNDS_MAX && isUnseen()); round += 1) {
      const run = await fuzz({ cases: CASES, seed: seed + round });
      expect(run.cases).toBeGreaterThanOrEqual(CASES);
      for (const key of run.statuses.keys()) if (/ 2\d\d$/.test(key)) successes.add(key);
      for (const code of run.codes.keys()) codes.add(code);
    }
    expect([...successes]).toEqual(expect.arrayContaining(WANT));
    expect([...codes]).toEqual(expect.arrayContaining(WANT_CODES));
  });
});

describe('the judge of the fuzz', () => {
  const stock = { written: 0, requests: 0 };

  async function judged(change: (response: { statusCode: number; headers: object; body: string }) => object) {
    const edge = await anEdge();
    const [operation] = (await operationsOf(edge)).filter(({ id }) => id === 'readLease');
    const real = await edge.call({ method: 'GET', url: '/v1/leases/none' });
    const { statusCode, headers, body } = real;
    const response = { statusCode, headers, body, json: () => JSON.parse(body), ...change(real) };
    return faultsOf({ operation: operation!, response: response as never, before: stock, after: stock });
  }

  it('finds nothing in what the edge answers', async () => {
    expect(await judged(() => ({}))).toEqual([]);
  });

  it.each([
    ['a fault of ours', { statusCode: 500 }, 'NOT_FOUND as 500'],
    ['another type', { headers: { 'content-type': 'text/html' } }, '404 as text/html'],
    [
      'a status that the contract does not name',
      { statusCode: 201 },
      'the contract of readLease does not name 201',
    ],
    [
      'an answer without its fields',
      { statusCode: 200, headers: { 'content-type': 'application/json' }, json: () => ({}) },
      "200: data must have required property 'id'",
    ],
  ])('finds %s', async (_name, change, wantFault) => {
    expect((await judged(() => change)).join('; ')).toContain(wantFault);
  });

  it('finds a refusal that wrote, and an act that wrote twice', async () => {
    const edge = await anEdge();
    const operations = await operationsOf(edge);
    const operation = operations.find(({ id }) => id === 'submitRequest')!;
    const refused = await edge.call({ method: 'POST', url: '/v1/requests', body: {} });
    const two = { written: 2, requests: 2 };
    expect(faultsOf({ operation, response: refused, before: stock, after: two })).toEqual([
      'refused, and yet written',
    ]);
  });
});

describe('a value that is drawn to fit', () => {
  it('fits, for the body of every operation', async () => {
    const edge = await anEdge();
    const formats = { 'date-time': (text: string) => parseInstant(text) !== null };
    const ajv = new Ajv({ strict: false, formats });
    for (const { id, body } of await operationsOf(edge)) {
      if (body === null) continue;
      const validate = ajv.compile(body);
      fc.assert(
        fc.property(fitting(body, createWords()), (value) => {
          expect([id, validate(value), validate.errors]).toEqual([id, true, null]);
        }),
        { numRuns: 50 },
      );
    }
  });
});
