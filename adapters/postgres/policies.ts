// Signed policy bundles and which of them are in force, in PostgreSQL. Invariant: a head is replaced whole, by compare-and-swap, with the
// act that the leader seals. Called by the composition roots.

import type { PolicyHead, PolicyMove, PolicyStore, PutOutcome, StoredBundle } from '../../api/ports.ts';
import type { Queries } from './connection.ts';
import { assertStorable } from './storable.ts';

/** At 2 MB each, 200 MB at most; a revision a week fills it in two years. */
const KEPT_MAX = 100;

interface HeadRow {
  readonly sequence: number;
  readonly active: string;
  readonly previous: string | null;
  readonly candidate: string | null;
  readonly promoteAfter: number | null;
}

export class PostgresPolicies implements PolicyStore {
  readonly #queries: Queries;
  readonly #onMoved: () => void;

  /** `onMoved` is told of every act that was written with a move: a hint that wakes the leader. */
  constructor(queries: Queries, onMoved: () => void) {
    this.#queries = queries;
    this.#onMoved = onMoved;
  }

  async put(cell: string, bundle: Parameters<PolicyStore['put']>[1]): Promise<PutOutcome> {
    const { revision, sha256, keyId, subject, text } = bundle;
    assertStorable(text);
    const values = [cell, revision, sha256, keyId, subject, text, KEPT_MAX];
    const [row] = await this.#queries.run<{ outcome: PutOutcome }>('policy-put', values);
    return row!.outcome;
  }

  async bundles(cell: string): Promise<readonly StoredBundle[]> {
    return this.#queries.run<StoredBundle & { [column: string]: unknown }>('policy-list', [cell]);
  }

  async text(cell: string, revision: string): Promise<string | null> {
    const [row] = await this.#queries.run<{ document: string }>('policy-text', [cell, revision]);
    return row?.document ?? null;
  }

  async head(cell: string): Promise<PolicyHead> {
    const [row] = await this.#queries.run<HeadRow & { [column: string]: unknown }>('policy-head', [cell]);
    // `SHIPPED`: adapters take no values from the edge.
    if (!row) return { sequence: 0, active: 'shipped', previous: null, candidate: null };
    const { sequence, active, previous, candidate, promoteAfter } = row;
    return {
      sequence,
      active,
      previous,
      candidate: candidate === null ? null : { revision: candidate, promoteAfterTicks: promoteAfter },
    };
  }

  async move({ cell, from, to, act }: PolicyMove): Promise<'moved' | 'superseded'> {
    const [row] = await this.#queries.run<{ outcome: 'moved' | 'superseded' }>('policy-move', [
      cell,
      from,
      to.active,
      to.previous,
      to.candidate?.revision ?? null,
      to.candidate?.promoteAfterTicks ?? null,
      JSON.stringify({ ...act.actor, object: act.command.object, ...act }),
    ]);
    if (row!.outcome === 'moved') this.#onMoved();
    return row!.outcome;
  }
}
