// How far each sink has streamed a cell's events. Invariant: never moved back. Called by the relay.

import type { RelayCursor } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

export class PostgresRelayCursor implements RelayCursor {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** The last event that the sink has acknowledged; 0 before the first. */
  async read(sink: string, cell: string): Promise<number> {
    const [row] = await this.#queries.run<{ sequence: number }>('relay-read', [sink, cell]);
    return row?.sequence ?? 0;
  }

  async advance(sink: string, cell: string, sequence: number): Promise<void> {
    await this.#queries.run('relay-advance', [sink, cell, sequence]);
  }
}
