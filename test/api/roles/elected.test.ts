// Work that one process at a time does: begun by the election, ended before the seat is given up, and ended when it is lost.

import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../adapters/memory/store.ts';
import { whileElected } from '../../../api/roles/elected.ts';
import type { Leadership, Timers } from '../../../scheduler/index.ts';

const timers: Timers = {
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      setTimeout(resolve, 1);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

function aSeat(leadership: Leadership) {
  const said: string[] = [];
  const wanted = new Map<string, () => void>();
  const say = (line: string): void => {
    said.push(line);
    wanted.get(line)?.();
  };
  /** Resolves when it is said next. */
  const next = (line: string) => new Promise<void>((resolve) => void wanted.set(line, resolve));
  const seat = { leadership, name: 'kafka:main', timers, log: (line: string) => say(line) };
  const open = () =>
    whileElected(seat, (epoch) => {
      say(`works ${epoch}`);
      return { stop: async () => say(`stopped ${epoch}`) };
    });
  return { said, next, open };
}

it('works under its epoch, and lets the next one begin only when it has ended', async () => {
  const store = createMemoryStore({ now: () => 0 });
  const ours = aSeat(store.leadershipOf('ours'));
  const theirs = aSeat(store.leadershipOf('theirs'));
  const began = ours.next('works 1');
  const first = ours.open();
  await began;
  const second = theirs.open();
  const took = theirs.next('works 2');
  await first.stop();
  expect(ours.said).toEqual(['works 1', 'stopped 1']);
  await took;
  await second.stop();
  expect(theirs.said).toEqual(['works 2', 'stopped 2']);
});

it('ends its work when the seat is another’s by now, and stands again', async () => {
  let now = 0;
  const store = createMemoryStore({ now: () => now });
  const ours = aSeat(store.leadershipOf('ours'));
  const began = ours.next('works 1');
  const work = ours.open();
  await began;
  const ended = ours.next('stopped 1');
  now += 60_000;
  while ((await store.leadershipOf('theirs').acquire('kafka:main')) === null) now += 60_000;
  await ended;
  const again = ours.next('works 3');
  now += 60_000;
  await again;
  await work.stop();
});

it('goes on while the store does not answer, and says so', async () => {
  const store = createMemoryStore({ now: () => 0 });
  const leadership = store.leadershipOf('ours');
  let away = true;
  const seat = aSeat({
    acquire: (cell) => leadership.acquire(cell),
    release: (cell, epoch) => leadership.release(cell, epoch),
    renew: async (cell, epoch) => {
      if (away) throw new Error('away');
      return leadership.renew(cell, epoch);
    },
  });
  const told = seat.next('kafka:main: Error: away');
  const work = seat.open();
  await told;
  away = false;
  await work.stop();
  expect(seat.said.filter((line) => !line.includes('away'))).toEqual(['works 1', 'stopped 1']);
});
