// What the contract says of a route that nobody described: words from its method and path, headers from what stands beside it.

import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../../api/http/contract/openapi.ts';
import type { ContractRoute, JsonSchema } from '../../../../api/http/contract/routes.ts';
import { tagOf, wordsOf } from '../../../../api/http/contract/words.ts';

function aRoute(name: string, fields: Partial<ContractRoute> = {}): ContractRoute {
  const [method = '', url = ''] = name.split(' ');
  const none = { body: null, query: null, params: null, answers: {}, keyed: false };
  return { method, url, action: 'readPools', ...none, ...fields };
}

const page: JsonSchema = { type: 'object', properties: { items: {}, next: {} } };

describe('a route without words of its own', () => {
  it.each([
    ['GET /v1/agents', { 200: page }, 'listAgents', 'List agents'],
    ['GET /v1/agents/:id', {}, 'readAgent', 'Read one agent'],
    ['POST /v1/rulings', {}, 'createRuling', 'Create ruling'],
    ['PUT /v1/rulings/:id', {}, 'writeRuling', 'Write one ruling'],
    ['POST /v1/rulings/:id/withdraw', {}, 'withdrawRuling', 'Withdraw one ruling'],
    ['DELETE /v1/shares/:department/:kind', {}, 'deleteShare', 'Delete one share'],
    ['GET /v1/policies/:id/ledger', { 200: page }, 'listPolicyLedger', 'List policy ledger'],
    ['GET /v1/queue/shares', {}, 'readQueueShares', 'Read queue shares'],
    ['GET /v1/policies/:id', {}, 'readPolicy', 'Read one policy'],
    ['GET /v1/fairness', {}, 'readFairness', 'Read fairness'],
  ])('%s is told by its path', (name, answers, operationId, summary) => {
    expect(wordsOf(aRoute(name, { answers }))).toEqual({ operationId, summary });
  });

  it('is gathered under its first noun', () => {
    expect([tagOf(aRoute('GET /v1/quotas/:department/:kind')), tagOf(aRoute('GET /livez'))]).toEqual([
      'quotas',
      'service',
    ]);
  });
});

describe('what can be edited', () => {
  const answers = { 200: { type: 'object', properties: { id: { type: 'string' } } } };
  const routes = [
    aRoute('GET /v1/pools/:id', { answers }),
    aRoute('PUT /v1/pools/:id', { answers, body: { type: 'object' }, keyed: true }),
    aRoute('DELETE /v1/pools/:id', { answers: { 204: {} } }),
    aRoute('GET /v1/ticks/:id', { answers }),
  ];
  const { paths } = openApiDocument({ routes, version: '1.0.0' });
  const headersOf = (path: string, method: string, status: number) => {
    const { responses = {} } = (paths[path]?.[method] ?? {}) as { responses?: Record<number, JsonSchema> };
    return Object.keys(responses[status]?.headers ?? {});
  };
  const readBy = (path: string, method: string) => {
    const { parameters = [] } = (paths[path]?.[method] ?? {}) as { parameters?: { $ref?: string }[] };
    return parameters.flatMap(({ $ref: ref }) => (ref === undefined ? [] : [ref.split('/').at(-1)]));
  };

  it('shows its revision, and is changed by it', () => {
    expect(headersOf('/v1/pools/{id}', 'get', 200)).toContain('ETag');
    expect(readBy('/v1/pools/{id}', 'put')).toEqual([
      'X-Request-Id',
      'Idempotency-Key',
      'Annona-Reason',
      'If-Match',
      'If-None-Match',
    ]);
    expect(readBy('/v1/pools/{id}', 'delete')).toEqual(['X-Request-Id', 'Annona-Reason', 'If-Match']);
  });

  it('is told from what can only be read', () => {
    expect(headersOf('/v1/ticks/{id}', 'get', 200)).toEqual(['X-Request-Id']);
    expect(readBy('/v1/ticks/{id}', 'get')).toEqual(['X-Request-Id']);
  });

  it('has every parameter of its path', () => {
    const want = { parameters: [{ name: 'id', in: 'path', required: true }, {}, {}, {}, {}, {}] };
    expect(paths['/v1/pools/{id}']?.put).toMatchObject(want);
  });
});
