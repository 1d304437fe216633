// What callers get wrong, each with the problem that they are told. Nothing wrong is written, and nothing wrong is a fault of ours.

import { describe, expect, it } from 'vitest';
import { AS_SCOUT, anEdge, aSubmission, type Call, expectProblem } from './support.ts';

const SUBMIT = { method: 'POST', url: '/v1/requests' } as const;

const claim = (fields: object) =>
  aSubmission({ options: [{ claims: [{ kind: 'gpu', quantity: 1, ...fields }] }] });
const terms = (fields: object) =>
  aSubmission({ terms: { class: 'standard', durationSeconds: 60, ...fields } });
const without = (name: string) => {
  const { [name]: _left, ...rest } = aSubmission();
  return rest;
};
const rawQuantity = (text: string) => JSON.stringify(claim({ quantity: 777 })).replace('777', text);

describe('a body that does not fit', () => {
  it.each([
    ['no clientRequestId', without('clientRequestId'), '/clientRequestId', 'missing'],
    ['no options', without('options'), '/options', 'missing'],
    ['no terms', without('terms'), '/terms', 'missing'],
    ['an empty clientRequestId', aSubmission({ clientRequestId: '' }), '/clientRequestId', 'format'],
    ['a clientRequestId with a space', aSubmission({ clientRequestId: 'a b' }), '/clientRequestId', 'format'],
    [
      'a clientRequestId of 201 characters',
      aSubmission({ clientRequestId: 'a'.repeat(201) }),
      '/clientRequestId',
      'format',
    ],
    ['a numeric clientRequestId', aSubmission({ clientRequestId: 7 }), '/clientRequestId', 'type'],
    ['an unknown field', aSubmission({ department: 'sales' }), '/department', 'unknown'],
    ['an unknown field of a claim', claim({ pool: 'gpu-a100' }), '/options/0/claims/0/pool', 'unknown'],
    ['"7" for 7', claim({ quantity: '7' }), '/options/0/claims/0/quantity', 'type'],
    ['a quantity of 0', claim({ quantity: 0 }), '/options/0/claims/0/quantity', 'range'],
    ['a quantity of 2^53', claim({ quantity: 2 ** 53 }), '/options/0/claims/0/quantity', 'range'],
    ['a quantity that is null', claim({ quantity: null }), '/options/0/claims/0/quantity', 'type'],
    ['an empty kind', claim({ kind: '' }), '/options/0/claims/0/kind', 'length'],
    ['a selector that is a list', claim({ selector: ['a100'] }), '/options/0/claims/0/selector', 'type'],
    [
      'a selector with a number',
      claim({ selector: { model: 100 } }),
      '/options/0/claims/0/selector/model',
      'type',
    ],
    [
      'an empty list in a selector',
      claim({ selector: { model: [] } }),
      '/options/0/claims/0/selector/model',
      'length',
    ],
    ['no claims', aSubmission({ options: [{ claims: [] }] }), '/options/0/claims', 'length'],
    [
      '17 options',
      aSubmission({ options: Array(17).fill({ claims: [{ kind: 'gpu', quantity: 1 }] }) }),
      '/options',
      'length',
    ],
    [
      '17 claims',
      aSubmission({ options: [{ claims: Array(17).fill({ kind: 'gpu', quantity: 1 }) }] }),
      '/options/0/claims',
      'length',
    ],
    ['"true" for true', terms({ preemptible: 'true' }), '/terms/preemptible', 'type'],
    ['an unknown classification', terms({ classification: 'secret' }), '/terms/classification', 'choice'],
    ['a summary of two lines', terms({ summary: 'a\nb' }), '/terms/summary', 'format'],
    ['a summary of 201 characters', terms({ summary: 'a'.repeat(201) }), '/terms/summary', 'length'],
    ['a deadline without an offset', terms({ deadline: '2026-12-01T00:00:00' }), '/terms/deadline', 'format'],
    ['a deadline in milliseconds', terms({ deadline: 1_795_424_400_000 }), '/terms/deadline', 'type'],
    ['a list', [aSubmission()], '', 'type'],
    ['null', null, '', 'type'],
  ])('with %s is refused at its place', async (_name, body, wantPointer, wantCode) => {
    const { call, store } = await anEdge();
    const problem = expectProblem(await call({ ...SUBMIT, body }), 'BODY_INVALID');
    expect(problem.errors).toContainEqual(expect.objectContaining({ pointer: wantPointer, code: wantCode }));
    expect(store.written).toEqual([]);
  });

  it('names all its wrong places at once, with what is allowed', async () => {
    const { call } = await anEdge();
    const body = aSubmission({
      colour: 'red',
      terms: { class: 'standard', durationSeconds: 0, classification: 'secret' },
    });
    const problem = expectProblem(await call({ ...SUBMIT, body }), 'BODY_INVALID');
    expect(problem.errors.map(({ pointer, allowed }) => ({ pointer, allowed }))).toEqual([
      { pointer: '/colour', allowed: ['clientRequestId', 'options', 'terms'] },
      { pointer: '/terms/durationSeconds', allowed: undefined },
      { pointer: '/terms/classification', allowed: ['public', 'internal', 'confidential', 'restricted'] },
    ]);
  });

  it('names only its first wrong place when it is long, whose list would cost more than the body', async () => {
    const { call } = await anEdge();
    const body = aSubmission({ options: Array(900).fill({ claims: [{}, {}, {}] }) });
    const response = await call({ ...SUBMIT, body });
    expect(expectProblem(response, 'BODY_INVALID').errors).toHaveLength(1);
  });
});

describe('a body that is no proper JSON', () => {
  it.each([
    ['cut off', JSON.stringify(aSubmission()).slice(0, -2), 'MALFORMED_JSON'],
    ['with a fractional quantity', rawQuantity('1.5'), 'NUMBER_INVALID'],
    ['with a negative quantity', rawQuantity('-1'), 'NUMBER_INVALID'],
    ['with an infinite quantity', rawQuantity('1e400'), 'NUMBER_INVALID'],
    ['with a quantity that rounds to a whole number', rawQuantity('9007199254740991.4'), 'NUMBER_INVALID'],
    ['with a quantity that rounds to 2^53', rawQuantity('9007199254740993'), 'BODY_INVALID'],
    ['with NaN', rawQuantity('NaN'), 'NUMBER_INVALID'],
    ['with a key twice', rawQuantity('1,"quantity":2'), 'DUPLICATE_KEY'],
    ['with __proto__', rawQuantity('1,"__proto__":{}'), 'FORBIDDEN_KEY'],
    ['with a NUL character', JSON.stringify(terms({ purpose: 'a\0b' })), 'TEXT_INVALID'],
    ['with half a surrogate pair', JSON.stringify(terms({ purpose: 'a\ud800b' })), 'TEXT_INVALID'],
    [
      'nested too deeply',
      JSON.stringify(aSubmission()).replace('"train-7"', '['.repeat(30) + ']'.repeat(30)),
      'TOO_DEEP',
    ],
    ['of 300 KB', JSON.stringify(aSubmission({ padding: 'a'.repeat(300_000) })), 'BODY_TOO_LARGE'],
  ] as const)('%s is refused', async (_name, raw, wantCode) => {
    const { call, store } = await anEdge();
    expectProblem(await call({ ...SUBMIT, raw }), wantCode);
    expect(store.written).toEqual([]);
  });

  it('is refused when it is not declared as JSON in UTF-8', async () => {
    const { call } = await anEdge();
    const raw = JSON.stringify(aSubmission());
    for (const type of [
      'text/plain',
      'application/xml',
      'application/json; charset=latin1',
      'multipart/form-data; boundary=x',
      'nonsense',
    ]) {
      expectProblem(await call({ ...SUBMIT, raw, headers: { 'content-type': type } }), 'MEDIA_TYPE');
    }
    const declared = await call({
      ...SUBMIT,
      raw,
      headers: { 'content-type': 'application/json; charset="UTF-8"' },
    });
    expect(declared.statusCode).toBe(202);
  });
});

describe('an address or a parameter that is wrong', () => {
  it.each<[string, Call, Parameters<typeof expectProblem>[1]]>([
    ['an unknown path', { method: 'GET', url: '/v1/secrets' }, 'ROUTE_NOT_FOUND'],
    ['the path without its version', { method: 'GET', url: '/requests' }, 'ROUTE_NOT_FOUND'],
    ['another method', { method: 'DELETE', url: '/v1/requests' }, 'ROUTE_NOT_FOUND'],
    ['a trailing slash', { method: 'GET', url: '/v1/requests/' }, 'NOT_FOUND'],
    ['a broken escape', { method: 'GET', url: '/v1/requests/%zz' }, 'URL_MALFORMED'],
    [
      'an id of 5,000 characters',
      { method: 'GET', url: `/v1/requests/${'a'.repeat(5000)}` },
      'ROUTE_NOT_FOUND',
    ],
    ['an id with SQL', { method: 'GET', url: "/v1/requests/req_'%20or%201=1--" }, 'NOT_FOUND'],
    ['an id with NUL', { method: 'GET', url: '/v1/pools/%00' }, 'NOT_FOUND'],
    ['an id that walks', { method: 'GET', url: '/v1/leases/..%2f..%2fetc%2fpasswd' }, 'NOT_FOUND'],
    ['a limit of 0', { method: 'GET', url: '/v1/requests?limit=0' }, 'QUERY_INVALID'],
    ['a limit of 501', { method: 'GET', url: '/v1/requests?limit=501' }, 'QUERY_INVALID'],
    ['a limit in words', { method: 'GET', url: '/v1/leases?limit=ten' }, 'QUERY_INVALID'],
    ['a limit twice', { method: 'GET', url: '/v1/leases?limit=1&limit=2' }, 'QUERY_INVALID'],
    ['an unknown state', { method: 'GET', url: '/v1/requests?state=done' }, 'QUERY_INVALID'],
    ['an unknown parameter', { method: 'GET', url: '/v1/ticks?order=desc' }, 'QUERY_INVALID'],
    ['a tick that is no number', { method: 'GET', url: '/v1/ticks/1e3' }, 'NOT_FOUND'],
    ['a tick beyond numbers', { method: 'GET', url: '/v1/ticks/99999999999999999999' }, 'NOT_FOUND'],
    [
      'an unknown event type',
      { method: 'GET', url: '/v1/events?type=annona.request.granted.v9' },
      'QUERY_INVALID',
    ],
    ['an event id that is none', { method: 'GET', url: '/v1/events?after=AAAA' }, 'QUERY_INVALID'],
    [
      'the event id of another cell',
      { method: 'GET', url: `/v1/events?after=${Buffer.from('{"other":1}').toString('base64url')}` },
      'QUERY_INVALID',
    ],
    [
      'an epoch below 0',
      { method: 'POST', url: '/v1/leases/lse_1_1/heartbeat', raw: '{"epoch":-1}' },
      'NUMBER_INVALID',
    ],
    ['a heartbeat without a body', { method: 'POST', url: '/v1/leases/lse_1_1/heartbeat' }, 'BODY_INVALID'],
    [
      'an extension by nothing',
      { method: 'POST', url: '/v1/leases/lse_1_1/extend', body: { epoch: 1, seconds: 0 } },
      'BODY_INVALID',
    ],
    [
      'a cancel with a reason',
      { method: 'POST', url: '/v1/requests/req_1/cancel', body: { reason: 'x' } },
      'BODY_INVALID',
    ],
    [
      'a key of spaces',
      { ...SUBMIT, body: aSubmission(), headers: { 'idempotency-key': 'a b' } },
      'HEADER_INVALID',
    ],
  ])('%s is refused', async (_name, call, wantCode) => {
    const edge = await anEdge();
    expectProblem(await edge.call(call), wantCode);
  });
});

describe("another department's ids", () => {
  it('answer exactly like ids that do not exist, to reads and acts alike', async () => {
    const { call, store } = await anEdge();
    const { id } = (await call({ ...SUBMIT, body: aSubmission() })).json();
    const missing = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const) {
      const answers = await Promise.all(
        [id, missing].map((which) =>
          call({
            method,
            url: `/v1/requests/${which}${path}`,
            as: AS_SCOUT,
            headers: { 'x-request-id': 'one' },
          }),
        ),
      );
      for (const answer of answers) expectProblem(answer, 'NOT_FOUND');
      expect(answers[0]?.body.replace(id, missing)).toBe(answers[1]?.body);
    }
    expect(store.written).toHaveLength(1);
  });
});
