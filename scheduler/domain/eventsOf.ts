// Which changes the outside is told of, and in which words: a pure mapping from the changes of one tick to its events.
// Invariant: numbered without gaps from `firstSequence`; a change that concerns nobody outside makes no event. Called by commit.ts.

import type { Approval } from './approval.ts';
import type { Change } from './change.ts';
import type { Revocation } from './earmark.ts';
import type { DomainEvent, EventType } from './event.ts';
import { eventId, type LeaseId, type RequestId } from './ids.ts';
import type { Lease } from './lease.ts';
import type { Instant } from './quantity.ts';
import { REASON_GUIDE, type Reason } from './reason.ts';
import type { StartReservation } from './reservation.ts';

export interface EventContext {
  readonly cell: string;
  readonly tick: number;
  readonly epoch: number;
  readonly now: Instant;
  readonly policyRevision: string;
  readonly firstSequence: number;
  /** A lease as it was before the change ended it. */
  readonly leaseOf: (id: LeaseId) => Lease;
}

interface Told {
  readonly type: EventType;
  readonly request: RequestId;
  readonly lease: LeaseId | null;
  readonly owner: Pick<DomainEvent, 'department' | 'agent'>;
  readonly data: Readonly<Record<string, unknown>>;
}

export function eventsOf(changes: readonly Change[], context: EventContext): DomainEvent[] {
  const events: DomainEvent[] = [];
  /** Of those who are alike the reasons are one list: its document is written once. */
  const documents = new Map<readonly Reason[], DomainEvent['data']>();
  const dataOf = (change: Change, { data }: Told): DomainEvent['data'] => {
    if (change.type !== 'decided') return document(data) as DomainEvent['data'];
    let known = documents.get(change.reasons);
    if (known === undefined) {
      known = document(data) as DomainEvent['data'];
      documents.set(change.reasons, known);
    }
    return known;
  };
  for (const change of changes) {
    const told = tell(change, context);
    if (told === null) continue;
    const sequence = context.firstSequence + events.length;
    events.push({
      id: eventId(context.cell, sequence),
      sequence,
      tick: context.tick,
      epoch: context.epoch,
      type: told.type,
      at: context.now,
      department: told.owner.department,
      agent: told.owner.agent,
      request: told.request,
      lease: told.lease,
      policyRevision: context.policyRevision,
      data: dataOf(change, told),
    });
  }
  return events;
}

function tell(change: Change, context: EventContext): Told | null {
  switch (change.type) {
    case 'decided': {
      const { request, lease, department, agent, outcome, reasons } = change;
      const data = { reasons: guided(reasons) };
      return { type: `annona.request.${outcome}.v1`, request, lease, owner: { department, agent }, data };
    }
    case 'leaseGranted':
      return ofLease('annona.lease.granted.v1', change.lease, {
        ...grantData(change.lease),
        ...change.told,
      });
    case 'leaseActivated':
      return ofLease('annona.lease.activated.v1', context.leaseOf(change.lease), { at: change.at });
    case 'leaseEnded': {
      const lease = context.leaseOf(change.lease);
      const { end, at, cause, successor } = change;
      return ofLease(`annona.lease.${end}.v1`, lease, { at, cause, ...(successor && { successor }) });
    }
    case 'leaseRevoking':
      return ofLease(
        'annona.lease.revoking.v1',
        context.leaseOf(change.lease),
        noticeData(change.revocation, context.leaseOf(change.lease).department),
      );
    case 'extensionDecided': {
      const lease = context.leaseOf(change.lease);
      const { extension, endsAt, reasons } = change;
      if (change.outcome === 'granted')
        return ofLease('annona.lease.extended.v1', lease, { extension, endsAt });
      return ofLease('annona.lease.extension-denied.v1', lease, { extension, reasons: guided(reasons) });
    }
    case 'reservationMade':
      return ofReservation('annona.reservation.made.v1', change.reservation, holdData(change.reservation));
    case 'reservationMoved': {
      const { reservation, from, cause } = change;
      return ofReservation('annona.reservation.moved.v1', reservation, { from, cause });
    }
    case 'reservationDropped':
      return ofReservation('annona.reservation.dropped.v1', change.reservation, { cause: change.cause });
    case 'approvalMoved':
      return ofApproval(change.approval);
    case 'requestOpened':
    case 'verdictRecorded':
    case 'extensionOpened':
    case 'leaseFlagged':
    case 'earmarkMade':
    case 'earmarkEnded':
    case 'ledger':
      return null;
    default: {
      const never: never = change;
      throw new Error(`unknown change ${JSON.stringify(never)}`);
    }
  }
}

/** The same block as on every other way out: who acts next, and how. */
function guided(reasons: readonly Reason[]): object[] {
  return reasons.map((reason) => ({ ...reason, ...REASON_GUIDE[reason.code] }));
}

function ofLease(type: EventType, lease: Lease, data: Readonly<Record<string, unknown>>): Told {
  return {
    type,
    request: lease.request,
    lease: lease.id,
    owner: lease,
    data: { epoch: lease.epoch, ...data },
  };
}

function ofReservation(
  type: EventType,
  { request, department, agent, startsAt }: StartReservation,
  data: Readonly<Record<string, unknown>>,
): Told {
  return { type, request, lease: null, owner: { department, agent }, data: { startsAt, ...data } };
}

function holdData({ hold }: StartReservation): Readonly<Record<string, unknown>> {
  if (hold === undefined) return {};
  const { request, offer, until } = hold;
  return { hold: { request, offer, until } };
}

/** Told to the parent's department: what is asked of whom, when, and what was answered. */
function ofApproval(approval: Approval): Told {
  const { id, request, department, agent, state, skill, code, review, attempt, slot, ruling } = approval;
  return {
    type: `annona.approval.${state}.v1`,
    request,
    lease: null,
    owner: { department, agent },
    data: {
      approval: id,
      skill,
      rule: code,
      review,
      attempt,
      ...(slot && { pool: slot.pool, startsAt: slot.startsAt, endsAt: slot.endsAt }),
      ...(ruling && { ruling }),
    },
  };
}

function grantData(lease: Lease): Record<string, unknown> {
  const { option, allocations, startLimitAt, endsAt, borrowed } = lease;
  return { option, allocations, startLimitAt, endsAt, ...(borrowed && { borrowed }) };
}

/** By which right, for whom, until when. A request of another department is named by its department alone. */
function noticeData(revocation: Revocation, owner: string): Record<string, unknown> {
  const { right, since, graceEndsAt, request, department } = revocation;
  return {
    at: since,
    graceEndsAt,
    right,
    ...(department !== null && { forDepartment: department }),
    ...(request !== null && department === owner && { forRequest: request }),
    advice: NOTICE_ADVICE,
  };
}

const NOTICE_ADVICE =
  'Write a checkpoint and acknowledge; what is not given back by graceEndsAt is taken then.';

/** Names under which an instant travels: outside the process times are RFC 3339 in UTC, never bare milliseconds. */
const INSTANTS = new Set([
  'at',
  'from',
  'startsAt',
  'endsAt',
  'startLimitAt',
  'startBefore',
  'deadline',
  'until',
  'graceEndsAt',
]);

function document(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(document);
  const told: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[name];
    told[name] =
      typeof inner === 'number' && INSTANTS.has(name) ? new Date(inner).toISOString() : document(inner);
  }
  return told;
}
