// What leases give back, and when, by their declared ends: use of any pool and quota at any later instant.
// Invariant: only what comes back with time counts; units used that no live lease declares an end for never do. Called by snapshot.ts and
// search.ts.

import { type Back, countUpTo, type LeaseEnds } from '../domain/leaseEnds.ts';
import { leaseIndexOf } from '../domain/leaseIndex.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import { NEVER } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';

export class Returns {
  readonly #state: State;
  readonly #now: Instant;
  readonly #ends: LeaseEnds;

  constructor(state: State, now: Instant) {
    this.#state = state;
    this.#now = now;
    this.#ends = leaseIndexOf(state).ends;
  }

  /** Units of a pool in use at `at`, which is now or later; of a dataset that is held alone, all of them. */
  usedAt(pool: string, at: Instant): Units {
    const used = this.#state.used.get(pool) ?? 0;
    const alone = this.#ends.aloneUntil(pool);
    if (alone !== undefined && at < (alone > this.#now ? alone : NEVER))
      return Math.max(used, lookupOf(this.#state.configuration).pools.get(pool)!.capacity);
    return this.#remaining(used, this.#ends.ofPool(pool), at);
  }

  /** `usedAt` for instants in rising order, in one pass over what comes back. */
  usedAtEach(pool: string, instants: readonly Instant[]): Units[] {
    if (this.#ends.aloneUntil(pool) !== undefined) return instants.map((at) => this.usedAt(pool, at));
    return this.#remainingAtEach(this.#state.used.get(pool) ?? 0, this.#ends.ofPool(pool), instants);
  }

  quotaUseAt(key: string, at: Instant): Units {
    return this.#remaining(this.#state.quotaUse.get(key) ?? 0, this.#ends.ofQuota(key), at);
  }

  /** As `usedAtEach`. */
  quotaUseAtEach(key: string, instants: readonly Instant[]): Units[] {
    return this.#remainingAtEach(this.#state.quotaUse.get(key) ?? 0, this.#ends.ofQuota(key), instants);
  }

  /** When units of the pool come back, in order, each instant once. */
  endsOf(pool: string): readonly Instant[] {
    const backs = this.#ends.ofPool(pool);
    return backs.slice(countUpTo(backs, this.#now)).map(({ endsAt }) => endsAt);
  }

  /** An end that has passed is no declared end any more: the lease gives back when it does. */
  #remaining(used: Units, backs: readonly Back[], at: Instant): Units {
    let left = used;
    for (let i = countUpTo(backs, this.#now); i < backs.length && backs[i]!.endsAt <= at; i++)
      left -= backs[i]!.quantity;
    return Math.max(0, left);
  }

  #remainingAtEach(used: Units, backs: readonly Back[], instants: readonly Instant[]): Units[] {
    let left = used;
    let next = countUpTo(backs, this.#now);
    return instants.map((at) => {
      for (; next < backs.length && backs[next]!.endsAt <= at; next++) left -= backs[next]!.quantity;
      return Math.max(0, left);
    });
  }
}
