// What the processes of an organisation share through Redis, or what one process has by itself where none is named.
// Invariant: everything here may vanish; `degraded` says what a process does without at this moment. Opened by server.ts and edgeProcess.ts.

import type { Registry } from 'prom-client';
import { RedisConnection } from '../../adapters/redis/connection.ts';
import { RedisHints } from '../../adapters/redis/hints.ts';
import { RedisPresence } from '../../adapters/redis/presence.ts';
import { RedisRateLimiter } from '../../adapters/redis/rateLimiter.ts';
import { now } from '../../adapters/system/clock.ts';
import { LocalPresence } from '../../adapters/system/presence.ts';
import { BucketRateLimiter } from '../../adapters/system/rateLimiter.ts';
import { watchRedis } from '../../adapters/telemetry/redis.ts';
import type { Hints } from '../../scheduler/index.ts';
import type { Degradation, Presence, RateLimiter } from '../ports.ts';

export interface Shared {
  readonly rateLimiter: RateLimiter;
  readonly presence: Presence;
  /** Those over Redis, which use the given ones while it is away. */
  hintsBefore(behind: Hints): Hints;
  degraded(): readonly Degradation[];
  close(): Promise<void>;
}

export interface SharedParts {
  /** Absent: this process shares nothing. */
  readonly redisUrl?: string | undefined;
  readonly registry: Registry;
  readonly log: (line: string) => void;
}

export async function openShared({ redisUrl, registry, log }: SharedParts): Promise<Shared> {
  const local = new BucketRateLimiter(now);
  if (redisUrl === undefined) {
    return {
      rateLimiter: local,
      presence: new LocalPresence(),
      hintsBefore: (behind) => behind,
      degraded: () => [],
      close: async () => {},
    };
  }
  const connection = new RedisConnection({ url: redisUrl, log });
  const rateLimiter = new RedisRateLimiter({ connection, local });
  const presence = new RedisPresence(connection);
  watchRedis(registry, { connection, rateLimiter });
  await connection.settled();
  return {
    rateLimiter,
    presence,
    hintsBefore: (behind) => new RedisHints({ connection, behind }),
    degraded: () => (connection.isUp() ? [] : [AWAY]),
    close: () => connection.close(),
  };
}

const AWAY: Degradation = {
  check: 'redis',
  detail:
    'it does not answer: each process limits calls by itself at half of the limit, presence stays in its process, and hints go through the database; bring back what REDIS_URL names',
};
