// The audit in PostgreSQL: entries that no tick writes, the leader's seals, and what readers see of both.
// Invariant: an entry gets its number when it is sealed and is never changed after. Called by the edge and by the runner.

import type { AuditEntry, AuditHead, AuditReader, AuditSeal, AuditWriter } from '../../api/ports.ts';
import type { AuditSealer } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';
import { assertStorable } from './storable.ts';

/** Entries that one seal takes in beside its tick's own: some milliseconds, and the next seal follows within a second. */
export const AUDIT_PENDING_MAX = 1000;

type Row<Shape> = Shape & { readonly [column: string]: unknown };

export class PostgresAudit implements AuditReader, AuditWriter {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async write(cell: string, { by, act, object }: Parameters<AuditWriter['write']>[1]): Promise<void> {
    assertStorable(object);
    await this.#queries.run('audit-write', [cell, by.department, by.subject, act, object]);
  }

  entries(cell: string, query: Parameters<AuditReader['entries']>[1]): Promise<readonly AuditEntry[]> {
    const { after, limit, act = null, department = null, object = null, actor = null } = query;
    return this.#queries.run<Row<AuditEntry>>('audit-list', [
      cell,
      after,
      limit,
      act,
      department,
      object,
      actor,
    ]);
  }

  async seals(
    cell: string,
    { after, limit }: Parameters<AuditReader['seals']>[1],
  ): ReturnType<AuditReader['seals']> {
    const seals = await this.#queries.run<Row<AuditSeal>>('audit-seals', [cell, after, limit]);
    const [first] = seals;
    const last = seals.at(-1);
    if (first === undefined || last === undefined) return [];
    const entries = await this.#queries.run<Row<AuditEntry>>('audit-span', [cell, first.first, last.last]);
    return seals.map((seal) => ({
      ...seal,
      entries: entries.filter(({ sequence }) => seal.first <= sequence && sequence <= seal.last),
    }));
  }

  async head(cell: string): Promise<AuditHead | null> {
    const [head] = await this.#queries.run<Row<Omit<AuditHead, 'cell'>>>('audit-head', [cell]);
    return head === undefined ? null : { cell, ...head };
  }
}

/** Over the leader's own connection: a seal and a commit never wait for each other's lock. */
export class PostgresSealer implements AuditSealer {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async seal(cell: string, epoch: number): Promise<'sealed' | 'epochLost'> {
    const [row] = await this.#queries.run<{ sealed: number | null }>('audit-seal', [
      cell,
      epoch,
      AUDIT_PENDING_MAX,
    ]);
    return row!.sealed === null ? 'epochLost' : 'sealed';
  }
}
