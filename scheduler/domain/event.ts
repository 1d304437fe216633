// What is streamed: one event per change that somebody outside should know, in one order per cell, numbered by the leader alone.
// Invariant: events exist only for committed ticks; the id is the key for de-duplication.

import type { AgentId, DepartmentId, EventId, LeaseId, RequestId } from './ids.ts';
import type { Instant } from './quantity.ts';

export const EVENT_TYPES = [
  'annona.request.granted.v1',
  'annona.request.waiting.v1',
  'annona.request.denied.v1',
  'annona.request.expired.v1',
  'annona.request.cancelled.v1',
  'annona.lease.granted.v1',
  'annona.lease.activated.v1',
  'annona.lease.revoking.v1',
  'annona.lease.extended.v1',
  'annona.lease.extension-denied.v1',
  'annona.lease.released.v1',
  'annona.lease.expired.v1',
  'annona.lease.revoked.v1',
  'annona.reservation.made.v1',
  'annona.reservation.moved.v1',
  'annona.reservation.dropped.v1',
  'annona.approval.seeking.v1',
  'annona.approval.scheduled.v1',
  'annona.approval.approved.v1',
  'annona.approval.rejected.v1',
  'annona.approval.lapsed.v1',
  'annona.approval.dropped.v1',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface DomainEvent {
  readonly id: EventId;
  readonly sequence: number;
  readonly tick: number;
  readonly epoch: number;
  readonly type: EventType;
  readonly at: Instant;
  readonly department: DepartmentId;
  readonly agent: AgentId;
  readonly request: RequestId;
  readonly lease: LeaseId | null;
  readonly policyRevision: string;
  /** JSON object, specific to the type; documented with it. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The trace that its request came in (W3C Trace Context); added on reading from the log, never by a tick, and in no digest. */
  readonly traceParent?: string;
}
