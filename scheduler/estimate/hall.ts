// What is free in virtual time: units of places and windows, and what departments and cohorts may still hold. Taken and given back.
// Invariant: never below nothing for what it took itself. A rough sketch of the rows of formulate/: budgets and colocation are not in it.
// Called by schedule.ts.

import type { DepartmentId, RequestId } from '../domain/ids.ts';
import { capacityKey } from '../domain/lease.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import type { StartReservation } from '../domain/reservation.ts';
import { quotaKey } from '../domain/state.ts';
import type { ClaimCandidates } from '../formulate/candidates.ts';
import { type Catalogue, isRenewable } from '../formulate/catalogue.ts';
import { choicesOfReservation, takenOf } from '../formulate/checkpoints.ts';
import type { Place } from '../formulate/formulation.ts';
import { windowsFor } from '../formulate/windows.ts';

/** Units of one place or window that come back together. */
export interface Hold {
  readonly key: string;
  readonly place: Place;
  readonly units: Units;
  /** Whether they come back at all. */
  readonly returns: boolean;
}

export interface Placed {
  readonly holds: readonly Hold[];
  readonly pool: Place;
}

export class Hall {
  readonly #catalogue: Catalogue;
  readonly #capacities = new Map<Place, Units>();
  readonly #used: Map<string, Units>;
  readonly #quotaUse: Map<string, Units>;
  /** Place -> promised starts that have not come. */
  readonly #promised = new Map<Place, { request: RequestId; startsAt: Instant; units: Units }[]>();

  constructor(
    catalogue: Catalogue,
    use: { used: ReadonlyMap<string, Units>; quotaUse: ReadonlyMap<string, Units> },
    reservations: Iterable<StartReservation>,
  ) {
    this.#catalogue = catalogue;
    this.#used = new Map();
    for (const places of catalogue.places.values())
      for (const { id, pools } of places) {
        this.#used.set(
          id,
          pools.reduce((sum, pool) => sum + (use.used.get(pool.id) ?? 0), 0),
        );
        for (const { id: pool, calendar } of pools)
          for (const window of calendar ?? []) {
            const key = capacityKey(pool, window.id);
            this.#used.set(key, use.used.get(key) ?? 0);
          }
      }
    this.#quotaUse = new Map(use.quotaUse);
    for (const reservation of reservations) {
      const { request, startsAt } = reservation;
      for (const [place, units] of takenOf(choicesOfReservation(catalogue, reservation) ?? [])) {
        const known = this.#promised.get(place) ?? [];
        this.#promised.set(place, [...known, { request, startsAt, units }]);
      }
    }
  }

  /**
   * The first option whose claims fit beside each other, each in its best place; nothing is taken. `noRoom`: whoever claims the same finds
   * none either, until something comes back; `noShare`: its department holds too much. `steps` counts places looked at.
   */
  place(
    pending: PendingRequest,
    options: readonly (readonly ClaimCandidates[])[],
    at: { now: Instant; until: (pool: Place) => Instant; work: { steps: number } },
  ): Placed | 'noRoom' | 'noShare' {
    let why: 'noRoom' | 'noShare' = 'noRoom';
    for (const claims of options) {
      const holds: Hold[] = [];
      for (const claim of claims) {
        const hold = this.#holdFor(pending, claim, { ...at, holds });
        if (hold === null) break;
        holds.push(hold);
      }
      const [first] = holds;
      if (first === undefined || holds.length < claims.length) continue;
      if (this.#sharesFit(pending.request.department, holds)) return { holds, pool: first.place };
      why = 'noShare';
    }
    return why;
  }

  take(pending: PendingRequest, holds: readonly Hold[]): void {
    for (const { key, place, units, returns } of holds) {
      this.#used.set(key, (this.#used.get(key) ?? 0) + units);
      if (returns) this.#count(pending.request.department, place.kind, units);
    }
  }

  /** What was promised to it is taken. */
  began(id: RequestId): void {
    for (const [place, promised] of this.#promised)
      this.#promised.set(
        place,
        promised.filter(({ request }) => request !== id),
      );
  }

  giveBack(department: DepartmentId, holds: readonly Hold[]): void {
    for (const { key, place, units } of holds) {
      this.#used.set(key, Math.max(0, (this.#used.get(key) ?? 0) - units));
      this.#count(department, place.kind, -units);
    }
  }

  #count(department: DepartmentId, kind: string, units: number): void {
    const key = quotaKey(department, kind);
    this.#quotaUse.set(key, Math.max(0, (this.#quotaUse.get(key) ?? 0) + units));
  }

  #holdFor(
    pending: PendingRequest,
    { claim, candidates }: ClaimCandidates,
    at: { now: Instant; until: (pool: Place) => Instant; work: { steps: number }; holds: readonly Hold[] },
  ): Hold | null {
    const { terms, id } = pending.request;
    for (const { place } of candidates) {
      at.work.steps += 1;
      const [pool] = place.pools;
      const windows = pool.calendar === undefined ? [null] : windowsFor(pool, { claim, terms, now: at.now });
      for (const window of windows) {
        const key = window === null ? place.id : capacityKey(pool.id, window.id);
        const capacity = window === null ? this.#capacityOf(place) : window.capacity;
        const units = claim.exclusive ? capacity : claim.quantity;
        const own = at.holds.reduce((sum, hold) => (hold.key === key ? sum + hold.units : sum), 0);
        const kept = window === null ? this.#keptFrom(id, place, at.until(place)) : 0;
        if ((this.#used.get(key) ?? 0) + own + kept + units > capacity) continue;
        return { key, place, units, returns: isRenewable(pool) };
      }
    }
    return null;
  }

  #capacityOf(place: Place): Units {
    let capacity = this.#capacities.get(place);
    if (capacity === undefined) {
      capacity = place.pools.reduce((sum, pool) => sum + pool.capacity, 0);
      this.#capacities.set(place, capacity);
    }
    return capacity;
  }

  /** Units promised to others before the request would be done. */
  #keptFrom(request: RequestId, place: Place, until: Instant): Units {
    let kept = 0;
    for (const promise of this.#promised.get(place) ?? [])
      if (promise.request !== request && promise.startsAt < until) kept += promise.units;
    return kept;
  }

  #sharesFit(department: DepartmentId, holds: readonly Hold[]): boolean {
    const wanted = new Map<string, Units>();
    for (const { place, units, returns } of holds)
      if (returns) wanted.set(place.kind, (wanted.get(place.kind) ?? 0) + units);
    for (const [kind, units] of wanted) {
      const share = this.#catalogue.quotas.get(quotaKey(department, kind));
      if (share === undefined) continue;
      const { quota, cohort } = share;
      const use = (this.#quotaUse.get(quotaKey(department, kind)) ?? 0) + units;
      if (use > quota.nominal + quota.borrowingLimit) return false;
      if (cohort === null || use <= quota.nominal - quota.lendingLimit) continue;
      const lent = cohort.members.reduce((sum, member) => {
        const held = this.#quotaUse.get(quotaKey(member.department, kind)) ?? 0;
        const after = member === quota ? use : held;
        return sum + Math.max(0, after - (member.nominal - member.lendingLimit));
      }, 0);
      if (lent > cohort.lendable) return false;
    }
    return true;
  }
}
