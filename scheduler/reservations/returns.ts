// What leases give back, and when, by their declared ends: use of any pool and quota at any later instant, without a list of leases at hand.
// Invariant: only what comes back with time counts; units used that no live lease declares an end for never do, and a lease that
// is being revoked gives back by the end of its grace. Called by snapshot.ts and search.ts.

import type { Configuration, Pool } from '../domain/configuration.ts';
import type { DepartmentId, PoolId } from '../domain/ids.ts';
import type { Allocation, Lease } from '../domain/lease.ts';
import { type LeaseIndex, leaseIndexOf } from '../domain/leaseIndex.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import { NEVER } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { isRenewable } from '../formulate/catalogue.ts';

/** Declared ends in order, and what has come back by each. */
interface Returning {
  readonly ends: Instant[];
  readonly units: Units[];
  /** Until when somebody holds it alone. */
  alone: Instant;
  /** Of the leases that it was counted from. */
  version: number;
}

/** What was counted stays until one of its leases changes: of hundreds of pools few do in a tick. */
interface Counted {
  readonly configuration: Configuration;
  readonly pools: Map<PoolId, Returning>;
  readonly quotas: Map<string, Returning>;
}

const counted = new WeakMap<LeaseIndex, Counted>();

export class Returns {
  readonly #state: State;
  readonly #now: Instant;
  readonly #index: LeaseIndex;
  readonly #counted: Counted;

  constructor(state: State, now: Instant) {
    this.#state = state;
    this.#now = now;
    this.#index = leaseIndexOf(state);
    const { configuration } = state;
    let known = counted.get(this.#index);
    if (known?.configuration !== configuration) {
      known = { configuration, pools: new Map(), quotas: new Map() };
      counted.set(this.#index, known);
    }
    this.#counted = known;
  }

  /** Units of a pool in use at `at`, which is now or later; of a dataset that is held alone, all of them. */
  usedAt(pool: PoolId, at: Instant): Units {
    const used = this.#state.used.get(pool) ?? 0;
    const returning = this.#ofPool(pool);
    if (at < this.#aloneUntil(returning)) return Math.max(used, this.#pool(pool)!.capacity);
    return this.#remaining(used, returning, at);
  }

  quotaUseAt(key: string, at: Instant): Units {
    return this.#remaining(this.#state.quotaUse.get(key) ?? 0, this.#ofQuota(key), at);
  }

  /** When units of the pool come back, in order. */
  endsOf(pool: PoolId): readonly Instant[] {
    const { ends } = this.#ofPool(pool);
    return ends.slice(countUpTo(ends, this.#now));
  }

  /** An end that has passed is no declared end any more: the lease gives back when it does. */
  #remaining(used: Units, { ends, units }: Returning, at: Instant): Units {
    const back = countUpTo(ends, at);
    const passed = countUpTo(ends, this.#now);
    if (back <= passed) return used;
    return Math.max(0, used - (units[back - 1]! - (passed === 0 ? 0 : units[passed - 1]!)));
  }

  #aloneUntil({ alone }: Returning): Instant {
    if (alone === Number.NEGATIVE_INFINITY) return alone;
    return alone > this.#now ? alone : NEVER;
  }

  #pool(id: PoolId): Pool | undefined {
    return lookupOf(this.#state.configuration).pools.get(id);
  }

  #ofPool(id: PoolId): Returning {
    const version = this.#index.versionOfPool(id);
    let returning = this.#counted.pools.get(id);
    if (returning?.version !== version) {
      const pool = this.#pool(id);
      const isCounted = pool !== undefined && isRenewable(pool);
      returning = this.#count(
        isCounted ? this.#index.holding(id) : [],
        version,
        (allocation) => allocation.pool === id,
      );
      this.#counted.pools.set(id, returning);
    }
    return returning;
  }

  #ofQuota(key: string): Returning {
    const slash = key.indexOf('/');
    const department = key.slice(0, slash) as DepartmentId;
    const wanted = key.slice(slash + 1);
    const version = this.#index.versionOfDepartment(department);
    let returning = this.#counted.quotas.get(key);
    if (returning?.version !== version) {
      returning = this.#count(this.#index.ofDepartments([department]), version, ({ pool: id, kind }) => {
        const pool = kind === wanted ? this.#pool(id) : undefined;
        return pool !== undefined && isRenewable(pool);
      });
      this.#counted.quotas.set(key, returning);
    }
    return returning;
  }

  #count(
    leases: Iterable<Lease>,
    version: number,
    isCounted: (allocation: Allocation) => boolean,
  ): Returning {
    const returning: Returning = { ends: [], units: [], alone: Number.NEGATIVE_INFINITY, version };
    const backs: { endsAt: Instant; quantity: Units }[] = [];
    for (const lease of leases) {
      const endsAt = declaredEndOf(lease, this.#state.held.get(lease.request));
      for (const allocation of lease.allocations) {
        if (!isCounted(allocation)) continue;
        if (allocation.exclusive) returning.alone = endsAt;
        if (endsAt !== NEVER) backs.push({ endsAt, quantity: allocation.quantity });
      }
    }
    backs.sort((a, b) => a.endsAt - b.endsAt);
    for (const back of backs) note(returning, back);
    return returning;
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

function note({ ends, units }: Returning, { endsAt, quantity }: { endsAt: Instant; quantity: Units }): void {
  const before = units.at(-1) ?? 0;
  if (ends.at(-1) === endsAt) units[units.length - 1] = before + quantity;
  else {
    ends.push(endsAt);
    units.push(before + quantity);
  }
}

/** How many of the ends come at `at` or before: a lease gives back at its end, so that of two instants that are equal the end comes first. */
function countUpTo(ends: readonly Instant[], at: Instant): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
