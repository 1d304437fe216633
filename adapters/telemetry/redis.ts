// What a scrape shows of Redis: whether it answers, how often it went away, and the calls that were limited without it. Made by api/roles/redis.ts.

import { Counter, Gauge, type Registry } from 'prom-client';
import { REDIS } from './names.ts';

export interface WatchedRedis {
  readonly connection: { isUp(): boolean; losses(): number };
  readonly rateLimiter: { localCalls(): number };
}

export function watchRedis(registry: Registry, { connection, rateLimiter }: WatchedRedis): void {
  const registers = [registry];
  new Gauge({
    ...REDIS.up,
    registers,
    collect() {
      this.set(connection.isUp() ? 1 : 0);
    },
  });
  countUp(registry, REDIS.losses, () => connection.losses());
  countUp(registry, REDIS.localLimits, () => rateLimiter.localCalls());
}

/** A counter whose figure is kept elsewhere, and only rises there. */
function countUp(
  registry: Registry,
  names: { readonly name: string; readonly help: string },
  read: () => number,
): void {
  let shown = 0;
  new Counter({
    ...names,
    registers: [registry],
    collect() {
      const figure = read();
      this.inc(figure - shown);
      shown = figure;
    },
  });
}
