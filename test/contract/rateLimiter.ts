// What any rate limiter promises: buckets that fill with time, all of them or none, and an exact word on what is left.
// Run by test/adapters/system.

import { describe, expect, it } from 'vitest';
import type { RateBucket, RateLimiter } from '../../api/ports.ts';

export interface RateLimiterUnderTest {
  readonly limiter: RateLimiter;
  pass(ms: number): void;
}

const aBucket = (fields: Partial<RateBucket> = {}): RateBucket => ({
  name: 'agent',
  key: 'agent/ada',
  perSecond: 2,
  burst: 6,
  ...fields,
});

export const rateLimiterContract = (name: string, make: () => RateLimiterUnderTest) =>
  describe(`rate limiting in ${name}`, () => {
    it('gives a burst, then nothing, then as many as came in since', async () => {
      const { limiter, pass } = make();
      const take = async () => (await limiter.take([aBucket()], 1)).type;
      for (let i = 0; i < 6; i += 1) expect(await take()).toBe('taken');
      expect(await take()).toBe('refused');
      pass(499);
      expect(await take()).toBe('refused');
      pass(1);
      expect(await take()).toBe('taken');
      expect(await take()).toBe('refused');
      pass(3_600_000);
      for (let i = 0; i < 6; i += 1) expect(await take()).toBe('taken');
      expect(await take()).toBe('refused');
    });

    it('says what is left, and after how long a refused call may come again', async () => {
      const { limiter, pass } = make();
      expect(await limiter.take([aBucket()], 5)).toEqual({
        type: 'taken',
        standings: [{ name: 'agent', remaining: 1, fullInSeconds: 3 }],
      });
      const refused = await limiter.take([aBucket()], 4);
      expect(refused).toMatchObject({ type: 'refused', bucket: 'agent', retryAfterSeconds: 2 });
      pass(2000);
      expect((await limiter.take([aBucket()], 4)).type).toBe('taken');
    });

    it('takes from all buckets or from none', async () => {
      const { limiter } = make();
      const small = aBucket({ name: 'department', key: 'department/research', burst: 2 });
      expect((await limiter.take([aBucket(), small], 2)).type).toBe('taken');
      const refused = await limiter.take([aBucket(), small], 1);
      expect(refused).toMatchObject({
        type: 'refused',
        bucket: 'department',
        standings: [{ remaining: 4 }, { remaining: 0 }],
      });
    });

    it('keeps the buckets of two keys apart', async () => {
      const { limiter } = make();
      await limiter.take([aBucket()], 6);
      expect((await limiter.take([aBucket({ key: 'agent/bob' })], 6)).type).toBe('taken');
    });

    it('lets a call that is larger than the bucket pass when the bucket is full', async () => {
      const { limiter, pass } = make();
      expect((await limiter.take([aBucket()], 1000)).type).toBe('taken');
      expect(await limiter.take([aBucket()], 1000)).toMatchObject({ type: 'refused', retryAfterSeconds: 3 });
      pass(3000);
      expect((await limiter.take([aBucket()], 1000)).type).toBe('taken');
    });

    it('only looks when nothing is asked for', async () => {
      const { limiter } = make();
      await limiter.take([aBucket()], 6);
      expect(await limiter.take([aBucket()], 0)).toEqual({
        type: 'taken',
        standings: [{ name: 'agent', remaining: 0, fullInSeconds: 3 }],
      });
    });

    it('never gives more than came in, however the calls of an instant interleave', async () => {
      const { limiter } = make();
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => limiter.take([aBucket()], 1)));
      expect(outcomes.filter(({ type }) => type === 'taken')).toHaveLength(6);
    });
  });
