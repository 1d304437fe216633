// Agents, departments, accounts, usage and the queue: method, path, query, headers and body of each call, and what is printed of the answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { json, type StubServer, stubServer } from '../../../support/stubServer.ts';
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

describe('annona agent and annona department', () => {
  const AGENT = {
    id: 'scout',
    department: 'research',
    skills: ['a', 'b'],
    roles: ['r'],
    clearance: 'internal',
    accounts: ['x'],
    concurrency: 2,
    priceMinor: 9,
  };

  it('registers by flags, by a file, and by both, where the flags come first', async () => {
    stub.on('POST /v1/agents', json(201, AGENT));
    const flags = ['--department', 'research', '--skills', 'a, b', '--concurrency', '2', '--dry-run'];
    expect((await run('agent', 'register', 'scout', ...flags)).exitCode).toBe(0);
    const file = aFile('agent.yaml', 'id: scout\ndepartment: sales\nclearance: public\n');
    const { err } = await run('agent', 'register', '-f', file, '--department', 'research');
    expect(err).toContain('annona request list --as scout');
    expect(calls()).toEqual(['POST /v1/agents?dryRun=true', 'POST /v1/agents']);
    expect(bodies()).toEqual([
      { id: 'scout', department: 'research', skills: ['a', 'b'], concurrency: 2 },
      { id: 'scout', department: 'research', clearance: 'public' },
    ]);
  });

  it('changes skills onto what it read, and sends everything else as it was', async () => {
    stub.on(
      'GET /v1/agents/scout',
      json(200, { ...AGENT, pool: 'agent-scout', heartbeatAt: null }, { etag: '"7"' }),
    );
    stub.on('PUT /v1/agents/scout', json(200, AGENT));
    expect((await run('agent', 'skills', 'scout')).out).toContain('a,b');
    const { err } = await run('agent', 'skills', 'scout', '--add', 'c,a', '--remove', 'b');
    expect(err).toContain('skills are now: a, c');
    const { id: _id, department: _department, ...editable } = AGENT;
    expect(bodies().at(-1)).toEqual({ ...editable, skills: ['a', 'c'] });
    expect(stub.heard.at(-1)?.headers['if-match']).toBe('"7"');
  });

  it('lists, shows and retires', async () => {
    stub.on('GET /v1/agents', json(200, { items: [AGENT], next: null }));
    stub.on(
      'GET /v1/departments',
      json(200, {
        items: [
          {
            id: 'research',
            title: 'R',
            clearanceCeiling: 'internal',
            agents: 7,
            classes: ['standard'],
            kinds: null,
          },
        ],
        next: null,
      }),
    );
    stub.on('GET /v1/departments/research', json(200, { id: 'research' }));
    stub.on('POST /v1/agents/scout/retire', json(200, { id: 'scout', state: 'retired' }));
    expect((await run('agent', 'list', '--department', 'research', '--skill', 'a')).out).toMatch(
      /^scout +research +r +a,b +internal +2 +-$/m,
    );
    expect((await run('department', 'list')).out).toMatch(/^research +R +internal +7 +standard +-$/m);
    await run('department', 'get', 'research');
    expect((await run('agent', 'retire', 'scout')).out).toMatch(/^state +– retired$/m);
    expect(calls()).toEqual([
      'GET /v1/agents?department=research&skill=a&limit=51',
      'GET /v1/departments?limit=51',
      'GET /v1/departments/research',
      'POST /v1/agents/scout/retire',
    ]);
    expect(bodies().at(-1)).toBeNull();
  });
});

describe('annona account, usage and queue', () => {
  it('reads accounts, their ledger and forecast', async () => {
    stub.on(
      'GET /v1/accounts',
      json(200, {
        items: [
          {
            id: 'research',
            title: 'R',
            parent: 'acme',
            measure: { type: 'use', kind: 'gpu' },
            periods: [
              { id: 'old', budget: 1 },
              { id: 'now', current: true, budget: 9, reserved: 2, spent: 3, available: 4 },
            ],
          },
        ],
        next: null,
      }),
    );
    stub.on(
      'GET /v1/accounts/research',
      json(200, { id: 'research', periods: [{ id: '2026-11', available: 5 }] }),
    );
    stub.on(
      'GET /v1/accounts/research/ledger',
      json(200, {
        items: [{ tick: 7, type: 'reserve', source: 'grant', lease: 'lse_1', period: 'p', amount: 5 }],
        next: null,
      }),
    );
    stub.on('GET /v1/accounts/research/forecast', json(200, { runsOutAt: null }));
    expect((await run('account', 'list')).out).toMatch(
      /^research +R +acme +type=use kind=gpu +now +9 +2 +3 +4$/m,
    );
    expect((await run('account', 'get', 'research')).out).toMatch(/^ {2}2026-11 +5$/m);
    expect((await run('account', 'ledger', 'research', '--period', 'p', '--limit', '2')).out).toMatch(
      /^ +7 +reserve +5 +p +lse_1 +grant$/m,
    );
    expect((await run('account', 'forecast', 'research')).out).toBe('runsOutAt  -');
    expect(calls()[2]).toBe('GET /v1/accounts/research/ledger?period=p&limit=3');
  });

  it('reports usage as a table, and word for word as CSV', async () => {
    const csv = (response: import('node:http').ServerResponse) =>
      void response.writeHead(200, { 'content-type': 'text/csv' }).end('department,kind\r\nresearch,gpu\r\n');
    stub.on(
      'GET /v1/usage',
      json(200, {
        by: ['department'],
        from: 'a',
        to: 'b',
        items: [{ department: 'research', unitSeconds: { gpu: 60 } }],
      }),
      csv,
    );
    expect((await run('usage', '--by', 'department')).out).toMatch(/^research +gpu=60$/m);
    expect((await run('usage', '--from', '2026-11-01T00:00:00Z', '--csv')).out).toBe(
      'department,kind\r\nresearch,gpu',
    );
    expect(stub.heard[1]).toMatchObject({
      call: 'GET /v1/usage?from=2026-11-01T00%3A00%3A00Z',
      headers: { accept: 'text/csv' },
    });
    expect((await run('usage', '--csv', '--json')).exitCode).toBe(2);
  });

  it('counts the queue by reason', async () => {
    stub.on(
      'GET /v1/queue/reasons',
      json(200, {
        items: [
          { code: 'POOL_FULL', count: 12 },
          { code: 'NEXT_TICK', count: 1 },
        ],
      }),
    );
    const { out } = await run('queue');
    expect(out.split('\n').map((line) => line.trim().split(/ {2,}/).slice(0, 2))).toEqual([
      ['REASON', 'WAITING'],
      ['POOL_FULL', '12'],
      ['NEXT_TICK', '1'],
    ]);
    expect(calls()).toEqual(['GET /v1/queue/reasons']);
  });
});
