// /v1/requests: ask for something, alone or in a batch; see what became of it and why; cancel it.
// Invariant: an accepted request is in the intake before it is answered; a refused one was never written.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  REASON_GUIDE,
  REQUEST_ID,
  REQUEST_STATES,
  type ReasonCode,
  type RequestId,
} from '../../scheduler/index.ts';
import { ProblemError } from '../errors.ts';
import type { Principal, RequestView } from '../ports.ts';
import { accept, accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { answerDryRun, isDryRun, SubmitQuery, unlessDryRun } from './dryRun.ts';
import { actorOf, writeAct } from './intake.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { preferredWaitSeconds } from './prefer.ts';
import { refuseBeyondOpen } from './rateLimits.ts';
import { DryRunView } from './schemas/dryRun.ts';
import { FilterText, IdParams, NoBody, PageQueryFields } from './schemas/fields.ts';
import { SubmissionBody } from './schemas/submission.ts';
import { AcceptedView, CancelView, pageOf, RequestJson } from './schemas/views.ts';
import { type SubmissionContext, toIntake } from './submission.ts';
import { type Submitted, submitItems } from './submit.ts';
import { withSuggestion } from './suggest.ts';
import { typed } from './typed.ts';
import { acceptedJson, pageJson, requestJson } from './views.ts';

const ListQuery = Type.Object(
  {
    ...PageQueryFields,
    state: Type.Optional(Type.Enum([...REQUEST_STATES])),
    /** Of the reason that binds, which is the first. */
    reason: Type.Optional(Type.Enum(Object.keys(REASON_GUIDE) as ReasonCode[])),
    class: Type.Optional(FilterText),
    department: Type.Optional(FilterText),
    agent: Type.Optional(FilterText),
  },
  { additionalProperties: false },
);

export function addRequests(server: FastifyInstance, options: ServerOptions): void {
  addSubmission(server, options);
  const app = typed(server);
  const { requests } = options;

  app.get(
    '/requests',
    {
      config: { action: 'readRequests', asksLeader: 'whenLed' },
      schema: { querystring: ListQuery, response: { 200: pageOf(RequestJson) } },
    },
    async (request) => {
      const { scope } = accessOf(request);
      const { limit: _, after: __, ...filter } = request.query;
      const page = await requests.requests(scope, { ...filter, ...pageQuery(request.query) });
      return pageJson(page, (view) => explained(options, view));
    },
  );

  app.get(
    '/requests/:id',
    {
      config: { action: 'readRequests', asksLeader: 'whenLed' },
      schema: { params: IdParams, response: { 200: RequestJson } },
    },
    async (request) => explained(options, await findRequest(options, request, request.params.id)),
  );

  app.post(
    '/requests/:id/cancel',
    {
      config: { action: 'cancel' },
      schema: { params: IdParams, body: NoBody, response: { 202: CancelView } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal } = accessOf(request);
      const view = await findRequest(options, request, request.params.id);
      const { id, approvalOf } = view.request;
      if (approvalOf !== undefined)
        throw new ProblemError({
          code: 'FOLLOWS_APPROVAL',
          detail: `it is the review for ${approvalOf.request}`,
        });
      if (view.state === 'denied' || view.state === 'expired') {
        throw new ProblemError({ code: 'REQUEST_ENDED', detail: `the request is ${view.state}` });
      }
      // Cancelled already: the same answer again, so that a repeated call is safe.
      if (view.state !== 'cancelled')
        await writeAct(options, actorOf(principal), { type: 'cancel', request: id });
      return accept(reply, `/v1/requests/${id}`).send({ id, state: view.state });
    },
  );
}

function addSubmission(server: FastifyInstance, options: ServerOptions): void {
  typed(server).post(
    '/requests',
    {
      config: { action: 'submit' },
      schema: {
        querystring: SubmitQuery,
        body: SubmissionBody,
        response: { 200: Type.Union([RequestJson, DryRunView]), 202: AcceptedView },
      },
      ...unlessDryRun(callKeyHooks(options)),
    },
    (request, reply) =>
      isDryRun(request)
        ? answerDryRun(options, request, {
            body: request.body,
            contextOf: (principal) => submissionContext(options, principal),
          })
        : submit(options, request, reply, request.body),
  );
}

/** Waiting requests show the numbers of the last tick where this process has them. */
function explained(options: ServerOptions, view: RequestView) {
  if (view.state !== 'waiting') return requestJson(view, { reasons: view.reasons, estimate: null });
  const { id } = view.request;
  return requestJson(view, {
    reasons: options.explainWaiting(id) ?? view.reasons,
    estimate: options.estimate(id),
  });
}

/** 404 for what is not there and for what the caller may not see. */
export async function findRequest(
  options: ServerOptions,
  request: FastifyRequest,
  id: string,
): Promise<RequestView> {
  const { scope } = accessOf(request);
  const view = REQUEST_ID.test(id) ? await options.requests.request(scope, id as RequestId) : null;
  if (view === null) throw notFound('request');
  return view;
}

async function submit(
  options: ServerOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  body: SubmissionBody,
): Promise<FastifyReply> {
  const { principal } = accessOf(request);
  const context = submissionContext(options, principal);
  const submission = toIntake(body, context);
  const waitSeconds = preferredWaitSeconds(request.headers.prefer);
  // Registered before the write: the outcome may be there before the write is answered.
  const waiting =
    waitSeconds > 0 ? options.hub.waiters.outcomeOf(context.id, { waitMs: waitSeconds * 1000 }) : null;
  let submitted: Submitted | undefined;
  try {
    const asked = refuseBeyondOpen(options, principal, [submission]);
    [submitted] = await submitItems(options, asked, request.traceParent);
    if (!submitted) throw new Error('intake answered nothing to one item');
    if (!submitted.ok) throw new ProblemError(withSuggestion({ problem: submitted.problem, body, context }));
  } finally {
    // A replay is about an older request: its own answer says how far it is.
    if (waiting && !(submitted?.ok && submitted.id === context.id)) waiting.cancel();
  }
  if (submitted.replayed) reply.header('idempotent-replayed', 'true');
  reply.header('location', `/v1/requests/${submitted.id}`);
  if (waiting) {
    await waiting.done;
    reply.header('preference-applied', `wait=${waitSeconds}`);
    const view = await options.requests.request(accessOf(request).scope, submitted.id);
    if (view && view.state !== 'queued') return reply.code(200).send(explained(options, view));
  }
  const { clientRequestId } = body;
  return reply.code(202).send(acceptedJson({ id: submitted.id, clientRequestId }, submitted.receivedAt));
}

/** One revision of the configuration and one fresh id for one submission. */
export function submissionContext(
  options: Pick<ServerOptions, 'configuration' | 'digest' | 'system'>,
  principal: Principal,
): SubmissionContext {
  const { subject, department, agent } = principal;
  if (agent === null) throw new Error('a submission passed the permission table without an agent');
  return {
    submitter: { subject, department, agent },
    configuration: options.configuration(),
    digest: options.digest,
    id: options.system.newRequestId(),
    now: options.system.now(),
  };
}
