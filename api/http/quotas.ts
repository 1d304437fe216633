// /v1/quotas: what of a kind is a department's own, what it may borrow and lend, and what it holds; edited while the cell runs.
// Invariant: a quota below the use takes nothing back; the department gets nothing more of the kind until it is under it again.

import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  type CohortId,
  type Configuration,
  type DepartmentId,
  type Quota,
  quotaKey,
  quotaPart,
} from '../../scheduler/index.ts';
import { accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { answerEdit } from './editAnswers.ts';
import type { EditStep } from './edits.ts';
import { etagOf, preconditionOf } from './etags.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { Name, NoBody, NoContent, PageQueryFields } from './schemas/fields.ts';
import { PreviewJson, PreviewQuery, QuotaBody, QuotaJson, QuotaParams } from './schemas/organisation.ts';
import { pageOf } from './schemas/views.ts';
import { typed } from './typed.ts';

const ListQuery = Type.Object(
  { ...PageQueryFields, department: Type.Optional(Name), kind: Type.Optional(Name) },
  { additionalProperties: false },
);

export function addQuotas(server: FastifyInstance, options: ServerOptions): void {
  addReading(server, options);
  addEditing(server, options);
}

function addReading(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/quotas',
    {
      config: { action: 'readQuotas' },
      schema: { querystring: ListQuery, response: { 200: pageOf(QuotaJson) } },
    },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      const { department, kind } = request.query;
      const configuration = options.configuration();
      const rest = configuration.quotas
        .filter((quota) => department === undefined || quota.department === department)
        .filter((quota) => kind === undefined || quota.kind === kind)
        .map((quota) => ({ quota, key: quotaKey(quota.department, quota.kind) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .filter(({ key }) => after === null || key > after);
      const page = rest.slice(0, limit);
      const use = await quotaUse(options, configuration);
      const next = rest.length > limit ? (page.at(-1)?.key ?? null) : null;
      return { items: page.map(({ quota, key }) => quotaJson(quota, use.get(key) ?? 0)), next };
    },
  );
  app.get(
    '/quotas/:department/:kind',
    { config: { action: 'readQuotas' }, schema: { params: QuotaParams, response: { 200: QuotaJson } } },
    async (request, reply) => {
      const { department, kind } = request.params;
      const configuration = options.configuration();
      const quota = quotaPart(configuration, department, kind);
      if (quota === null) throw notFound('quota');
      reply.header('etag', etagOf(quota, options.digest));
      return showQuota(options, configuration, quota);
    },
  );
}

function addEditing(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const common = { config: { action: 'editQuotas' as const }, ...callKeyHooks(options) };
  const request = { params: QuotaParams, querystring: PreviewQuery };
  app.put(
    '/quotas/:department/:kind',
    {
      ...common,
      schema: {
        ...request,
        body: QuotaBody,
        response: { 200: Type.Union([QuotaJson, PreviewJson]), 201: QuotaJson },
      },
    },
    async (request, reply) => {
      const quota = quotaOf(request.params, request.body);
      return answerEdit(options, reply, {
        principal: accessOf(request).principal,
        what: 'quota',
        precondition: preconditionOf(request),
        dryRun: request.query.dryRun === 'true',
        editOn: () => ({ type: 'putQuota', quota }),
        useOf: (step) => useOfQuota(options, step, quota),
        location: `/v1/quotas/${quota.department}/${quota.kind}`,
        show: ({ to }) => showQuota(options, to, quota),
      });
    },
  );
  app.delete(
    '/quotas/:department/:kind',
    { ...common, schema: { ...request, body: NoBody, response: { 200: PreviewJson, 204: NoContent } } },
    async (request, reply) => {
      const department = request.params.department as DepartmentId;
      const { kind } = request.params;
      return answerEdit(options, reply, {
        principal: accessOf(request).principal,
        what: 'quota',
        precondition: preconditionOf(request),
        dryRun: request.query.dryRun === 'true',
        editOn: () => ({ type: 'removeQuota', department, kind }),
        useOf: (step) => useOfQuota(options, step, { department, kind }),
        location: '/v1/quotas',
        show: async () => null,
      });
    },
  );
}

function quotaOf({ department, kind }: Static<typeof QuotaParams>, body: Static<typeof QuotaBody>): Quota {
  const { nominal, borrowingLimit = 0, lendingLimit = 0, cohort } = body;
  return {
    department: department as DepartmentId,
    kind,
    nominal,
    borrowingLimit,
    lendingLimit,
    ...(cohort == null ? {} : { cohort: cohort as CohortId }),
  };
}

/** A department without a quota for a kind is not limited, so that taking one out never falls below the use. */
async function useOfQuota(
  options: ServerOptions,
  { from, after }: EditStep,
  of: Pick<Quota, 'department' | 'kind'>,
) {
  const use = await quotaUse(options, from);
  const used = use.get(quotaKey(of.department, of.kind)) ?? 0;
  const most = after !== null && 'nominal' in after ? after.nominal + after.borrowingLimit : null;
  return { used, most };
}

/** Units of renewable pools that live leases hold: what quotas count. */
async function quotaUse(
  { heldUnits }: ServerOptions,
  { cell, pools }: Configuration,
): Promise<ReadonlyMap<string, number>> {
  const renewable = new Set<string>();
  for (const { id, consumable, calendar } of pools)
    if (!consumable && calendar === undefined) renewable.add(id);
  const use = new Map<string, number>();
  for (const { department, kind, pool, units } of await heldUnits.heldUnits(cell)) {
    if (!renewable.has(pool)) continue;
    const key = quotaKey(department as DepartmentId, kind);
    use.set(key, (use.get(key) ?? 0) + units);
  }
  return use;
}

async function showQuota(options: ServerOptions, configuration: Configuration, quota: Quota) {
  const use = await quotaUse(options, configuration);
  return quotaJson(quota, use.get(quotaKey(quota.department, quota.kind)) ?? 0);
}

function quotaJson(quota: Quota, used: number) {
  const { department, kind, nominal, borrowingLimit, lendingLimit, cohort = null } = quota;
  return { department, kind, nominal, borrowingLimit, lendingLimit, cohort, used };
}
