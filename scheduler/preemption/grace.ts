// When a lease may be taken back at all, whoever asks: it said so, has had its minimum run, and does not end by itself before its grace would.
// Invariant: looks at the lease, its request and the class's terms alone. Called by question.ts, takeable.ts, repair.ts and cost.ts.

import { type Lease, startOf } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { Snapshot } from '../snapshot.ts';

type Configured = Pick<Snapshot, 'configuration'>;

/** Said so when it was asked for, is no part of a gang, and was not revoked as often as may be. */
export function mayEverBeTaken(of: Configured, request: ResourceRequest): boolean {
  const { preemptible, gang, class: name } = request.terms;
  if (!preemptible || gang !== undefined) return false;
  return (
    (request.restart?.revocations ?? 0) <
    (lookupOf(of.configuration).preemption.get(name)?.revocationsMost ?? 0)
  );
}

/** Whether the lease may be taken back by anybody at this moment; null, or until when it must be given back. */
export function graceOf(
  at: Configured & Pick<Snapshot, 'now'>,
  { lease, request }: { readonly lease: Lease; readonly request: ResourceRequest },
): Instant | null {
  if (lease.state === 'revoking' || !mayEverBeTaken(at, request)) return null;
  const { minimumRunSeconds, graceSeconds } = termsOf(at, request.terms.class);
  if (at.now < startOf(lease) + minimumRunSeconds * 1000) return null;
  const graceEndsAt = at.now + graceSeconds * 1000;
  const { pools } = lookupOf(at.configuration);
  if (lease.endsAt <= graceEndsAt || !lease.allocations.some(({ pool }) => pools.has(pool))) return null;
  return graceEndsAt;
}

/** The shortest run of any class, ms: no lease can be taken back sooner. Infinity: there is no class. */
export function leastRunMs({ configuration }: Configured): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { minimumRunSeconds } of lookupOf(configuration).preemption.values())
    least = Math.min(least, minimumRunSeconds * 1000);
  return least;
}

export function termsOf({ configuration }: Configured, name: string) {
  return lookupOf(configuration).preemption.get(name)!;
}
