// S3: one terminal outcome a request; S5: Decision, lease and tick belong together; S6: no lease without a recorded allow of the policy
// and data of its tick; S7: nothing crosses a department; S9: a lease's times and states fit each other.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { ENDED, Findings, groupBy, leaseKey } from './findings.ts';
import type { Violation } from './promises.ts';

type Indexes = {
  readonly requests: ReadonlyMap<string, StoreDump['request'][number]>;
  readonly leases: ReadonlyMap<string, StoreDump['lease'][number]>;
  readonly ticks: ReadonlyMap<string, StoreDump['tick'][number]>;
};

export function checkOutcomes(dump: StoreDump): Violation[] {
  const findings = new Findings();
  const indexes: Indexes = {
    requests: new Map(dump.request.map((request) => [request.id, request])),
    leases: new Map(dump.lease.map((lease) => [leaseKey(lease.cell, lease.id), lease])),
    ticks: new Map(dump.tick.map((row) => [`${row.cell}/${row.tick}`, row])),
  };
  for (const request of dump.request) checkRequest(request, indexes, findings);
  for (const lease of dump.lease) {
    checkLease(lease, indexes, findings);
    checkTimes(lease, findings);
  }
  for (const [request, leases] of groupBy(dump.lease, (lease) => lease.request_id)) {
    findings.hold(leases.length === 1, 'S3', `${request} has ${leases.length} leases`);
  }
  for (const [, open] of groupBy(
    dump.request.filter((request) => request.decided_tick === null || request.state === 'waiting'),
    (request) => `${request.cell}/${request.sequence}`,
  )) {
    findings.hold(
      open.length === 1,
      'S3',
      `${open.map(({ id }) => id).join(' and ')} share a place in the order`,
    );
  }
  return findings.list;
}

function checkRequest(
  request: StoreDump['request'][number],
  { leases, ticks }: Indexes,
  findings: Findings,
): void {
  const { id, state, cell } = request;
  findings.hold(
    ticks.has(`${cell}/${request.opened_tick}`),
    'S5',
    `${id} was opened by a tick that is not there`,
  );
  findings.hold(
    (state === 'queued') === (request.decided_tick === null),
    'S3',
    `${id} is ${state}, decided by ${request.decided_tick}`,
  );
  if (request.decided_tick !== null) {
    const tick = ticks.get(`${cell}/${request.decided_tick}`);
    findings.hold(
      tick !== undefined && tick.record.now === request.decided_at_ms,
      'S5',
      `${id} was decided by a tick that is not there`,
    );
    findings.hold(
      request.decided_tick >= request.opened_tick,
      'S5',
      `${id} was decided before it was opened`,
    );
  }
  if (state === 'granted')
    findings.hold(
      leases.get(leaseKey(request.cell, request.lease_id))?.request_id === id,
      'S5',
      `${id} is granted without its lease`,
    );
  else findings.hold(request.lease_id === null, 'S5', `${id} is ${state} and has a lease`);
  if (state === 'waiting' || state === 'denied')
    findings.hold(request.reasons.length > 0, 'S3', `${id} is ${state} for no reason`);
}

function checkLease(
  lease: StoreDump['lease'][number],
  { requests, ticks }: Indexes,
  findings: Findings,
): void {
  const { id } = lease;
  const request = requests.get(lease.request_id);
  const tick = ticks.get(`${lease.cell}/${lease.granted_tick}`);
  findings.hold(request?.state === 'granted' && request.lease_id === id, 'S5', `${id} has no Decision`);
  findings.hold(
    request?.decided_tick === lease.granted_tick && tick !== undefined,
    'S5',
    `${id} and its Decision are of different ticks`,
  );
  findings.hold(request?.verdict_allow === true, 'S6', `${id} has no recorded allow`);
  if (tick) {
    const { policyRevision, dataRevision } = tick.record;
    const ofItsTick =
      request?.verdict_policy_revision === policyRevision && request.verdict_data_revision === dataRevision;
    findings.hold(ofItsTick, 'S6', `${id} was allowed by another policy or data than its tick's`);
    findings.hold(lease.epoch === tick.epoch, 'S8', `${id} carries another epoch than its tick's`);
  }
  const sameOwner =
    request?.department_id === lease.department_id &&
    request.agent_id === lease.agent_id &&
    request.cell === lease.cell;
  findings.hold(sameOwner, 'S7', `${id} is not its requester's`);
}

function checkTimes(lease: StoreDump['lease'][number], findings: Findings): void {
  const { id, state } = lease;
  const ended = ENDED.has(state);
  findings.hold(
    ended === (lease.ended_at_ms !== null) && ended === (lease.ended_tick !== null),
    'S9',
    `${id} is ${state}, ended at ${lease.ended_at_ms}`,
  );
  findings.hold(
    lease.ended_tick === null || lease.ended_tick >= lease.granted_tick,
    'S9',
    `${id} ended before it was granted`,
  );
  findings.hold(
    state !== 'active' || lease.activated_at_ms !== null,
    'S9',
    `${id} is active and never began`,
  );
  findings.hold(lease.ends_at_ms >= lease.granted_at_ms, 'S9', `${id} ends before it was granted`);
}
