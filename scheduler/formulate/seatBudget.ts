// What the requests that seats are cut for would take of everything else: quotas, accounts, places of their other claims.
// Invariant: those that pass are a feasible plan together, so that seats are never cut for a crowd that its quota keeps out. Called by seatPlanner.ts.

import type { Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { quotaKey } from '../domain/state.ts';
import { PricedChoices } from './accounts.ts';
import type { CohortShare, PayingAccount } from './catalogue.ts';
import type { Choice, Place } from './formulation.ts';
import { endOf } from './openings.ts';
import { demandOf } from './quota.ts';
import type { Room } from './room.ts';

export class SeatBudget {
  readonly #room: Room;
  readonly #graceMs: number;
  readonly #places = new Map<Place, Units>();
  readonly #quotas = new Map<string, Units>();
  readonly #cohorts = new Map<CohortShare, Units>();
  readonly #accounts = new Map<PayingAccount, number[]>();

  constructor(room: Room, graceMs: number) {
    this.#room = room;
    this.#graceMs = graceMs;
  }

  /** To go on from again when what follows does not fit whole. */
  copy(): SeatBudget {
    const copy = new SeatBudget(this.#room, this.#graceMs);
    for (const [place, units] of this.#places) copy.#places.set(place, units);
    for (const [key, units] of this.#quotas) copy.#quotas.set(key, units);
    for (const [cohort, units] of this.#cohorts) copy.#cohorts.set(cohort, units);
    for (const [paying, spent] of this.#accounts) copy.#accounts.set(paying, [...spent]);
    return copy;
  }

  /** Units of the place that are left beside what was taken. */
  left(place: Place): Units {
    return this.#room.free(place, null) - (this.#places.get(place) ?? 0);
  }

  /** Takes what the choices take, or nothing when they do not fit. */
  take(pending: PendingRequest, choices: readonly Choice[]): boolean {
    const { department, agent } = pending.request;
    if (!this.#hasQuota(department, choices)) return false;
    const payers = this.#room.catalogue.payersOf(agent);
    if (payers.length > 0 && !this.#pay(pending, choices, payers)) return false;
    for (const [kind, quantity] of demandOf(choices)) this.#hold(department, kind, quantity);
    for (const { place, quantity, window } of choices) {
      if (window === null && place.pools[0].nodes === undefined)
        this.#places.set(place, (this.#places.get(place) ?? 0) + quantity);
    }
    return true;
  }

  #hasQuota(department: PendingRequest['request']['department'], choices: readonly Choice[]): boolean {
    const { quotas } = this.#room;
    for (const [kind, quantity] of demandOf(choices)) {
      const standing = quotas.standing(department, kind);
      if (standing === null) continue;
      const before = this.#quotas.get(quotaKey(department, kind)) ?? 0;
      if (before + quantity > standing.room) return false;
      const { cohort, quota } = standing.share;
      if (cohort === null) continue;
      const growth = quotas.excessOf(quota, before + quantity) - quotas.excessOf(quota, before);
      const lent = quotas.borrowed(cohort) + (this.#cohorts.get(cohort) ?? 0);
      if (growth > 0 && lent + growth > cohort.lendable) return false;
    }
    return true;
  }

  #hold(department: PendingRequest['request']['department'], kind: string, quantity: Units): void {
    const { quotas } = this.#room;
    const standing = quotas.standing(department, kind);
    if (standing === null) return;
    const key = quotaKey(department, kind);
    const before = this.#quotas.get(key) ?? 0;
    this.#quotas.set(key, before + quantity);
    const { cohort, quota } = standing.share;
    if (cohort === null) return;
    const growth = quotas.excessOf(quota, before + quantity) - quotas.excessOf(quota, before);
    this.#cohorts.set(cohort, (this.#cohorts.get(cohort) ?? 0) + growth);
  }

  /** All payers or none. */
  #pay(pending: PendingRequest, choices: readonly Choice[], payers: readonly PayingAccount[]): boolean {
    const { now, accounts } = this.#room;
    const endsAt = endOf(choices, pending.request.terms, now);
    const priced = new PricedChoices({ choices, now, endsAt, graceMs: this.#graceMs });
    const due: { spent: number[]; period: number; amount: number }[] = [];
    for (const paying of payers) {
      const cost = priced.costOf(paying.tariff);
      if (cost === null) return false;
      const rooms = accounts.of(paying);
      const spent = this.#accounts.get(paying) ?? new Array<number>(rooms.length).fill(0);
      this.#accounts.set(paying, spent);
      for (const { period, amount } of cost) {
        if (spent[period]! + amount > rooms[period]!) return false;
        due.push({ spent, period, amount });
      }
    }
    for (const { spent, period, amount } of due) spent[period] = spent[period]! + amount;
    return true;
  }
}
