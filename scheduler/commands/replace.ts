// A submit that takes the place of a waiting request, as an accepted offer does: the old one ends and the new one opens in one step.
// Invariant: both or neither; what does not stand any more leaves the old request as it is, and ends the new one with the reason.
// Called by fold.ts.

import type { Change } from '../domain/change.ts';
import type { RequestId } from '../domain/ids.ts';
import type { IntakeRow, Replaces } from '../domain/intake.ts';
import { textInKeyOrder } from '../domain/keyOrder.ts';
import type { Reason } from '../domain/reason.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { StartReservation } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { denialOf, nextPending, submittedRequest } from './submit.ts';

interface Replacing {
  readonly request: ResourceRequest;
  readonly replaces: Replaces;
}

/** The age of a wish is carried over, and how often it was revoked; of an offer that is held, its units too. */
export function replaceRequest(state: State, row: IntakeRow, { request, replaces }: Replacing): Change[] {
  const old = state.requests.get(replaces.request);
  const held = replaces.hold === undefined ? [] : handedOver(state, row, { request, replaces });
  if (old === undefined || held === null || !mayReplace(state, { request, replaces }))
    return [
      { type: 'requestOpened', pending: nextPending(state, submittedRequest(row, request)) },
      lapsed(request, replaces.request, 'denied'),
    ];
  const { submittedAt, restart } = old.request;
  const opened = { ...submittedRequest(row, request), submittedAt, ...(restart && { restart }) };
  const reasons: Reason[] = [{ code: 'REPLACED', by: request.id }];
  return [
    ...held.map((one) => ended({ ...one, id: one.request }, 'cancelled', reasons)),
    ended(old.request, 'cancelled', reasons),
    { type: 'requestOpened', pending: nextPending(state, opened) },
    ...held.map((one): Change => ({ type: 'reservationMade', reservation: promisedTo(request.id, one) })),
  ];
}

/** What the hold keeps; null when it is over, or is of something else. Whoever answered in time is heard, however late the tick comes. */
function handedOver(
  { requests, reserved }: State,
  { receivedAt }: IntakeRow,
  { request, replaces }: Replacing,
): readonly [StartReservation] | null {
  const kept = reserved.get(replaces.hold!);
  const holding = requests.get(replaces.hold!)?.request;
  if (kept?.hold === undefined || holding === undefined) return null;
  const { hold } = kept;
  const isAsHeld = asked(holding) === asked(request);
  return hold.request === replaces.request && receivedAt < hold.until && isAsHeld ? [kept] : null;
}

function asked({ options, terms }: ResourceRequest): string {
  return textInKeyOrder([options, terms]);
}

function promisedTo(request: RequestId, { hold: _, ...kept }: StartReservation): StartReservation {
  return { ...kept, request };
}

/** Whether that request may be replaced, at the tick that was named. */
export function mayReplace(state: State, { request, replaces }: Replacing): boolean {
  const old = state.requests.get(replaces.request)?.request;
  const { department, agent, terms } = request;
  if (old === undefined || old.department !== department || old.agent !== agent) return false;
  if (old.terms.gang !== undefined || terms.gang !== undefined || old.holdOf !== undefined) return false;
  if (replaces.tick !== null && replaces.tick !== state.tick) return false;
  return denialOf(state.configuration, request).length === 0;
}

/** The offer was for that request, and is no more to be had. */
export function lapsed(
  request: ResourceRequest,
  of: RequestId,
  outcome: 'denied' | 'expired',
): Extract<Change, { type: 'decided' }> {
  return ended(request, outcome, [{ code: 'OFFER_LAPSED', request: of }]);
}

export function ended(
  { id: request, department, agent }: Pick<ResourceRequest, 'id' | 'department' | 'agent'>,
  outcome: 'cancelled' | 'denied' | 'expired',
  reasons: readonly Reason[],
): Extract<Change, { type: 'decided' }> {
  return { type: 'decided', request, department, agent, outcome, reasons, lease: null };
}
