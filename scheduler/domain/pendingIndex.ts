// The waiting requests of one snapshot by id, found once for all steps that look some of them up: of 11,000 that wait, a plan names a few.
// Invariant: an index of the list and nothing else, so that whoever checks a plan may share it with whoever made it. The list is frozen.

import type { RequestId } from './ids.ts';
import type { PendingRequest } from './request.ts';

const indexes = new WeakMap<readonly PendingRequest[], ReadonlyMap<RequestId, PendingRequest>>();

/** Id -> the request as it waits; made when it is first asked for. */
export function pendingById(requests: readonly PendingRequest[]): ReadonlyMap<RequestId, PendingRequest> {
  let index = indexes.get(requests);
  if (index === undefined) {
    const made = new Map<RequestId, PendingRequest>();
    for (const pending of requests) made.set(pending.request.id, pending);
    index = made;
    indexes.set(requests, index);
  }
  return index;
}
