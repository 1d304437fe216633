// S10 of promised starts: made while their request waits, moved and dropped only while they stand, later only for a loss of capacity, and
// the one that was told last is the one that the request has. Used by events.ts.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { type Findings, groupBy, TERMINAL } from './findings.ts';

type EventRow = StoreDump['event'][number];
type RequestRow = StoreDump['request'][number];

/** Whether the event is one of a promised start. */
export function isOfPromise({ type }: EventRow): boolean {
  return type.startsWith('annona.reservation.');
}

export function checkPromised(dump: StoreDump, findings: Findings): void {
  const told = groupBy(dump.event.filter(isOfPromise), ({ request_id }) => request_id);
  for (const request of dump.request) checkRequest(request, told.get(request.id) ?? [], findings);
}

function checkRequest(request: RequestRow, events: readonly EventRow[], findings: Findings): void {
  const isOver = TERMINAL.has(request.state);
  let stands: number | null = null;
  for (const event of events.toSorted((a, b) => a.sequence - b.sequence)) {
    const name = `event ${event.sequence} (${event.type})`;
    const { cause, ...told } = event.data as { startsAt: string; from?: string; cause?: string };
    const startsAt = Date.parse(told.startsAt);
    const from = told.from === undefined ? null : Date.parse(told.from);
    const waits = !isOver || event.tick <= (request.decided_tick ?? 0);
    findings.hold(waits, 'S10', `${name} comes after the outcome of ${request.id}`);
    const isMade = event.type === 'annona.reservation.made.v1';
    findings.hold(
      isMade === (stands === null),
      'S10',
      `${name} comes where ${request.id} was told ${stands}`,
    );
    if (event.type === 'annona.reservation.moved.v1') {
      findings.hold(from === stands, 'S10', `${name} moves from ${from}, not from ${stands}`);
      const isLater = startsAt > (stands ?? startsAt);
      findings.hold(!isLater || cause === 'capacityLost', 'S10', `${name} moves later without a loss`);
    }
    stands = event.type === 'annona.reservation.dropped.v1' ? null : startsAt;
  }
  // An outcome takes the promise along without a word.
  if (isOver) return;
  const has = request.reservation?.startsAt ?? null;
  findings.hold(has === stands, 'S10', `${request.id} was told ${stands} and has ${has}`);
}
