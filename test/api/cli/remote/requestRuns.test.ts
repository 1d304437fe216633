// `annona request`: method, path, query, headers and body of each call, and what is printed of the answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-remote-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 'the-token');
const calls = () => stub.heard.map(({ call }) => call);
const bodies = () => stub.heard.map(({ body }) => (body === '' ? null : JSON.parse(body)));
const aFile = (name: string, text: string): string => {
  writeFileSync(join(home, name), text);
  return join(home, name);
};

const REQUEST = {
  id: 'req_1',
  clientRequestId: 'c1',
  department: 'research',
  agent: 'ada',
  state: 'waiting',
  options: [{ claims: [{ kind: 'gpu', quantity: 2 }] }, { claims: [{ kind: 'cpu', quantity: 64 }] }],
  terms: { class: 'standard', durationSeconds: 60 },
  submittedAt: '2026-11-26T09:00:00.000Z',
  decidedAt: null,
  tick: 7,
  lease: null,
  reasons: [
    {
      code: 'POOL_FULL',
      actor: 'wait',
      advice: 'Units return.',
      option: 0,
      short: [{ what: 'gpu-a', requested: 2, available: 1, held: 7 }],
    },
  ],
};
describe('annona request', () => {
  it('submits what the flags say, with a name of its own, and waits as long as asked', async () => {
    stub.on('POST /v1/requests', json(200, { ...REQUEST, state: 'granted', lease: 'lse_1', reasons: [] }));
    const flags = [
      '--gpu',
      '2',
      '--claim',
      'memory=64,zone=waw1|waw2,tier=hot',
      '--for',
      '1h30m',
      '--wait',
      '7',
    ];
    const { exitCode, out, err } = await run(
      'request',
      'submit',
      ...flags,
      '--purpose',
      'x y',
      '--not-preemptible',
    );
    expect(exitCode).toBe(0);
    expect(calls()).toEqual(['POST /v1/requests']);
    expect(stub.heard[0]?.headers).toMatchObject({ prefer: 'wait=7', authorization: 'Bearer the-token' });
    expect(bodies()).toEqual([
      {
        clientRequestId: expect.stringMatching(/^cli_[0-9a-z]{26}$/),
        options: [
          {
            claims: [
              { kind: 'gpu', quantity: 2 },
              { kind: 'memory', quantity: 64, selector: { zone: ['waw1', 'waw2'], tier: 'hot' } },
            ],
          },
        ],
        terms: { class: 'standard', durationSeconds: 5400, purpose: 'x y', preemptible: false },
      },
    ]);
    expect(out).toContain('lease            lse_1');
    expect(err).toContain('annona lease heartbeat lse_1 --keep');
  });

  it.each([
    ['waiting', [], 0],
    ['waiting', ['--wait', '1'], 5],
    ['queued', ['--wait', '1'], 5],
    ['denied', ['--wait', '1'], 3],
    ['expired', ['--wait', '1'], 1],
  ])('ends a submission that is %s with %j by the exit code %i', async (state, wait, wantCode) => {
    stub.on('POST /v1/requests', json(200, { ...REQUEST, state }));
    const { exitCode } = await run('request', 'submit', '--gpu', '1', '--for', '10', ...wait);
    expect(exitCode).toBe(wantCode);
  });

  it('puts GPUs, CPUs and memory on one node when it is told so, and nothing else', async () => {
    stub.on('POST /v1/requests', json(202, { ...REQUEST, state: 'queued' }));
    const size = ['--gpu', '500', '--cpu', '4000', '--claim', 'memory=64,zone=waw1', '--claim', 'dataset=1'];
    await run('request', 'submit', '--one-node', ...size, '--for', '1h');
    expect(bodies()[0].options[0].claims).toEqual([
      { kind: 'gpu', quantity: 500, node: 'main' },
      { kind: 'cpu', quantity: 4000, node: 'main' },
      { kind: 'memory', quantity: 64, selector: { zone: 'waw1' }, node: 'main' },
      { kind: 'dataset', quantity: 1 },
    ]);
  });

  it('submits a file, shows its dry run, and tells what the server finds by file, line and column', async () => {
    const file = aFile(
      'ask.yaml',
      'clientRequestId: mine\noptions:\n  - claims:\n      - kind: gpu\n        quantity: 0\n',
    );
    const errors = [
      { pointer: '/options/0/claims/0/quantity', code: 'range', message: 'it must be at least 1' },
    ];
    stub.on(
      'POST /v1/requests',
      problem(400, 'BODY_INVALID', 'it does not fit', { errors }),
      json(200, { outcome: 'granted' }),
    );
    const wrong = await run('request', 'submit', '-f', file);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.err).toContain(`${file}:5:19: it must be at least 1`);
    const dry = await run('request', 'submit', '-f', file, '--dry-run', '--json');
    expect([dry.exitCode, dry.out]).toEqual([0, '{"outcome":"granted"}']);
    expect(calls()).toEqual(['POST /v1/requests', 'POST /v1/requests?dryRun=true']);
    expect(bodies()[1]).toEqual({
      clientRequestId: 'mine',
      options: [{ claims: [{ kind: 'gpu', quantity: 0 }] }],
    });
  });

  it('submits a file of many, and tells each item what became of it', async () => {
    const file = aFile('many.json', '{"items": [\n {"clientRequestId": "a"},\n {"clientRequestId": "b"}\n]}');
    const errors = [{ pointer: '/clientRequestId', code: 'duplicate', message: 'it stands twice' }];
    const refused = { status: 422, problem: { status: 422, code: 'X', title: 'X', detail: 'no', errors } };
    stub.on(
      'POST /v1/requests/batch',
      json(207, { items: [{ status: 202, request: { id: 'req_1' } }, refused] }),
    );
    const { exitCode, out, err } = await run('request', 'submit', '-f', file);
    expect(exitCode).toBe(1);
    expect(bodies()).toEqual([{ items: [{ clientRequestId: 'a' }, { clientRequestId: 'b' }] }]);
    expect(out.split('\n')).toEqual([
      'ITEM  STATUS  REQUEST  PROBLEM',
      '   0     202  req_1    -',
      '   1     422  -        no',
    ]);
    expect(err).toContain(`${file}:3:22: it stands twice`);
  });

  it('lists with its filters, page after page, up to the limit, and says that there are more', async () => {
    const page = (from: number, next: string | null) =>
      json(200, { items: [0, 1].map((at) => ({ ...REQUEST, id: `req_${from + at}` })), next });
    stub.on('GET /v1/requests', page(1, 'p2'), page(3, 'p3'));
    const filters = [
      '--state',
      'waiting',
      '--department',
      'research',
      '--class',
      'standard',
      '--reason',
      'POOL_FULL',
    ];
    const { out, err } = await run('request', 'list', ...filters, '--limit', '3');
    const query = 'state=waiting&department=research&class=standard&reason=POOL_FULL&limit=4';
    expect(calls()).toEqual([`GET /v1/requests?${query}`, `GET /v1/requests?${query}&after=p2`]);
    expect(out.split('\n')).toHaveLength(4);
    expect(out).toMatch(/^ID +STATE +CLASS +DEPARTMENT +AGENT +ASKS +REASON +SUBMITTED$/m);
    expect(out).toMatch(
      /^req_3 +◷ waiting +standard +research +ada +2 gpu \(or 1 more\) +POOL_FULL +2026-11-26/m,
    );
    expect(err).toContain('there are more: --limit');
  });

  it('shows one with its reasons and their numbers, the newest as `latest`, and cancels', async () => {
    stub.on('GET /v1/requests', json(200, { items: [REQUEST], next: null }));
    stub.on('GET /v1/requests/req_1', json(200, REQUEST));
    stub.on('POST /v1/requests/req_1/cancel', json(202, { id: 'req_1', state: 'waiting' }));
    const { out } = await run('request', 'get', 'latest');
    expect(out).toContain('POOL_FULL  gpu-a asks 2, left 1, held 7  wait       Units return.');
    expect((await run('request', 'get', 'req_1', '--json')).out).toBe(JSON.stringify(REQUEST));
    expect((await run('request', 'cancel', 'req_1')).exitCode).toBe(0);
    const wantCalls = [
      'GET /v1/requests?limit=1',
      'GET /v1/requests/req_1',
      'GET /v1/requests/req_1',
      'POST /v1/requests/req_1/cancel',
    ];
    expect(calls()).toEqual(wantCalls);
  });

  it('explains: why, behind whom, what could be taken, and who holds it', async () => {
    const row = { family: 'capacity', what: 'gpu-a', requested: 2, available: 1, held: 7 };
    const explanation = {
      id: 'req_1',
      state: 'waiting',
      live: true,
      tick: 7,
      at: '2026-11-26T09:00:00.000Z',
      reasons: REQUEST.reasons,
      position: { class: 'standard', ahead: 3 },
      reservation: { startsAt: '2026-11-26T10:00:00.000Z', madeAt: '2026-11-26T08:00:00.000Z', why: null },
      estimate: { p10: '09:10', p50: '09:30', p90: '09:50', coverage: { covered: 41, of: 50 } },
      verdict: { allow: true, codes: [], policyRevision: '0123456789abcdef', dataRevision: 'd' },
      worth: { alike: 2, own: 500, share: 8000, ageSixteenths: 20, deadline: 50, total: 10_675 },
      options: [
        {
          option: 0,
          claims: [
            {
              claim: 0,
              kind: 'gpu',
              quantity: 2,
              candidates: [
                {
                  ...{ pool: 'gpu-a', available: 1, fits: false },
                  score: {
                    ...{ preference: 60, option: 0, lateness: 0, fit: null, price: 5 },
                    ...{ weight: 100, total: -35, value: 1035 },
                  },
                },
                { pool: 'gpu-b', available: 0, fits: false, score: null },
              ],
            },
          ],
        },
      ],
      held: [
        { ...row, holders: [{ agent: 'bob', lease: 'lse_2', units: 4 }], heldByOthers: 3, heldUnlisted: 0 },
      ],
      granted: null,
    };
    stub.on('GET /v1/requests/req_1/explanation', json(200, explanation));
    const { exitCode, out } = await run('request', 'explain', 'req_1');
    expect([exitCode, calls()]).toEqual([0, ['GET /v1/requests/req_1/explanation']]);
    expect(out.split('\n')).toEqual([
      'req_1 is waiting, behind 3 others of class standard, as of tick 7 at 2026-11-26T09:00:00.000Z',
      '',
      'REASON     NUMBERS                       ACTS NEXT  HOW',
      'POOL_FULL  gpu-a asks 2, left 1, held 7  wait       Units return.',
      '',
      'promised: starts at 2026-11-26T10:00:00.000Z or earlier',
      'estimated: 09:30, from 09:10 to 09:50; 41 of the last 50 held',
      '',
      'policy 0123456789ab allows it',
      '',
      'worth 10675 points: (500 as a request, one of 2 of its agent and class + 8000 for its size) x 1.25 for its age + 50 for its deadline',
      '',
      'option 0, claim 0: 2 of gpu',
      '  POOL   AVAILABLE  FITS   SCORE',
      '  gpu-a          1  false  +35 (preference -60, price -5, policy +100)',
      '  gpu-b          0  false  -',
      '',
      'gpu-a asks 2, left 1, held 7',
      '  AGENT  LEASE  UNITS',
      '  bob    lse_2      4',
      '  3 more are held by others',
    ]);
    expect((await run('request', 'explain', 'req_1', '--json')).out).toBe(JSON.stringify(explanation));
  });

  it.each([
    ['granted', 0],
    ['waiting', 5],
    ['denied', 3],
  ])('ends a dry run that would be %s with %i', async (outcome, wantCode) => {
    stub.on('POST /v1/requests', json(200, { dryRun: true, outcome, reasons: [] }));
    const { exitCode, out } = await run('request', 'submit', '--gpu', '1', '--for', '1m', '--dry-run');
    expect([exitCode, out]).toEqual([wantCode, expect.stringContaining(outcome)]);
  });
});
