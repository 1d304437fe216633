// S4: what was acknowledged is there, and each key names the row that it made; S3: a row is folded once, by a tick that exists, and every
// request comes from one row.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { Findings, groupBy } from './findings.ts';
import type { Violation } from './promises.ts';

export function checkIntake(dump: StoreDump, acknowledged: readonly string[]): Violation[] {
  const findings = new Findings();
  const submits = groupBy(
    dump.intake.filter((row) => row.act === 'submit'),
    (row) => row.object_id,
  );
  const rows = new Map(dump.intake.map((row) => [row.id, row]));
  const requests = new Map(dump.request.map((request) => [request.id, request]));
  const ticks = new Set(dump.tick.map((row) => `${row.cell}/${row.tick}`));

  for (const id of acknowledged) findings.hold(submits.has(id), 'S4', `${id} was acknowledged and is lost`);
  for (const key of dump.submit_key) {
    const row = rows.get(key.intake_id);
    findings.hold(
      row?.object_id === key.request_id,
      'S4',
      `key ${key.client_request_id} of ${key.agent_id} names a row that is not its own`,
    );
  }
  for (const [id, group] of submits)
    findings.hold(group.length === 1, 'S4', `${id} was taken in ${group.length} times`);
  for (const row of dump.intake) {
    if (row.tick === null) continue;
    findings.hold(
      ticks.has(`${row.cell}/${row.tick}`),
      'S5',
      `intake row ${row.id} is stamped with tick ${row.tick}, which is not there`,
    );
    if (row.act !== 'submit') continue;
    findings.hold(
      requests.get(row.object_id)?.opened_tick === row.tick,
      'S5',
      `${row.object_id} was folded and not opened`,
    );
  }
  for (const request of dump.request) {
    const row = submits.get(request.id)?.[0];
    const { restart, approvalOf } = request.document;
    const isMade = approvalOf === undefined ? row?.tick === request.opened_tick : isReview(dump, request);
    // A wish that was revoked before, and then replaced by its agent, goes on in a request that has a row of its own.
    const isTakenUp = restart !== undefined && row === undefined;
    findings.hold(
      isTakenUp ? isRestart(dump, request) : isMade,
      'S5',
      `${request.id} was opened by no row of the intake, and takes up no revoked lease`,
    );
    const { department_id, agent_id } = request;
    findings.hold(
      row === undefined || (row.department_id === department_id && row.cell === request.cell),
      'S7',
      `${request.id} changed its department`,
    );
    const { document } = request;
    findings.hold(
      document.department === department_id && document.agent === agent_id && document.id === request.id,
      'S7',
      `${request.id} is filed under another owner`,
    );
  }
  return findings.list;
}

/** Of an approval of a request of the same owner: for one slot. */
function isReview(dump: StoreDump, request: StoreDump['request'][number]): boolean {
  const { approvalOf, options } = request.document;
  const approval = dump.approval.find(({ id }) => id === approvalOf?.approval);
  const claims = options.flatMap((option) => option.claims);
  return (
    approval?.request_id === approvalOf?.request &&
    approval?.agent_id === request.agent_id &&
    claims.length === 1 &&
    claims[0]?.kind === 'review' &&
    claims[0].quantity === 1
  );
}

/** Of a request that was granted, and whose lease ended by its revocation in the very tick: with its owner, its options and one revocation more. */
function isRestart(dump: StoreDump, request: StoreDump['request'][number]): boolean {
  const { restart, options, submittedAt } = request.document;
  const before = dump.request.find(({ id }) => id === restart?.of);
  const lease = dump.lease.find(
    ({ cell, request_id }) => cell === request.cell && request_id === restart?.of,
  );
  return (
    before?.agent_id === request.agent_id &&
    lease?.revocation != null &&
    lease.ended_tick === request.opened_tick &&
    (lease.end_cause === 'acknowledged' || lease.end_cause === 'grace') &&
    restart?.revocations === (before.document.restart?.revocations ?? 0) + 1 &&
    submittedAt === before.document.submittedAt &&
    JSON.stringify(options) === JSON.stringify(before.document.options)
  );
}
