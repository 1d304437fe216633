// The intake rows that no tick has stamped. Invariant: by id, with the database's clock of the same statement. Called by the runner.

import type { Instant, IntakeBatch, IntakeRow, IntakeSource } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

type TakenRow = { readonly now: Instant; readonly revision: string | null } & (
  | IntakeRow
  | { readonly id: null }
);

export class PostgresIntakeSource implements IntakeSource {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async take(cell: string, rowsMax: number): Promise<IntakeBatch> {
    const taken = await this.#queries.run<TakenRow>('intake-take', [cell, rowsMax]);
    const rows: IntakeRow[] = [];
    for (const { now: _, revision: __, ...row } of taken) {
      if (row.id !== null) rows.push(row as IntakeRow);
    }
    const { now, revision } = taken[0]!;
    return { rows, now, revision: revision ?? '' };
  }
}
