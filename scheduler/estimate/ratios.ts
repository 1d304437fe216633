// How much of the time that they declare leases really hold, by pool: learnt from the leases that ended.
// Invariant: a lease counts once, at its end, under the pool of its first claim. Called by estimates.ts.

import type { PoolId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Instant } from '../domain/quantity.ts';
import { Quantiles } from './quantiles.ts';

/** Fewer say nothing of a pool: the ratios of all pools together do, and before those nobody is presumed to end early. */
const OBSERVED_LEAST = 16;
const DECLARED = 1000;

export class Ratios {
  readonly #pools = new Map<PoolId, Quantiles>();
  readonly #all = new Quantiles();

  /** `declaredAt`: where it said at its grant that it would end. */
  note(lease: Pick<Lease, 'allocations' | 'grantedAt'>, declaredAt: Instant, endedAt: Instant): void {
    const declaredMs = declaredAt - lease.grantedAt;
    const pool = lease.allocations[0]?.pool;
    if (declaredMs <= 0 || pool === undefined) return;
    const ratio = Math.floor((Math.max(0, endedAt - lease.grantedAt) * 1000) / declaredMs);
    this.#all.add(ratio);
    let own = this.#pools.get(pool);
    if (own === undefined) {
      own = new Quantiles();
      this.#pools.set(pool, own);
    }
    own.add(ratio);
  }

  /** In per mille of the declared time, the ratio that `percent` of the leases stayed below. */
  of(pool: PoolId | undefined, percent: number): number {
    const own = pool === undefined ? undefined : this.#pools.get(pool);
    const observed = own !== undefined && own.total >= OBSERVED_LEAST ? own : this.#all;
    return observed.total < OBSERVED_LEAST ? DECLARED : (observed.above(percent) ?? DECLARED);
  }
}
