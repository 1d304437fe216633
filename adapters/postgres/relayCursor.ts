// How far each sink has streamed a cell's events. Invariant: never moved back, nor by a relay after which another was elected. Called by the relay.

import type { Epoch, RelayCursor } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

/** Another relay of the sink was elected since. What this one published meanwhile is published twice; the cursor is the other's. */
export class RelayFencedError extends Error {
  override name = 'RelayFencedError';
}

export class PostgresRelayCursors {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** The cursors of the relay that was elected under this epoch. `advance` throws RelayFencedError. */
  under(epoch: Epoch): RelayCursor {
    const queries = this.#queries;
    return {
      /** The last event that the sink has acknowledged; 0 before the first. */
      async read(sink, cell) {
        const [row] = await queries.run<{ sequence: number }>('relay-read', [sink, cell]);
        return row?.sequence ?? 0;
      },
      async advance(sink, cell, sequence) {
        const rows = await queries.run('relay-advance', [sink, cell, sequence, epoch]);
        if (rows.length === 0) throw new RelayFencedError(`epoch ${epoch} of the relay to ${sink} is over`);
      },
    };
  }
}
