// S10: the events of a cell are numbered without a gap, told by ticks that were committed, in the order of those ticks, and each change
// that somebody outside should know is told once. With a stream dump: everything arrived, in order per request, and nothing else.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { isOfApproval } from './approvals.ts';
import { cellsOf, ENDED, Findings, groupBy, leaseKey, TERMINAL } from './findings.ts';
import { checkPromised, isOfPromise } from './promised.ts';
import type { Violation, Witnesses } from './promises.ts';

type EventRow = StoreDump['event'][number];

export function checkEvents(dump: StoreDump): Violation[] {
  const findings = new Findings();
  for (const cell of cellsOf([...dump.event, ...dump.cell_head])) checkNumbers(dump, cell, findings);
  const told = groupBy(dump.event, tale);
  const tell = (
    want: Pick<EventRow, 'cell' | 'tick' | 'type' | 'request_id' | 'lease_id'>,
    what: string,
  ): void => {
    const key = tale(want);
    const count = told.get(key)?.length ?? 0;
    findings.hold(count === 1, 'S10', `${what} is told ${count} times`);
    told.delete(key);
  };
  for (const { cell, id, state, decided_tick, lease_id } of dump.request) {
    if (decided_tick === null) continue;
    const type = `annona.request.${state as 'granted'}.v1` as const;
    tell({ cell, tick: decided_tick, type, request_id: id, lease_id }, `${id} being ${state}`);
  }
  for (const lease of dump.lease) {
    const of = { cell: lease.cell, request_id: lease.request_id, lease_id: lease.id };
    tell({ ...of, tick: lease.granted_tick, type: 'annona.lease.granted.v1' }, `the grant of ${lease.id}`);
    if (!ENDED.has(lease.state) || lease.ended_tick === null) continue;
    const type = `annona.lease.${lease.state as 'released'}.v1` as const;
    tell({ ...of, tick: lease.ended_tick, type }, `the end of ${lease.id}`);
  }
  checkPromised(dump, findings);
  checkRest(
    dump,
    [...told.values()].flat().filter((event) => !isOfPromise(event) && !isOfApproval(event)),
    findings,
  );
  return findings.list;
}

function tale(event: Pick<EventRow, 'cell' | 'tick' | 'type' | 'request_id' | 'lease_id'>): string {
  return JSON.stringify([event.cell, event.tick, event.type, event.request_id, event.lease_id]);
}

function checkNumbers(dump: StoreDump, cell: string, findings: Findings): void {
  const events = dump.event
    .filter((event) => event.cell === cell)
    .toSorted((a, b) => a.sequence - b.sequence);
  const ticks = new Map(dump.tick.filter((row) => row.cell === cell).map((row) => [row.tick, row]));
  const requests = new Map(dump.request.map((request) => [request.id, request]));
  const ids = new Set<string>();
  let tickBefore = 0;
  events.forEach((event, index) => {
    findings.hold(
      event.sequence === index + 1,
      'S10',
      `event ${event.sequence} stands where ${index + 1} should`,
    );
    findings.hold(!ids.has(event.id), 'S10', `event id ${event.id} is used twice`);
    ids.add(event.id);
    const tick = ticks.get(event.tick);
    findings.hold(
      tick !== undefined,
      'S10',
      `event ${event.sequence} tells of tick ${event.tick}, which is not there`,
    );
    findings.hold(
      tick === undefined || tick.epoch === event.epoch,
      'S8',
      `event ${event.sequence} carries another epoch than its tick`,
    );
    findings.hold(
      event.tick >= tickBefore,
      'S10',
      `event ${event.sequence} of tick ${event.tick} follows one of tick ${tickBefore}`,
    );
    const request = requests.get(event.request_id);
    const owned = request?.department_id === event.department_id && request.agent_id === event.agent_id;
    findings.hold(owned, 'S7', `event ${event.sequence} is not told to its requester`);
    tickBefore = event.tick;
  });
  const head = dump.cell_head.find((row) => row.cell === cell);
  findings.hold(
    (head?.event_sequence ?? 0) === events.length,
    'S10',
    `${events.length} events, of ${head?.event_sequence ?? 0}`,
  );
}

/** What is told beside the last Decision and a lease's two ends: earlier waits, activations, extensions. Nothing else may be. */
function checkRest(dump: StoreDump, rest: readonly EventRow[], findings: Findings): void {
  const requests = new Map(dump.request.map((request) => [request.id, request]));
  const leases = new Map(dump.lease.map((lease) => [leaseKey(lease.cell, lease.id), lease]));
  const extensions = groupBy(
    dump.extension.filter((extension) => extension.outcome !== 'pending'),
    (extension) => `${extension.cell}/${extension.decided_tick}/${extension.lease_id}/${extension.outcome}`,
  );
  const activated = new Set<string>();
  for (const event of rest) {
    const name = `event ${event.sequence} (${event.type})`;
    const request = requests.get(event.request_id);
    switch (event.type) {
      case 'annona.request.waiting.v1': {
        const before = request?.decided_tick !== null && event.tick < (request?.decided_tick ?? 0);
        findings.hold(before, 'S3', `${name} of ${event.request_id} comes when it was decided`);
        break;
      }
      case 'annona.lease.activated.v1': {
        const lease = leases.get(leaseKey(event.cell, event.lease_id));
        findings.hold(
          lease !== undefined && lease.activated_at_ms !== null,
          'S10',
          `${name} of ${event.lease_id}, which never began`,
        );
        findings.hold(
          !activated.has(leaseKey(event.cell, event.lease_id)),
          'S9',
          `${name} of ${event.lease_id} comes again`,
        );
        activated.add(leaseKey(event.cell, event.lease_id));
        break;
      }
      // Counted with the revocations themselves.
      case 'annona.lease.revoking.v1':
        break;
      case 'annona.lease.extended.v1':
      case 'annona.lease.extension-denied.v1': {
        const outcome = event.type === 'annona.lease.extended.v1' ? 'granted' : 'denied';
        const found = extensions.get(`${event.cell}/${event.tick}/${event.lease_id}/${outcome}`)?.shift();
        findings.hold(found !== undefined, 'S10', `${name} of ${event.lease_id} tells of no extension`);
        break;
      }
      default:
        findings.hold(
          !TERMINAL.has(event.type.split('.')[2] ?? '') || request === undefined,
          'S3',
          `${name} is a second outcome of ${event.request_id}`,
        );
        findings.hold(false, 'S10', `${name} tells of nothing that happened`);
    }
  }
  for (const lease of dump.lease) {
    if (lease.activated_at_ms !== null)
      findings.hold(
        activated.has(leaseKey(lease.cell, lease.id)),
        'S10',
        `the beginning of ${lease.id} is not told`,
      );
  }
  for (const untold of [...extensions.values()].flat())
    findings.hold(false, 'S10', `the outcome of ${untold.id} is not told`);
}

/** Repeats are allowed; the first arrivals of a request's events come in order, and every committed event arrives. */
export function checkStream(dump: StoreDump, streamed: NonNullable<Witnesses['streamed']>): Violation[] {
  const findings = new Findings();
  const committed = new Map(dump.event.map((event) => [event.id, event]));
  const arrived = new Set<string>();
  const lastOf = new Map<string, number>();
  for (const { id, request, sequence } of streamed) {
    const event = committed.get(id);
    const genuine = event?.sequence === sequence && event.request_id === request;
    findings.hold(genuine, 'S10', `${id} was streamed and never committed`);
    if (!genuine || arrived.has(id)) continue;
    arrived.add(id);
    findings.hold(
      sequence > (lastOf.get(request) ?? 0),
      'S10',
      `${id} came after a later event of ${request}`,
    );
    lastOf.set(request, sequence);
  }
  for (const id of committed.keys())
    findings.hold(arrived.has(id), 'S10', `${id} was committed and not streamed`);
  return findings.list;
}
