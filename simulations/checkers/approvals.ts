// S6 of obligations: no grant without the approvals that its verdict asks for, each by somebody of another department; no lease longer than it
// may last. S10 of approvals: told in the order of their life, and last as they stand.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { Findings, groupBy, TERMINAL } from './findings.ts';
import type { Violation } from './promises.ts';

/** State -> what may be told next. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  '': ['seeking', 'approved'],
  seeking: ['scheduled', 'lapsed', 'dropped'],
  scheduled: ['approved', 'rejected', 'seeking', 'lapsed', 'dropped'],
};
const SLOTS_MOST = 3;

/** Whether the event is one of an approval. */
export function isOfApproval({ type }: StoreDump['event'][number]): boolean {
  return type.startsWith('annona.approval.');
}

export function checkApprovals(dump: StoreDump): Violation[] {
  const findings = new Findings();
  const approved = new Set<string>();
  const requests = new Map(dump.request.map((row) => [row.id, row]));
  const told = groupBy(dump.event.filter(isOfApproval), ({ data }) => String(data.approval));
  for (const { id, request_id, skill, state, department_id, document } of dump.approval) {
    let last = '';
    for (const event of (told.get(id) ?? []).toSorted((a, b) => a.sequence - b.sequence)) {
      const next = event.type.split('.')[2] ?? '';
      findings.hold(
        NEXT[last]?.includes(next) ?? false,
        'S10',
        `${id} is told ${next} after ${last || 'nothing'}`,
      );
      findings.hold(event.request_id === request_id, 'S10', `${id} is told of ${event.request_id}`);
      last = next;
    }
    findings.hold(last === state, 'S10', `${id} was told ${last} and is ${state}`);
    told.delete(id);
    findings.hold(document.attempt <= SLOTS_MOST, 'S6', `${id} had ${document.attempt} slots`);
    const parent = requests.get(request_id);
    const isOver = parent === undefined || TERMINAL.has(parent.state);
    const stands = state === 'seeking' || state === 'scheduled';
    findings.hold(!(isOver && stands), 'S3', `${id} is ${state}, and ${request_id} is over`);
    const hasRuling = document.ruling !== null;
    findings.hold(hasRuling === (state === 'approved' || state === 'rejected'), 'S6', `${id} is ${state}`);
    const isOwn =
      document.ruling?.department === department_id || document.ruling?.by === document.submittedBy;
    findings.hold(!hasRuling || !isOwn, 'S6', `${id} was ruled on by its own department or requester`);
    if (state === 'approved') approved.add(`${request_id} ${skill}`);
  }
  for (const id of told.keys()) findings.hold(false, 'S10', `${id} is told of and is not there`);
  const obliged = new Map(dump.obligation.map(({ request_id, document }) => [request_id, document]));
  for (const { request_id, granted_at_ms, ends_at_ms, id } of dump.lease) {
    const { approvals = [], ttlSeconds } = obliged.get(request_id) ?? {};
    for (const { skill } of approvals)
      findings.hold(approved.has(`${request_id} ${skill}`), 'S6', `${id} is granted without ${skill}`);
    const most = granted_at_ms + (ttlSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    findings.hold(ends_at_ms <= most, 'S6', `${id} lasts longer than its obligation`);
  }
  return findings.list;
}
