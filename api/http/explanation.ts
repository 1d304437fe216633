// GET /v1/requests/:id/explanation: everything that is known of why a request waits, or of what became of it.
// Invariant: holders and those it would displace are named to their own department and to those who may see all; others are a sum.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Estimate, Explanation, HolderSight, Lack, StrongerOffer } from '../../scheduler/index.ts';
import type { RequestView, Scope, TakesOutcome } from '../ports.ts';
import { accessOf } from './access.ts';
import { answered, heldJson, offerJson } from './offers.ts';
import type { ServerOptions } from './options.ts';
import { findRequest } from './requests.ts';
import { ExplanationView } from './schemas/explanation.ts';
import { IdParams } from './schemas/fields.ts';
import { formatInstant, formatNullable } from './time.ts';
import { typed } from './typed.ts';
import { estimateJson, leaseJson, reasonJson } from './views.ts';

const ExplanationQuery = Type.Object(
  {
    whatItTakes: Type.Optional(
      Type.Enum(['true'], {
        description:
          'Solves the last program again with the request in it: bounds, and whom it would displace.',
      }),
    ),
  },
  { additionalProperties: false },
);

export function addExplanation(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/requests/:id/explanation',
    {
      config: { action: 'readRequests', asksLeader: true },
      schema: { params: IdParams, querystring: ExplanationQuery, response: { 200: ExplanationView } },
    },
    async (request) => {
      const { scope } = accessOf(request);
      const view = await findRequest(options, request, request.params.id);
      const isOpen = view.state === 'waiting' || view.state === 'queued';
      const sight = sightOf(scope);
      const live = isOpen ? options.explanation(view.request, sight) : null;
      if (live !== null) {
        const { id } = view.request;
        const takes =
          request.query.whatItTakes === 'true'
            ? answered(await options.offering.whatItTakes(id, sight))
            : null;
        const outcome = await options.offering.offers(id);
        const offers =
          outcome.type === 'offers'
            ? outcome.offers.map((offer) => offerJson(view.request, offer, outcome.tick))
            : null;
        const lack = options.offering.lack(id);
        return {
          ...liveJson(view, live, options.estimate(view.request.id)),
          price: lack && priceJson(lack),
          offers,
          heldOffer: outcome.type === 'offers' && outcome.held ? heldJson(outcome.held) : null,
          whatItTakes: takes && takesJson(takes),
        };
      }
      const lease = view.lease === null ? null : await options.leases.lease(scope, view.lease);
      return { ...storedJson(view), granted: lease === null ? null : leaseJson(lease) };
    },
  );
}

function sightOf({ type, department }: Scope): HolderSight {
  return type === 'all' ? { type } : { type: 'department', department };
}

function liveJson({ request, state }: RequestView, explanation: Explanation, estimate: Estimate | null) {
  const { tick, at, reasons, position, verdict, worth, options, held, reservation } = explanation;
  return {
    id: request.id,
    state,
    live: true,
    tick,
    at: formatInstant(at),
    reasons: reasons.map(reasonJson),
    position,
    verdict: verdict && { ...verdict, codes: [...verdict.codes] },
    worth,
    options,
    reservation: {
      startsAt: formatNullable(reservation.startsAt),
      madeAt: formatNullable(reservation.madeAt),
      why: reservation.why,
      dueAt: formatInstant(reservation.dueAt),
    },
    estimate: estimate?.type === 'estimate' ? estimateJson(estimate) : null,
    noEstimate: estimate?.type === 'none' ? estimate.why : null,
    held: held.map((row) => ({
      ...row,
      holders: row.holders.map((holder) => ({ ...holder, endsAt: formatInstant(holder.endsAt) })),
    })),
    granted: null,
  };
}

/** Its rows are those that the request itself would take of. */
function priceJson({ at, ...lack }: Lack) {
  return { ...lack, at: formatInstant(at) };
}

function takesJson({ takes, stronger }: Extract<TakesOutcome, { type: 'answered' }>) {
  const none = { atLeast: null, atMost: null, displaced: [], displacedOthers: [] };
  return {
    ...(takes === null
      ? { tick: null, at: null, standing: 'notInProgram' as const, ...none }
      : { ...takes, at: formatInstant(takes.at) }),
    stronger: stronger.map(strongerJson),
  };
}

function strongerJson(offer: StrongerOffer) {
  return offer.field === 'class' ? { ...offer, startsBy: formatInstant(offer.startsBy) } : offer;
}

/** What was written with the last Decision: of an ended request the end of it, elsewhere as far as this process knows. */
function storedJson({ request, state, tick, decidedAt, reasons }: RequestView) {
  return {
    id: request.id,
    state,
    live: false,
    tick,
    at: formatNullable(decidedAt),
    reasons: reasons.map(reasonJson),
    position: null,
    verdict: null,
    worth: null,
    options: [],
    reservation: null,
    estimate: null,
    noEstimate: null,
    held: [],
    price: null,
    offers: null,
    heldOffer: null,
    whatItTakes: null,
  };
}
