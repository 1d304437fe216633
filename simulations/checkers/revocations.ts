// S13: what is taken back is taken on notice, by acknowledgement or when the grace is over, from leases that may be taken, and is told once;
// units are held for those alone who wait, by leases that are revoked for them. That nobody has the units before is S1: they count as held till then.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { Findings, groupBy, leaseKey } from './findings.ts';
import type { Violation } from './promises.ts';

type LeaseRow = StoreDump['lease'][number];

export function checkRevocations(dump: StoreDump): Violation[] {
  const findings = new Findings();
  const told = groupBy(
    dump.event.filter(({ type }) => type === 'annona.lease.revoking.v1'),
    (event) => leaseKey(event.cell, event.lease_id),
  );
  for (const lease of dump.lease) {
    const count = told.get(leaseKey(lease.cell, lease.id))?.length ?? 0;
    const wanted = lease.revocation === null ? 0 : 1;
    findings.hold(count === wanted, 'S13', `the notice to ${lease.id} is told ${count} times, of ${wanted}`);
    checkEnd(dump, lease, findings);
    checkVictim(dump, lease, findings);
  }
  checkEarmarks(dump, findings);
  return findings.list;
}

function checkEnd(dump: StoreDump, lease: LeaseRow, findings: Findings): void {
  const { id, revocation, end_cause: cause } = lease;
  if (cause === 'grace') {
    const isOver = revocation !== null && (lease.ended_at_ms ?? 0) >= revocation.graceEndsAt;
    findings.hold(isOver, 'S13', `${id} was taken at ${lease.ended_at_ms}, before its grace was over`);
  }
  if (cause !== 'acknowledged') return;
  const row = dump.intake.find(
    ({ act, object_id, tick }) => act === 'acknowledge' && object_id === id && tick === lease.ended_tick,
  );
  findings.hold(row !== undefined && revocation !== null, 'S13', `${id} was acknowledged by nobody`);
}

/** Preemptible, after its minimum run, and not revoked as often as may be, by the class that was in force. */
function checkVictim(dump: StoreDump, lease: LeaseRow, findings: Findings): void {
  const { id, revocation } = lease;
  const request = dump.request.find((row) => row.id === lease.request_id);
  if (revocation === null || request === undefined) return;
  const { terms, restart } = request.document;
  findings.hold(terms.preemptible, 'S13', `${id} was taken back, and is not preemptible`);
  const limits = dump.configuration_revision.flatMap(({ cell, document }) =>
    cell === lease.cell ? document.classes.filter(({ name }) => name === terms.class) : [],
  );
  const minimumMs = Math.min(...limits.map(({ preemption }) => (preemption?.minimumRunSeconds ?? 0) * 1000));
  const ranMs = revocation.since - (lease.activated_at_ms ?? lease.granted_at_ms);
  findings.hold(ranMs >= minimumMs, 'S13', `${id} was taken back after ${ranMs} ms, of ${minimumMs}`);
  const most = Math.max(
    ...limits.map(({ preemption }) => preemption?.revocationsMost ?? Number.POSITIVE_INFINITY),
  );
  const before = restart?.revocations ?? 0;
  findings.hold(
    before < most,
    'S13',
    `${id} was taken back, after ${before} of ${most} revocations of its wish`,
  );
}

function checkEarmarks(dump: StoreDump, findings: Findings): void {
  const states = new Map(dump.request.map(({ id, state }) => [id, state]));
  const leases = new Map(dump.lease.map((lease) => [leaseKey(lease.cell, lease.id), lease]));
  for (const { cell, request_id, document } of dump.earmark) {
    findings.hold(
      states.get(request_id) === 'waiting',
      'S13',
      `units are held for ${request_id}, which does not wait`,
    );
    for (const { lease } of document.victims) {
      const isRevoked = leases.get(leaseKey(cell, lease))?.revocation?.request === request_id;
      findings.hold(isRevoked, 'S13', `${request_id} counts on ${lease}, which is not revoked for it`);
    }
  }
}
