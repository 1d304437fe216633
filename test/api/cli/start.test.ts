// `annona start` from the command line to the last process: the first minute of a new user, and what Ctrl-C leaves behind.
// One story in order, on one data directory: a start costs seconds.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findData } from '../../../adapters/postgres/embedded/cluster.ts';
import { startEmbeddedPostgres } from '../../../adapters/postgres/embedded/index.ts';
import { readHolder } from '../../../adapters/postgres/embedded/lockFile.ts';
import { annona, type CommandProcess } from './commandProcess.ts';

const LIMIT_MS = 90_000;
const PULSE = /^pending +\d+ {2}granted +\d+ {2}waiting +\d+ {2}denied +\d+ {2}worst gap +[\d.]+ %/;

let home = '';
let directory = '';
let busy: Server;
let port = 0;
const commands: CommandProcess[] = [];
const start = (...args: readonly string[]): CommandProcess => {
  const command = annona('start', '--directory', directory, '--port', String(port), ...args);
  commands.push(command);
  return command;
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'annona-start-'));
  directory = join(home, 'data');
  busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  port = (busy.address() as { port: number }).port;
});
afterEach(() => {
  for (const command of commands.splice(0)) command.end();
});
afterAll(async () => {
  busy.close();
  if (findData(directory) !== undefined) {
    const left = await startEmbeddedPostgres({ directory, log: () => {} });
    await left.stop();
  }
  rmSync(home, { recursive: true, force: true });
});

const databaseIsGone = () => readHolder(findData(directory) as string).kind === 'none';

describe('annona start', () => {
  it(
    'makes a database, takes the next free port, lets sample agents work with a line a second, and leaves with 0',
    async () => {
      const command = start('--sample-seconds', '3', '--exit-after-sample');
      expect(await command.ended).toBe(0);
      const lines = command.out().trimEnd().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(2);
      for (const line of lines) expect(line).toMatch(PULSE);
      const granted = lines.map((line) => Number(/granted +(\d+)/.exec(line)?.[1]));
      expect(Math.max(...granted)).toBeGreaterThan(0);
      expect(command.err()).toContain('started on new data');
      const taken = Number(/serving at http:\/\/127\.0\.0\.1:(\d+)/.exec(command.err())?.[1]);
      expect(taken).toBeGreaterThan(port);
      expect(taken).toBeLessThanOrEqual(port + 50);
      expect(command.err()).not.toMatch(/Error|failed|undefined|STORE_|INTERNAL/);
      expect(databaseIsGone()).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'keeps the data the second time and says so, serves a token that the command made, and ends in order on Ctrl-C',
    async () => {
      const command = start('--sample-seconds', '0');
      await command.says('Ctrl-C stops it');
      expect(command.err()).toContain(`kept the data in ${directory}`);
      const url = /serves at (http:\S+)\./.exec(command.out())?.[1] as string;
      const tokenCommand = annona(
        'token',
        '--role',
        'operator',
        '--department',
        'research',
        '--directory',
        directory,
      );
      expect(await tokenCommand.ended).toBe(0);
      const headers = { authorization: `Bearer ${tokenCommand.out().trim()}` };
      const answer = await fetch(`${url}/v1/requests?limit=1`, { headers });
      expect(answer.status).toBe(200);
      const { items } = (await answer.json()) as { items: unknown[] };
      expect(items).toHaveLength(1);

      const lines = [...command.out().matchAll(/^ {2}npx annona (.*)$/gm)].map(([, line]) => line ?? '');
      expect(lines.map((line) => line.split(' --')[0])).toEqual([
        'request submit',
        'request watch latest',
        'top',
      ]);
      for (const line of lines) {
        const tried = annona(...line.split(' '), ...(line.startsWith('top') ? ['--once'] : []));
        commands.push(tried);
        expect({ line, ended: await tried.ended, err: tried.err() }).toMatchObject({ line, ended: 0 });
        expect(tried.out()).toContain(line.startsWith('top') ? 'v100-waw1' : 'granted');
      }

      command.interrupt();
      expect(await command.ended).toBe(0);
      const steps = ['SIGINT: stopping in order', 'PostgreSQL stopped', 'stopped\n'];
      const places = steps.map((step) => command.err().lastIndexOf(step));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(places[0]).toBeGreaterThan(0);
      expect(databaseIsGone()).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'starts over with --reset, and Ctrl-C among the sample agents ends it in order all the same',
    async () => {
      const command = start('--reset', '--sample-seconds', '60');
      await command.says(PULSE_ANYWHERE);
      expect(command.err()).toContain(`threw away ${directory}`);
      expect(command.err()).toContain('started on new data');
      expect(command.err()).not.toContain('kept the data');
      command.interrupt();
      expect(await command.ended).toBe(0);
      expect(command.err()).not.toMatch(/once more leaves at once[\s\S]*(Error|fetch failed)/);
      expect(databaseIsGone()).toBe(true);
    },
    LIMIT_MS,
  );
});

const PULSE_ANYWHERE = /pending +\d+ {2}granted +[1-9]/;
