// /v1/webhooks: where a department wants its events sent, and what could not be brought there.
// Invariant: a webhook carries the events of its own department alone, whoever made it; its secret is shown once.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ProblemError } from '../errors.ts';
import type { Scope, Webhook, WebhookDelivery } from '../ports.ts';
import { accessOf, notFound } from './access.ts';
import { eventDocument } from './hub.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { IdParams, NoBody, NoContent, PageQueryFields } from './schemas/fields.ts';
import { pageOf } from './schemas/views.ts';
import {
  DELIVERY_STATES,
  DeliveryJson,
  NewWebhookJson,
  RetriedJson,
  WebhookBody,
  WebhookJson,
} from './schemas/webhooks.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';
import { pageJson } from './views.ts';

const WEBHOOK_ID = /^whk_[0-9a-z]{26}$/;
/** Each is a row an event. */
const MOST_PER_DEPARTMENT = 20;
const ListQuery = Type.Object(PageQueryFields, { additionalProperties: false });
const DeliveryQuery = Type.Object(
  { ...PageQueryFields, state: Type.Optional(Type.Enum([...DELIVERY_STATES])) },
  { additionalProperties: false },
);

export function addWebhooks(server: FastifyInstance, options: ServerOptions): void {
  addEditing(server, options);
  addReading(server, options);
}

function addEditing(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { webhooks, system, refusalOfWebhook, sealWebhookSecret } = options;
  const config = { action: 'editWebhooks' as const };
  app.post(
    '/webhooks',
    { config, schema: { body: WebhookBody, response: { 201: NewWebhookJson } } },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const { url, types = null } = request.body;
      const refusal = refusalOfWebhook(url);
      if (refusal !== null) throw refused(refusal);
      if (sealWebhookSecret === null)
        throw new ProblemError({
          code: 'SECRETS_NOT_KEPT',
          detail: 'ANNONA_SECRET_KEYS names no key under which the secret of a webhook could be kept',
        });
      const [id, secret] = [system.newWebhookId(), system.newSecret()];
      const { cell } = options.configuration();
      const asked = {
        id,
        cell,
        subject: principal.subject,
        url,
        types,
        secret: sealWebhookSecret(id, secret),
      };
      const made = await webhooks.add(scope, asked, MOST_PER_DEPARTMENT);
      if (made === null)
        throw new ProblemError({
          code: 'TOO_MANY_WEBHOOKS',
          detail: `the department has ${MOST_PER_DEPARTMENT} webhooks, and may have no more`,
        });
      reply.code(201).header('location', `/v1/webhooks/${id}`);
      return { ...webhookJson(made), secret };
    },
  );
  app.delete(
    '/webhooks/:id',
    { config, schema: { params: IdParams, response: { 204: NoContent } } },
    async (request, reply) => {
      const { id } = await find(options, accessOf(request).scope, request.params.id);
      await webhooks.remove(accessOf(request).scope, id);
      return reply.code(204).send();
    },
  );
  app.post(
    '/webhooks/:id/retry',
    { config, schema: { params: IdParams, body: NoBody, response: { 200: RetriedJson } } },
    async (request) => {
      const { scope } = accessOf(request);
      const { id } = await find(options, scope, request.params.id);
      return { retried: await webhooks.retry(scope, id) };
    },
  );
}

function addReading(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const config = { action: 'readWebhooks' as const };
  app.get(
    '/webhooks',
    { config, schema: { querystring: ListQuery, response: { 200: pageOf(WebhookJson) } } },
    async (request) => {
      const page = await options.webhooks.webhooks(accessOf(request).scope, pageQuery(request.query));
      return pageJson(page, webhookJson);
    },
  );
  app.get(
    '/webhooks/:id',
    { config, schema: { params: IdParams, response: { 200: WebhookJson } } },
    async (request) => webhookJson(await find(options, accessOf(request).scope, request.params.id)),
  );
  app.get(
    '/webhooks/:id/deliveries',
    {
      config,
      schema: { params: IdParams, querystring: DeliveryQuery, response: { 200: pageOf(DeliveryJson) } },
    },
    async (request) => {
      const { scope } = accessOf(request);
      const { id } = await find(options, scope, request.params.id);
      const { state } = request.query;
      const query = { ...pageQuery(request.query), ...(state === undefined ? {} : { state }) };
      return pageJson(await options.webhooks.deliveries(scope, id, query), deliveryJson);
    },
  );
}

function refused(why: string): ProblemError {
  const errors = [{ pointer: '/url', code: 'format', message: why }] as const;
  return new ProblemError({ code: 'BODY_INVALID', detail: `/url: ${why}`, errors });
}

async function find({ webhooks }: ServerOptions, scope: Scope, id: string): Promise<Webhook> {
  const found = WEBHOOK_ID.test(id) ? await webhooks.webhook(scope, id) : null;
  if (found === null) throw notFound('webhook');
  return found;
}

function webhookJson({ id, department, subject, url, types, createdAt }: Webhook) {
  return { id, department, subject, url, types, createdAt: formatInstant(createdAt) };
}

function deliveryJson({ event, state, attempts, notBefore, error }: WebhookDelivery) {
  return { event: eventDocument(event), state, attempts, notBefore: formatInstant(notBefore), error };
}
