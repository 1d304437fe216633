// What the requests that seats are cut for would take of everything else: quotas, accounts, policy rows, places of their other claims.
// Invariant: those that pass are a feasible plan together, so that seats are never cut for a crowd that its quota keeps out. Called by seatPlanner.ts.

import type { DepartmentId } from '../domain/ids.ts';
import type { Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { PricedChoices } from './accounts.ts';
import type { PayingAccount } from './catalogue.ts';
import type { Choice, Place } from './formulation.ts';
import { endOf } from './openings.ts';
import type { PolicyEntry } from './policyRows.ts';
import { demandOf } from './quota.ts';
import type { Room } from './room.ts';

export class SeatBudget {
  readonly #room: Room;
  readonly #graceMs: number;
  readonly #places = new Map<Place, Units>();
  /** Kind -> department -> units. */
  readonly #quotas = new Map<string, Map<DepartmentId, Units>>();
  readonly #rules = new Map<PolicyEntry['use'], Units>();
  readonly #accounts = new Map<PayingAccount, number[]>();

  constructor(room: Room, graceMs: number) {
    this.#room = room;
    this.#graceMs = graceMs;
  }

  /** To go on from again when what follows does not fit whole. */
  copy(): SeatBudget {
    const copy = new SeatBudget(this.#room, this.#graceMs);
    for (const [place, units] of this.#places) copy.#places.set(place, units);
    for (const [kind, held] of this.#quotas) copy.#quotas.set(kind, new Map(held));
    for (const [use, units] of this.#rules) copy.#rules.set(use, units);
    for (const [paying, spent] of this.#accounts) copy.#accounts.set(paying, [...spent]);
    return copy;
  }

  /** Units of the place that are left beside what was taken. */
  left(place: Place): Units {
    return this.#room.free(place, null) - (this.#places.get(place) ?? 0);
  }

  /** Takes what the choices take, or nothing when they do not fit. */
  take(pending: PendingRequest, choices: readonly Choice[]): boolean {
    const { department, agent, terms } = pending.request;
    if (!this.#hasQuota(department, choices)) return false;
    const rules = this.#room.policy.entriesOf(pending.request, choices);
    if (rules.some((entry) => this.#isShort(entry))) return false;
    const payers = this.#room.catalogue.payersOf(agent, terms.class);
    if (payers.length > 0 && !this.#pay(pending, choices, payers)) return false;
    for (const [kind, quantity] of demandOf(choices))
      this.#heldOf(kind).set(department, quantity + (this.#heldOf(kind).get(department) ?? 0));
    for (const { use, amount } of rules) this.#rules.set(use, amount + (this.#rules.get(use) ?? 0));
    for (const { place, quantity, window } of choices) {
      if (window === null && place.pools[0].nodes === undefined)
        this.#places.set(place, (this.#places.get(place) ?? 0) + quantity);
    }
    return true;
  }

  /** With all that was taken of the kind before: cohorts count the departments of every one of them together. */
  #hasQuota(department: DepartmentId, choices: readonly Choice[]): boolean {
    const { quotas } = this.#room;
    return demandOf(choices).every(([kind, quantity]) => {
      if (quotas.standing(department, kind) === null) return true;
      const wanted = new Map(this.#heldOf(kind));
      wanted.set(department, quantity + (wanted.get(department) ?? 0));
      return quotas.fitsAll(
        [...wanted].map(([whose, units]) => ({ department: whose, kind, quantity: units })),
      );
    });
  }

  #isShort({ use, amount }: PolicyEntry): boolean {
    return use.row.price === undefined && amount + (this.#rules.get(use) ?? 0) > use.room;
  }

  #heldOf(kind: string): Map<DepartmentId, Units> {
    let held = this.#quotas.get(kind);
    if (held === undefined) {
      held = new Map();
      this.#quotas.set(kind, held);
    }
    return held;
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
