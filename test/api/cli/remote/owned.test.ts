// Applying and removing what operators own: onto the version that was read, shown before it is done, and never over somebody else's change.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
let home = '';
let file = '';
beforeEach(async () => {
  stub = await stubServer();
  home = mkdtempSync(join(tmpdir(), 'annona-owned-'));
  file = join(home, 'pool.yaml');
  writeFileSync(file, 'id: gpu-lab\nkind: gpu\nunit: GPU\ncapacity: 8\nlabels: {model: A100}\n');
});
afterEach(() => {
  stub.close();
  rmSync(home, { recursive: true, force: true });
});

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 't');
const POOL = '/v1/pools/gpu-lab';
const absent = problem(404, 'NOT_FOUND', 'there is no such pool');
const WANT_BODY = { kind: 'gpu', unit: 'GPU', capacity: 8, labels: { model: 'A100' } };

describe('annona pool apply', () => {
  it('creates what is not there', async () => {
    stub.on(`GET ${POOL}`, absent);
    stub.on(`PUT ${POOL}`, json(201, { id: 'gpu-lab' }));
    const { exitCode, out, err } = await run('pool', 'apply', '-f', file);
    expect([exitCode, out, err]).toEqual([0, 'id  gpu-lab', 'pool gpu-lab created']);
    const [, put] = stub.heard;
    expect([put?.call, JSON.parse(put?.body ?? '')]).toEqual([`PUT ${POOL}`, WANT_BODY]);
    expect([put?.headers['if-none-match'], put?.headers['if-match']]).toEqual(['*', undefined]);
  });

  it('changes what is there, onto the version that it read', async () => {
    stub.on(`GET ${POOL}`, json(200, { id: 'gpu-lab' }, { etag: '"rev-3"' }));
    stub.on(`PUT ${POOL}`, json(200, { id: 'gpu-lab' }));
    expect((await run('pool', 'apply', '-f', file)).err).toBe('pool gpu-lab changed');
    const { headers } = stub.heard[1] ?? {};
    expect([headers?.['if-none-match'], headers?.['if-match']]).toEqual([undefined, '"rev-3"']);
  });

  it('shows with --dry-run what it would do, and changes nothing', async () => {
    stub.on(`GET ${POOL}`, json(200, {}, { etag: '"rev-3"' }));
    stub.on(`PUT ${POOL}`, json(200, { effect: { neverFits: 2 } }));
    const { out, err } = await run('pool', 'apply', '-f', file, '--dry-run', '--json');
    expect([out, err]).toEqual([
      '{"effect":{"neverFits":2}}',
      'pool gpu-lab would be changed; leave out --dry-run to do it',
    ]);
    expect(stub.heard.map(({ call }) => call)).toEqual([`GET ${POOL}`, `PUT ${POOL}?dryRun=true`]);
  });

  it('shows what would be refused, by line and column, and ends as the edit would', async () => {
    stub.on(`GET ${POOL}`, absent);
    const errors = [{ pointer: '/capacity', code: 'range', message: 'too little' }];
    stub.on(`PUT ${POOL}`, json(200, { dryRun: true, before: null, after: { capacity: 8 }, errors }));
    const { exitCode, err } = await run('pool', 'apply', '-f', file, '--dry-run');
    expect([exitCode, err]).toEqual([2, `${file}:4:11: too little`]);
  });

  it('says that somebody else was faster, and what to do', async () => {
    stub.on(`GET ${POOL}`, json(200, {}, { etag: '"rev-3"' }));
    stub.on(`PUT ${POOL}`, problem(412, 'PRECONDITION_FAILED', 'it is at another revision'));
    const { exitCode, err } = await run('pool', 'apply', '-f', file);
    expect(exitCode).toBe(1);
    expect(err).toBe(
      'annona: pool gpu-lab was changed by somebody else meanwhile; nothing is changed. Try: npx annona pool get gpu-lab, then the same again',
    );
  });

  it('tells by line and column what the server refuses', async () => {
    stub.on(`GET ${POOL}`, absent);
    const errors = [
      { pointer: '/labels/model', code: 'choice', message: 'no such model', allowed: ['H100'] },
    ];
    stub.on(`PUT ${POOL}`, problem(422, 'EDIT_INVALID', 'it cannot be', { errors }));
    const { exitCode, err } = await run('pool', 'apply', '-f', file);
    expect(exitCode).toBe(2);
    expect(err.split('\n')[0]).toBe(`${file}:5:17: no such model (allowed: H100)`);
  });

  it.each([
    ['id: [1\n', /pool\.yaml:2:1: .*\nannona: .* is neither JSON nor YAML/],
    ['- 1\n', /pool\.yaml:1:1: an object is expected/],
    ['kind: gpu\n', /pool\.yaml:1:1: a pool needs id/],
  ])('calls nobody for a file like %j', async (text, wantLine) => {
    writeFileSync(file, text);
    const { exitCode, err } = await run('pool', 'apply', '-f', file);
    expect(exitCode).toBe(2);
    expect(err).toMatch(wantLine);
    expect(stub.heard).toEqual([]);
  });
});

describe('the rest of pools and quotas', () => {
  it('removes onto the version that it read', async () => {
    stub.on(`GET ${POOL}`, json(200, {}, { etag: '"rev-3"' }));
    stub.on(`DELETE ${POOL}`, json(200, { id: 'gpu-lab' }));
    expect((await run('pool', 'remove', 'gpu-lab', '--dry-run')).err).toContain('would be removed');
    expect((await run('pool', 'remove', 'gpu-lab')).err).toBe('pool gpu-lab removed');
    expect(stub.heard.map(({ call }) => call).filter((call) => !call.startsWith('GET'))).toEqual([
      `DELETE ${POOL}?dryRun=true`,
      `DELETE ${POOL}`,
    ]);
    expect(stub.heard.at(-1)?.headers['if-match']).toBe('"rev-3"');
  });

  it('names a quota by department and kind', async () => {
    writeFileSync(file, '{"department": "research", "kind": "gpu", "nominal": 8, "borrowingLimit": 4}');
    stub.on('GET /v1/quotas/research/gpu', json(200, { nominal: 4 }, { etag: '"1"' }));
    stub.on('PUT /v1/quotas/research/gpu', json(200, { nominal: 8 }));
    stub.on('DELETE /v1/quotas/research/gpu', json(200, {}));
    stub.on(
      'GET /v1/quotas',
      json(200, { items: [{ department: 'research', kind: 'gpu', nominal: 4 }], next: null }),
    );
    expect((await run('quota', 'apply', '-f', file)).err).toBe('quota research gpu changed');
    expect(JSON.parse(stub.heard[1]?.body ?? '')).toEqual({ nominal: 8, borrowingLimit: 4 });
    expect((await run('quota', 'get', 'research', 'gpu')).out).toBe('nominal  4');
    expect((await run('quota', 'remove', 'research', 'gpu')).err).toBe('quota research gpu removed');
    expect((await run('quota', 'list', '--kind', 'gpu')).out).toMatch(/^research +gpu +4 /m);
    expect(stub.heard.at(-1)?.call).toBe('GET /v1/quotas?kind=gpu&limit=51');
  });

  it('lists and shows pools', async () => {
    stub.on(
      'GET /v1/pools',
      json(200, {
        items: [
          { id: 'gpu-lab', kind: 'gpu', capacity: 8, used: 2, available: 6, labels: { zone: ['a', 'b'] } },
        ],
        next: null,
      }),
    );
    stub.on(`GET ${POOL}`, json(200, { id: 'gpu-lab' }));
    expect((await run('pool', 'list', '--kind', 'gpu')).out).toMatch(
      /^gpu-lab +gpu +8 +2 +6 +- +- +zone=a\|b$/m,
    );
    expect((await run('pool', 'get', 'gpu-lab')).out).toBe('id  gpu-lab');
  });
});
