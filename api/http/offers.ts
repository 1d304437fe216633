// /v1/requests/:id/offers: what a waiting request could have at once if it asked otherwise, and how to take it.
// Invariant: an offer is taken by one intake row that ends the old request and opens the new one, or by none; it is held by one row too. A
// call that names a version takes effect at that version alone, unless the offer is held.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Holds, Offer, Replaces, RequestId, ResourceRequest } from '../../scheduler/index.ts';
import { ProblemError } from '../errors.ts';
import type { HoldingRequest, OffersOutcome, RequestView, Unanswered } from '../ports.ts';
import { accept, accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { preconditionOf } from './etags.ts';
import { queueFull } from './intake.ts';
import type { ServerOptions } from './options.ts';
import { findRequest, submissionContext } from './requests.ts';
import { IdParams, NoBody } from './schemas/fields.ts';
import { OffersView } from './schemas/offers.ts';
import type { SubmissionBody } from './schemas/submission.ts';
import { AcceptedView } from './schemas/views.ts';
import { toIntake } from './submission.ts';
import { submitItems } from './submit.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';
import { acceptedJson, allocationJson, optionJson, termsJson } from './views.ts';

const OfferParams = Type.Object(
  { id: Type.String({ maxLength: 100 }), offer: Type.String({ maxLength: 100 }) },
  { additionalProperties: false },
);
const CLIENT_REQUEST_ID_MAX = 200;

export function addOffers(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/requests/:id/offers',
    {
      config: { action: 'readRequests', asksLeader: true },
      schema: { params: IdParams, response: { 200: OffersView } },
    },
    async (request, reply) => {
      const { request: asked } = await findOpen(options, request, request.params.id);
      const { tick, at, offers, held } = answered(await options.offering.offers(asked.id));
      reply.header('etag', etagOf(tick));
      return {
        request: asked.id,
        ifVersion: versionOf(tick),
        at: formatInstant(at),
        offers: offers.map((offer) => offerJson(asked, offer, tick)),
        ...(held && { held: heldJson(held) }),
      };
    },
  );

  for (const [verb, act] of [
    ['accept', take],
    ['hold', hold],
  ] as const)
    app.post(
      `/requests/:id/offers/:offer/${verb}`,
      {
        config: { action: 'submit', asksLeader: true },
        schema: { params: OfferParams, body: NoBody, response: { 202: AcceptedView } },
        ...callKeyHooks(options),
      },
      async (request, reply) => {
        const { id, offer } = request.params;
        const view = await findRequest(options, request, id);
        return act(options, { request, reply }, { view, offer });
      },
    );
}

type OffersAnswer = Extract<OffersOutcome, { type: 'offers' }>;

/** The answer, or the problem in its place. */
export function answered<Outcome extends { readonly type: string }>(
  outcome: Outcome | Unanswered,
): Exclude<Outcome, Unanswered> {
  if (outcome.type === 'notLeading') {
    throw new ProblemError({
      code: 'NOT_LEADING',
      detail: 'only the process that leads the cell knows what is left over',
      headers: { 'retry-after': '1' },
    });
  }
  if (outcome.type === 'notWaiting') {
    throw new ProblemError({
      code: 'REQUEST_ENDED',
      detail: 'the request does not wait any more, or not yet',
    });
  }
  if (outcome.type === 'busy') throw queueFull(outcome as Extract<Unanswered, { type: 'busy' }>);
  return outcome as Exclude<Outcome, Unanswered>;
}

async function findOpen(options: ServerOptions, request: FastifyRequest, id: string): Promise<RequestView> {
  const view = await findRequest(options, request, id);
  refuseEnded(view);
  return view;
}

function refuseEnded({ state }: RequestView): void {
  if (state !== 'waiting' && state !== 'queued')
    throw new ProblemError({ code: 'REQUEST_ENDED', detail: `the request is ${state}` });
}

interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface Taking {
  readonly view: RequestView;
  readonly offer: string;
}

async function take(options: ServerOptions, call: Call, { view, offer: id }: Taking): Promise<FastifyReply> {
  const tags = tagsOf(call.request);
  const before = await takenBefore(options, { view, id, tags: tags ?? [] });
  if (before !== null) return replayed(call.reply, before);
  refuseEnded(view);
  const { tick, offers, held } = answered(await options.offering.offers(view.request.id));
  // What is held stands whatever was decided since: at the version that began to hold it, or the present one.
  const hold = held?.holdOf.offer === id ? held : null;
  const versions = hold === null ? [tick] : [hold.holdOf.tick, tick];
  if (tags !== null && !versions.some((version) => tags.includes(etagOf(version)))) throw isStale(tick);
  const offer = hold ?? offers.find((one) => one.id === id);
  if (offer === undefined) throw notFound('offer');
  const body = submissionOf(view.request, { ...offer, id }, hold?.holdOf.tick ?? tick);
  const isBound = hold === null && tags !== null;
  const replaces = { request: view.request.id, tick: isBound ? tick : null, ...(hold && { hold: hold.id }) };
  return send(options, call, { body, about: { replaces } });
}

/** Kept from the tick that folds it on, if the units are still there; an offer that is held already is the same hold. */
async function hold(options: ServerOptions, call: Call, { view, offer: id }: Taking): Promise<FastifyReply> {
  const tags = tagsOf(call.request);
  const before = await takenBefore(options, { view, id: `${id}.hold`, tags: tags ?? [] });
  if (before !== null) return replayed(call.reply, before);
  refuseEnded(view);
  const { tick, offers, held } = answered(await options.offering.offers(view.request.id));
  if (held?.holdOf.offer === id) return replayed(call.reply, { ...held, receivedAt: held.submittedAt });
  if (tags !== null && !tags.includes(etagOf(tick))) throw isStale(tick);
  const offer = offers.find((one) => one.id === id);
  if (offer === undefined) throw notFound('offer');
  const body = submissionOf(view.request, { ...offer, id: `${id}.hold` }, tick);
  const holds = { request: view.request.id, offer: id, tick: tags === null ? null : tick };
  return send(options, call, { body, about: { holds } });
}

/** Versions that the call takes effect at; null: whatever the version is. */
function tagsOf(request: FastifyRequest): readonly string[] | null {
  const condition = preconditionOf(request);
  if (condition.type === 'absent')
    throw new ProblemError({ code: 'HEADER_INVALID', detail: 'an offer is there already: send If-Match' });
  return condition.type === 'tags' ? condition.tags : null;
}

interface Known {
  readonly id: RequestId;
  readonly clientRequestId: string;
  readonly receivedAt: number;
}

function replayed(reply: FastifyReply, known: Known): FastifyReply {
  reply.header('idempotent-replayed', 'true');
  return accept(reply, `/v1/requests/${known.id}`).send(acceptedJson(known, known.receivedAt));
}

interface Sending {
  readonly body: SubmissionBody;
  readonly about: { readonly replaces: Replaces } | { readonly holds: Holds };
}

async function send(
  options: ServerOptions,
  { request, reply }: Call,
  { body, about }: Sending,
): Promise<FastifyReply> {
  const submission = toIntake(body, submissionContext(options, accessOf(request).principal));
  if (!submission.ok) throw new ProblemError(submission.problem);
  const { item } = submission;
  if (item.command.type !== 'submit') throw new Error(`a submission became a ${item.command.type}`);
  const sent = { ...submission, item: { ...item, command: { ...item.command, ...about } } };
  const [submitted] = await submitItems(options, [sent], request.traceParent);
  if (!submitted) throw new Error('intake answered nothing to one item');
  if (!submitted.ok) throw new ProblemError(submitted.problem);
  if (submitted.replayed) reply.header('idempotent-replayed', 'true');
  const { id: made, receivedAt, clientRequestId } = submitted;
  return accept(reply, `/v1/requests/${made}`).send(acceptedJson({ id: made, clientRequestId }, receivedAt));
}

/** The same offer taken at the version that the call names: its first answer is owed, though the request has ended by it. */
async function takenBefore(
  { intake, configuration }: ServerOptions,
  taking: { readonly view: RequestView; readonly id: string; readonly tags: readonly string[] },
): Promise<Known | null> {
  const { request } = taking.view;
  for (const tag of taking.tags) {
    const clientRequestId = keyOf(request, taking.id, tag.slice(1, -1));
    if (!/^[!-~]{1,200}$/.test(clientRequestId)) continue;
    const known = await intake.known(configuration().cell, request.agent, clientRequestId);
    if (known !== null) return { id: known.request, clientRequestId, receivedAt: known.receivedAt };
  }
  return null;
}

function isStale(tick: number): ProblemError {
  return new ProblemError({
    code: 'PRECONDITION_FAILED',
    detail: `the version is ${versionOf(tick)} by now: read the offers again, or send If-Match: * to take it as long as it stands`,
    headers: { etag: etagOf(tick) },
  });
}

function versionOf(tick: number): string {
  return `tick-${tick}`;
}

function etagOf(tick: number): string {
  return `"${versionOf(tick)}"`;
}

/** One key an offer and version: the same call again is known by it. */
function keyOf({ clientRequestId }: ResourceRequest, offer: string, version: string): string {
  const suffix = `.${offer}.${version}`;
  return clientRequestId.slice(0, Math.max(0, CLIENT_REQUEST_ID_MAX - suffix.length)) + suffix;
}

/** The whole body that can be sent instead, as it is. */
function submissionOf(
  request: ResourceRequest,
  { id, options, terms }: Pick<Offer, 'id' | 'options' | 'terms'>,
  tick: number,
): SubmissionBody {
  return {
    clientRequestId: keyOf(request, id, versionOf(tick)),
    options: options.map(optionJson),
    terms: termsJson(terms),
  } as SubmissionBody;
}

export function offerJson(request: ResourceRequest, offer: Offer, tick: OffersAnswer['tick']) {
  const { id, changes, assignment } = offer;
  return {
    id,
    changes: changes.map((change) =>
      change.field === 'window'
        ? { ...change, from: windowJson(change.from), to: windowJson(change.to) }
        : { ...change },
    ),
    body: submissionOf(request, offer, tick),
    grant: {
      allocations: assignment.allocations.map(allocationJson),
      reservations: assignment.reservations,
      endsAt: formatInstant(assignment.endsAt),
    },
  };
}

export function heldJson({ id, options, holdOf: { offer, tick, until } }: HoldingRequest) {
  return {
    id,
    offer,
    ifVersion: versionOf(tick),
    until: formatInstant(until),
    options: options.map(optionJson),
  };
}

function windowJson({ from, to }: { readonly from?: number; readonly to?: number }) {
  return {
    ...(from !== undefined && { from: formatInstant(from) }),
    ...(to !== undefined && { to: formatInstant(to) }),
  };
}
