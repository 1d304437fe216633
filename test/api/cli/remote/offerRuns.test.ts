// `annona request offers`, `hold` and `accept`: what is called, and what is printed of the answer.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 'the-token');

const OFFERS = {
  request: 'req_1',
  ifVersion: 'tick-7',
  at: '2026-11-26T09:00:00.000Z',
  offers: [
    {
      id: 'off_1',
      changes: [
        { field: 'quantity', option: 0, claim: 0, kind: 'gpu', from: 8, to: 3 },
        { field: 'label', option: 0, claim: 0, label: 'model', from: ['H100', 'H200'], to: 'A100' },
      ],
      body: {},
      grant: {
        allocations: [{ quantity: 3, pool: 'gpu-a' }],
        reservations: [],
        endsAt: '2026-11-26T10:00:00.000Z',
      },
    },
  ],
};

describe('annona request offers', () => {
  it('shows each with what it changes and would hold, and how to take it', async () => {
    stub.on('GET /v1/requests/req_1/offers', json(200, OFFERS));
    const { exitCode, out, err } = await run('request', 'offers', 'req_1');
    expect(exitCode).toBe(0);
    expect(out).toContain('gpu 8 -> 3; model H100|H200 -> A100');
    expect(out).toContain('3 of gpu-a');
    expect(err).toContain('request accept req_1 off_1 --if-version tick-7');
  });

  it('says when there is none, and prints the answer with --json', async () => {
    stub.on('GET /v1/requests/req_1/offers', json(200, { ...OFFERS, offers: [] }));
    expect((await run('request', 'offers', 'req_1')).out).toBe(
      'nothing that it could ask for instead fits at the moment',
    );
    const { out } = await run('request', 'offers', 'req_1', '--json');
    expect(JSON.parse(out)).toEqual({ ...OFFERS, offers: [] });
  });
});

describe('annona request accept', () => {
  const path = 'POST /v1/requests/req_1/offers/off_1/accept';

  it('takes the offer at the version named, else as long as it stands', async () => {
    stub.on(path, json(202, { id: 'req_2', clientRequestId: 'c', state: 'queued' }));
    expect((await run('request', 'accept', 'req_1', 'off_1', '--if-version', 'tick-7')).exitCode).toBe(0);
    await run('request', 'accept', 'req_1', 'off_1');
    expect(stub.heard.map(({ headers }) => headers['if-match'])).toEqual(['"tick-7"', '*']);
  });

  it('fails with the problem when the version is another by now', async () => {
    stub.on(path, problem(412, 'PRECONDITION_FAILED', 'the version is tick-9 by now'));
    const { exitCode, err } = await run('request', 'accept', 'req_1', 'off_1', '--if-version', 'tick-7');
    expect(exitCode).not.toBe(0);
    expect(err).toContain('tick-9');
  });
});

describe('annona request hold', () => {
  it('keeps the offer, says how to take it, and offers show what is held', async () => {
    stub.on('POST /v1/requests/req_1/offers/off_1/hold', json(202, { id: 'req_2', state: 'queued' }));
    const { exitCode, err } = await run('request', 'hold', 'req_1', 'off_1', '--if-version', 'tick-7');
    expect([exitCode, stub.heard[0]?.headers['if-match']]).toEqual([0, '"tick-7"']);
    expect(err).toContain('request accept req_1 off_1');
    const held = { id: 'req_2', offer: 'off_1', ifVersion: 'tick-8', until: '2026-11-26T09:00:10.000Z' };
    stub.on('GET /v1/requests/req_1/offers', json(200, { ...OFFERS, offers: [], held }));
    const { out } = await run('request', 'offers', 'req_1');
    expect(out).toContain('off_1 is held until 2026-11-26T09:00:10.000Z by req_2');
  });
});

describe('annona request explain --what-it-takes', () => {
  it('asks for it and shows bounds, the displaced and what others must give', async () => {
    const whatItTakes = {
      tick: 6,
      standing: 'displaces',
      atLeast: 3,
      atMost: 5,
      displaced: [{ request: 'req_9', department: 'research', agent: 'bob', units: { gpu: 4 } }],
      displacedOthers: [{ department: 'sales', count: 2, units: { gpu: 2, cpu: 8 } }],
      stronger: [{ field: 'budget', option: 0, raises: [{ account: 'team', period: 'now', by: 5 }] }],
    };
    const price = { tick: 6, class: 'standard', value: 900, price: 903, atLeast: 3, rows: [] };
    const answer = { id: 'req_1', state: 'waiting', reasons: [], options: [], held: [], offers: null };
    stub.on('GET /v1/requests/req_1/explanation', json(200, { ...answer, price, whatItTakes }));
    const { out } = await run('request', 'explain', 'req_1', '--what-it-takes');
    expect(stub.heard[0]?.call).toContain('whatItTakes=true');
    expect(out).toContain('price 903, its value 900, short by at least 3');
    expect(out).toContain('lacked 3 to 5 points');
    expect(out).toContain('req_9 of research/bob with 4 gpu');
    expect(out).toContain('2 of sales with 2 gpu + 8 cpu');
    expect(out).toContain('5 more on team/now');
  });
});
