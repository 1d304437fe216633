// S8: epochs rise and each tick is chained to the one before; S11: the audit is gapless, with an entry for each row folded and each
// terminal outcome. The head of each cell is what its last tick left.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { cellsOf, Findings, TERMINAL } from './findings.ts';
import type { Violation } from './promises.ts';

export function checkTicks(dump: StoreDump): Violation[] {
  const findings = new Findings();
  for (const cell of cellsOf([...dump.tick, ...dump.cell_head])) {
    checkChain(dump, cell, findings);
    checkAudit(dump, cell, findings);
  }
  return findings.list;
}

function checkChain(dump: StoreDump, cell: string, findings: Findings): void {
  const ticks = dump.tick.filter((row) => row.cell === cell).toSorted((a, b) => a.tick - b.tick);
  let digest = '';
  let before = { tick: 0, epoch: 0 };
  for (const row of ticks) {
    findings.hold(row.tick === before.tick + 1, 'S8', `tick ${row.tick} follows tick ${before.tick}`);
    findings.hold(
      row.epoch >= before.epoch,
      'S8',
      `tick ${row.tick} of epoch ${row.epoch} follows epoch ${before.epoch}`,
    );
    findings.hold(row.previous_digest === digest, 'S8', `tick ${row.tick} is not chained to the one before`);
    const { record } = row;
    const honest =
      record.tick === row.tick &&
      record.epoch === row.epoch &&
      record.digest === row.digest &&
      record.previousDigest === row.previous_digest;
    findings.hold(honest, 'S8', `the record of tick ${row.tick} is another tick's`);
    digest = row.digest;
    before = row;
  }
  const leader = dump.leader.find((row) => row.cell === cell);
  findings.hold(
    before.epoch <= (leader?.epoch ?? 0),
    'S8',
    `epoch ${before.epoch} committed, of a leader row that knows ${leader?.epoch ?? 0}`,
  );
  const head = dump.cell_head.find((row) => row.cell === cell);
  const left =
    head !== undefined &&
    head.tick === before.tick &&
    head.epoch === before.epoch &&
    head.tick_digest === digest;
  findings.hold(left, 'S8', `the head of ${cell} is not what tick ${before.tick} left`);
  const folds = Math.max(
    0,
    ...dump.request.filter((row) => row.cell === cell).map((row) => row.sequence),
    ...dump.extension.filter((row) => row.cell === cell).map((row) => row.sequence),
  );
  findings.hold(
    (head?.fold_sequence ?? 0) >= folds,
    'S8',
    `the head of ${cell} knows fold ${head?.fold_sequence}, of ${folds}`,
  );
}

function checkAudit(dump: StoreDump, cell: string, findings: Findings): void {
  const entries = dump.audit.filter((row) => row.cell === cell).toSorted((a, b) => a.sequence - b.sequence);
  entries.forEach((entry, index) => {
    findings.hold(
      entry.sequence === index + 1,
      'S11',
      `audit entry ${entry.sequence} stands where ${index + 1} should`,
    );
  });
  const head = dump.cell_head.find((row) => row.cell === cell);
  findings.hold(
    (head?.audit_sequence ?? 0) === entries.length,
    'S11',
    `${entries.length} audit entries, of ${head?.audit_sequence ?? 0}`,
  );
  const have = entries.map((entry) => `${entry.tick} ${entry.act} ${entry.object_id}`).sort();
  const want = [
    ...dump.intake
      .filter((row) => row.cell === cell && row.tick !== null)
      .map((row) => `${row.tick} ${row.act} ${row.object_id}`),
    ...dump.request
      .filter((row) => row.cell === cell && TERMINAL.has(row.state))
      .map((row) => `${row.decided_tick} ${row.state} ${row.id}`),
  ].sort();
  const missing = want.filter((entry, index) => entry !== have[index]).slice(0, 1);
  findings.hold(
    have.length === want.length && missing.length === 0,
    'S11',
    `the audit does not tell what was done: ${missing[0] ?? have.at(-1)}`,
  );
}
