// The life of requests, leases and extensions as tables: from, to, and who moves it. Nothing else decides what may follow what.
// Used by apply.ts (assertion), by the store's triggers (generated from the same rows in a test) and by the docs.

import type { ApprovalState } from './approval.ts';
import type { EarmarkState } from './earmark.ts';
import type { LeaseState } from './lease.ts';
import type { RequestState } from './request.ts';

export interface Transition<State extends string> {
  readonly from: State;
  readonly to: State;
  readonly mover: 'leader' | 'agent' | 'requester' | 'reviewer';
  readonly when: string;
}

export const REQUEST_TRANSITIONS: readonly Transition<RequestState>[] = [
  {
    from: 'queued',
    to: 'waiting',
    mover: 'leader',
    when: 'the first tick that dealt with it could not grant it',
  },
  { from: 'queued', to: 'granted', mover: 'leader', when: 'a plan holds it' },
  { from: 'queued', to: 'denied', mover: 'leader', when: 'policy denies it, or it can never fit' },
  { from: 'queued', to: 'expired', mover: 'leader', when: 'its start limit or deadline cannot be met' },
  { from: 'queued', to: 'cancelled', mover: 'requester', when: 'cancelled before a grant' },
  { from: 'waiting', to: 'granted', mover: 'leader', when: 'a plan holds it' },
  { from: 'waiting', to: 'denied', mover: 'leader', when: 'policy or configuration changed' },
  { from: 'waiting', to: 'expired', mover: 'leader', when: 'its start limit or deadline cannot be met' },
  { from: 'waiting', to: 'cancelled', mover: 'requester', when: 'cancelled before a grant' },
];

export const LEASE_TRANSITIONS: readonly Transition<LeaseState>[] = [
  { from: 'granted', to: 'active', mover: 'agent', when: 'its first heartbeat' },
  { from: 'granted', to: 'released', mover: 'agent', when: 'released, or cancelled, before it began' },
  {
    from: 'granted',
    to: 'expired',
    mover: 'leader',
    when: 'no heartbeat within the start limit, or its end came',
  },
  { from: 'granted', to: 'revoking', mover: 'leader', when: 'somebody has a right to what it holds' },
  { from: 'active', to: 'released', mover: 'agent', when: 'the holder is done' },
  { from: 'active', to: 'expired', mover: 'leader', when: 'its end came, or heartbeats stopped' },
  { from: 'active', to: 'revoking', mover: 'leader', when: 'somebody has a right to what it holds' },
  { from: 'revoking', to: 'released', mover: 'agent', when: 'acknowledged, or done, in its grace' },
  {
    from: 'revoking',
    to: 'revoked',
    mover: 'leader',
    when: 'the grace ended, or what pays for it was spent',
  },
];

export const EARMARK_TRANSITIONS: readonly Transition<EarmarkState>[] = [
  { from: 'held', to: 'granted', mover: 'leader', when: 'its units are free: they become its lease' },
  {
    from: 'held',
    to: 'dropped',
    mover: 'leader',
    when: 'its request is open no more, or a newer configuration keeps it out',
  },
];

export const APPROVAL_TRANSITIONS: readonly Transition<ApprovalState>[] = [
  { from: 'seeking', to: 'scheduled', mover: 'leader', when: 'a plan holds its review slot' },
  { from: 'seeking', to: 'lapsed', mover: 'leader', when: 'no slot can ever be had' },
  {
    from: 'seeking',
    to: 'dropped',
    mover: 'leader',
    when: 'its request is open no more, or the policy asks for it no more',
  },
  { from: 'scheduled', to: 'approved', mover: 'reviewer', when: 'a Ruling approves, before the window ends' },
  { from: 'scheduled', to: 'rejected', mover: 'reviewer', when: 'a Ruling rejects, before the window ends' },
  {
    from: 'scheduled',
    to: 'seeking',
    mover: 'leader',
    when: 'the slot was over, or lost, without a Ruling: a new one, at most twice',
  },
  { from: 'scheduled', to: 'lapsed', mover: 'leader', when: 'the third slot was over without a Ruling' },
  {
    from: 'scheduled',
    to: 'dropped',
    mover: 'leader',
    when: 'its request is open no more, or the policy asks for it no more',
  },
];

export function mayFollow<State extends string>(
  table: readonly Transition<State>[],
  from: State,
  to: State,
): boolean {
  return table.some((transition) => transition.from === from && transition.to === to);
}
