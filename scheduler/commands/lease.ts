// The acts that end or lengthen what is held: cancel, release, extend. Pure: state and intake row in, changes out.
// Invariant: an act by another department, or with a stale epoch, changes nothing.

import type { Change } from '../domain/change.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { ExtensionId, LeaseId, RequestId } from '../domain/ids.ts';
import type { IntakeActor, IntakeRow } from '../domain/intake.ts';
import type { Allocation, Lease } from '../domain/lease.ts';
import { longestSeconds, lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import type { PendingExtension } from '../domain/request.ts';
import type { State } from '../domain/state.ts';
import { endLease, endRevoked } from '../lifecycle.ts';

/** A cancel that meets a grant becomes a release, also of a lease that is being revoked: the wish is gone. One that meets a terminal outcome changes nothing. */
export function cancelRequest(
  state: State,
  row: IntakeRow,
  input: { request: RequestId; now: Instant },
): Change[] {
  const open = state.requests.get(input.request);
  if (open) {
    const { id, department, agent, approvalOf } = open.request;
    // A review ends with its approval.
    if (approvalOf !== undefined || !mayAct(row.actor, { department, agent })) return [];
    const reasons = [{ code: 'CANCELLED', by: row.actor.subject }] as const;
    return [{ type: 'decided', request: id, department, agent, outcome: 'cancelled', reasons, lease: null }];
  }
  const lease = state.leases.get(state.leaseOfRequest.get(input.request) ?? ('' as LeaseId));
  if (!lease || isReview(state, lease) || !mayAct(row.actor, lease)) return [];
  return endLease(state, lease, { end: 'released', cause: 'cancelled', at: input.now });
}

export function releaseLease(
  state: State,
  row: IntakeRow,
  input: { lease: LeaseId; epoch: number; now: Instant },
): Change[] {
  const lease = state.leases.get(input.lease);
  if (!lease || lease.epoch !== input.epoch || isReview(state, lease) || !mayAct(row.actor, lease)) return [];
  return endLease(state, lease, { end: 'released', cause: 'agent', at: input.now });
}

/** The holder gives back what is being revoked: the lease ends at once, and its wish is taken up again. Of any other lease it changes nothing. */
export function acknowledgeRevocation(
  state: State,
  row: IntakeRow,
  input: { lease: LeaseId; epoch: number; now: Instant },
): Change[] {
  const lease = state.leases.get(input.lease);
  if (lease?.state !== 'revoking' || lease.epoch !== input.epoch || !mayAct(row.actor, lease)) return [];
  return endRevoked(state, lease, { end: 'released', cause: 'acknowledged', at: input.now });
}

/** Opened only against a live lease of the actor's own department; decided by the same tick, as a column, or here when it never could be one. */
export function openExtension(
  state: State,
  row: IntakeRow,
  input: { extension: ExtensionId; lease: LeaseId; epoch: number; seconds: number; now: Instant },
): Change[] {
  const lease = state.leases.get(input.lease);
  if (!lease || lease.epoch !== input.epoch || !mayAct(row.actor, lease)) return [];
  const extension: PendingExtension = {
    id: input.extension,
    lease: lease.id,
    department: lease.department,
    agent: lease.agent,
    seconds: input.seconds,
    sequence: state.foldSequence + 1,
  };
  const opened: Change = { type: 'extensionOpened', extension };
  const refusal = refuseExtension(state.configuration, lease, { ...input, ttlSeconds: ttlOf(state, lease) });
  if (refusal === null) return [opened];
  return [opened, denied(extension, refusal)];
}

/** What waits to be held longer and no more can be, under a configuration newer than the one it was accepted under. */
export function denyHopelessExtensions(state: State): Change[] {
  return [...state.extensions.values()].flatMap((extension): Change[] => {
    const lease = state.leases.get(extension.lease);
    const lost = lease === undefined ? null : lostBy(state.configuration, lease);
    if (lease === undefined || lost === null) return [];
    const { claim, kind } = lost;
    const { seconds: requested } = extension;
    const reason: Reason = {
      code: 'UNSATISFIABLE',
      option: lease.option,
      claim,
      kind,
      requested,
      largest: 0,
    };
    return [denied(extension, reason)];
  });
}

function denied(extension: PendingExtension, reason: Reason): Change {
  return {
    type: 'extensionDecided',
    extension: extension.id,
    lease: extension.lease,
    outcome: 'denied',
    endsAt: null,
    reservations: [],
    reasons: [reason],
  };
}

/** Further ahead than any class lasts, or what a newer configuration took away: a tick could neither date nor price it. */
function refuseExtension(
  configuration: Configuration,
  lease: Lease,
  { seconds, now, ttlSeconds }: { seconds: number; now: Instant; ttlSeconds: number | undefined },
): Reason | null {
  const lost = lostBy(configuration, lease);
  const aheadSeconds = Math.ceil((lease.endsAt - now) / 1000);
  const longest = Math.min(
    longestSeconds(configuration) - aheadSeconds,
    // What a policy obliges to is counted from the grant.
    ttlSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : ttlSeconds - Math.ceil((lease.endsAt - lease.grantedAt) / 1000),
  );
  const largest = lost === null ? Math.max(0, longest) : 0;
  if (seconds <= largest) return null;
  const { claim, kind } = lost ?? lease.allocations[0]!;
  return { code: 'UNSATISFIABLE', option: lease.option, claim, kind, requested: seconds, largest };
}

/** The allocation on a pool that is no more; any one when the agent itself is no more: nobody is there to pay. */
function lostBy(configuration: Configuration, lease: Lease): Allocation | null {
  const { agents, pools } = lookupOf(configuration);
  if (agents.get(lease.agent)?.department !== lease.department) return lease.allocations[0] ?? null;
  return lease.allocations.find(({ pool }) => !pools.has(pool)) ?? null;
}

function ttlOf({ held }: State, { request }: Lease): number | undefined {
  return held.get(request)?.terms.ttlSeconds;
}

/** A reviewer's slot: held until the Ruling, or its window's end, whatever the agent says that it is for. */
function isReview({ held }: State, { request }: Lease): boolean {
  return held.get(request)?.approvalOf !== undefined;
}

/** An agent acts for itself, a person for the department. */
function mayAct(actor: IntakeActor, owner: { department: string; agent: string }): boolean {
  return actor.department === owner.department && (actor.agent === null || actor.agent === owner.agent);
}
