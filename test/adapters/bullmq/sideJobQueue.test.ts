// Both queues of side jobs under what they promise: ids arrive, one at a time, once while they wait; and BullMQ's forgets without harm.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BullSideJobQueue } from '../../../adapters/bullmq/sideJobQueue.ts';
import { LocalSideJobQueue } from '../../../adapters/system/sideJobQueue.ts';
import type { SideJobQueue } from '../../../api/ports.ts';
import { redisAbsence, startRedis, type TestRedis } from '../../support/redis.ts';

let cells = 0;
let redis: TestRedis | null = null;
const bull = (run: (id: string) => Promise<void>): SideJobQueue => {
  cells += 1;
  return new BullSideJobQueue({ redisUrl: redis!.url, cell: `test-${cells}`, run, onError: () => {} });
};
const queues: [string, (run: (id: string) => Promise<void>) => SideJobQueue][] = [
  ['a process', (run) => new LocalSideJobQueue(run)],
  ...(redisAbsence() === null ? [['BullMQ', bull] as (typeof queues)[number]] : []),
];
const until = async (holds: () => boolean) => {
  while (!holds()) await nextTurn();
};

beforeAll(async () => {
  redis = redisAbsence() === null ? await startRedis() : null;
});
afterAll(() => redis?.stop());

describe.each(queues)('the queue of side jobs in %s', (_, make) => {
  it('brings every id that was pushed, one at a time', async () => {
    const seen: string[] = [];
    let under = 0;
    let most = 0;
    const queue = make(async (id) => {
      under += 1;
      most = Math.max(most, under);
      await nextTurn();
      seen.push(id);
      under -= 1;
    });
    await queue.push(['a', 'b', 'c']);
    await queue.push(['d']);
    await until(() => seen.length === 4);
    expect(seen.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(most).toBe(1);
    await queue.close();
  });

  it('does not bring an id again while it is under way, and does once it is over', async () => {
    const seen: string[] = [];
    const free = Promise.withResolvers<void>();
    const queue = make(async (id) => {
      seen.push(id);
      await free.promise;
    });
    await queue.push(['a']);
    await until(() => seen.length === 1);
    await queue.push(['a']);
    for (let i = 0; i < 20; i += 1) await nextTurn();
    expect(seen).toEqual(['a']);
    free.resolve();
    await until(() => {
      void queue.push(['a']);
      return seen.length > 1;
    });
    await queue.close();
  });

  it('ends when what is under way has ended', async () => {
    const free = Promise.withResolvers<void>();
    let ended = false;
    let began = false;
    const queue = make(async () => {
      began = true;
      await free.promise;
      ended = true;
    });
    await queue.push(['a']);
    await until(() => began);
    const closed = queue.close();
    free.resolve();
    await closed;
    expect(ended).toBe(true);
  });
});
