// Leases of work whose end nobody knows: reserved in slices, each renewed once by the scheduler itself before it is over.
// Invariant: a slice is tried to be renewed in one tick only, the first one that looks after it is due. Called by tick.ts.

import { apply } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import type { ExtensionId } from './domain/ids.ts';
import type { Lease } from './domain/lease.ts';
import { leaseIndexOf } from './domain/leaseIndex.ts';
import type { Instant } from './domain/quantity.ts';
import type { ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';

/** A holder who is refused has so long to write down what it has: a third of a slice, five minutes of the longest. */
const LEAD = 3;

/**
 * Opens an extension by one slice for every live lease that fell due after `since`, up to `now`: decided by this tick as a column of its own,
 * like any other. Refused, the lease ends with its slice. Applied to memory.
 */
export function renew(state: State, { since, now }: { since: Instant; now: Instant }): Change[] {
  const changes: Change[] = [];
  for (const lease of leaseIndexOf(state).openEnded()) {
    const request = state.held.get(lease.request);
    if (request === undefined || lease.state === 'revoking') continue;
    const dueAt = lease.endsAt - Math.floor((request.terms.durationSeconds * 1000) / LEAD);
    if (dueAt <= since || dueAt > now || !mayGoOn(lease, request)) continue;
    const change = renewalOf(state, lease, request);
    apply(state, change);
    changes.push(change);
  }
  return changes;
}

/** A deadline ends what has no other end, and so does a policy that limits how long it may last. */
function mayGoOn(lease: Lease, { terms }: ResourceRequest): boolean {
  const endsAt = lease.endsAt + terms.durationSeconds * 1000;
  if (terms.ttlSeconds !== undefined && endsAt > lease.grantedAt + terms.ttlSeconds * 1000) return false;
  return terms.deadline === undefined || endsAt <= terms.deadline;
}

function renewalOf(state: State, lease: Lease, { terms }: ResourceRequest): Change {
  const sequence = state.foldSequence + 1;
  const extension = {
    id: `ext_${lease.id.slice(4)}_${lease.endsAt.toString(36)}` as ExtensionId,
    lease: lease.id,
    department: lease.department,
    agent: lease.agent,
    seconds: terms.durationSeconds,
    sequence,
  };
  return { type: 'extensionOpened', extension };
}
