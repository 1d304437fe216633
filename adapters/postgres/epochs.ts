// The epochs of cells whose leader is elected elsewhere: raised here at every election, as every commit compares its own with the one that
// stands here. Invariant: an epoch is given once. Called by an adapter of the leadership port that is not PostgreSQL's.

import type { Epoch } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

export class PostgresEpochs {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** From now on whatever an earlier epoch commits is refused. */
  async raise(cell: string, { holder, ttlMs }: { holder: string; ttlMs: number }): Promise<Epoch> {
    const [row] = await this.#queries.run<{ epoch: Epoch }>('leader-raise', [cell, holder, ttlMs]);
    return row!.epoch;
  }

  /** Null before the first election. */
  async current(cell: string): Promise<Epoch | null> {
    const [row] = await this.#queries.run<{ epoch: Epoch }>('leader-epoch', [cell]);
    return row?.epoch ?? null;
  }
}
