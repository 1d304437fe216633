// The commit of a tick: one statement, one transaction, refused for a lost epoch alone.
// Invariant: a tick whose reply was lost is found by cell, tick and digest, and is never written twice. Called by the tick through the port TickStore.

import type { Lease, TickCommit, TickStore } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';
import { repeating } from './retry.ts';
import { jsonOrNull, tickRows } from './tickRows.ts';

export class PostgresTickStore implements TickStore {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Sent again after a lost reply: the statement itself looks the tick up first, behind the lock that its first try may still hold. */
  async commit(commit: TickCommit): Promise<'committed' | 'epochLost'> {
    const values = commitValues(commit);
    const [row] = await repeating(() =>
      this.#queries.run<{ outcome: 'committed' | 'epochLost' }>('tick-commit', values),
    );
    return row!.outcome;
  }
}

/** Without what the commit itself says of all of them, or their order. */
function eventRows({ events, epoch, record }: TickCommit): unknown[] {
  return events.map((event, index) => {
    const { id, sequence, type, at, department, agent, request, lease, policyRevision, data } = event;
    if (sequence !== events[0]!.sequence + index || event.tick !== record.tick || event.epoch !== epoch)
      throw new Error(`S10: event ${sequence} does not take the next number of its tick`);
    return { id, type, at, department, agent, request, lease, policyRevision, data };
  });
}

/** Without what the commit itself says of all of them. */
function leaseRows(leases: readonly Lease[], epoch: number): unknown[] {
  return leases.map((lease) => {
    const { id, department, agent, request, option, allocations, reservations, state } = lease;
    const { grantedAt, startLimitAt, endsAt } = lease;
    if (lease.epoch !== epoch) throw new Error(`S8: ${id} carries epoch ${lease.epoch} and not the one that grants it`);
    return { id, department, agent, request, option, allocations, reservations, state, grantedAt, startLimitAt, endsAt };
  });
}

function commitValues(commit: TickCommit): unknown[] {
  const { record } = commit;
  const rows = tickRows(commit.changes);
  return [
    commit.cell,
    commit.epoch,
    record.tick,
    record.now,
    record.digest,
    record.previousDigest,
    record.configurationRevision,
    JSON.stringify(record),
    commit.intake.length === 0 ? null : commit.intake,
    jsonOrNull(rows.opened),
    jsonOrNull(rows.decided),
    jsonOrNull(leaseRows(rows.granted, commit.epoch)),
    jsonOrNull(rows.activated),
    jsonOrNull(rows.extended),
    jsonOrNull(rows.ended),
    jsonOrNull(rows.taken),
    jsonOrNull(rows.extensionsOpened),
    jsonOrNull(rows.extensionsDecided),
    jsonOrNull(rows.ledger),
    jsonOrNull(rows.moved),
    commit.events[0]?.sequence ?? null,
    jsonOrNull(eventRows(commit)),
    rows.foldSequence,
  ];
}
