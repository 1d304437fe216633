// Heartbeats in memory: fenced by epoch, for live leases, never moved back. Called by the edge and the runner in simulations and tests.

import type { HeartbeatOutcome, HeartbeatWriter, Scope } from '../../api/ports.ts';
import type { Epoch, HeartbeatSource, Instant, LeaseId } from '../../scheduler/index.ts';
import { sees } from './scope.ts';
import { leasesOfId, rowKey, type Tables } from './tables.ts';

export class MemoryHeartbeats implements HeartbeatWriter, HeartbeatSource {
  readonly #tables: Tables;
  readonly #now: () => Instant;

  constructor(tables: Tables, now: () => Instant) {
    this.#tables = tables;
    this.#now = now;
  }

  async heartbeat(
    scope: Scope,
    lease: LeaseId,
    epoch: Epoch,
    checkpointAt?: Instant,
  ): Promise<HeartbeatOutcome> {
    const seen = leasesOfId(this.#tables, lease).filter((each) => sees(scope, each));
    // Two cells may have a lease of one id: whoever may see both means the one whose epoch he shows.
    const row = seen.find((each) => each.epoch === epoch) ?? seen[0];
    if (row === undefined) return { type: 'absent' };
    if (row.ended_at_ms !== null) return { type: 'ended', state: row.state };
    if (row.epoch !== epoch) return { type: 'staleEpoch', epoch: row.epoch };
    const key = rowKey(row.cell, lease);
    const before = this.#tables.heartbeats.get(key);
    const at = Math.max(this.#now(), before?.at_ms ?? 0);
    this.#tables.heartbeats.set(key, {
      lease_id: lease,
      cell: row.cell,
      department_id: row.department_id,
      at_ms: at,
      checkpoint_at_ms: latest(checkpointAt ?? null, before?.checkpoint_at_ms ?? null),
    });
    const endsAt = Math.min(row.ends_at_ms, row.revocation?.graceEndsAt ?? row.ends_at_ms);
    return { type: 'recorded', state: row.state, endsAt, at };
  }

  /** Nothing is ever under way in memory, so everything up to now has been read. */
  async since(cell: string, since: Instant): ReturnType<HeartbeatSource['since']> {
    const heard: { lease: LeaseId; at: Instant; checkpointAt?: Instant }[] = [];
    for (const key of this.#tables.liveLeases) {
      const beat = this.#tables.heartbeats.get(key);
      if (beat?.cell === cell && beat.at_ms >= since)
        heard.push({
          lease: beat.lease_id as LeaseId,
          at: beat.at_ms,
          ...(beat.checkpoint_at_ms !== null && { checkpointAt: beat.checkpoint_at_ms }),
        });
    }
    return { heard, readThrough: this.#now() };
  }
}

function latest(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
