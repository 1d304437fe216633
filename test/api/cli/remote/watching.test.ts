// `annona events` and `annona top` against streams that break: nothing twice, nothing left out, and a terminal that is given back.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Terminal } from '../../../../api/cli/io.ts';
import { run as annona } from '../../../../api/cli/main.ts';
import { screenOf, type TopState } from '../../../../api/cli/remote/topScreen.ts';
import {
  eventText,
  json,
  problem,
  type StubServer,
  stream,
  stubServer,
} from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const connection = () => ['--url', stub.url, '--token', 't'];
const anEvent = (id: number, kind = 'granted', data: object = { reasons: [] }) => ({
  id: `evt_${id}`,
  type: `annona.request.${kind}.v1`,
  at: '2026-11-26T09:00:00.000Z',
  department: 'research',
  agent: 'ada',
  request: `req_${id}`,
  lease: null,
  data,
});
const POOLS = [
  { id: 'gpu-a', kind: 'gpu', used: 6, capacity: 8 },
  { id: 'gpu-b', kind: 'gpu', used: 8, capacity: 8 },
];

function aCell(): void {
  stub.on(
    'GET /v1/ticks',
    json(200, {
      items: [{ tick: 143, now: '2026-11-26T09:00:00.000Z', stages: [{ gap: 0 }, { gap: 0.0125 }] }],
      next: null,
    }),
  );
  stub.on(
    'GET /v1/queue/reasons',
    json(200, { items: [{ code: 'POOL_FULL', count: 12, alsoCount: 3, actor: 'wait' }] }),
  );
  stub.on('GET /v1/pools', (response, heard) => {
    const all = heard.call.includes('kind=')
      ? POOLS
      : [...POOLS, { id: 'ada', kind: 'agent', used: 0, capacity: 1 }];
    json(200, { items: all, next: null })(response, heard);
  });
}

describe('annona events', () => {
  it('goes on where a connection broke, drops what comes twice, and follows a resync', async () => {
    const broken = `id: p0\n\n${eventText('p1', anEvent(1))}${eventText('p2', anEvent(2, 'waiting', { reasons: [{ code: 'POOL_FULL' }] }))}`;
    const slow = `${eventText('p2', anEvent(2))}id: p9\nevent: resync\ndata: {"after":"p3"}\n\n`;
    stub.on(
      'GET /v1/events',
      stream(broken, 'break'),
      stream(slow, 'end'),
      stream(eventText('p4', anEvent(4))),
    );
    const { exitCode, out, err } = await ran(
      'events',
      '--count',
      '3',
      '--type',
      'a,b',
      '--request',
      'req_9',
      ...connection(),
    );
    expect(exitCode).toBe(0);
    expect(out.split('\n')).toEqual([
      '2026-11-26T09:00:00.000Z  request.granted          research/ada  req_1',
      '2026-11-26T09:00:00.000Z  request.waiting          research/ada  req_2  POOL_FULL',
      '2026-11-26T09:00:00.000Z  request.granted          research/ada  req_4',
    ]);
    expect(err).toBe(`following ${stub.url}; Ctrl-C ends it`);
    expect(stub.heard.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'p2', 'p3']);
    expect(stub.heard.map(({ call }) => call)).toEqual(
      Array(3).fill('GET /v1/events?type=a%2Cb&request=req_9'),
    );
  });

  it('begins behind --since, and writes with --json one object a line with its place', async () => {
    stub.on('GET /v1/events', stream(eventText('p5', anEvent(5))));
    const { out } = await ran('events', '--since', 'p4', '--count', '1', '--json', ...connection());
    expect(JSON.parse(out)).toEqual({ ...anEvent(5), place: 'p5' });
    expect(stub.heard[0]?.headers['last-event-id']).toBe('p4');
  });

  it('ends with what the server refuses', async () => {
    stub.on('GET /v1/events', problem(401, 'TOKEN_EXPIRED', 'over'));
    expect(await ran('events', ...connection())).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('TOKEN_EXPIRED: over'),
    });
  });
});

describe('annona top', () => {
  it('shows with --once what is scarcest first, without the pools that agents are', async () => {
    aCell();
    const { exitCode, out } = await ran('top', '--once', ...connection());
    expect(exitCode).toBe(0);
    expect(out).toContain(`annona ${stub.url}  tick 143 at 2026-11-26T09:00:00.000Z  gap 1.250 %`);
    expect(out).toMatch(/^gpu-b +gpu +8 +8 +100 % +#{20}\ngpu-a +gpu +6 +8 +75 % +#{15}\.{5}$/m);
    expect(out).toMatch(/^POOL_FULL +12 +3 +- +wait/m);
    expect(out).not.toMatch(/^ada /m);
    expect(JSON.parse((await ran('top', '--once', '--json', ...connection())).out)).toMatchObject({
      pools: POOLS,
      tick: { tick: 143 },
    });
  });

  it('writes a line at each reading where there is no terminal, and ends with the server', async () => {
    aCell();
    stub.on('GET /v1/events', stream(`id: p0\n\n${eventText('p1', anEvent(1))}`));
    stub.on(
      'GET /v1/queue/reasons',
      json(200, { items: [] }),
      json(200, { items: [] }),
      problem(401, 'TOKEN_EXPIRED', 'over'),
    );
    const { exitCode, out } = await ran('top', '--every', '1', ...connection());
    expect(exitCode).toBe(1);
    expect(out.split('\n')).toEqual([
      '2026-11-26T09:00:00.000Z  tick 143  gap 1.250 %  granted 0  waiting 0  denied 0  expired 0  cancelled 0  gpu 14/16',
      '2026-11-26T09:00:00.000Z  tick 143  gap 1.250 %  granted 1  waiting 0  denied 0  expired 0  cancelled 0  gpu 14/16',
    ]);
  });

  it.each(['q', '\u0003'])(
    'draws in place, counts events as they come, and gives the terminal back at %j',
    async (key) => {
      aCell();
      stub.on(
        'GET /v1/events',
        stream(`id: p0\n\n${eventText('p1', anEvent(1))}${eventText('p2', anEvent(2, 'denied'))}`),
      );
      let written = '';
      let press = (_key: string): void => {};
      const counted = Promise.withResolvers<void>();
      const terminal: Terminal = {
        size: () => ({ columns: 60, rows: 10 }),
        colour: false,
        write(text) {
          written += text;
          if (text.includes('✓ granted 1  ◷ waiting 0  ✕ denied 1')) counted.resolve();
        },
        onKey(heard) {
          press = heard;
          return () => {
            written += '<given back>';
          };
        },
      };
      const ended = annona(['top', '--every', '60', ...connection()], {
        out() {},
        err() {},
        progress() {},
        terminal,
      });
      await counted.promise;
      press('x');
      press(key);
      expect(await ended).toBe(0);
      expect(written.startsWith('\u001b[?1049h\u001b[?25l\u001b[H')).toBe(true);
      expect(written.endsWith('\u001b[?25h\u001b[?1049l<given back>')).toBe(true);
    },
  );

  it('never writes more than the screen holds, and says what it left out', () => {
    const pools = Array.from({ length: 40 }, (_, at) => ({
      id: `pool-${at}`,
      kind: 'gpu',
      used: at,
      capacity: 100,
    }));
    const decided = { granted: 1, waiting: 2, denied: 3, expired: 4, cancelled: 5 };
    const state: TopState = { url: 'http://x', tick: null, pools, reasons: [], decided, recent: [] };
    const lines = screenOf(state, { columns: 40, rows: 12, colour: false });
    expect(lines.length).toBeLessThan(12);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines.at(-1)).toBe('and 34 more pools, less used');
    const [plainLine, bold] = [false, true].map(
      (colour) => screenOf(state, { columns: 40, rows: 12, colour })[0],
    );
    expect(bold).toBe(`\u001b[1m${plainLine}\u001b[0m`);
  });
});
