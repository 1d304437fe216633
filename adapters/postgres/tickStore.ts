// The commit of a tick: one statement, one transaction, refused for a lost epoch alone.
// Invariant: a tick whose reply was lost is found by cell, tick and digest, and is never written twice. Called by the tick through the port TickStore.

import type { TickCommit, TickStore } from '../../scheduler/index.ts';
import { AUDIT_PENDING_MAX } from './audit.ts';
import type { Queries } from './connection.ts';
import { repeating } from './retry.ts';
import { tickRows } from './tickRows.ts';

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

function commitValues(commit: TickCommit): unknown[] {
  const { record, events } = commit;
  const rows = tickRows(commit);
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
    linesOrNull(rows.documents),
    jsonOrNull(rows.decided),
    jsonOrNull(rows.granted),
    linesOrNull(rows.allocations),
    linesOrNull(rows.reservations),
    jsonOrNull(rows.activated),
    jsonOrNull(rows.extended),
    jsonOrNull(rows.ended),
    jsonOrNull(rows.taken),
    jsonOrNull(rows.extensionsOpened),
    jsonOrNull(rows.extensionsDecided),
    jsonOrNull(rows.ledger),
    jsonOrNull(rows.moved),
    events[0]?.sequence ?? null,
    jsonOrNull(eventRows(commit)),
    linesOrNull(events.map((event) => event.data)),
    rows.foldSequence,
    rows.revocations && JSON.stringify(rows.revocations),
    jsonOrNull(rows.reserved),
    rows.approvals && JSON.stringify(rows.approvals),
    AUDIT_PENDING_MAX,
  ];
}

/** Without what the commit itself says of all of them, and without their documents. */
function eventRows({ events, epoch, record }: TickCommit): unknown[] {
  return events.map((event, index) => {
    const { id, sequence, type, at, department, agent, request, lease, policyRevision } = event;
    if (sequence !== events[0]!.sequence + index || event.tick !== record.tick || event.epoch !== epoch)
      throw new Error(`S10: event ${sequence} does not take the next number of its tick`);
    return { id, type, at, department, agent, request, lease, policyRevision };
  });
}

/** Null instead of an empty list: the database then skips the whole part. */
function jsonOrNull(rows: readonly unknown[]): string | null {
  return rows.length === 0 ? null : JSON.stringify(rows);
}

/** One document a line: JSON.stringify never writes a line break. A document that stands for several rows is written once. */
function linesOrNull(documents: readonly unknown[]): string | null {
  if (documents.length === 0) return null;
  const lines = new Map<unknown, string>();
  return documents
    .map((document) => {
      let line = lines.get(document);
      if (line === undefined) {
        line = JSON.stringify(document);
        lines.set(document, line);
      }
      return line;
    })
    .join('\n');
}
