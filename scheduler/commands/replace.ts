// A submit that takes the place of a waiting request, as an accepted offer does: the old one ends and the new one opens in one step.
// Invariant: both or neither; what does not stand any more leaves the old request as it is, and ends the new one with the reason.
// Called by fold.ts.

import type { Change } from '../domain/change.ts';
import type { IntakeRow, Replaces } from '../domain/intake.ts';
import type { PendingRequest, ResourceRequest } from '../domain/request.ts';
import type { State } from '../domain/state.ts';
import { denialOf, nextPending, submittedRequest } from './submit.ts';

/** The age of a wish is carried over, and how often it was revoked. */
export function replaceRequest(
  state: State,
  row: IntakeRow,
  { request, replaces }: { readonly request: ResourceRequest; readonly replaces: Replaces },
): Change[] {
  const old = state.requests.get(replaces.request);
  const { id, department, agent } = request;
  if (old === undefined || !mayReplace(state, old, { request, replaces }))
    return [
      { type: 'requestOpened', pending: nextPending(state, submittedRequest(row, request)) },
      {
        type: 'decided',
        request: id,
        department,
        agent,
        outcome: 'denied',
        reasons: [{ code: 'OFFER_LAPSED', request: replaces.request }],
        lease: null,
      },
    ];
  const { submittedAt, restart } = old.request;
  const opened = { ...submittedRequest(row, request), submittedAt, ...(restart && { restart }) };
  return [
    {
      type: 'decided',
      request: old.request.id,
      department,
      agent,
      outcome: 'cancelled',
      reasons: [{ code: 'REPLACED', by: id }],
      lease: null,
    },
    { type: 'requestOpened', pending: nextPending(state, opened) },
  ];
}

function mayReplace(
  state: State,
  { request: old }: PendingRequest,
  { request, replaces }: { readonly request: ResourceRequest; readonly replaces: Replaces },
): boolean {
  const { department, agent, terms } = request;
  if (old.department !== department || old.agent !== agent) return false;
  if (old.terms.gang !== undefined || terms.gang !== undefined) return false;
  if (replaces.tick !== null && replaces.tick !== state.tick) return false;
  return denialOf(state.configuration, request).length === 0;
}
