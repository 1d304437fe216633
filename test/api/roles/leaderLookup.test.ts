// The leader's address as an API process keeps it: one look for many callers, anew after a moment, after a call that failed, and while there is none.

import { expect, it } from 'vitest';
import { LeaderLookup } from '../../../api/roles/leaderLookup.ts';

function aLookup(answers: readonly (number | null | Error)[]) {
  const left = [...answers];
  let now = 0;
  let looks = 0;
  const lookup = new LeaderLookup({
    cell: 'main',
    now: () => now,
    directory: {
      async find() {
        looks += 1;
        const answer = left.shift() ?? null;
        if (answer instanceof Error) throw answer;
        return answer === null ? null : { epoch: answer, url: `http://leader-${answer}`, secret: 's' };
      },
    },
  });
  const epoch = async () => (await lookup.address())?.epoch ?? null;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { lookup, epoch, looks: () => looks, pass };
}

it('is looked up once for all callers of a moment, and anew afterwards', async () => {
  const { epoch, looks, pass } = aLookup([1, 2]);
  expect(await Promise.all([epoch(), epoch(), epoch()])).toEqual([1, 1, 1]);
  pass(249);
  expect(await epoch()).toBe(1);
  expect(looks()).toBe(1);
  pass(1);
  expect(await epoch()).toBe(2);
});

it('is looked up anew when it was forgotten, when there was none, and when the look failed', async () => {
  const { lookup, epoch } = aLookup([1, 2, null, new Error('away'), 5]);
  expect(await epoch()).toBe(1);
  lookup.forget();
  expect(await epoch()).toBe(2);
  lookup.forget();
  expect(await epoch()).toBeNull();
  await expect(epoch()).rejects.toThrow('away');
  expect(await epoch()).toBe(5);
});
