// What the events say, type by type: the documents of the stream and of Kafka, for the contract and the test that checks every event.
// Invariant: one schema a type, or it does not compile; documents are open, so that a field may be added within a version.

import { type TSchema, Type } from 'typebox';
import {
  DROP_CAUSES,
  type EventType,
  MOVE_CAUSES,
  REASON_GUIDE,
  REVOCATION_RIGHTS,
} from '../../../scheduler/index.ts';
import { Amount, EpochNumber, InstantText } from './fields.ts';

const Text = Type.String();

/** The block of an answer; its numbers are those of the tick. */
export const EventReason = Type.Object({
  code: Type.Enum(Object.keys(REASON_GUIDE)),
  actor: Text,
  advice: Text,
});

export const RulingJson = Type.Object({
  verdict: Type.Enum(['approve', 'reject']),
  reason: Text,
  by: Text,
  department: Text,
  at: InstantText,
});

const Reasons = Type.Array(EventReason);

export const EventAllocation = Type.Object({
  claim: Amount,
  pool: Text,
  kind: Text,
  window: Type.Optional(Text),
  quantity: Amount,
  node: Type.Optional(Text),
  gpus: Type.Optional(Type.Array(Amount)),
  startsAt: InstantText,
  endsAt: InstantText,
});

export const DecidedData = Type.Object({ reasons: Reasons });
export const LeaseGrantedData = Type.Object({
  labels: Type.Optional(Type.Record(Text, Text)),
  audit: Type.Optional(Type.Array(Text)),
  epoch: EpochNumber,
  option: Amount,
  allocations: Type.Array(EventAllocation),
  startLimitAt: InstantText,
  endsAt: InstantText,
  /** Kinds of which it holds more than its department's nominal share. */
  borrowed: Type.Optional(Type.Array(Text)),
});
export const LeaseActivatedData = Type.Object({ epoch: EpochNumber, at: InstantText });
/** `forRequest`: of the holder's own department. Neither is there when a row is repaired. */
export const LeaseRevokingData = Type.Object({
  epoch: EpochNumber,
  at: InstantText,
  graceEndsAt: InstantText,
  right: Type.Enum([...REVOCATION_RIGHTS]),
  forDepartment: Type.Optional(Text),
  forRequest: Type.Optional(Text),
  advice: Text,
});
export const LeaseExtendedData = Type.Object({ epoch: EpochNumber, extension: Text, endsAt: InstantText });
export const ExtensionDeniedData = Type.Object({ epoch: EpochNumber, extension: Text, reasons: Reasons });
/** `successor`: the request that takes up the wish of a revoked lease again. */
export const LeaseEndedData = Type.Object({
  epoch: EpochNumber,
  at: InstantText,
  cause: Text,
  successor: Type.Optional(Text),
});

/** `startsAt` is promised from now on; of a promise that was dropped, it was. */
export const ReservationMadeData = Type.Object({
  startsAt: InstantText,
  /** It is no promise: the request keeps an offer's units for another one. */
  hold: Type.Optional(Type.Object({ request: Text, offer: Text, until: InstantText })),
});
export const ReservationMovedData = Type.Object({
  startsAt: InstantText,
  from: InstantText,
  cause: Type.Enum([...MOVE_CAUSES]),
});
export const ReservationDroppedData = Type.Object({
  startsAt: InstantText,
  cause: Type.Enum([...DROP_CAUSES]),
});

/** `pool`, `startsAt` and `endsAt`: the slot of the review; absent while there is none. */
export const ApprovalData = Type.Object({
  approval: Text,
  skill: Text,
  rule: Text,
  review: Text,
  attempt: Amount,
  pool: Type.Optional(Text),
  startsAt: Type.Optional(InstantText),
  endsAt: Type.Optional(InstantText),
  ruling: Type.Optional(RulingJson),
});

const DATA = {
  'annona.request.granted.v1': DecidedData,
  'annona.request.waiting.v1': DecidedData,
  'annona.request.denied.v1': DecidedData,
  'annona.request.expired.v1': DecidedData,
  'annona.request.cancelled.v1': DecidedData,
  'annona.lease.granted.v1': LeaseGrantedData,
  'annona.lease.activated.v1': LeaseActivatedData,
  'annona.lease.revoking.v1': LeaseRevokingData,
  'annona.lease.extended.v1': LeaseExtendedData,
  'annona.lease.extension-denied.v1': ExtensionDeniedData,
  'annona.lease.released.v1': LeaseEndedData,
  'annona.lease.expired.v1': LeaseEndedData,
  'annona.lease.revoked.v1': LeaseEndedData,
  'annona.reservation.made.v1': ReservationMadeData,
  'annona.reservation.moved.v1': ReservationMovedData,
  'annona.reservation.dropped.v1': ReservationDroppedData,
  'annona.approval.seeking.v1': ApprovalData,
  'annona.approval.scheduled.v1': ApprovalData,
  'annona.approval.approved.v1': ApprovalData,
  'annona.approval.rejected.v1': ApprovalData,
  'annona.approval.lapsed.v1': ApprovalData,
  'annona.approval.dropped.v1': ApprovalData,
} as const satisfies Readonly<Record<EventType, object>>;

/** The document of an event of one type, as it is streamed. */
export function eventSchema(type: EventType) {
  // Fifteen documents at once are more than the compiler can tell apart.
  const data: TSchema = DATA[type];
  return Type.Object({
    id: Text,
    tick: Amount,
    epoch: EpochNumber,
    type: Type.Literal(type),
    at: InstantText,
    department: Text,
    agent: Text,
    request: Text,
    lease: Type.Union([Text, Type.Null()]),
    policyRevision: Text,
    data,
  });
}
