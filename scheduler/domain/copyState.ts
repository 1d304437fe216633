// A state that goes on by itself: what happens to the copy is not seen by the original. Called by dryRun.ts and replay/.
// Invariant: whatever is not a Map or a set is never changed in place, only replaced; the two that are stand here.

import type { State } from './state.ts';

/** Every Map anew, and the sets in them; whatever else is in them is never changed, only replaced. */
export function copyState(state: State): State {
  return {
    ...state,
    requests: new Map(state.requests),
    extensions: new Map(state.extensions),
    leases: new Map(state.leases),
    justEnded: new Map(state.justEnded),
    heardAt: new Map(state.heardAt),
    held: new Map(state.held),
    checkpoints: new Map(state.checkpoints),
    earmarks: new Map(state.earmarks),
    leaseOfRequest: new Map(state.leaseOfRequest),
    used: new Map(state.used),
    quotaUse: new Map(state.quotaUse),
    accounts: new Map(state.accounts),
    exclusive: new Set(state.exclusive),
    goneConsumables: new Set(state.goneConsumables),
    reserved: new Map(state.reserved),
    approvals: new Map(state.approvals),
    ...(state.queue && {
      queue: { ...state.queue, overtaken: new Map(state.queue.overtaken), idle: new Map(state.queue.idle) },
    }),
    gangs: new Map([...state.gangs].map(([gang, members]) => [gang, new Set(members)])),
  };
}
