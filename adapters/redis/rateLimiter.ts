// Token buckets that all processes share, in Redis: one script a call, so that no two processes take the same token.
// Invariant: the same answers as the buckets of one process; while Redis is away those, at half of the limit, and never none. Opened by api/roles.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RateBucket, RateLimiter, RateOutcome } from '../../api/ports.ts';
import type { Instant } from '../../scheduler/index.ts';
import { outcomeOf } from '../system/rateLimiter.ts';
import type { RedisConnection } from './connection.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, 'take.lua'), 'utf8');

export interface RedisRateLimiterOptions {
  readonly connection: RedisConnection;
  /** Answers while Redis is away. Each process for itself: two at half of the limit are one at the whole. */
  readonly local: RateLimiter;
  /** Absent: Redis's own clock, the only one that all processes have in common. */
  readonly now?: () => Instant;
  readonly keyPrefix?: string;
}

export class RedisRateLimiter implements RateLimiter {
  readonly #options: RedisRateLimiterOptions;
  #localCalls = 0;

  constructor(options: RedisRateLimiterOptions) {
    this.#options = options;
    options.connection.client.defineCommand('annonaTake', { lua: SCRIPT });
  }

  /** Calls that were answered without Redis. */
  localCalls(): number {
    return this.#localCalls;
  }

  async take(buckets: readonly RateBucket[], tokens: number): Promise<RateOutcome> {
    const { connection, local, now, keyPrefix = 'annona' } = this.#options;
    const limits = buckets.flatMap(({ perSecond, burst }) => [perSecond, burst]);
    // One hash tag: the buckets of a call must be on one node of a cluster.
    const keys = buckets.map(({ key }) => `{${keyPrefix}:rate}:${key}`);
    const told = await connection.ask((client) =>
      (client as unknown as WithTake).annonaTake(keys.length, ...keys, now?.() ?? '', tokens, ...limits),
    );
    if (told === null) {
      this.#localCalls += 1;
      return local.take(buckets.map(halved), tokens);
    }
    const [short = 0, ...levels] = told;
    return outcomeOf(buckets, { tokens, levels, isTaken: short === 0 });
  }
}

interface WithTake {
  annonaTake(keys: number, ...rest: (string | number)[]): Promise<number[]>;
}

function halved(bucket: RateBucket): RateBucket {
  return { ...bucket, perSecond: bucket.perSecond / 2, burst: Math.max(1, Math.floor(bucket.burst / 2)) };
}
