// The only code that changes a State: one Change at a time, each asserted against the state tables before it is made.
// Invariant: after a commit's changes the memory equals the database. A Change that does not fit is a bug and throws. Called by fold, tick and replay.

import { type Approval, mayBeServed, withApprovals } from './approval.ts';
import type { Change, LedgerEntry } from './change.ts';
import type { Earmark, Revocation } from './earmark.ts';
import type { AccountId, LeaseId, RequestId } from './ids.ts';
import { type Allocation, capacityKey, type Lease, type LeaseEnd } from './lease.ts';
import { noteLease, noteLeaseEnd, noteOpenEnded } from './leaseIndex.ts';
import { poolIndex } from './lookup.ts';
import { noteNodes } from './nodes.ts';
import { underVerdict } from './obligation.ts';
import { noteOpenRequest } from './openRequests.ts';
import { add, type Instant, subtract, type Units } from './quantity.ts';
import type { Reason } from './reason.ts';
import type { PendingRequest } from './request.ts';
import type { StartReservation } from './reservation.ts';
import { accountKey, joinGang, leaveGang, quotaKey, type State } from './state.ts';
import {
  APPROVAL_TRANSITIONS,
  EARMARK_TRANSITIONS,
  LEASE_TRANSITIONS,
  mayFollow,
  REQUEST_TRANSITIONS,
} from './states.ts';

export class StateError extends Error {
  override name = 'StateError';
}

export function apply(state: State, change: Change): void {
  switch (change.type) {
    case 'requestOpened':
      if (state.requests.has(change.pending.request.id))
        throw new StateError(`${change.pending.request.id} opened twice`);
      state.requests.set(change.pending.request.id, change.pending);
      state.foldSequence = change.pending.sequence;
      joinGang(state.gangs, change.pending.request);
      noteOpenRequest(state, change.pending.request.agent, 1);
      return;
    case 'verdictRecorded': {
      const judged = underVerdict(openRequest(state, change.request), change.verdict);
      state.requests.set(change.request, withApprovals(state.approvals, judged));
      return;
    }
    case 'decided':
      applyDecision(state, change);
      return;
    case 'leaseGranted':
      applyGrant(state, change.lease);
      return;
    case 'leaseActivated':
      applyActivation(state, change.lease, change.at);
      return;
    case 'leaseEnded':
      applyEnd(state, change);
      return;
    case 'leaseRevoking':
      applyRevoking(state, change.lease, change.revocation);
      return;
    case 'leaseFlagged':
      setLease(state, flagged(liveLease(state, change.lease), change.borrowed));
      return;
    case 'earmarkMade':
      applyEarmark(state, change.earmark);
      return;
    case 'earmarkEnded':
      if (!mayFollow(EARMARK_TRANSITIONS, 'held', change.end) || !state.earmarks.delete(change.request))
        throw new StateError(`${change.request} has no earmark that could be ${change.end}`);
      return;
    case 'approvalMoved':
      applyApproval(state, change.approval);
      return;
    case 'extensionOpened':
      state.extensions.set(change.extension.id, change.extension);
      state.foldSequence = change.extension.sequence;
      return;
    case 'extensionDecided':
      applyExtension(state, change);
      return;
    case 'ledger':
      applyLedger(state, change.entry);
      return;
    case 'reservationMade':
    case 'reservationMoved':
    case 'reservationDropped':
      applyReservation(state, change);
      return;
    default: {
      const never: never = change;
      throw new StateError(`unknown change ${JSON.stringify(never)}`);
    }
  }
}

export function openRequest(state: State, id: RequestId): PendingRequest {
  const pending = state.requests.get(id);
  if (pending === undefined) throw new StateError(`${id} is not open`);
  return pending;
}

export function liveLease(state: State, id: LeaseId): Lease {
  const lease = state.leases.get(id);
  if (lease === undefined) throw new StateError(`${id} is not live`);
  return lease;
}

/** A consumable's units are gone once they began: a window that started, a licence whose lease was active. */
export function returnsCapacity(input: {
  consumable: boolean;
  allocation: Allocation;
  lease: Lease;
  at: Instant;
}): boolean {
  // A window is used up whatever becomes of its pool: a newer configuration may have left it out, and a later one may name it again.
  if (input.allocation.window !== undefined) return input.at < input.allocation.startsAt;
  if (!input.consumable) return true;
  return input.lease.state === 'granted';
}

function applyDecision(state: State, change: Extract<Change, { type: 'decided' }>): void {
  const pending = openRequest(state, change.request);
  const from = pending.waitingCodes === null ? 'queued' : 'waiting';
  if (change.outcome === 'waiting') {
    const codes = [...new Set(change.reasons.map((reason) => reason.code))].sort();
    state.requests.set(change.request, {
      ...pendingWithout(pending),
      waitingCodes: codes,
      ...gangUntilOf(change.reasons),
    });
    return;
  }
  if (!mayFollow(REQUEST_TRANSITIONS, from, change.outcome)) {
    throw new StateError(`${change.request}: ${from} -> ${change.outcome}`);
  }
  if (change.outcome === 'granted' && !mayBeServed(pending)) {
    throw new StateError(`${change.request} granted without a recorded allow, or an approval that it needs`);
  }
  if (change.outcome === 'granted') {
    state.held.set(change.request, pending.request);
    if (pending.request.terms.openEnded === true) noteOpenEnded(state, change.request);
  }
  state.requests.delete(change.request);
  state.reserved.delete(change.request);
  state.queue?.overtaken.delete(change.request);
  noteOpenRequest(state, pending.request.agent, -1);
  leaveGang(state.gangs, pending.request);
}

function pendingWithout({ gangUntil: _, ...pending }: PendingRequest): PendingRequest {
  return pending;
}

/** What the reasons of a `waiting` Decision say of a gang. */
function gangUntilOf(reasons: readonly Reason[]): { readonly gangUntil?: Instant } {
  const awaiting = reasons.find((reason) => reason.code === 'AWAITING_GANG');
  return awaiting ? { gangUntil: awaiting.until } : {};
}

function setLease(state: State, lease: Lease): void {
  state.leases.set(lease.id, lease);
  noteLease(state, lease);
}

function applyGrant(state: State, lease: Lease): void {
  if (state.leases.has(lease.id)) throw new StateError(`${lease.id} granted twice`);
  for (const allocation of lease.allocations) takeUnits(state, lease, allocation);
  noteNodes(state, lease, 1);
  setLease(state, lease);
  state.leaseOfRequest.set(lease.request, lease.id);
}

function takeUnits(state: State, lease: Lease, allocation: Allocation): void {
  const key = capacityKey(allocation.pool, allocation.window);
  state.used.set(key, add(state.used.get(key) ?? 0, allocation.quantity));
  if (allocation.exclusive) state.exclusive.add(allocation.pool);
  const pool = poolOf(state, allocation.pool);
  if (pool.consumable || pool.calendar !== undefined) return;
  const quota = quotaKey(lease.department, allocation.kind);
  state.quotaUse.set(quota, add(state.quotaUse.get(quota) ?? 0, allocation.quantity));
}

function applyActivation(state: State, id: LeaseId, at: Instant): void {
  const lease = liveLease(state, id);
  if (!mayFollow(LEASE_TRANSITIONS, lease.state, 'active'))
    throw new StateError(`${id}: ${lease.state} -> active`);
  state.heardAt.set(id, at);
  setLease(state, { ...lease, state: 'active', activatedAt: at });
}

/** The units stand as used until the lease ends. */
function applyRevoking(state: State, id: LeaseId, revocation: Revocation): void {
  const lease = liveLease(state, id);
  if (!mayFollow(LEASE_TRANSITIONS, lease.state, 'revoking'))
    throw new StateError(`${id}: ${lease.state} -> revoking`);
  setLease(state, { ...lease, state: 'revoking', revocation });
}

function flagged({ borrowed: _, ...lease }: Lease, borrowed: readonly string[]): Lease {
  return borrowed.length === 0 ? lease : { ...lease, borrowed };
}

function applyEarmark(state: State, earmark: Earmark): void {
  openRequest(state, earmark.request);
  if (state.earmarks.has(earmark.request)) throw new StateError(`${earmark.request} has an earmark`);
  state.earmarks.set(earmark.request, earmark);
}

function applyEnd(state: State, change: { lease: LeaseId; end: LeaseEnd; at: Instant }): void {
  const lease = liveLease(state, change.lease);
  if (!mayFollow(LEASE_TRANSITIONS, lease.state, change.end)) {
    throw new StateError(`${change.lease}: ${lease.state} -> ${change.end}`);
  }
  for (const allocation of lease.allocations) returnUnits(state, lease, { allocation, at: change.at });
  noteNodes(state, lease, -1);
  state.leases.delete(lease.id);
  noteLeaseEnd(state, lease);
  state.justEnded.set(lease.id, lease);
  state.heardAt.delete(lease.id);
  state.checkpoints.delete(lease.id);
  state.held.delete(lease.request);
  state.leaseOfRequest.delete(lease.request);
}

/** A pool that a newer configuration left out while it was held counts against no quota any more; its units go back as they would have. */
function returnUnits(state: State, lease: Lease, ended: { allocation: Allocation; at: Instant }): void {
  const { allocation, at } = ended;
  if (allocation.exclusive) state.exclusive.delete(allocation.pool);
  const pool = poolIndex(state.configuration).get(allocation.pool);
  const consumable = pool
    ? pool.consumable || pool.calendar !== undefined
    : state.goneConsumables.has(allocation.pool);
  if (returnsCapacity({ consumable, allocation, lease, at })) {
    const key = capacityKey(allocation.pool, allocation.window);
    const left = subtract(state.used.get(key) ?? 0, allocation.quantity);
    state.used.set(key, left);
    if (left === 0) state.goneConsumables.delete(allocation.pool);
  }
  if (pool === undefined || consumable) return;
  const quota = quotaKey(lease.department, allocation.kind);
  state.quotaUse.set(quota, subtract(state.quotaUse.get(quota) ?? 0, allocation.quantity));
}

/** One that is over is kept only as long as it may be of use: an approved one. The flow of approvals forgets it. */
function applyApproval(state: State, approval: Approval): void {
  const { id, request } = approval;
  const before = state.approvals.get(id);
  const isNext =
    before === undefined
      ? approval.state === 'seeking' || approval.state === 'approved'
      : mayFollow(APPROVAL_TRANSITIONS, before.state, approval.state);
  if (!isNext) throw new StateError(`${id}: ${before?.state ?? 'none'} -> ${approval.state}`);
  const isOver = approval.state !== 'seeking' && approval.state !== 'scheduled';
  if (isOver && approval.state !== 'approved') state.approvals.delete(id);
  else state.approvals.set(id, approval);
  const pending = state.requests.get(request);
  if (pending !== undefined) state.requests.set(request, withApprovals(state.approvals, pending));
}

function applyExtension(state: State, change: Extract<Change, { type: 'extensionDecided' }>): void {
  if (!state.extensions.delete(change.extension)) throw new StateError(`${change.extension} is not open`);
  if (change.outcome === 'denied' || change.endsAt === null) return;
  const lease = liveLease(state, change.lease);
  const { endsAt } = change;
  if (endsAt < lease.endsAt) throw new StateError(`${lease.id} would move back`);
  setLease(state, {
    ...lease,
    endsAt,
    reservations: mergeReservations([...lease.reservations, ...change.reservations]),
    allocations: lease.allocations.map((a) => (a.window === undefined ? { ...a, endsAt } : a)),
  });
}

/** One reservation per account and period, in order of first appearance. */
export function mergeReservations<R extends { account: AccountId; period: string; amount: Units }>(
  list: readonly R[],
): R[] {
  const merged = new Map<string, R>();
  for (const reservation of list) {
    const key = accountKey(reservation.account, reservation.period);
    const before = merged.get(key);
    merged.set(key, before ? { ...before, amount: add(before.amount, reservation.amount) } : reservation);
  }
  return [...merged.values()];
}

function applyLedger(state: State, entry: LedgerEntry): void {
  const key = accountKey(entry.account, entry.period);
  const use = state.accounts.get(key) ?? { reserved: 0, spent: 0 };
  const next = { ...use };
  switch (entry.type) {
    case 'reserve':
      next.reserved = add(use.reserved, entry.amount);
      break;
    case 'settle':
      next.reserved = subtract(use.reserved, entry.amount);
      next.spent = add(use.spent, entry.amount);
      break;
    case 'refund':
      next.reserved = subtract(use.reserved, entry.amount);
      break;
    default: {
      const never: never = entry.type;
      throw new StateError(`unknown ledger entry ${never}`);
    }
  }
  state.accounts.set(key, next);
}

type ReservationChange = Extract<Change, { readonly reservation: StartReservation }>;

function applyReservation({ requests, reserved }: State, change: ReservationChange): void {
  const { request } = change.reservation;
  if (!requests.has(request)) throw new StateError(`${request} is not open`);
  if (reserved.has(request) !== (change.type !== 'reservationMade'))
    throw new StateError(`${request}: ${change.type} ${reserved.has(request) ? 'twice' : 'without one'}`);
  if (change.type === 'reservationDropped') reserved.delete(request);
  else reserved.set(request, change.reservation);
}

/** The pool as configured, found through an index that is built once per configuration. */
function poolOf(state: State, id: string) {
  const pool = poolIndex(state.configuration).get(id);
  if (pool === undefined) throw new StateError(`pool ${id} is not configured`);
  return pool;
}
