// What the database forgets: keys past their window, outcomes that nobody asks for any more, heartbeats of leases long ended.
// Invariant: nothing goes that a call could still be owed; at most so many rows a statement, so that none holds up others. Called by api/roles.

import { CALL_KEY_WINDOW_MS } from './calls.ts';
import type { Queries } from './connection.ts';
import { SUBMIT_KEY_WINDOW_MS } from './intakeWriter.ts';

export interface Purged {
  readonly submitKeys: number;
  readonly callKeys: number;
  readonly groups: number;
  readonly heartbeats: number;
  readonly traces: number;
}

/** A statement that is under way took its time before the purge did: more than any of them may run. */
const MARGIN_MS = 60_000;
/** A writer that lost a reply has asked again within a minute, or has given up. */
const GROUP_WINDOW_MS = 60 * 60 * 1000;
/** For so long a lease that ended shows when it was last heard of. */
const HEARTBEAT_WINDOW_MS = 24 * 60 * 60 * 1000;
/** Longer than collectors keep what a trace belongs to. */
const TRACE_WINDOW_MS = 30 * 24 * 60 * 60 * 1000;

export class PostgresUpkeep {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Deletes at most `rowsMax` of each table, oldest first. */
  async purge(cell: string, rowsMax: number): Promise<Purged> {
    const [purged] = await this.#queries.run<Purged & Record<string, number>>('purge', [
      cell,
      rowsMax,
      SUBMIT_KEY_WINDOW_MS + MARGIN_MS,
      CALL_KEY_WINDOW_MS + MARGIN_MS,
      GROUP_WINDOW_MS,
      HEARTBEAT_WINDOW_MS,
      TRACE_WINDOW_MS,
    ]);
    return purged!;
  }
}
