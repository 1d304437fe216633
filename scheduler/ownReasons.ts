// Why a request waits that is no column of the program: for a reviewer, or because it holds an offer and asks for nothing itself.
// Invariant: says nothing of room; of all other requests it is empty. Called by decide.ts and explanation.ts.

import { awaitingReasons } from './approvals.ts';
import type { Reason } from './domain/reason.ts';
import type { PendingRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';

export function ownReasons(state: State, pending: PendingRequest): readonly Reason[] {
  const { holdOf } = pending.request;
  if (holdOf === undefined) return awaitingReasons(state, pending);
  return [{ code: 'OFFER_HELD', request: holdOf.request, until: holdOf.until }];
}
