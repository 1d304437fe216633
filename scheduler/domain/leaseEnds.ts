// What live leases give back by their declared ends, per pool and per department and kind, in order of the ends, kept lease by lease.
// Invariant: only what comes back with time is in it; a lease that is being revoked gives back by the end of its grace, work without a
// known end never. Made and kept by leaseIndex.ts, read through reservations/returns.ts.

import type { Configuration, Pool } from './configuration.ts';
import type { LeaseId } from './ids.ts';
import type { Allocation, Lease } from './lease.ts';
import { poolIndex } from './lookup.ts';
import type { Instant, Units } from './quantity.ts';
import type { ResourceRequest } from './request.ts';
import { NEVER } from './reservation.ts';
import { quotaKey } from './state.ts';

export interface Back {
  readonly endsAt: Instant;
  readonly quantity: Units;
  readonly lease: LeaseId;
}

export class LeaseEnds {
  readonly #configuration: Configuration;
  readonly #known = new Map<LeaseId, { readonly lease: Lease; readonly endsAt: Instant }>();
  readonly #pools = new Map<string, Back[]>();
  readonly #quotas = new Map<string, Back[]>();
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
      const back = { endsAt, quantity, lease: lease.id };
      insert(this.#pools, pool, back);
      insert(this.#quotas, quotaKey(lease.department, kind), back);
    }
  }

  delete(id: LeaseId): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    for (const { pool, kind, exclusive } of this.#counted(known.lease)) {
      if (exclusive) this.#alone.delete(pool);
      if (known.endsAt === NEVER) continue;
      remove(this.#pools.get(pool)!, known.endsAt, id);
      remove(this.#quotas.get(quotaKey(known.lease.department, kind))!, known.endsAt, id);
    }
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

function insert(lists: Map<string, Back[]>, key: string, back: Back): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [back]);
  else list.splice(countUpTo(list, back.endsAt), 0, back);
}

function remove(list: Back[], endsAt: Instant, lease: LeaseId): void {
  let place = countUpTo(list, endsAt) - 1;
  while (list[place]!.lease !== lease) place--;
  list.splice(place, 1);
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
