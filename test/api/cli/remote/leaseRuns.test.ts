// `annona lease`: method, path, query, headers and body of each call, and what is printed of the answer.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 'the-token');
const calls = () => stub.heard.map(({ call }) => call);
const bodies = () => stub.heard.map(({ body }) => (body === '' ? null : JSON.parse(body)));

const LEASE = {
  id: 'lse_1',
  request: 'req_1',
  department: 'research',
  agent: 'ada',
  epoch: 4,
  state: 'active',
  allocations: [{ claim: 0, pool: 'gpu-a', kind: 'gpu', quantity: 2 }],
  endsAt: '2026-11-26T10:00:00.000Z',
};

describe('annona lease', () => {
  beforeEach(() => stub.on('GET /v1/leases/lse_1', json(200, LEASE)));

  it.each([
    [['heartbeat', 'lse_1'], ['GET /v1/leases/lse_1', 'POST /v1/leases/lse_1/heartbeat'], { epoch: 4 }],
    [['heartbeat', 'lse_1', '--epoch', '3'], ['POST /v1/leases/lse_1/heartbeat'], { epoch: 3 }],
    [['release', 'lse_1'], ['GET /v1/leases/lse_1', 'POST /v1/leases/lse_1/release'], { epoch: 4 }],
    [['acknowledge', 'lse_1', '--epoch', '3'], ['POST /v1/leases/lse_1/acknowledge'], { epoch: 3 }],
  ])('%j sends the epoch', async (argv, wantCalls, wantBody) => {
    stub.on(`POST /v1/leases/lse_1/${argv[0]}`, json(200, { id: 'lse_1', state: 'active' }));
    expect((await run('lease', ...argv)).exitCode).toBe(0);
    expect([calls(), bodies().at(-1)]).toEqual([wantCalls, wantBody]);
  });

  it.each([
    ['granted', 0],
    ['denied', 3],
  ])(
    'extends with a key of its own, asks until it is decided, and ends %s with %i',
    async (outcome, wantCode) => {
      const wish = {
        id: 'ext_1',
        lease: 'lse_1',
        seconds: 1800,
        outcome: 'pending',
        endsAt: null,
        reasons: [{ code: 'POOL_FULL' }],
      };
      stub.on('POST /v1/leases/lse_1/extend', json(202, wish));
      stub.on('GET /v1/extensions/ext_1', json(200, wish), json(200, { ...wish, outcome }));
      const { exitCode, err } = await run('lease', 'extend', 'lse_1', '--by', '30m');
      expect(exitCode).toBe(wantCode);
      expect(bodies()[1]).toEqual({ epoch: 4, seconds: 1800 });
      expect(stub.heard[1]?.headers['idempotency-key']).toMatch(/^cli_/);
      expect(calls().slice(2)).toEqual(['GET /v1/extensions/ext_1', 'GET /v1/extensions/ext_1']);
      expect(err.includes('not extended: POOL_FULL')).toBe(outcome === 'denied');
    },
  );

  it('keeps one alive until the server says that it is over', async () => {
    const beat = {
      id: 'lse_1',
      state: 'active',
      endsAt: 'e',
      heartbeatAt: 'h',
      heartbeatTimeoutSeconds: 0.03,
    };
    stub.on(
      'POST /v1/leases/lse_1/heartbeat',
      json(200, beat),
      json(200, beat),
      problem(409, 'LEASE_ENDED', 'it has expired'),
    );
    const { exitCode, out, err } = await run('lease', 'heartbeat', 'lse_1', '--keep');
    expect([exitCode, out]).toEqual([1, 'h  lse_1 ▶ active until e\nh  lse_1 ▶ active until e']);
    expect(err).toBe('annona: LEASE_ENDED: it has expired. Try: npx annona lease list');
  });

  it('lists and shows', async () => {
    stub.on('GET /v1/leases', json(200, { items: [LEASE], next: null }));
    const { out } = await run('lease', 'list', '--state', 'active', '--department', 'research');
    expect(out).toMatch(/^lse_1 +▶ active +research +ada +4 +2 of gpu-a +2026-11-26T10:00:00.000Z +req_1$/m);
    expect((await run('lease', 'get', 'lse_1')).out).toMatch(/^holds +2 of gpu-a$/m);
    expect(calls()).toEqual([
      'GET /v1/leases?state=active&department=research&limit=51',
      'GET /v1/leases/lse_1',
    ]);
  });
});
