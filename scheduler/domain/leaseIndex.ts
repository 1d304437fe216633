// Which live leases a tick has to look at, without a look at all of them: who may lapse by now, who ran long enough, who holds borrowed units.
// Made when a state is first asked, then kept by apply.ts. Invariant: nobody is missing from an answer, though who asks may find that one
// of it does not count; and an answer is in order of ids, whatever the memory's order is.

import { DueQueue } from './dueQueue.ts';
import type { DepartmentId, LeaseId, PoolId, RequestId } from './ids.ts';
import { type Lease, startOf } from './lease.ts';
import type { Instant } from './quantity.ts';
import type { State } from './state.ts';

type Memory = Pick<State, 'leases' | 'leaseOfRequest' | 'heardAt' | 'held' | 'configuration'>;

const indexes = new WeakMap<State['leases'], LeaseIndex>();

/** Where the memory was changed by other hands, or its terms are others, it is made again. */
export function leaseIndexOf(state: Memory): LeaseIndex {
  let index = indexes.get(state.leases);
  if (index === undefined || !index.isOf(state)) {
    index = new LeaseIndex(state);
    indexes.set(state.leases, index);
  }
  return index;
}

/** The lease is new, or another than it was. */
export function noteLease({ leases }: Memory, lease: Lease): void {
  indexes.get(leases)?.note(lease);
}

export function noteLeaseEnd({ leases }: Memory, lease: Lease): void {
  indexes.get(leases)?.drop(lease);
}

/** The request of a lease that renews itself. */
export function noteOpenEnded({ leases }: Memory, request: RequestId): void {
  indexes.get(leases)?.noteOpenEnded(request);
}

/** Leases that change together, and how often they have. */
interface Group {
  readonly ids: Set<LeaseId>;
  version: number;
}

export class LeaseIndex {
  readonly #memory: Memory;
  readonly #heartbeatTimeoutMs: number;
  /** When a lease may lapse at the earliest, as far as it was looked at: each heartbeat moves it on. */
  readonly #lapses = new DueQueue<LeaseId>();
  /** By start; those that were asked for once are in `#old`. */
  readonly #young = new DueQueue<LeaseId>();
  readonly #old = new Set<LeaseId>();
  readonly #revoking = new Set<LeaseId>();
  readonly #borrowing = new Set<LeaseId>();
  readonly #departments = new Map<DepartmentId, Group>();
  readonly #pools = new Map<PoolId, Group>();
  readonly #openEnded = new Set<RequestId>();

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#heartbeatTimeoutMs = timeoutMsOf(memory);
    for (const lease of memory.leases.values()) this.note(lease);
    for (const { id, terms } of memory.held.values()) if (terms.openEnded === true) this.noteOpenEnded(id);
  }

  isOf(memory: Memory): boolean {
    return this.#lapses.size === memory.leases.size && this.#heartbeatTimeoutMs === timeoutMsOf(memory);
  }

  note(lease: Lease): void {
    const { id, department } = lease;
    this.#lapses.set(id, this.#mayLapseAt(lease));
    this.#old.delete(id);
    this.#young.set(id, startOf(lease));
    mark(this.#revoking, id, lease.state === 'revoking');
    mark(this.#borrowing, id, lease.borrowed !== undefined);
    join(this.#departments, department, id);
    for (const { pool } of lease.allocations) join(this.#pools, pool, id);
  }

  drop({ id, department, request, allocations }: Lease): void {
    this.#lapses.delete(id);
    this.#young.delete(id);
    this.#old.delete(id);
    this.#revoking.delete(id);
    this.#borrowing.delete(id);
    leave(this.#departments.get(department), id);
    for (const { pool } of allocations) leave(this.#pools.get(pool), id);
    this.#openEnded.delete(request);
  }

  noteOpenEnded(request: RequestId): void {
    this.#openEnded.add(request);
  }

  /** Those whose time, start limit, grace or silence may be over at `now`. */
  lapsing(now: Instant): Lease[] {
    const due: LeaseId[] = [];
    for (let id = this.#lapses.firstBy(now); id !== undefined; id = this.#lapses.firstBy(now)) {
      const at = this.#mayLapseAt(this.#memory.leases.get(id)!);
      if (at > now) this.#lapses.set(id, at);
      else if (this.#lapses.delete(id)) due.push(id);
    }
    // Who asks may let some of them live.
    for (const id of due) this.#lapses.set(id, this.#mayLapseAt(this.#memory.leases.get(id)!));
    return this.#leases(due);
  }

  /** Those that started at `instant` or before. */
  startedBy(instant: Instant): Lease[] {
    for (let id = this.#young.firstBy(instant); id !== undefined; id = this.#young.firstBy(instant)) {
      this.#young.delete(id);
      this.#old.add(id);
    }
    return this.#leases(this.#old);
  }

  /** The earliest start of those that `startedBy` has not told of yet. */
  get nextStart(): Instant | undefined {
    return this.#young.firstAt;
  }

  revoking(): Lease[] {
    return this.#leases(this.#revoking);
  }

  borrowing(): Lease[] {
    return this.#leases(this.#borrowing);
  }

  ofDepartments(departments: Iterable<DepartmentId>): Lease[] {
    return this.#leases([...departments].flatMap((one) => [...(this.#departments.get(one)?.ids ?? [])]));
  }

  /** In no order. */
  *holding(pool: PoolId): Iterable<Lease> {
    for (const id of this.#pools.get(pool)?.ids ?? []) yield this.#memory.leases.get(id)!;
  }

  /** Another number when any of the leases that hold the pool has changed. */
  versionOfPool(pool: PoolId): number {
    return this.#pools.get(pool)?.version ?? 0;
  }

  versionOfDepartment(department: DepartmentId): number {
    return this.#departments.get(department)?.version ?? 0;
  }

  openEnded(): Lease[] {
    return this.#leases([...this.#openEnded].map((request) => this.#memory.leaseOfRequest.get(request)!));
  }

  #leases(ids: Iterable<LeaseId>): Lease[] {
    return [...ids].sort(inOrder).map((id) => this.#memory.leases.get(id)!);
  }

  #mayLapseAt(lease: Lease): Instant {
    if (lease.state === 'revoking')
      return Math.min(lease.endsAt, lease.revocation?.graceEndsAt ?? lease.endsAt);
    if (lease.state === 'granted') return Math.min(lease.endsAt, lease.startLimitAt);
    return Math.min(
      lease.endsAt,
      (this.#memory.heardAt.get(lease.id) ?? startOf(lease)) + this.#heartbeatTimeoutMs,
    );
  }
}

function timeoutMsOf({ configuration }: Memory): number {
  return configuration.leaseTerms.heartbeatTimeoutSeconds * 1000;
}

function join<Key>(groups: Map<Key, Group>, key: Key, id: LeaseId): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, { ids: new Set([id]), version: 1 });
  else {
    group.ids.add(id);
    group.version++;
  }
}

function leave(group: Group | undefined, id: LeaseId): void {
  if (group?.ids.delete(id)) group.version++;
}

function mark(set: Set<LeaseId>, id: LeaseId, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}

/** Code units, as the database orders ids. */
function inOrder(a: LeaseId, b: LeaseId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
