// /v1/policies: signed bundles in, which is in force and what was before, a candidate compared on live traffic, and the decision log.
// Invariants: a bundle that is refused changes nothing; rows of other departments are shown to those alone who may see all of them.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ProblemError } from '../errors.ts';
import type { MoveOutcome, PolicyRefusal, PolicyStatus, PolicyWish } from '../ports.ts';
import { accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { actorOf } from './intake.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { IdParams, PageQueryFields } from './schemas/fields.ts';
import {
  BundleJson,
  BundleText,
  CompareBody,
  DecisionsJson,
  DifferencesJson,
  HeadJson,
  MoveBody,
  StatusJson,
  UploadedJson,
} from './schemas/policies.ts';
import { pageOf } from './schemas/views.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';

export const BUNDLE_TYPE = 'application/vnd.annona.policy-bundle';
/** As BUNDLE_BYTES_MAX of the policies, so that what is too large is refused before it is read. */
const BUNDLE_BODY_MAX = 2 * 1024 * 1024;
const ListQuery = Type.Object(PageQueryFields, { additionalProperties: false });
const SEQUENCE = /^[1-9][0-9]{0,15}$/;

export function addPolicies(server: FastifyInstance, options: ServerOptions): void {
  server.register(async (scope) => {
    // What is in force, and what is compared with it, lives where it is asked.
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, asksLeader: true };
    });
    addUpload(scope, options);
    addReading(scope, options);
    addMoving(scope, options);
    addComparing(scope, options);
    addDecisions(scope, options);
    // Last: an id may be anything that is not one of the words above.
    addOne(scope, options);
  });
}

function addUpload(server: FastifyInstance, options: ServerOptions): void {
  // In a scope of its own: no other route takes this kind of body.
  server.register(async (scope) => {
    scope.addContentTypeParser<string>(BUNDLE_TYPE, { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    typed(scope).post(
      '/policies',
      {
        bodyLimit: BUNDLE_BODY_MAX,
        config: { action: 'editPolicies' },
        ...callKeyHooks(options),
        schema: { body: BundleText, response: { 200: UploadedJson, 201: UploadedJson } },
      },
      async (request, reply) => {
        const outcome = await options.policies.upload(request.body, accessOf(request).principal.subject);
        if (outcome.type === 'refused') throw refused(outcome);
        const { type, revision } = outcome;
        if (type === 'conflict') {
          throw new ProblemError({
            code: 'BUNDLE_CONFLICT',
            detail: `another file is stored under revision ${revision}`,
          });
        }
        if (type === 'stored') reply.code(201).header('location', `/v1/policies/${revision}`);
        return { revision };
      },
    );
  });
}

function addReading(server: FastifyInstance, { policies }: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/policies',
    {
      config: { action: 'readPolicies' },
      schema: { querystring: ListQuery, response: { 200: pageOf(BundleJson) } },
    },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      const all = await policies.bundles();
      const from = after === null ? 0 : all.findIndex(({ revision }) => revision === after) + 1;
      const page = all.slice(from, from + limit);
      const next = from + limit < all.length ? (page.at(-1)?.revision ?? null) : null;
      return {
        items: page.map((bundle) => ({ ...bundle, storedAt: formatInstant(bundle.storedAt) })),
        next,
      };
    },
  );
  app.get(
    '/policies/status',
    { config: { action: 'readPolicies' }, schema: { response: { 200: StatusJson } } },
    async () => statusJson(await policies.status()),
  );
}

function addOne(server: FastifyInstance, { policies }: ServerOptions): void {
  typed(server).get(
    '/policies/:id',
    { config: { action: 'readPolicies' }, schema: { params: IdParams, response: { 200: BundleJson } } },
    async (request) => {
      const found = (await policies.bundles()).find(({ revision }) => revision === request.params.id);
      if (!found) throw notFound('policy bundle');
      return { ...found, storedAt: formatInstant(found.storedAt) };
    },
  );
}

function addMoving(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const common = { config: { action: 'editPolicies' as const }, ...callKeyHooks(options) };
  app.post(
    '/policies/:id/activate',
    { ...common, schema: { params: IdParams, body: MoveBody, response: { 200: HeadJson } } },
    async (request) => {
      const wish = wishOf(request, request.body);
      return headJson(await options.policies.activate(request.params.id, wish));
    },
  );
  app.post(
    '/policies/rollback',
    { ...common, schema: { body: MoveBody, response: { 200: HeadJson } } },
    async (request) => headJson(await options.policies.rollback(wishOf(request, request.body))),
  );
}

function addComparing(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const common = { config: { action: 'editPolicies' as const }, ...callKeyHooks(options) };
  app.post(
    '/policies/:id/compare',
    { ...common, schema: { params: IdParams, body: CompareBody, response: { 200: HeadJson } } },
    async (request) => {
      const { params, body } = request;
      const candidate = { revision: params.id, promoteAfterTicks: body?.promoteAfterTicks ?? null };
      return headJson(await options.policies.compare(candidate, wishOf(request, body)));
    },
  );
  app.post(
    '/policies/candidate/drop',
    { ...common, schema: { body: MoveBody, response: { 200: HeadJson } } },
    async (request) => headJson(await options.policies.compare(null, wishOf(request, request.body))),
  );
  app.get(
    '/policies/candidate/differences',
    { config: { action: 'readDecisionLog' }, schema: { response: { 200: DifferencesJson } } },
    async () => {
      const { candidate } = await options.policies.status();
      return { revision: candidate?.revision ?? null, items: candidate?.report?.samples ?? [] };
    },
  );
}

function addDecisions(server: FastifyInstance, { decisions }: ServerOptions): void {
  typed(server).get(
    '/policies/decisions',
    {
      config: { action: 'readDecisionLog' },
      schema: { querystring: ListQuery, response: { 200: DecisionsJson } },
    },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      if (after !== null && !SEQUENCE.test(after)) {
        const message = 'it is not the `next` of a page';
        throw new ProblemError({
          code: 'QUERY_INVALID',
          detail: `/after: ${message}`,
          errors: [{ pointer: '/after', code: 'format', message }],
        });
      }
      const page = decisions.page(after === null ? null : Number(after), limit);
      const last = page.at(-1)?.sequence ?? 0;
      const next = decisions.page(last, 1).length > 0 ? String(last) : null;
      return { items: page.map((one) => ({ ...one, at: formatInstant(one.at) })), next };
    },
  );
}

function wishOf(request: FastifyRequest, body: { readonly expected?: number } | null): PolicyWish {
  return { actor: actorOf(accessOf(request).principal), expected: body?.expected ?? null };
}

function headJson(outcome: MoveOutcome) {
  switch (outcome.type) {
    case 'moved':
      return outcome.head;
    case 'absent':
      throw notFound('policy bundle');
    case 'superseded':
      throw new ProblemError({
        code: 'PRECONDITION_FAILED',
        detail: `another act came first: the sequence is ${outcome.head.sequence}, active is ${outcome.head.active}`,
      });
    case 'nothing':
      throw new ProblemError({
        code: 'NOTHING_BEFORE',
        detail: 'no other policy was active before this one',
      });
    case 'refused':
      throw refused(outcome);
    default: {
      const never: never = outcome;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}

function refused({ message }: PolicyRefusal): ProblemError {
  return new ProblemError({ code: 'BUNDLE_REFUSED', detail: message });
}

/** Without samples: they are rows of whatever department. */
function statusJson({ candidate, running, failures, ...status }: PolicyStatus) {
  const { report = null, ...head } = candidate ?? {};
  const { samples: _samples, revision: _revision, ...counts } = report ?? {};
  return {
    ...status,
    candidate: candidate === null ? null : { ...head, report: report === null ? null : counts },
    running: { ...running, idle: running.rules.flatMap(({ code, hits }) => (hits === 0 ? [code] : [])) },
    failures: failures.map((failure) => ({ ...failure, at: formatInstant(failure.at) })),
  };
}
