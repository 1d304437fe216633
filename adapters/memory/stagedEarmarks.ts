// Earmarks as a commit would leave them. Invariant: one an open request, none of any other; each made with the notices to its leases.
// Called by tickStore.ts, change by change.

import type { Change, TickCommit } from '../../scheduler/index.ts';
import { refuse } from './refusal.ts';
import type { StagedLeases } from './stagedLeases.ts';
import type { StagedRequests } from './stagedRequests.ts';
import { type EarmarkRow, rowKey, type Tables } from './tables.ts';

export class StagedEarmarks {
  readonly #tables: Tables;
  readonly #commit: TickCommit;
  readonly #rows: Map<string, EarmarkRow>;
  readonly #made: EarmarkRow[] = [];

  constructor(tables: Tables, commit: TickCommit) {
    this.#tables = tables;
    this.#commit = commit;
    this.#rows = new Map(tables.earmarks);
  }

  take(change: Change): void {
    const { cell, record } = this.#commit;
    if (change.type === 'earmarkMade') {
      const { request, department } = change.earmark;
      const key = rowKey(cell, request);
      if (this.#rows.has(key)) refuse('S13', `${request} has an earmark`);
      const row = {
        cell,
        request_id: request,
        department_id: department,
        document: change.earmark,
        made_tick: record.tick,
      };
      this.#rows.set(key, row);
      this.#made.push(row);
    }
    if (change.type === 'earmarkEnded' && !this.#rows.delete(rowKey(cell, change.request)))
      refuse('S13', `${change.request} has no earmark`);
  }

  /** What can only be said of the whole commit. */
  check(requests: StagedRequests, leases: StagedLeases): void {
    for (const { cell, request_id } of this.#rows.values()) {
      if (cell !== this.#commit.cell) continue;
      if (requests.get(request_id)?.state !== 'waiting')
        refuse('S13', `${request_id} has an earmark and does not wait`);
    }
    for (const { request_id, document } of this.#made)
      for (const { lease } of document.victims)
        if (leases.get(lease)?.revocation?.request !== request_id)
          refuse('S13', `${request_id} counts on ${lease}, which is not revoked for it`);
  }

  flush(): void {
    this.#tables.earmarks.clear();
    for (const [key, row] of this.#rows) this.#tables.earmarks.set(key, row);
  }
}
