// Which live leases a tick has to look at, without a look at all of them: who may lapse by now, who ran long enough, who holds borrowed units.
// Made when a state is first asked, then kept by apply.ts. Invariant: nobody is missing from an answer, though who asks may find that one
// of it does not count; and an answer is in order of ids, whatever the memory's order is, unless it says that it is in none.

import type { Configuration } from './configuration.ts';
import { DueQueue } from './dueQueue.ts';
import type { DepartmentId, LeaseId, RequestId } from './ids.ts';
import { type Lease, startOf } from './lease.ts';
import { declaredEndOf, LeaseEnds } from './leaseEnds.ts';
import type { Instant } from './quantity.ts';
import type { State } from './state.ts';

type Memory = Pick<State, 'leases' | 'leaseOfRequest' | 'heardAt' | 'held' | 'configuration'>;

const indexes = new WeakMap<State['leases'], LeaseIndex>();

/** Where the memory was changed by other hands, or has another configuration, it is made again. */
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

class LeaseIndex {
  readonly #memory: Memory;
  readonly #configuration: Configuration;
  readonly #heartbeatTimeoutMs: number;
  /** When a lease may lapse at the earliest, as far as it was looked at: each heartbeat moves it on. */
  readonly #lapses = new DueQueue<LeaseId>();
  /** By start; those that were asked for once are in `#old`. */
  readonly #young = new DueQueue<LeaseId>();
  readonly #old = new Set<LeaseId>();
  readonly #revoking = new Set<LeaseId>();
  readonly #borrowing = new Set<LeaseId>();
  readonly #departments = new Map<DepartmentId, Set<LeaseId>>();
  readonly #openEnded = new Set<RequestId>();
  #ends: LeaseEnds | null = null;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#configuration = memory.configuration;
    this.#heartbeatTimeoutMs = memory.configuration.leaseTerms.heartbeatTimeoutSeconds * 1000;
    for (const lease of memory.leases.values()) this.note(lease);
    for (const { id, terms } of memory.held.values()) if (terms.openEnded === true) this.noteOpenEnded(id);
  }

  isOf(memory: Memory): boolean {
    return this.#lapses.size === memory.leases.size && this.#configuration === memory.configuration;
  }

  note(lease: Lease): void {
    const { id, department } = lease;
    this.#lapses.set(id, this.#mayLapseAt(lease));
    this.#old.delete(id);
    this.#young.set(id, startOf(lease));
    mark(this.#revoking, id, lease.state === 'revoking');
    mark(this.#borrowing, id, lease.borrowed !== undefined);
    const own = this.#departments.get(department);
    if (own === undefined) this.#departments.set(department, new Set([id]));
    else own.add(id);
    this.#ends?.set(lease, this.#endOf(lease));
  }

  drop({ id, department, request }: Lease): void {
    this.#lapses.delete(id);
    this.#young.delete(id);
    this.#old.delete(id);
    this.#revoking.delete(id);
    this.#borrowing.delete(id);
    this.#departments.get(department)?.delete(id);
    this.#ends?.delete(id);
    this.#openEnded.delete(request);
  }

  noteOpenEnded(request: RequestId): void {
    this.#openEnded.add(request);
    const lease = this.#memory.leases.get(this.#memory.leaseOfRequest.get(request) ?? ('' as LeaseId));
    if (lease !== undefined) this.#ends?.set(lease, this.#endOf(lease));
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

  /** Those that started at `instant` or before; of many that run long, so that they are in no order. */
  startedBy(instant: Instant): Lease[] {
    for (let id = this.#young.firstBy(instant); id !== undefined; id = this.#young.firstBy(instant)) {
      this.#young.delete(id);
      this.#old.add(id);
    }
    return Array.from(this.#old, (id) => this.#memory.leases.get(id)!);
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
    return this.#leases([...departments].flatMap((one) => [...(this.#departments.get(one) ?? [])]));
  }

  /** What they give back, and when. Kept from the first time that somebody asks. */
  get ends(): LeaseEnds {
    if (this.#ends === null) {
      this.#ends = new LeaseEnds(this.#memory.configuration);
      for (const lease of this.#memory.leases.values()) this.#ends.set(lease, this.#endOf(lease));
    }
    return this.#ends;
  }

  openEnded(): Lease[] {
    return this.#leases([...this.#openEnded].map((request) => this.#memory.leaseOfRequest.get(request)!));
  }

  #endOf(lease: Lease): Instant {
    return declaredEndOf(lease, this.#memory.held.get(lease.request));
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

function mark(set: Set<LeaseId>, id: LeaseId, isIn: boolean): void {
  if (isIn) set.add(id);
  else set.delete(id);
}

/** Code units, as the database orders ids. */
function inOrder(a: LeaseId, b: LeaseId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
