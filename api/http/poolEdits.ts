// PUT and DELETE /v1/pools/:id: capacity, labels and price of what there is, while the cell runs.
// Invariant: an edit takes nothing from a lease; a capacity below the use only leaves no room until enough has come back.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { capacityKey, type PoolId, type PoolPart, SLUG } from '../../scheduler/index.ts';
import { accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { answerEdit, type EffectOfUse } from './editAnswers.ts';
import type { EditStep } from './edits.ts';
import { preconditionOf } from './etags.ts';
import type { ServerOptions } from './options.ts';
import { IdParams, NoBody, NoContent } from './schemas/fields.ts';
import { PoolBody, PreviewJson, PreviewQuery } from './schemas/organisation.ts';
import { PoolJson } from './schemas/views.ts';
import { typed } from './typed.ts';
import { poolJson } from './views.ts';

export function addPoolEdits(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const common = { config: { action: 'editPools' as const }, ...callKeyHooks(options) };
  const put = { 200: Type.Union([PoolJson, PreviewJson]), 201: PoolJson };
  app.put(
    '/pools/:id',
    {
      ...common,
      schema: { params: IdParams, querystring: PreviewQuery, body: PoolBody, response: put },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!SLUG.test(id)) throw notFound('pool');
      const pool = poolPartOf(id, request.body);
      return answerEdit(options, reply, {
        principal: accessOf(request).principal,
        what: 'pool',
        precondition: preconditionOf(request),
        dryRun: request.query.dryRun === 'true',
        editOn: () => ({ type: 'putPool', pool }),
        useOf: (step) => useOfPool(options, step, id),
        location: `/v1/pools/${id}`,
        show: async ({ to }) => {
          const shown = to.pools.find((each) => each.id === id);
          if (shown === undefined) throw new Error(`pool ${id} was put and is not there`);
          return poolJson(shown, await options.poolUse.poolUse(to.cell));
        },
      });
    },
  );
  const gone = { 200: PreviewJson, 204: NoContent };
  app.delete(
    '/pools/:id',
    {
      ...common,
      schema: { params: IdParams, querystring: PreviewQuery, body: NoBody, response: gone },
    },
    async (request, reply) => {
      const { id } = request.params;
      return answerEdit(options, reply, {
        principal: accessOf(request).principal,
        what: 'pool',
        precondition: preconditionOf(request),
        dryRun: request.query.dryRun === 'true',
        editOn: () => ({ type: 'removePool', pool: id as PoolId }),
        useOf: (step) => useOfPool(options, step, id),
        location: '/v1/pools',
        show: async () => null,
      });
    },
  );
}

function poolPartOf(id: string, body: Static<typeof PoolBody>): PoolPart {
  const { kind, unit, capacity, labels = {}, consumable = false, classification, priceMinor = 0 } = body;
  return {
    id: id as PoolId,
    kind,
    unit,
    capacity,
    labels,
    consumable,
    ...(classification == null ? {} : { classification }),
    priceMinor,
  };
}

async function useOfPool(
  options: ServerOptions,
  { from, after }: EditStep,
  id: string,
): Promise<EffectOfUse> {
  const pool = from.pools.find((each) => each.id === id);
  if (pool?.calendar !== undefined) return { used: null, most: null };
  const use = await options.poolUse.poolUse(from.cell);
  const capacity = after !== null && 'capacity' in after ? after.capacity : 0;
  return { used: use.get(capacityKey(id as PoolId)) ?? 0, most: capacity };
}
