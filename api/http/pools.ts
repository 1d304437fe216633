// /v1/pools: what there is and what is left of it, from the configuration in force and the committed use.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type Configuration, type Pool, poolPart } from '../../scheduler/index.ts';
import { notFound } from './access.ts';
import { etagOf } from './etags.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { IdParams, Name, PageQueryFields } from './schemas/fields.ts';
import { PoolJson, PoolSummary, pageOf } from './schemas/views.ts';
import { typed } from './typed.ts';
import { poolJson, poolSummary } from './views.ts';

const ListQuery = Type.Object(
  { ...PageQueryFields, kind: Type.Optional(Name) },
  { additionalProperties: false },
);

export function addPools(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/pools',
    {
      config: { action: 'readPools' },
      schema: { querystring: ListQuery, response: { 200: pageOf(PoolSummary) } },
    },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      const { kind } = request.query;
      const configuration = options.configuration();
      const rest = sortedPools(configuration).filter(
        (pool) => (after === null || pool.id > after) && (kind === undefined || pool.kind === kind),
      );
      const page = rest.slice(0, limit);
      const use = await options.poolUse.poolUse(configuration.cell);
      const next = rest.length > limit ? (page.at(-1)?.id ?? null) : null;
      return { items: page.map((pool) => poolSummary(pool, use)), next };
    },
  );
  app.get(
    '/pools/:id',
    { config: { action: 'readPools' }, schema: { params: IdParams, response: { 200: PoolJson } } },
    async (request, reply) => {
      const configuration = options.configuration();
      const pool = sortedPools(configuration).find(({ id }) => id === request.params.id);
      const part = poolPart(configuration, request.params.id);
      if (!pool || part === null) throw notFound('pool');
      reply.header('etag', etagOf(part, options.digest));
      return poolJson(pool, await options.poolUse.poolUse(configuration.cell));
    },
  );
}

const sorted = new WeakMap<Configuration, readonly Pool[]>();

/** By id, in code units: the cursor is an id. Made once per revision. */
function sortedPools(configuration: Configuration): readonly Pool[] {
  let pools = sorted.get(configuration);
  if (!pools) {
    pools = configuration.pools.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    sorted.set(configuration, pools);
  }
  return pools;
}
