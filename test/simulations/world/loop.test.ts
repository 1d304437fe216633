// The loop of a simulated cluster: events in the order of their instants, the dead hear nothing, and who stood still hears everything, in order.
import { expect, it } from 'vitest';
import { Life, Loop } from '../../../simulations/world/loop.ts';

const STARTS_AT = 1000;

it('takes the earliest first, equals in the order in which they were asked for, and settles what follows before the next', async () => {
  const loop = new Loop(STARTS_AT);
  const life = new Life('one');
  const told: string[] = [];
  loop.after(2000, life, () => told.push(`late at ${loop.now}`));
  loop.after(1000, life, () => {
    told.push('first');
    void Promise.resolve()
      .then(() => {})
      .then(() => told.push('what follows'));
  });
  loop.after(1000, null, () => told.push('second'));
  await loop.run(10_000);
  expect(told).toEqual(['first', 'what follows', 'second', 'late at 1002']);
  expect(loop.elapsedUs).toBe(10_000);
});

it('drops what comes for the dead, and keeps what comes for who stands still until it goes on', async () => {
  const loop = new Loop(STARTS_AT);
  const [dead, still] = [new Life('dead'), new Life('still')];
  const told: string[] = [];
  dead.alive = false;
  loop.after(10, dead, () => told.push('nobody'));
  loop.pause(still, 5);
  for (const n of [1, 2, 3]) loop.after(n * 1000, still, () => told.push(`${n} at ${loop.elapsedUs}`));
  loop.after(9000, still, () => told.push('awake'));
  await loop.run(20_000);
  expect(told).toEqual(['1 at 5000', '2 at 5000', '3 at 5000', 'awake']);
});

it('resumes early, once, and an abort ends a sleep without an error', async () => {
  const loop = new Loop(STARTS_AT);
  const life = new Life('one');
  const told: string[] = [];
  loop.pause(life, 60_000);
  loop.after(1000, life, () => told.push(`resumed at ${loop.elapsedUs}`));
  loop.after(3000, null, () => loop.resume(life));
  const ending = new AbortController();
  void loop.sleep(50, life, ending.signal).then(() => told.push(`slept until ${loop.elapsedUs}`));
  loop.after(4000, null, () => ending.abort());
  await loop.run(100_000);
  expect(told).toEqual(['resumed at 3000', 'slept until 4000']);
});
