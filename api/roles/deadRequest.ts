// What goes to the dead letters of the intake topic: the record that was refused, with the problem document that says why.
// Invariant: no token is in it; and it is small enough that a broker takes it, whatever was refused. Called by kafkaIntake.ts.

import { deadRequestsTopic, type IncomingRecord, type OutgoingRecord } from '../../adapters/kafka/index.ts';
import { type Problem, problemDocument } from '../errors.ts';

/** Of value, key and headers of the sender: beyond it they are left out. Half of what a broker takes, so that the reason always fits. */
const KEPT_BYTES_MAX = 512 * 1024;

export function deadRequest(
  record: IncomingRecord,
  problem: Problem,
  call: { readonly cell: string; readonly requestId: string },
): OutgoingRecord {
  const { key, value, bytes, topic, partition, offset } = record;
  const place = `${topic}/${partition}/${offset}`;
  const headers = Object.entries(record.headers).filter(([name]) => !isOurs(name));
  const whole = [key, ...headers.flat()].reduce((sum, text) => sum + Buffer.byteLength(text), bytes.length);
  // A text of bytes that are no UTF-8 would be another value than what was refused.
  const kept = whole <= KEPT_BYTES_MAX && Buffer.from(value).equals(bytes);
  const reason = problemDocument(problem, { instance: place, requestId: call.requestId });
  return {
    topic: deadRequestsTopic(call.cell),
    key: kept ? key : '',
    value: kept ? value : '',
    headers: {
      ...(kept ? Object.fromEntries(headers) : {}),
      annona_code: problem.code,
      annona_reason: JSON.stringify(reason),
      annona_place: place,
      annona_value: kept ? 'kept' : 'left out',
    },
  };
}

function isOurs(name: string): boolean {
  const folded = name.toLowerCase();
  return folded === 'authorization' || folded.startsWith('annona_');
}
