// A loaded state as the leader's memory has it: requests as their verdicts oblige them, and which of them a reviewer has yet to approve.
// Invariant: stores keep what was asked and what the verdict said; what follows from both is made here and by apply.ts alone. Called by
// whoever loads a state, before anything reads it.

import { withApprovals } from './domain/approval.ts';
import { oblige, underVerdict } from './domain/obligation.ts';
import type { State } from './domain/state.ts';

export function recollect(state: State): State {
  const { requests, held, heldUnder, approvals } = state;
  for (const [id, pending] of requests)
    if (pending.verdict?.obligations !== undefined)
      requests.set(id, withApprovals(approvals, underVerdict(pending, pending.verdict)));
  for (const [id, obligations] of heldUnder ?? []) {
    const asked = held.get(id);
    if (asked !== undefined) held.set(id, oblige(asked, obligations));
  }
  delete state.heldUnder;
  return state;
}
