// An event as CloudEvents 1.0 in Kafka's binary mode: attributes as `ce_` headers, the document as value, the request as key.
// Invariant: `ce_id` is the key for de-duplication; the value is the document that GET /v1/events streams, byte for byte the same fields.
// Called by publisher.ts alone. Written by hand: the SDK declares Node 24 as its newest, for forty lines of map.

import type { DomainEvent } from '../../scheduler/index.ts';

export interface StreamRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** 2^53 - 1 has 16 digits: padded, so that the text sorts as the number does (CloudEvents' `sequence` extension asks for that). */
const SEQUENCE_DIGITS = 16;

export function cloudEvent(event: DomainEvent, cell: string): StreamRecord {
  const { sequence, traceParent, at, ...rest } = event;
  const time = new Date(at).toISOString();
  return {
    key: event.request,
    value: JSON.stringify({ ...rest, at: time }),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: `/annona/cells/${cell}`,
      ce_type: event.type,
      ce_time: time,
      ce_subject: event.request,
      ce_dataschema: `urn:annona:schema:${event.type}`,
      ce_partitionkey: event.request,
      ce_sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
      ce_epoch: String(event.epoch),
      ce_policyversion: event.policyRevision,
      ...(traceParent === undefined ? {} : { ce_traceparent: traceParent }),
    },
  };
}
