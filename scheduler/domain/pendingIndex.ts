// The waiting requests of one snapshot by id, found once for all steps that look some of them up: of 11,000 that wait, a plan names a few.
// Invariant: an index of the list and nothing else, so that whoever checks a plan may share it with whoever made it. The list is frozen.

import type { Configuration } from './configuration.ts';
import type { RequestId } from './ids.ts';
import type { PendingRequest } from './request.ts';

type Index = ReadonlyMap<RequestId, PendingRequest>;

/** Of the list that was asked for last: snapshots are kept for those who ask about them later, and an index each would outweigh them. */
const latest = new WeakMap<
  Configuration,
  { readonly requests: readonly PendingRequest[]; readonly index: Index }
>();

/** Id -> the request as it waits. */
export function pendingById({
  configuration,
  requests,
}: {
  readonly configuration: Configuration;
  readonly requests: readonly PendingRequest[];
}): Index {
  const known = latest.get(configuration);
  if (known?.requests === requests) return known.index;
  const index = new Map<RequestId, PendingRequest>();
  for (const pending of requests) index.set(pending.request.id, pending);
  latest.set(configuration, { requests, index });
  return index;
}
