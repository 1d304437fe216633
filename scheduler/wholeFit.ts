// Whether one request fits whole into what a snapshot leaves, and how it would be granted: the tick's own steps with it alone, and no solve.
// Invariant: what is answered has passed the verifier that the tick commits by. Called by offers.ts and strongerOffers.ts.

import type { Assignment } from './domain/plan.ts';
import type { PendingRequest, ResourceRequest } from './domain/request.ts';
import { shapeKeyOf } from './domain/shapeKey.ts';
import { type FormulationMemo, formulate } from './formulate/index.ts';
import { honourEarmarks } from './preemption/honour.ts';
import type { Snapshot } from './snapshot.ts';
import { plannedOf } from './solving.ts';
import { verifyPlan } from './verify.ts';
import { breachOfPreemptions } from './verifyPreemption.ts';

/** What the policy says of it is not asked here: whoever offers it asks. */
const ASSUMED = { allow: true, codes: [], policyRevision: '', dataRevision: '' } as const;

export type WholeFit = (request: ResourceRequest) => Assignment | null;

/** Answers null when the request does not fit. The best of its columns is taken, as the tick would with nobody else there. */
export function wholeFit(snapshot: Snapshot, memo: FormulationMemo): WholeFit {
  // Those for whom units are held stay: their earmarks are honoured before anybody is granted anything.
  const marked = new Set(snapshot.earmarks.map((earmark) => earmark.request));
  const kept = snapshot.requests.filter(({ request }) => marked.has(request.id));
  return (request) => {
    const requests = Object.freeze([...kept, pendingOf(request)]);
    return fitAlone(Object.freeze({ ...snapshot, requests }), request, memo);
  };
}

/**
 * Whether it alone has columns in the program of all who wait. On nodes it takes that: seats are cut for the whole batch, and what a lone
 * request finds may be cut otherwise among many. Elsewhere who fits alone has a column.
 */
export function isOnlyColumn(snapshot: Snapshot, request: ResourceRequest, memo: FormulationMemo): boolean {
  const others = snapshot.requests.filter((one) => one.request.id !== request.id);
  const requests = Object.freeze([...others, pendingOf(request)]);
  const { columns } = formulate(honourEarmarks(Object.freeze({ ...snapshot, requests })).rest, memo);
  const isOwn = (meaning: (typeof columns)[number]): boolean =>
    meaning.type === 'request' && meaning.request.request.id === request.id;
  return columns.length > 0 && columns.every(isOwn);
}

function fitAlone(alone: Snapshot, request: ResourceRequest, memo: FormulationMemo): Assignment | null {
  const honoured = honourEarmarks(alone);
  const formulation = formulate(honoured.rest, memo);
  const { objective } = formulation.model;
  let best = -1;
  for (const [column, worth] of objective.entries()) if (best < 0 || worth > objective[best]!) best = column;
  if (best < 0) return null;
  const granted = new Uint8Array(objective.length);
  granted[best] = 1;
  const plan = plannedOf({ honoured, formulation }, { granted });
  if (!verifyPlan(alone, plan).ok || breachOfPreemptions(alone, plan) !== null) return null;
  return plan.assignments.find((assignment) => assignment.request === request.id) ?? null;
}

function pendingOf(request: ResourceRequest): PendingRequest {
  const sequence = Number.MAX_SAFE_INTEGER;
  return { request, sequence, shapeKey: shapeKeyOf(request), verdict: ASSUMED, waitingCodes: null };
}
