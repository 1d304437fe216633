// What live leases give back by their declared ends, per pool and per department and kind, in order of the ends: leases of one end together.
// Invariant: only what comes back with time is in it; a lease that is being revoked gives back by the end of its grace, work without a
// known end never. Made and kept by leaseIndex.ts, read through reservations/returns.ts.

import type { Configuration, Pool } from './configuration.ts';
import type { DepartmentId, LeaseId } from './ids.ts';
import type { Allocation, Lease } from './lease.ts';
import { poolIndex } from './lookup.ts';
import type { Instant, Units } from './quantity.ts';
import type { ResourceRequest } from './request.ts';
import { NEVER } from './reservation.ts';
import { quotaKey } from './state.ts';

export interface Back {
  readonly endsAt: Instant;
  /** Of all leases that end then. */
  quantity: Units;
  /** How many claims of leases those are. */
  claims: number;
}

export class LeaseEnds {
  readonly #configuration: Configuration;
  readonly #known = new Map<LeaseId, { readonly lease: Lease; readonly endsAt: Instant }>();
  readonly #pools = new Map<string, Back[]>();
  readonly #quotas = new Map<string, Back[]>();
  /** Kind -> department -> the same lists, for which no key is put together. */
  readonly #shares = new Map<string, Map<DepartmentId, Back[]>>();
  /** Dataset -> until when its one reader holds it alone. */
  readonly #alone = new Map<string, Instant>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** New, or with another end than before. */
  set(lease: Lease, endsAt: Instant): void {
    const before = this.#known.get(lease.id);
    if (before?.endsAt === endsAt) return;
    if (before !== undefined) this.delete(lease.id);
    this.#known.set(lease.id, { lease, endsAt });
    for (const { pool, kind, quantity, exclusive } of this.#counted(lease)) {
      if (exclusive) this.#alone.set(pool, endsAt);
      if (endsAt === NEVER) continue;
      add(this.#listOf(pool), endsAt, quantity);
      add(this.#shareOf(lease.department, kind), endsAt, quantity);
    }
  }

  delete(id: LeaseId): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    for (const { pool, kind, quantity, exclusive } of this.#counted(known.lease)) {
      if (exclusive) this.#alone.delete(pool);
      if (known.endsAt === NEVER) continue;
      take(this.#listOf(pool), known.endsAt, quantity);
      take(this.#shareOf(known.lease.department, kind), known.endsAt, quantity);
    }
  }

  #listOf(pool: string): Back[] {
    let list = this.#pools.get(pool);
    if (list === undefined) {
      list = [];
      this.#pools.set(pool, list);
    }
    return list;
  }

  #shareOf(department: DepartmentId, kind: string): Back[] {
    let ofKind = this.#shares.get(kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.#shares.set(kind, ofKind);
    }
    let list = ofKind.get(department);
    if (list === undefined) {
      list = [];
      ofKind.set(department, list);
      this.#quotas.set(quotaKey(department, kind), list);
    }
    return list;
  }

  ofPool(pool: string): readonly Back[] {
    return this.#pools.get(pool) ?? [];
  }

  ofQuota(key: string): readonly Back[] {
    return this.#quotas.get(key) ?? [];
  }

  aloneUntil(pool: string): Instant | undefined {
    return this.#alone.get(pool);
  }

  #counted({ allocations }: Lease): Allocation[] {
    const pools = poolIndex(this.#configuration);
    return allocations.filter(({ pool }) => isRenewable(pools.get(pool)));
  }
}

/** Taken back by the end of its grace, a slice of work without a known end never, all others when they said. */
export function declaredEndOf(
  { state, revocation, endsAt }: Lease,
  request: ResourceRequest | undefined,
): Instant {
  if (state === 'revoking' && revocation !== undefined) return revocation.graceEndsAt;
  return request?.terms.openEnded === true ? NEVER : endsAt;
}

function isRenewable(pool: Pool | undefined): boolean {
  return pool !== undefined && !pool.consumable && pool.calendar === undefined;
}

function add(list: Back[], endsAt: Instant, quantity: Units): void {
  const after = countUpTo(list, endsAt);
  const same = list[after - 1];
  if (same?.endsAt === endsAt) {
    same.quantity += quantity;
    same.claims += 1;
  } else list.splice(after, 0, { endsAt, quantity, claims: 1 });
}

/** What was added before. */
function take(list: Back[], endsAt: Instant, quantity: Units): void {
  const place = countUpTo(list, endsAt) - 1;
  const back = list[place];
  if (back?.endsAt !== endsAt) throw new Error(`nothing was to come back at ${endsAt}`);
  back.quantity -= quantity;
  back.claims -= 1;
  if (back.claims === 0) list.splice(place, 1);
}

/** How many of the ends come at `at` or before: a lease gives back at its end, so that of two instants that are equal the end comes first. */
export function countUpTo(list: readonly Back[], at: Instant): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.endsAt <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
