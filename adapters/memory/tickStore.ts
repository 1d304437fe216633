// The commit of a tick in memory: the same checks as the database's, in code that shares nothing with it.
// Invariant: everything is checked on staged rows first; a refusal leaves no trace. Called by the tick through the port TickStore.

import type { LedgerEntry, TickCommit, TickStore } from '../../scheduler/index.ts';
import { applyConfiguration } from './configuration.ts';
import { refuse } from './refusal.ts';
import { StagedApprovals } from './stagedApprovals.ts';
import { StagedEarmarks } from './stagedEarmarks.ts';
import { StagedLeases } from './stagedLeases.ts';
import { StagedRequests } from './stagedRequests.ts';
import {
  type AccountRow,
  type AuditRow,
  type EventRow,
  headOf,
  type LedgerRow,
  rowKey,
  Staged,
  type Tables,
} from './tables.ts';

export class MemoryTickStore implements TickStore {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  async commit(commit: TickCommit): Promise<'committed' | 'epochLost'> {
    const { cell, epoch, record } = commit;
    const known = this.#tables.ticks.get(rowKey(cell, record.tick));
    if (known?.epoch === epoch && known.digest === record.digest) return 'committed';
    if (this.#tables.leaders.get(cell)?.epoch !== epoch) return 'epochLost';
    if (known !== undefined) refuse('S8', `tick ${record.tick} is there with another digest`);
    stage(this.#tables, commit)();
    return 'committed';
  }
}

/** Checks the whole commit and answers with what writes it. */
function stage(tables: Tables, commit: TickCommit): () => void {
  const { cell, epoch, record } = commit;
  const head = headOf(tables, cell);
  if (record.tick <= head.tick || epoch < head.epoch)
    refuse('S8', `tick ${record.tick} of epoch ${epoch} does not rise`);
  if (record.previousDigest !== head.tick_digest)
    refuse('S8', `tick ${record.tick} is not chained to the one before`);

  const capacities = new Staged(tables.capacities);
  const accounts = new Staged(tables.accounts);
  if (head.applied_revision !== record.configurationRevision) {
    applyConfiguration(tables, { cell, revision: record.configurationRevision, capacities, accounts });
  }
  const requests = new StagedRequests(tables, commit);
  const leases = new StagedLeases(tables, commit, capacities);
  const ledger = new Staged(tables.ledger);
  const earmarks = new StagedEarmarks(tables, commit);
  const approvals = new StagedApprovals(tables, commit);
  for (const change of commit.changes) {
    requests.take(change);
    leases.take(change, requests);
    earmarks.take(change);
    approvals.take(change, requests);
    if (change.type === 'ledger') book(change.entry, { commit, accounts, ledger, leases });
  }
  leases.check(requests);
  earmarks.check(requests, leases);
  approvals.check();
  checkAccounts(tables, accounts);
  const eventsWritten = stageEvents(tables, commit, head.event_sequence);
  const audit = stageAudit(tables, commit, {
    firstAfter: head.audit_sequence,
    outcomes: requests.outcomes(),
  });
  const ticks = new Staged(tables.ticks);
  ticks.insert(rowKey(cell, record.tick), {
    cell,
    tick: record.tick,
    epoch,
    digest: record.digest,
    previous_digest: record.previousDigest,
    configuration_revision: record.configurationRevision,
    record,
  });
  return () => {
    for (const staged of [capacities, accounts, ledger, eventsWritten, audit.entries, audit.intake, ticks])
      staged.flush();
    requests.flush();
    leases.flush();
    earmarks.flush();
    approvals.flush();
    for (const id of commit.intake) tables.unstamped.delete(id);
    tables.heads.set(cell, {
      cell,
      tick: record.tick,
      tick_digest: record.digest,
      epoch,
      event_sequence: head.event_sequence + commit.events.length,
      audit_sequence: head.audit_sequence + audit.count,
      fold_sequence: Math.max(head.fold_sequence, requests.foldSequence),
      applied_revision: record.configurationRevision,
    });
  };
}

interface Booking {
  readonly commit: TickCommit;
  readonly accounts: Staged<string, AccountRow>;
  readonly ledger: Staged<string, LedgerRow>;
  readonly leases: StagedLeases;
}

function book(entry: LedgerEntry, { commit, accounts, ledger, leases }: Booking): void {
  const lease = leases.get(entry.lease);
  if (lease === undefined) refuse('S2', `${entry.id} needs its lease`);
  const key = rowKey(commit.cell, entry.account, entry.period);
  const use = accounts.get(key);
  if (use === undefined) refuse('S2', `${entry.account}/${entry.period} is no known account and period`);
  if (!Number.isSafeInteger(entry.amount) || entry.amount < 0)
    refuse('S2', `${entry.id} books ${entry.amount}`);
  writeLine(entry, { commit, ledger, department: lease.department_id });
  accounts.set(key, {
    ...use,
    reserved: use.reserved + (entry.type === 'reserve' ? entry.amount : -entry.amount),
    spent: use.spent + (entry.type === 'settle' ? entry.amount : 0),
  });
}

interface Line {
  readonly commit: TickCommit;
  readonly ledger: Staged<string, LedgerRow>;
  readonly department: string;
}

/** One row per lease or extension and type; only the tick that began a row may add to it. */
function writeLine(entry: LedgerEntry, { commit, ledger, department }: Line): void {
  const { id, type, account, period, lease, amount } = entry;
  const line = `/${account}/${period}/${type}`;
  if (!id.endsWith(line)) refuse('S2', `${id} is not named after what it books`);
  const source = id.slice(0, -line.length);
  const { cell } = commit;
  const { tick } = commit.record;
  const key = rowKey(cell, source, type);
  const none = { accounts: [], periods: [], amounts: [] };
  const before = ledger.get(key) ?? {
    cell,
    source_id: source,
    type,
    department_id: department,
    lease_id: lease,
    ...none,
    tick,
  };
  const again = before.accounts.some((other, n) => other === account && before.periods[n] === period);
  if (again || before.tick !== tick) refuse('S2', `${id} is booked twice`);
  if (before.lease_id !== lease)
    refuse('S2', `${id} books for ${lease}, its neighbours for ${before.lease_id}`);
  ledger.set(key, {
    ...before,
    accounts: [...before.accounts, account],
    periods: [...before.periods, period],
    amounts: [...before.amounts, amount],
  });
}

function checkAccounts(tables: Tables, accounts: Staged<string, AccountRow>): void {
  for (const [key, row] of accounts.written()) {
    const before = tables.accounts.get(key) ?? { reserved: 0, spent: 0 };
    const total = row.reserved + row.spent;
    if (row.reserved < 0 || row.spent < before.spent)
      refuse('S2', `${row.account}/${row.period} would go below nothing`);
    if (total > before.reserved + before.spent && total > row.budget)
      refuse('S2', `${row.account}/${row.period} over budget`);
  }
}

function stageEvents(tables: Tables, commit: TickCommit, last: number): Staged<string, EventRow> {
  const events = new Staged(tables.events);
  commit.events.forEach((event, index) => {
    const { sequence, tick, epoch } = event;
    if (sequence !== last + 1 + index || tick !== commit.record.tick || epoch !== commit.epoch) {
      refuse('S10', `event ${sequence} does not take the next number of its tick`);
    }
    events.insert(rowKey(commit.cell, sequence), {
      cell: commit.cell,
      sequence,
      id: event.id,
      tick,
      epoch,
      type: event.type,
      at_ms: event.at,
      department_id: event.department,
      agent_id: event.agent,
      request_id: event.request,
      lease_id: event.lease,
      policy_revision: event.policyRevision,
      data: event.data,
    });
  });
  return events;
}

/** One entry an intake row folded, by id, then one a terminal outcome, by request. */
function stageAudit(
  tables: Tables,
  commit: TickCommit,
  input: {
    firstAfter: number;
    outcomes: readonly { request: string; department: string; outcome: string }[];
  },
) {
  const { cell, record } = commit;
  const intake = new Staged(tables.intake);
  const entries = new Staged(tables.audit);
  let sequence = input.firstAfter;
  const write = (
    entry: Pick<AuditRow, 'department_id' | 'actor' | 'act' | 'object_id' | 'because'>,
  ): void => {
    sequence += 1;
    entries.insert(rowKey(cell, sequence), {
      cell,
      sequence,
      tick: record.tick,
      at_ms: record.now,
      ...entry,
    });
  };
  for (const id of [...commit.intake].sort((a, b) => a - b)) {
    const row = intake.get(id);
    if (row?.cell !== cell || row.tick !== null) refuse('S3', `intake row ${id} is not to be folded`);
    intake.set(id, { ...row, tick: record.tick });
    write({
      department_id: row.department_id,
      actor: row.actor_subject,
      act: row.act,
      object_id: row.object_id,
      because: row.actor.because ?? null,
    });
  }
  for (const { request, department, outcome } of input.outcomes) {
    write({ department_id: department, actor: 'leader', act: outcome, object_id: request, because: null });
  }
  return { entries, intake, count: sequence - input.firstAfter };
}
