// /v1/ticks: what each tick decided and how its quality is proved.
// Invariant: a reader who may not see all departments gets a summary: multipliers and leases would name others.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ledgerOf, type TickRecord } from '../../scheduler/index.ts';
import { accessOf, notFound } from './access.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { IdParams, PageQueryFields } from './schemas/fields.ts';
import { QualityJson } from './schemas/quality.ts';
import { pageOf, TickJson } from './schemas/views.ts';
import { typed } from './typed.ts';
import { pageJson, tickJson, tickSummary } from './views.ts';

export const TICK_NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;
/** A quarter of an hour of a busy cell. */
const LAST_DEFAULT = '1000';
const QualityQuery = Type.Object(
  {
    last: Type.Optional(
      Type.String({
        pattern: '^(?:[1-9][0-9]{0,3}|10000)$',
        description: 'How many of the newest ticks, at most 10000; 1000 when left out.',
      }),
    ),
  },
  { additionalProperties: false },
);
const ListQuery = Type.Object(PageQueryFields, { additionalProperties: false });

export function addTicks(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { ticks, configuration } = options;
  app.get(
    '/ticks',
    {
      config: { action: 'readTicks' },
      schema: { querystring: ListQuery, response: { 200: pageOf(TickJson) } },
    },
    async (request) => {
      const page = await ticks.ticks(configuration().cell, pageQuery(request.query));
      return pageJson(page, shownTo(request));
    },
  );
  app.get(
    '/ticks/quality',
    {
      config: { action: 'readTicks' },
      schema: { querystring: QualityQuery, response: { 200: QualityJson } },
    },
    async (request) => {
      const last = Number(request.query.last ?? LAST_DEFAULT);
      return ledgerOf(await ticks.quality(configuration().cell, last));
    },
  );
  app.get(
    '/ticks/:id',
    { config: { action: 'readTicks' }, schema: { params: IdParams, response: { 200: TickJson } } },
    async (request) => {
      const { id } = request.params;
      const record = TICK_NUMBER.test(id) ? await ticks.tick(configuration().cell, Number(id)) : null;
      if (record === null) throw notFound('tick');
      return shownTo(request)(record);
    },
  );
}

function shownTo(request: FastifyRequest): (record: TickRecord) => object {
  return accessOf(request).scope.type === 'all' ? tickJson : tickSummary;
}
