// What time does to what is open and what is held: activation by heartbeat, expiry, start limits, deadlines, and the settlement of a lease's end.
// Invariant: every end of a lease settles each of its reservations once: what was used is spent, the rest refunded. Called by fold and tick.

import { apply, returnsCapacity } from './domain/apply.ts';
import type { Change, LedgerEntry } from './domain/change.ts';
import { type Configuration, PREEMPTION_DEFAULTS } from './domain/configuration.ts';
import type { LeaseId } from './domain/ids.ts';
import type { Lease, LeaseEnd } from './domain/lease.ts';
import { leaseIndexOf } from './domain/leaseIndex.ts';
import { lookupOf } from './domain/lookup.ts';
import { type Instant, multiplyDivideDown, subtract, type Units } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import type { Option, PendingRequest, ResourceRequest } from './domain/request.ts';
import { accountKey, type State } from './domain/state.ts';
import { catalogueOf } from './formulate/catalogue.ts';
import { overrunning, unspent } from './metering.ts';
import { takeUpAgain } from './preemption/revoke.ts';
import { reservationsOf } from './pricing.ts';

export interface Heartbeats {
  /** `checkpointAt`: until when the holder says that its work is safe. */
  readonly heard: readonly {
    readonly lease: LeaseId;
    readonly at: Instant;
    readonly checkpointAt?: Instant;
  }[];
  /** Every heartbeat recorded before this instant is known: silence before it is real. */
  readonly heardThrough: Instant;
  /**
   * Since when this leader has listened; absent: always. Silence from before may be an outage that kept every holder from being heard,
   * so it counts against nobody: each lease has its whole time-out again, as leases of etcd have under a new leader.
   */
  readonly listensSince?: Instant;
}

/** Changes that time alone brings at `now`, applied to memory. */
export function advance(state: State, heartbeats: Heartbeats, now: Instant): Change[] {
  const changes: Change[] = [];
  const make = (list: readonly Change[]): void => {
    for (const change of list) {
      apply(state, change);
      changes.push(change);
    }
  };
  for (const { lease: id, at, checkpointAt } of heartbeats.heard) {
    const lease = state.leases.get(id);
    // A review slot is not kept alive: it lasts until the Ruling, or its window's end.
    if (!lease || state.held.get(lease.request)?.approvalOf !== undefined) continue;
    // What is safe stays safe; and nobody has saved work that is still to be done.
    if (checkpointAt !== undefined)
      state.checkpoints.set(id, Math.max(Math.min(checkpointAt, at), state.checkpoints.get(id) ?? 0));
    if (lease.state === 'granted') make([{ type: 'leaseActivated', lease: id, at }]);
    else state.heardAt.set(id, Math.max(at, state.heardAt.get(id) ?? at));
  }
  for (const lease of leaseIndexOf(state).lapsing(Math.max(now, heartbeats.heardThrough))) {
    if (lease.state === 'revoking') {
      if (graceIsOver(lease, now))
        make(endRevoked(state, lease, { end: 'revoked', cause: 'grace', at: now }));
      continue;
    }
    const cause = lapseOf(state, lease, { now, heartbeats });
    if (cause !== null) make(endLease(state, lease, { end: 'expired', cause, at: now }));
  }
  for (const lease of overrunning(state, now, (one) => usedCost(state, one, now)))
    make(endUnpaid(state, lease, now));
  /** Gang -> members it had when its time was over: all of them are told the same. */
  const timedOut = new Map<string, number>();
  for (const pending of state.requests.values()) {
    const { request } = pending;
    const reason =
      tooLate(request, now, state.configuration) ?? gangTimeout(state, pending, { now, timedOut });
    if (reason === null) continue;
    const { id, department, agent } = request;
    make([
      { type: 'decided', request: id, department, agent, outcome: 'expired', reasons: [reason], lease: null },
    ]);
  }
  return changes;
}

/** One that is on its way back already has been revoked all the same, only sooner. */
function endUnpaid(state: State, lease: Lease, at: Instant): Change[] {
  return lease.state === 'revoking'
    ? endRevoked(state, lease, { end: 'revoked', cause: 'budget', at })
    : endLease(state, lease, { end: 'expired', cause: 'budget', at });
}

function graceIsOver({ revocation }: Lease, now: Instant): boolean {
  return revocation !== undefined && revocation.graceEndsAt <= now;
}

type LapseCause = 'startLimit' | 'heartbeat' | 'duration';

function lapseOf(
  state: State,
  lease: Lease,
  { now, heartbeats }: { now: Instant; heartbeats: Heartbeats },
): LapseCause | null {
  if (lease.endsAt <= now) return 'duration';
  const { heardThrough, listensSince = Number.NEGATIVE_INFINITY } = heartbeats;
  const { startLimitSeconds, heartbeatTimeoutSeconds } = state.configuration.leaseTerms;
  if (lease.state === 'granted') {
    if (lease.startLimitAt > heardThrough) return null;
    const limitMs = Math.min(startLimitSeconds * 1000, ownLimitMs(lease));
    return listensSince + limitMs <= heardThrough ? 'startLimit' : null;
  }
  const heard = state.heardAt.get(lease.id) ?? lease.activatedAt ?? lease.grantedAt;
  const silentAt = Math.max(heard, listensSince) + heartbeatTimeoutSeconds * 1000;
  return silentAt <= heardThrough ? 'heartbeat' : null;
}

/** What its request asked for, or the organisation allowed, when it was granted. */
function ownLimitMs({ startLimitAt, allocations }: Lease): number {
  return startLimitAt - Math.min(...allocations.map(({ startsAt }) => startsAt));
}

function tooLate(
  { options, terms }: ResourceRequest,
  now: Instant,
  configuration: Configuration,
): Reason | null {
  const { startBefore, deadline, durationSeconds } = terms;
  if (startBefore !== undefined && startBefore <= now) return { code: 'START_LIMIT_PASSED', startBefore };
  if (deadline === undefined || now + durationSeconds * 1000 <= deadline) return null;
  // A lease of windows alone ends with the last of them, however long a duration was asked for.
  if (now < deadline && options.some((option) => isOfWindows(option, configuration))) return null;
  return { code: 'DEADLINE_UNREACHABLE', deadline };
}

/** `gangUntil` stands only while the gang was incomplete at the last tick's end. */
function gangTimeout(
  { gangs }: State,
  { request, gangUntil }: PendingRequest,
  { now, timedOut }: { now: Instant; timedOut: Map<string, number> },
): Reason | null {
  const { gang } = request.terms;
  if (gang === undefined || gangUntil === undefined || gangUntil > now) return null;
  const have = timedOut.get(gang.id) ?? gangs.get(gang.id)?.size ?? 0;
  timedOut.set(gang.id, have);
  return { code: 'GANG_TIMEOUT', have, size: gang.size };
}

function isOfWindows({ claims }: Option, configuration: Configuration): boolean {
  const { places } = catalogueOf(configuration);
  return claims.every(({ kind }) => places.get(kind)?.every(({ pools }) => pools[0].calendar !== undefined));
}

/** The end of a lease that was being revoked: it pays for the time used less the disruption credit, and its wish is taken up again. */
export function endRevoked(state: State, lease: Lease, ending: Parameters<typeof endLease>[2]): Change[] {
  const again = takeUpAgain(state, lease, ending.at);
  const successor = again.find((change) => change.type === 'requestOpened')?.pending.request.id;
  const changes = endLease(state, lease, ending).map((change) =>
    change.type === 'leaseEnded' && successor !== undefined ? { ...change, successor } : change,
  );
  return [...changes, ...again];
}

/** A class that is no more gives what classes give by default. */
function creditPercentOf({ configuration, held }: State, lease: Lease): Units {
  const terms = lookupOf(configuration).preemption.get(held.get(lease.request)?.terms.class ?? '');
  return (terms ?? PREEMPTION_DEFAULTS).creditPercent;
}

/** The end of a lease and its settlement, not yet applied. A lease that nobody ever took up and that lapsed costs nothing. */
export function endLease(
  state: State,
  lease: Lease,
  ending: { end: LeaseEnd; cause: Extract<Change, { type: 'leaseEnded' }>['cause']; at: Instant },
): Change[] {
  const neverBegan = lease.state === 'granted' && ending.end === 'expired';
  const used = neverBegan ? new Map<string, number>() : usedCost(state, lease, ending.at);
  const isRevoked = ending.end === 'revoked' || ending.cause === 'acknowledged';
  const credit = isRevoked ? creditPercentOf(state, lease) : 0;
  const ledger = lease.reservations.flatMap((reservation): LedgerEntry[] => {
    const cost = used.get(accountKey(reservation.account, reservation.period)) ?? 0;
    const left = unspent(state, reservation.account, reservation.period);
    const due = Math.min(reservation.amount, cost, left ?? cost);
    const settled = subtract(due, multiplyDivideDown(due, credit, 100));
    const base = { account: reservation.account, period: reservation.period, lease: lease.id };
    const idOf = (type: string): string => `${lease.id}/${reservation.account}/${reservation.period}/${type}`;
    return [
      { ...base, id: idOf('settle'), type: 'settle', amount: settled },
      { ...base, id: idOf('refund'), type: 'refund', amount: subtract(reservation.amount, settled) },
    ];
  });
  return [
    { type: 'leaseEnded', lease: lease.id, end: ending.end, at: ending.at, cause: ending.cause },
    ...ledger.filter((entry) => entry.amount > 0).map((entry): Change => ({ type: 'ledger', entry })),
  ];
}

/**
 * What the time held costs, per account and period: the price of the grant over the seconds used, without the grace. The accounts that
 * reserved pay, whoever pays for the agent by now; a pool that a newer configuration left out has no price any more and costs nothing.
 */
function usedCost(state: State, lease: Lease, at: Instant): Map<string, number> {
  const { pools } = lookupOf(state.configuration);
  const used = lease.allocations.flatMap((allocation) => {
    const pool = pools.get(allocation.pool);
    if (pool === undefined) return [];
    const consumable = pool.consumable || pool.calendar !== undefined;
    if (consumable) return returnsCapacity({ consumable, allocation, lease, at }) ? [] : [allocation];
    if (at <= allocation.startsAt) return [];
    return [{ ...allocation, endsAt: Math.min(at, allocation.endsAt) }];
  });
  const priced = reservationsOf({
    configuration: state.configuration,
    accounts: lease.reservations.map(({ account }) => account),
    by: { reservations: lease.reservations },
    allocations: used,
    graceSeconds: 0,
  });
  return new Map(
    priced.map((reservation) => [accountKey(reservation.account, reservation.period), reservation.amount]),
  );
}
