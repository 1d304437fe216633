// The buckets of one process, under the contract of the port; and what its clock and its memory may do.

import { expect, it } from 'vitest';
import { BucketRateLimiter } from '../../../adapters/system/rateLimiter.ts';
import { rateLimiterContract } from '../../contract/rateLimiter.ts';

function aLimiter() {
  let now = 1_795_424_400_000;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { limiter: new BucketRateLimiter(() => now), pass };
}

rateLimiterContract('a process', aLimiter);

const BUCKET = { name: 'agent', key: 'agent/ada', perSecond: 1, burst: 2 };

it('gives nothing for a clock that goes back, and no second time when it comes on again', async () => {
  const { limiter, pass } = aLimiter();
  await limiter.take([BUCKET], 2);
  pass(-60_000);
  expect((await limiter.take([BUCKET], 1)).type).toBe('refused');
  pass(999);
  expect((await limiter.take([BUCKET], 1)).type).toBe('refused');
  pass(1);
  expect((await limiter.take([BUCKET], 1)).type).toBe('taken');
});

it('forgets only buckets that are full again when there are too many', async () => {
  const { limiter, pass } = aLimiter();
  for (let i = 0; i < 20_001; i += 1) await limiter.take([{ ...BUCKET, key: `agent/${i}` }], 2);
  pass(1500);
  expect((await limiter.take([{ ...BUCKET, key: 'agent/7' }], 2)).type).toBe('refused');
  pass(1500);
  expect((await limiter.take([{ ...BUCKET, key: 'agent/8' }], 2)).type).toBe('taken');
});
