// /v1/ticks: what each tick decided and how its quality is proved.
// Invariant: a reader who may not see all departments gets a summary: multipliers and leases would name others.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { TickRecord } from '../../scheduler/index.ts';
import { accessOf, notFound } from './access.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { IdParams, PageQueryFields } from './schemas/fields.ts';
import { pageOf, TickJson } from './schemas/views.ts';
import { typed } from './typed.ts';
import { pageJson, tickJson, tickSummary } from './views.ts';

export const TICK_NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;
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
