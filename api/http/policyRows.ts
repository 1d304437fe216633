// GET /v1/policy-rows: the newest requests as the policies see them, with the organisation that they are judged by.
// Invariant: a row is made by the gate's own function from the stored request and the configuration in force: what the next tick would
// put before the policies. For those who answer for policies, as rows hold every department's purposes.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { gateRow, type ResourceRequest } from '../../scheduler/index.ts';
import { policyDataOf } from '../policyData.ts';
import type { Scope } from '../ports.ts';
import { accessOf } from './access.ts';
import type { ServerOptions } from './options.ts';
import { typed } from './typed.ts';

const LAST_DEFAULT = '1000';
const PAGE = 200;
const Query = Type.Object(
  {
    last: Type.Optional(
      Type.String({
        pattern: '^(?:[1-9][0-9]{0,3}|10000)$',
        description: 'How many of the newest requests, at most 10000; 1000 when left out.',
      }),
    ),
  },
  { additionalProperties: false },
);
const Fields = Type.Unsafe<Record<string, unknown>>({ type: 'object' });

const PolicyRowsView = Type.Object({
  v: Type.Literal(1),
  policyRevision: Type.String({ description: 'Of the newest tick; empty before the first.' }),
  data: Fields,
  requests: Type.Array(Type.Object({ id: Type.String(), row: Fields })),
});

export function addPolicyRows(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/policy-rows',
    {
      config: { action: 'readPolicyRows' },
      schema: { querystring: Query, response: { 200: PolicyRowsView } },
    },
    async (request) => {
      const configuration = options.configuration();
      const last = Number(request.query.last ?? LAST_DEFAULT);
      const requests = await newest(options, accessOf(request).scope, last);
      const [tick] = (await options.ticks.ticks(configuration.cell, { limit: 1, after: null })).items;
      const rows = requests.map((one) => ({ id: one.id, row: { ...gateRow(configuration, one) } }));
      const policyRevision = tick?.policyRevision ?? '';
      return { v: 1 as const, policyRevision, data: { ...policyDataOf(configuration) }, requests: rows };
    },
  );
}

/** Oldest first. */
async function newest(
  { requests }: Pick<ServerOptions, 'requests'>,
  scope: Scope,
  last: number,
): Promise<ResourceRequest[]> {
  const found: ResourceRequest[] = [];
  for (let after: string | null = null; found.length < last; ) {
    const page = await requests.requests(scope, { limit: Math.min(PAGE, last - found.length), after });
    found.push(...page.items.map(({ request }) => request));
    after = page.next;
    if (after === null) break;
  }
  return found.reverse();
}
