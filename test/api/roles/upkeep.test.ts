// Upkeep beside the ticks: once a minute, in rounds while there is more, and never the end of a process.

import { expect, it } from 'vitest';
import { startUpkeep } from '../../../api/roles/upkeep.ts';

function anUpkeep(answers: readonly (number | Error)[]) {
  const calls: string[] = [];
  const logged: string[] = [];
  let wake: (() => void) | null = null;
  let told: (() => void) | null = null;
  const left = [...answers];
  const upkeep = startUpkeep({
    cell: 'main',
    store: {
      async purge(cell, rowsMax) {
        calls.push(`purge ${cell} ${rowsMax}`);
        const answer = left.shift() ?? 0;
        if (answer instanceof Error) throw answer;
        return { submitKeys: 0, callKeys: answer };
      },
    },
    timers: {
      sleep(ms, signal) {
        calls.push(`sleep ${ms}`);
        told?.();
        return new Promise((resolve) => {
          wake = resolve;
          if (signal?.aborted) resolve();
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
      },
    },
    log: (line) => void logged.push(line),
  });
  /** Lets the time that it sleeps pass, until it sleeps again. */
  const pass = async () => {
    const asleep = new Promise<void>((resolve) => {
      told = resolve;
    });
    wake?.();
    await asleep;
  };
  return { upkeep, calls, logged, pass };
}

it('purges once a minute, and again after a pause while a round was full', async () => {
  const { upkeep, calls, pass } = anUpkeep([1000, 1000, 999]);
  for (let times = 0; times < 3; times += 1) await pass();
  const purge = 'purge main 1000';
  expect(calls).toEqual(['sleep 60000', purge, 'sleep 100', purge, 'sleep 100', purge, 'sleep 60000']);
  await upkeep.stop();
  expect(calls).toHaveLength(7);
});

it('leaves the rest to the next minute when there is no end', async () => {
  const { upkeep, calls, pass } = anUpkeep(Array.from({ length: 100 }, () => 1000));
  for (let times = 0; times <= 60; times += 1) await pass();
  expect(calls.filter((call) => call.startsWith('purge'))).toHaveLength(60);
  expect(calls.at(-1)).toBe('sleep 60000');
  await upkeep.stop();
});

it('tells of a purge that failed, and tries again', async () => {
  const { upkeep, calls, logged, pass } = anUpkeep([new Error('no database'), 0]);
  await pass();
  expect(logged).toEqual(['upkeep: Error: no database']);
  await pass();
  expect(calls.filter((call) => call.startsWith('purge'))).toHaveLength(2);
  await upkeep.stop();
});

it('ends within its rounds when it is stopped', async () => {
  const { upkeep, calls, pass } = anUpkeep(Array.from({ length: 100 }, () => 1000));
  await pass();
  await upkeep.stop();
  expect(calls.filter((call) => call.startsWith('purge'))).toHaveLength(1);
});
