// GET /v1/pool-use: how full each pool was over the last hour, as this process looked at it, for lines over time.
// Invariant: bounded: so many readings are kept, the oldest goes first; what could not be read is a gap, never a guess. Agents are left out:
// there may be thousands, and each is seen by its page.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Instant, Units } from '../../scheduler/index.ts';
import type { ServerOptions } from './options.ts';
import { PoolUseJson } from './schemas/poolUse.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';
import { poolSummary } from './views.ts';

const EVERY_SECONDS = 10;
/** An hour. */
const READINGS_MAX = 360;
const LAST_DEFAULT = 120;
const AGENT = 'agent';

const Query = Type.Object(
  { last: Type.Optional(Type.String({ pattern: '^(?:[1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|360)$' })) },
  { additionalProperties: false },
);

interface Reading {
  readonly at: Instant;
  readonly used: ReadonlyMap<string, Units>;
}

export function addPoolUse(server: FastifyInstance, options: ServerOptions): void {
  const readings: Reading[] = [];
  const read = async (): Promise<void> => {
    const last = readings.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
    // Also asked for by readers, of whom there may be many.
    if (options.system.now() - last < (EVERY_SECONDS * 1000) / 2) return;
    const use = await options.poolUse.poolUse(options.configuration().cell);
    const pools = options.configuration().pools.filter(({ kind }) => kind !== AGENT);
    const used = new Map(pools.map((pool) => [String(pool.id), poolSummary(pool, use).used]));
    readings.push({ at: options.system.now(), used });
    if (readings.length > READINGS_MAX) readings.shift();
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  server.addHook('onReady', async () => {
    // A database that is away for a while leaves a gap; readiness tells it.
    timer = setInterval(() => void read().catch(() => undefined), EVERY_SECONDS * 1000);
    timer.unref();
  });
  server.addHook('preClose', async () => clearInterval(timer));
  typed(server).get(
    '/pool-use',
    { config: { action: 'readPools' }, schema: { querystring: Query, response: { 200: PoolUseJson } } },
    async (request) => {
      await read();
      const shown = readings.slice(-Number(request.query.last ?? LAST_DEFAULT));
      const pools = options.configuration().pools.filter(({ kind }) => kind !== AGENT);
      return {
        everySeconds: EVERY_SECONDS,
        at: shown.map(({ at }) => formatInstant(at)),
        pools: pools.map(({ id, kind, capacity }) => ({
          id,
          kind,
          capacity,
          used: shown.map(({ used }) => used.get(id) ?? null),
        })),
      };
    },
  );
}
