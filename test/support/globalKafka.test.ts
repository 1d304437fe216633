// The lending of the one cluster: started once, shared by many, alone for one, and given back by whoever is gone.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lender } from './globalKafka.ts';

let started = 0;
let stopped = 0;
let killed: number[] = [];
let lender: Lender;
let port = 0;
beforeEach(async () => {
  [started, stopped, killed] = [0, 0, []];
  lender = new Lender(async () => {
    started += 1;
    return {
      brokers: ['a:1'],
      controller: () => 3,
      kill: async (node) => void killed.push(node),
      start: async () => {
        throw new Error('it does not start');
      },
      stop: async () => {
        stopped += 1;
      },
    };
  });
  port = await lender.listen();
});
afterEach(() => lender.close());

async function holder(how: 'shared' | 'alone'): Promise<{ socket: Socket; held: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  // One that is reset is told so itself.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, held: ask(socket, { type: 'hold', how }) };
}

async function ask(socket: Socket, what: unknown): Promise<unknown> {
  const lines = createInterface(socket);
  lines.on('error', () => {});
  socket.write(`${JSON.stringify(what)}\n`);
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line);
}

/** What had been answered by the time that a later question was. */
async function isHeld(held: Promise<unknown>): Promise<boolean> {
  let answered = false;
  void held.then(() => {
    answered = true;
  });
  const other = connect(port, '127.0.0.1');
  await once(other, 'connect');
  await ask(other, { type: 'controller' });
  other.destroy();
  return answered;
}

describe('the cluster of a test run', () => {
  it('is not started while nobody asks', async () => {
    await lender.close();
    expect([started, stopped]).toEqual([0, 0]);
  });

  it('is started once for all that share it, and stopped at the end', async () => {
    const [one, two] = [await holder('shared'), await holder('shared')];
    const want = { type: 'done', brokers: ['a:1'], controller: -1 };
    expect(await Promise.all([one.held, two.held])).toEqual([want, want]);
    await lender.close();
    expect([started, stopped]).toEqual([1, 1]);
  });

  it('is lent to one alone when the others have left, and to the next when that one is gone', async () => {
    const one = await holder('shared');
    await one.held;
    const alone = await holder('alone');
    const later = await holder('shared');
    expect(await isHeld(alone.held)).toBe(false);
    one.socket.destroy();
    await alone.held;
    expect(await isHeld(later.held)).toBe(false);
    alone.socket.resetAndDestroy();
    await later.held;
  });

  it('says what a broker did when it was killed or started', async () => {
    const { socket, held } = await holder('alone');
    await held;
    expect(await ask(socket, { type: 'controller' })).toMatchObject({ controller: 3 });
    expect(await ask(socket, { type: 'kill', node: 2 })).toMatchObject({ type: 'done' });
    expect(killed).toEqual([2]);
    expect(await ask(socket, { type: 'start', node: 2 })).toEqual({
      type: 'failed',
      message: 'it does not start',
    });
  });
});
