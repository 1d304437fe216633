// Ticks over HTTP from the command line, and an agent's sign of life: what is called, what is shown, what ends up in the file.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
let home = '';
beforeEach(async () => {
  stub = await stubServer();
  home = mkdtempSync(join(tmpdir(), 'annona-ticks-'));
});
afterEach(() => {
  stub.close();
  rmSync(home, { recursive: true, force: true });
});

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 't');
const calls = () => stub.heard.map(({ call }) => call);
const TICK = {
  tick: 1042,
  now: '2026-11-26T09:00:00.000Z',
  termination: 'optimal',
  counts: { pending: 7, granted: 3, waiting: 4, denied: 0 },
};
const FILE = { version: 1, cell: 'main', now: 5, requests: [], extensions: [] };

describe('annona ticks', () => {
  it('lists them, newest first as the server does', async () => {
    stub.on('GET /v1/ticks', json(200, { items: [TICK, { ...TICK, tick: 1041 }], next: null }));
    const { exitCode, out } = await run('ticks', 'list', '--limit', '2');
    expect([exitCode, out.split('\n').map((line) => line.trim().split(/ {2,}/))]).toEqual([
      0,
      [
        ['TICK', 'AT', 'ENDED', 'PENDING', 'GRANTED', 'WAITING', 'DENIED'],
        ['1042', '2026-11-26T09:00:00.000Z', 'optimal', '7', '3', '4', '0'],
        ['1041', '2026-11-26T09:00:00.000Z', 'optimal', '7', '3', '4', '0'],
      ],
    ]);
  });

  it('shows one, and takes nothing for a number that is none', async () => {
    stub.on('GET /v1/ticks/1042', json(200, TICK));
    const { out } = await run('ticks', 'get', '1042', '--json');
    expect(JSON.parse(out)).toEqual(TICK);
    const { exitCode, err } = await run('ticks', 'get', 'newest');
    expect([exitCode, err]).toEqual([2, expect.stringContaining('tick newest is not a whole number')]);
    expect(calls()).toEqual(['GET /v1/ticks/1042']);
  });

  it('writes a file to standard output, or where -o says', async () => {
    stub.on('GET /v1/ticks/1042/file', json(200, FILE), json(200, FILE));
    expect(JSON.parse((await run('ticks', 'file', '1042')).out)).toEqual(FILE);
    const path = join(home, 'tick.json');
    const { exitCode, out, err } = await run('ticks', 'file', '1042', '-o', path);
    expect([exitCode, out, err]).toEqual([
      0,
      '',
      `decide it again: annona tick ${path}; check it: annona verify ${path}`,
    ]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(FILE);
  });

  it('leaves no file behind of a tick that is kept no more, and says where it cannot write', async () => {
    stub.on('GET /v1/ticks/1042/file', problem(404, 'NOT_FOUND', 'the oldest is tick 2000'), json(200, FILE));
    const path = join(home, 'tick.json');
    const gone = await run('ticks', 'file', '1042', '--output', path);
    expect([gone.exitCode, existsSync(path)]).toEqual([1, false]);
    expect(gone.err).toContain('the oldest is tick 2000. Try: npx annona ticks list');
    const nowhere = await run('ticks', 'file', '1042', '-o', join(home, 'no', 'tick.json'));
    expect([nowhere.exitCode, nowhere.err]).toEqual([
      1,
      expect.stringContaining('cannot be written (ENOENT)'),
    ]);
  });
});

describe('annona agent heartbeat', () => {
  it('says that the agent is alive, and when it was heard', async () => {
    const beat = { id: 'scout-01', heartbeatAt: '2026-11-26T09:00:00.000Z' };
    stub.on('POST /v1/agents/scout-01/heartbeat', json(200, beat));
    const { exitCode, out } = await run('agent', 'heartbeat', 'scout-01', '--json');
    expect([exitCode, JSON.parse(out)]).toEqual([0, beat]);
    expect(calls()).toEqual(['POST /v1/agents/scout-01/heartbeat']);
  });

  it('asks which, when a token alone says who calls', async () => {
    const { exitCode, err } = await run('agent', 'heartbeat');
    expect([exitCode, err]).toEqual([2, expect.stringContaining('annona agent heartbeat ID')]);
    expect(calls()).toEqual([]);
  });
});
