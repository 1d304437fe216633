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

export type Misplaced = 'noRoom' | 'promised' | 'noShare';

interface Looking {
  readonly now: Instant;
  readonly until: (place: Place) => Instant;
  /** Who claims the same goes on where the one before found a place: what is before it was too full. */
  readonly form: number;
  readonly work: { steps: number };
}

export class Hall {
  readonly #catalogue: Catalogue;
  readonly #capacities = new Map<Place, Units>();
  /** Form and claim -> the candidate that was free last, at this instant. */
  readonly #hints = new Map<string, number>();
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
   * none either, until something comes back; `promised`: for so long; `noShare`: its department holds too much. `steps` counts places looked at.
   */
  place(
    pending: PendingRequest,
    options: readonly (readonly ClaimCandidates[])[],
    at: Looking,
  ): Placed | Misplaced {
    let why: Misplaced = 'noRoom';
    for (const [option, claims] of options.entries()) {
      const holds: Hold[] = [];
      for (const [index, claim] of claims.entries()) {
        const hold = this.#holdFor(pending, claim, { ...at, hint: `${at.form}#${option}.${index}`, holds });
        if (hold === 'promised') why = hold;
        if (typeof hold === 'string') break;
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

  /** Something may have come back. */
  nextInstant(): void {
    this.#hints.clear();
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
    at: Looking & { readonly hint: string; readonly holds: readonly Hold[] },
  ): Hold | 'noRoom' | 'promised' {
    const { terms, id } = pending.request;
    let why: 'noRoom' | 'promised' = 'noRoom';
    const first = this.#hints.get(at.hint) ?? 0;
    for (let index = first; index < candidates.length; index++) {
      const { place } = candidates[index]!;
      at.work.steps += 1;
      const [pool] = place.pools;
      const windows = pool.calendar === undefined ? [null] : windowsFor(pool, { claim, terms, now: at.now });
      for (const window of windows) {
        const key = window === null ? place.id : capacityKey(pool.id, window.id);
        const capacity = window === null ? this.#capacityOf(place) : window.capacity;
        const units = claim.exclusive ? capacity : claim.quantity;
        let own = 0;
        for (const hold of at.holds) if (hold.key === key) own += hold.units;
        const left = capacity - (this.#used.get(key) ?? 0) - own - units;
        if (left < 0) continue;
        if (
          window === null &&
          this.#promised.has(place) &&
          this.#keptFrom(id, place, at.until(place)) > left
        ) {
          why = 'promised';
          continue;
        }
        this.#hints.set(at.hint, index);
        return { key, place, units, returns: isRenewable(pool) };
      }
    }
    return why;
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
