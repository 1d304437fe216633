// S4: what was acknowledged is there, and each key names the row that it made; S3: a row is folded once, by a tick that exists, and every
// request comes from one row.

import type { StoreDump } from '../../../adapters/memory/store.ts';
import type { Violation } from '../promises.ts';
import { Findings, groupBy } from './findings.ts';

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
    findings.hold(
      row?.tick === request.opened_tick,
      'S5',
      `${request.id} was opened by no row of the intake`,
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
