// What a person does wrong or a server refuses: one line, an exit code, and the next command to try.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isLoopback } from '../../../../api/cli/remote/connection.ts';
import { keepConfiguration } from '../../../../api/roles/storedConfiguration.ts';
import { aConfiguration, aPool } from '../../../support/builders.ts';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

const environment = { ...process.env };
let stub: StubServer;
let home = '';
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'annona-failures-'));
  const configuration = aConfiguration().department('operations').agent('ada').pool(aPool()).build();
  await keepConfiguration(home, configuration);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => {
  stub.close();
  process.env = { ...environment };
});

describe('whom a command calls, and as whom', () => {
  it.each([
    [
      ['request', 'submit', '--gpu', '2', '--purpose', 'a b'],
      "npx annona request submit --gpu 2 --purpose 'a b'",
      'ada',
    ],
    [['pool', 'remove', 'gpu-a'], 'npx annona pool remove gpu-a', 'operator@operations'],
    [['top', '--once'], 'npx annona top --every 2 --once', 'operator@operations'],
  ])('%j without a token names the very command to try', async (argv, wantCall, wantWho) => {
    const { exitCode, out, err } = await ran(...argv, '--url', stub.url, '--directory', home);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(`no token: set ANNONA_TOKEN, or in development try: ${wantCall}`);
    expect(err).toMatch(new RegExp(` --as ${wantWho}$`));
    expect(stub.heard).toEqual([]);
  });

  it('points to npm start where there is no organisation yet, and to the issuer of a server elsewhere', async () => {
    const nowhere = await ran('pool', 'list', '--directory', join(home, 'empty'));
    expect(nowhere.err).toContain('or in development run `npm start` first');
    const elsewhere = await ran('pool', 'list', '--url', 'https://annona.example');
    expect(elsewhere.err).toBe(
      'annona: no token: set ANNONA_TOKEN, or say --token, for https://annona.example',
    );
  });

  it('makes a token with --as for a loopback address, and for no other', async () => {
    stub.on('GET /v1/pools', json(200, { items: [], next: null }));
    const asked = await ran(
      'pool',
      'list',
      '--as',
      'operator@operations',
      '--url',
      stub.url,
      '--directory',
      home,
    );
    expect([asked.exitCode, asked.out]).toEqual([0, '']);
    expect(stub.heard[0]?.headers.authorization).toMatch(/^Bearer ey[\w-]+\.[\w-]+\.[\w-]+$/);
    const elsewhere = await ran(
      'pool',
      'list',
      '--as',
      'ada',
      '--url',
      'https://annona.example',
      '--directory',
      home,
    );
    expect([elsewhere.exitCode, elsewhere.err]).toEqual([
      2,
      expect.stringContaining('--as makes development tokens, which'),
    ]);
    expect(['http://localhost:1', 'http://127.0.0.9', 'http://[::1]:7'].every(isLoopback)).toBe(true);
    expect(['http://127.0.0.1.example', 'http://10.0.0.1', 'http://localhost.example'].some(isLoopback)).toBe(
      false,
    );
  });

  it.each([
    [['--as', 'nobody'], '--as nobody: no agent nobody'],
    [['--as', 'king@operations'], '--as king@operations: no role king'],
    [['--as', 'a@b@c'], '--as a@b@c is neither'],
    [['--as', 'ada', '--token', 't'], 'leave out one'],
    [['--url', 'ftp://x'], 'the flag for ANNONA_URL: must be an http://'],
  ])('%j is a mistake', async (argv, wantLine) => {
    const { exitCode, err } = await ran('pool', 'list', '--directory', home, ...argv);
    expect(exitCode).toBe(2);
    expect(err).toContain(wantLine);
  });

  it('takes address and token from the environment, and names what it does not know there', async () => {
    stub.on('GET /v1/pools', json(200, { items: [], next: null }));
    Object.assign(process.env, { ANNONA_URL: stub.url, ANNONA_TOKEN: 'from-outside' });
    expect((await ran('pool', 'list')).exitCode).toBe(0);
    expect(stub.heard[0]?.headers.authorization).toBe('Bearer from-outside');
    process.env.ANNONA_URI = 'x';
    expect((await ran('pool', 'list')).err).toContain('ANNONA_URI: there is no such setting');
  });
});

describe('a refusal', () => {
  const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 't');

  it.each([
    ['NEVER_FITS', 422, 4, 'npx annona pool list'],
    ['UNKNOWN_CLASS', 422, 2, 'npx annona request get --help'],
    ['NOT_FOUND', 404, 1, 'npx annona request list'],
    ['STALE_EPOCH', 409, 1, 'npx annona request get req_1'],
    [
      'ROLE_NOT_ALLOWED',
      403,
      1,
      'npx annona request get --as ROLE@DEPARTMENT of a role that may (docs/permissions.md)',
    ],
    ['TOKEN_EXPIRED', 401, 1, 'npx annona token --agent ID, for a fresh one'],
    ['INTERNAL', 500, 1, 'npx annona request get --help'],
    ['NOT_A_THING', 502, 6, 'npx annona request get --help'],
  ])('%s (%i) ends with %i and tries: %s', async (code, status, wantCode, wantTry) => {
    stub.on('GET /v1/requests/req_1', problem(status, code, 'so it is'));
    const { exitCode, out, err } = await run('request', 'get', 'req_1');
    expect([exitCode, out, err]).toEqual([wantCode, '', `annona: ${code}: so it is. Try: ${wantTry}`]);
  });

  it('tells each wrong place with what is allowed, and what the server suggests instead', async () => {
    const errors = [
      { pointer: '/a', code: 'choice', message: 'no', allowed: ['x', 'y'] },
      { pointer: '/b', code: 'type', message: 'nor this' },
    ];
    stub.on('POST /v1/requests', problem(422, 'UNKNOWN_KIND', 'no', { errors, suggestion: { gpu: 1 } }));
    const { err } = await run('request', 'submit', '--gpu', '1', '--for', '1m');
    expect(err.split('\n')).toEqual([
      '/a: no (allowed: x, y)',
      '/b: nor this',
      'suggestion: {"gpu":1}',
      'annona: UNKNOWN_KIND: no. Try: npx annona pool list',
    ]);
  });

  it('is asked again when the server is busy, after the time that it names', async () => {
    const busy = problem(503, 'QUEUE_FULL', 'full');
    const soon: typeof busy = (response, heard) => busy(response.setHeader('retry-after', '0'), heard);
    stub.on('GET /v1/pools', soon, soon, json(200, { items: [], next: null }));
    expect((await run('pool', 'list')).exitCode).toBe(0);
    expect(stub.heard).toHaveLength(3);
  });

  it('of nobody at all is exit code 6', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const { exitCode, err } = await ran('pool', 'list', '--url', `http://127.0.0.1:${port}`, '--token', 't');
    expect(exitCode).toBe(6);
    expect(err).toMatch(
      /^annona: http:\/\/127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED.*Is it up\? Try: npm start/,
    );
  });
});

describe('a wrong option', () => {
  it.each([
    [['request', 'submit', '--for', '1m'], 'what is asked for?'],
    [['request', 'submit', '--gpu', '1'], 'for how long? Say --for 30m'],
    [['request', 'submit', '--gpu', 'two', '--for', '1m'], '--gpu two is not a whole number'],
    [['request', 'submit', '--gpu', '1', '--for', 'soon'], '--for soon is no length of time'],
    [['request', 'submit', '--gpu', '1', '--for', '1m1'], '--for 1m1 is no length of time'],
    [['request', 'submit', '--claim', 'gpu', '--for', '1m'], '--claim gpu is no claim: write KIND=QUANTITY'],
    [['request', 'submit', '--claim', 'gpu=1,model', '--for', '1m'], 'model is no label'],
    [['request', 'submit', '-f', '/nowhere.yaml'], '/nowhere.yaml: no such file; - reads standard input'],
    [
      ['request', 'submit', '-f', join(import.meta.dirname, '../../../../package.json'), '--gpu', '1'],
      'leave out --gpu, or -f',
    ],
    [['lease', 'extend', 'lse_1'], 'how much longer? Say --by 30m'],
    [['pool', 'apply'], 'what is to be applied? Say -f pool.yaml'],
    [['pool', 'list', '--limit', '0'], '--limit 0 shows nothing'],
    [['events', '--count', '0'], '--count 0 follows nothing'],
    [['top', '--every', '0'], '--every 0 would ask without a pause'],
    [['agent', 'register'], 'which agent? Say its id'],
    [['request', 'get'], "missing required argument 'id'"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
  ])('%j: exit code 2 and a line that names it', async (argv, wantLine) => {
    const connection = argv[0] === 'completion' ? [] : ['--url', stub.url, '--token', 't'];
    const { exitCode, out, err } = await ran(...argv, ...connection);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(wantLine);
    expect(err).not.toMatch(/^ {4}at /m);
    expect(stub.heard).toEqual([]);
  });
});
