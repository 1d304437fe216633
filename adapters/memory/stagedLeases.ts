// Leases and the units they hold, as a commit would leave them. Invariant: a lease never moves back, its units return once,
// and nothing rises above its capacity. Called by tickStore.ts, change by change.

import type { Change, Instant, Lease, LeaseState, TickCommit } from '../../scheduler/index.ts';
import { refuse } from './refusal.ts';
import type { StagedRequests } from './stagedRequests.ts';
import { type CapacityRow, type LeaseTableRow, rowKey, Staged, type Tables } from './tables.ts';

/** From -> to, as the database's lease_transition has it. A test compares both with the scheduler's table. */
export const LEASE_MOVES: readonly (readonly [from: LeaseState, to: LeaseState])[] = [
  ['granted', 'active'],
  ['granted', 'released'],
  ['granted', 'expired'],
  ['granted', 'revoking'],
  ['active', 'released'],
  ['active', 'expired'],
  ['active', 'revoking'],
  ['revoking', 'released'],
  ['revoking', 'revoked'],
];

interface Takers {
  units: number;
  readonly leases: Set<string>;
  alone: boolean;
}

const NOBODY: Takers = { units: 0, leases: new Set(), alone: false };

export class StagedLeases {
  readonly #tables: Tables;
  readonly #commit: TickCommit;
  readonly #capacities: Staged<string, CapacityRow>;
  readonly #leases: Staged<string, LeaseTableRow>;
  /** Key -> who takes of it in this commit. */
  readonly #taken = new Map<string, Takers>();

  constructor(tables: Tables, commit: TickCommit, capacities: Staged<string, CapacityRow>) {
    this.#tables = tables;
    this.#commit = commit;
    this.#capacities = capacities;
    this.#leases = new Staged(tables.leases);
  }

  get(id: string): LeaseTableRow | undefined {
    return this.#leases.get(this.#key(id));
  }

  take(change: Change, requests: StagedRequests): void {
    switch (change.type) {
      case 'leaseGranted':
        this.#grant(change.lease, requests);
        return;
      case 'leaseActivated':
        this.#move(change.lease, 'active', { activated_at_ms: change.at });
        return;
      case 'leaseRevoking':
        this.#move(change.lease, 'revoking', { revocation: change.revocation });
        return;
      case 'leaseFlagged': {
        const row = this.#leaseRow(change.lease);
        if (row.ended_at_ms !== null) refuse('S9', `${row.id} has ended`);
        const borrowed = change.borrowed.length === 0 ? null : change.borrowed;
        this.#leases.set(this.#key(row.id), { ...row, borrowed });
        return;
      }
      case 'leaseEnded': {
        const row = this.#leaseRow(change.lease);
        for (const allocation of row.allocations) this.#giveBack(row, { allocation, at: change.at });
        const ended = {
          ended_tick: this.#commit.record.tick,
          ended_at_ms: change.at,
          end_cause: change.cause,
        };
        this.#move(change.lease, change.end, ended);
        return;
      }
      case 'extensionDecided': {
        if (change.endsAt === null) return;
        const row = this.#leaseRow(change.lease);
        if (row.ended_at_ms !== null || change.endsAt < row.ends_at_ms)
          refuse('S9', `${row.id} may not move so`);
        this.#leases.set(this.#key(row.id), { ...row, ends_at_ms: change.endsAt, extended: true });
        return;
      }
      default:
        return;
    }
  }

  /** What can only be said of the whole commit. */
  check(requests: StagedRequests): void {
    for (const { request, outcome } of requests.outcomes()) {
      const lease = requests.get(request)?.lease_id;
      if (
        outcome === 'granted' &&
        (lease === undefined || lease === null || this.get(lease)?.request_id !== request)
      ) {
        refuse('S5', `${request} is granted without its lease`);
      }
    }
    for (const [key, row] of this.#capacities.written()) {
      const before = this.#tables.capacities.get(key)?.used ?? 0;
      if (row.used < 0) refuse('S1', `${row.key} would go below nothing`);
      if (row.used > row.capacity && (row.used > before || this.#taken.has(key)))
        refuse('S1', `${row.key} over capacity`);
      this.#checkExclusive(key, row);
    }
  }

  /** What was held before and is not given back in this commit, against what is taken in it. */
  #checkExclusive(key: string, row: CapacityRow): void {
    const { units, leases, alone } = this.#taken.get(key) ?? NOBODY;
    const kept = row.used - units;
    const exclusive = alone || (row.exclusive && kept > 0);
    if (alone ? kept > 0 || leases.size > 1 : exclusive && units > 0)
      refuse('S1', `${row.key} is held exclusively beside another lease`);
    if (exclusive !== row.exclusive) this.#capacities.set(key, { ...row, exclusive });
  }

  flush(): void {
    this.#leases.flush();
    for (const [key, row] of this.#leases.written()) {
      if (row.ended_at_ms === null) this.#tables.liveLeases.add(key);
      else this.#tables.liveLeases.delete(key);
    }
  }

  #grant(lease: Lease, requests: StagedRequests): void {
    const request = requests.get(lease.request);
    if (
      request?.verdict_allow !== true ||
      request.department_id !== lease.department ||
      request.agent_id !== lease.agent
    ) {
      refuse('S6', `${lease.id} needs a recorded allow of its own request`);
    }
    if (request.state !== 'granted' || request.lease_id !== lease.id || lease.state !== 'granted') {
      refuse('S5', `${lease.id} begins granted, with its Decision`);
    }
    if (lease.epoch !== this.#commit.epoch) refuse('S8', `${lease.id} carries another epoch`);
    this.#leases.insert(this.#key(lease.id), leaseRow(lease, this.#commit));
    for (const { pool, window, quantity, exclusive } of lease.allocations) {
      const key = this.#change(pool, window, quantity);
      const takers = this.#taken.get(key) ?? { units: 0, leases: new Set(), alone: false };
      takers.units += quantity;
      takers.leases.add(lease.id);
      takers.alone ||= exclusive === true;
      this.#taken.set(key, takers);
    }
  }

  #giveBack(row: LeaseTableRow, ended: { allocation: Lease['allocations'][number]; at: Instant }): void {
    const { pool, window, quantity, startsAt } = ended.allocation;
    const key = rowKey(this.#commit.cell, window === undefined ? pool : `${pool}@${window}`);
    const unbegun = window === undefined ? row.state === 'granted' : ended.at < startsAt;
    if (unbegun || this.#capacities.get(key)?.consumable !== true) this.#change(pool, window, -quantity);
  }

  #change(pool: string, window: string | undefined, quantity: number): string {
    const key = rowKey(this.#commit.cell, window === undefined ? pool : `${pool}@${window}`);
    const row = this.#capacities.get(key);
    if (row === undefined) refuse('S1', `${pool} is no known pool or window`);
    this.#capacities.set(key, { ...row, used: row.used + quantity });
    return key;
  }

  #move(id: string, to: LeaseState, fields: Partial<LeaseTableRow>): void {
    const row = this.#leaseRow(id);
    if (!LEASE_MOVES.some(([from, target]) => from === row.state && target === to))
      refuse('S9', `${id}: ${row.state} to ${to}`);
    this.#leases.set(this.#key(id), { ...row, ...fields, state: to });
  }

  #leaseRow(id: string): LeaseTableRow {
    const row = this.get(id);
    if (row === undefined) refuse('S9', `${id} is not there`);
    return row;
  }

  #key(id: string): string {
    return rowKey(this.#commit.cell, id);
  }
}

function leaseRow(lease: Lease, commit: TickCommit): LeaseTableRow {
  return {
    id: lease.id,
    cell: commit.cell,
    department_id: lease.department,
    agent_id: lease.agent,
    request_id: lease.request,
    epoch: lease.epoch,
    option_index: lease.option,
    allocations: lease.allocations,
    reservations: lease.reservations,
    state: lease.state,
    granted_tick: commit.record.tick,
    granted_at_ms: lease.grantedAt,
    start_limit_at_ms: lease.startLimitAt,
    ends_at_ms: lease.endsAt,
    extended: false,
    activated_at_ms: null,
    ended_tick: null,
    ended_at_ms: null,
    end_cause: null,
    borrowed: lease.borrowed ?? null,
    revocation: lease.revocation ?? null,
  };
}
