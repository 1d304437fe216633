// Heartbeats: a time stamp beside the lease row, written by agents and read by the leader.
// Invariant: fenced by epoch, for live leases alone, never moved back. Called by the edge (writer) and the runner (source).

import type { HeartbeatOutcome, HeartbeatWriter, Scope } from '../../api/ports.ts';
import type { Epoch, HeartbeatSource, Instant, LeaseId, LeaseState } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';
import { GroupCommit } from './groupCommit.ts';
import { repeating } from './retry.ts';
import { assertStorable } from './storable.ts';

/**
 * How long a heartbeat may take from its time stamp to its COMMIT. The leader counts silence only up to this long ago; the heartbeat
 * timeout is tens of seconds, so a margin of one costs nothing.
 */
const WRITING_MARGIN_MS = 1000;

interface BeatRow {
  readonly epoch: Epoch | null;
  readonly state: LeaseState;
  readonly endsAt: Instant;
  readonly fenced: boolean;
  readonly live: boolean;
  readonly at: Instant | null;
}

export class PostgresHeartbeatWriter implements HeartbeatWriter {
  readonly #groups: GroupCommit<string, BeatRow>;

  constructor(
    queries: Queries,
    limits: Omit<ConstructorParameters<typeof GroupCommit<string, BeatRow>>[0], 'send'>,
  ) {
    this.#groups = new GroupCommit({
      ...limits,
      send: (items) => repeating(() => queries.run<BeatRow>('heartbeat-write', [`[${items.join(',')}]`])),
    });
  }

  async heartbeat(
    scope: Scope,
    lease: LeaseId,
    epoch: Epoch,
    checkpointAt?: Instant,
  ): Promise<HeartbeatOutcome> {
    const { type: reach, department } = scope;
    const item = JSON.stringify({
      lease,
      epoch,
      reach,
      department,
      agent: scope.type === 'agent' ? scope.agent : null,
      checkpoint: checkpointAt ?? null,
    });
    assertStorable(item);
    const written = this.#groups.submit(department, [item]);
    if (written === null) return { type: 'busy', retryAfterSeconds: 1 };
    const [row] = await written;
    return outcomeOf(row!);
  }
}

function outcomeOf(row: BeatRow): HeartbeatOutcome {
  if (row.epoch === null) return { type: 'absent' };
  if (!row.live) return { type: 'ended', state: row.state };
  if (!row.fenced) return { type: 'staleEpoch', epoch: row.epoch };
  return { type: 'recorded', state: row.state, endsAt: row.endsAt, at: row.at! };
}

interface HeardRow {
  readonly readThrough: Instant;
  readonly lease: LeaseId | null;
  readonly at: Instant;
  readonly checkpointAt: Instant | null;
}

export class PostgresHeartbeatSource implements HeartbeatSource {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async since(cell: string, since: Instant): ReturnType<HeartbeatSource['since']> {
    const rows = await this.#queries.run<HeardRow>('heartbeat-since', [cell, since, WRITING_MARGIN_MS]);
    const heard = rows.flatMap(({ lease, at, checkpointAt }) =>
      lease === null ? [] : [{ lease, at, ...(checkpointAt !== null && { checkpointAt }) }],
    );
    return { heard, readThrough: rows[0]!.readThrough };
  }
}
