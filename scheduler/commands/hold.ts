// A hold: a request that keeps the units of an offer for ten seconds, for the waiting request that the offer was made to.
// Invariant: it is no column and has no verdict; it ends by itself, and takes its units along. Called by fold.ts; reservations/holds.ts looks
// for the units in the same tick, and ends it there when it may have none.

import type { Change } from '../domain/change.ts';
import type { Holds, IntakeRow } from '../domain/intake.ts';
import type { Instant } from '../domain/quantity.ts';
import type { HoldOf, ResourceRequest } from '../domain/request.ts';
import { HOLD_MS } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { lapsed, mayReplace } from './replace.ts';
import { nextPending, submittedRequest } from './submit.ts';

export interface HoldInput {
  readonly request: ResourceRequest;
  readonly holds: Holds;
  readonly now: Instant;
}

/** It is held from this tick on, as long as it may take the place of that request. */
export function holdOffer(state: State, row: IntakeRow, { request, holds, now }: HoldInput): Change[] {
  const holdOf: HoldOf = {
    request: holds.request,
    offer: holds.offer,
    until: now + HOLD_MS,
    tick: state.tick + 1,
  };
  const held = { ...submittedRequest(row, request), holdOf };
  const opened: Change = { type: 'requestOpened', pending: nextPending(state, held) };
  return mayReplace(state, { request: held, replaces: holds })
    ? [opened]
    : [opened, lapsed(held, holds.request, 'denied')];
}
