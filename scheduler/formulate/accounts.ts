// Account rows: what a column reserves on each account of the payer's chain, in each period that it touches.
// Invariant: the amounts are those of pricing.ts, which prices the reservation itself; here they are worked out once for all accounts of a tariff.

import type { AccountPeriod } from '../domain/configuration.ts';
import { type Instant, multiplyDivideUp, type Units } from '../domain/quantity.ts';
import { type AccountUse, accountKey } from '../domain/state.ts';
import type { Snapshot } from '../snapshot.ts';
import { isRenewable, type PayingAccount, type Tariff } from './catalogue.ts';
import type { Choice } from './formulation.ts';

/*
 * account/<account>/<period>:  sum over columns of cost x  <=  budget + over-commitment - reserved - spent
 *
 *   (0 where an over-committed budget is spent: metering would stop at once what it grants.)
 *   cost = sum over claims   money: ceil(q * price * ms in the period / 3,600,000 / units of the price)   renewable, over [now, end + grace)
 *                                   q * price                                         consumable or windowed, at its start
 *                            use:   ceil(q * ms in the period / 1000)                 renewable of the account's kind
 */

/** What one account of a tariff pays in one of its periods. */
export interface CostLine {
  readonly period: number;
  /** Infinity when it is beyond exact integers: no budget covers it. */
  readonly amount: number;
}

/** Null: some charged time lies in no period, so nothing may be reserved for it. */
export type Cost = readonly CostLine[] | null;

export interface Charge {
  readonly choices: readonly Choice[];
  readonly now: Instant;
  readonly endsAt: Instant;
  readonly graceMs: number;
}

export function costOf(tariff: Tariff, { choices, now, endsAt, graceMs }: Charge): Cost {
  const { measure } = tariff;
  const amounts = new Array<number>(tariff.periods.length).fill(0);
  for (const { place, quantity, window } of choices) {
    const [pool] = place.pools;
    const held = isRenewable(pool);
    if (measure.type === 'money' ? pool.priceMinor === 0 : measure.kind !== pool.kind || !held) continue;
    const from = window === null ? now : Math.max(now, window.startsAt);
    const to = held ? endsAt + graceMs : from + 1;
    const { priceMinor, pricePer = 1 } = pool;
    if (!addCost(amounts, tariff, { quantity, priceMinor, pricePer, from, to, held })) return null;
  }
  return linesOf(amounts);
}

/** A combination whose cost is worked out once a tariff, whoever pays. */
export class PricedChoices {
  readonly choices: readonly Choice[];
  readonly endsAt: Instant;
  readonly #charge: Charge;
  readonly #costs: (Cost | undefined)[] = [];

  constructor(charge: Charge) {
    this.choices = charge.choices;
    this.endsAt = charge.endsAt;
    this.#charge = charge;
  }

  readonly costOf = (tariff: Tariff): Cost => {
    let cost = this.#costs[tariff.index];
    if (cost === undefined) {
      cost = costOf(tariff, this.#charge);
      this.#costs[tariff.index] = cost;
    }
    return cost;
  };
}

export interface HeldUnits {
  readonly kind: string;
  readonly quantity: Units;
  readonly priceMinor: Units;
  readonly pricePer: Units;
}

/** Cost of holding renewable units for one more span: the grace was reserved with the grant and moves along. */
export function prolongationCost(
  tariff: Tariff,
  units: readonly HeldUnits[],
  span: { from: Instant; to: Instant },
): Cost {
  const { measure } = tariff;
  const amounts = new Array<number>(tariff.periods.length).fill(0);
  for (const { kind, quantity, priceMinor, pricePer } of units) {
    if (measure.type === 'money' ? priceMinor === 0 : measure.kind !== kind) continue;
    if (!addCost(amounts, tariff, { quantity, priceMinor, pricePer, ...span, held: true })) return null;
  }
  return linesOf(amounts);
}

/** Adds one claim's cost to every period that it touches; false when the periods do not cover the span. */
function addCost(
  amounts: number[],
  { measure, periods }: Tariff,
  claim: Pick<HeldUnits, 'quantity' | 'priceMinor' | 'pricePer'> & {
    from: Instant;
    to: Instant;
    held: boolean;
  },
): boolean {
  const { from, to, held } = claim;
  const isMoney = measure.type === 'money';
  const rate = isMoney ? exactOrInfinite(claim.quantity, claim.priceMinor, 1) : claim.quantity;
  let reached = from;
  for (let period = 0; period < periods.length; period++) {
    const { startsAt, endsAt } = periods[period]!;
    const ms = Math.min(to, endsAt) - Math.max(from, startsAt);
    if (ms <= 0) continue;
    if (startsAt > reached) return false;
    amounts[period]! += held ? exactOrInfinite(rate, ms, isMoney ? 3_600_000 * claim.pricePer : 1000) : rate;
    reached = endsAt;
  }
  return reached >= to;
}

function linesOf(amounts: readonly number[]): CostLine[] {
  const lines: CostLine[] = [];
  for (let period = 0; period < amounts.length; period++) {
    const amount = amounts[period]!;
    if (amount > 0)
      lines.push({ period, amount: amount <= Number.MAX_SAFE_INTEGER ? amount : Number.POSITIVE_INFINITY });
  }
  return lines;
}

/** ceil(a * b / divisor): in plain numbers while the product is exact (30 times faster than BigInt), else in BigInt. */
function exactOrInfinite(a: number, b: number, divisor: number): number {
  const product = a * b;
  if (product <= Number.MAX_SAFE_INTEGER) {
    const rest = product % divisor;
    return rest === 0 ? product / divisor : (product - rest) / divisor + 1;
  }
  if (product / divisor >= 2 ** 53 || !Number.isFinite(product)) return Number.POSITIVE_INFINITY;
  return multiplyDivideUp(a, b, divisor);
}

function roomIn({ budget, overcommit = 0 }: AccountPeriod, use: Readonly<AccountUse> | undefined): number {
  const { reserved = 0, spent = 0 } = use ?? {};
  return overcommit > 0 && spent >= budget ? 0 : budget + overcommit - reserved - spent;
}

/** budget - reserved - spent of every account period, looked up once a tick. Negative when a budget was cut below what is committed. */
export class AccountRoom {
  readonly #accounts: Snapshot['accounts'];
  readonly #rooms: (readonly number[] | undefined)[];
  #leastRooms: readonly { readonly tariff: Tariff; readonly rooms: readonly number[] }[] | null = null;

  constructor(accountCount: number, accounts: Snapshot['accounts']) {
    this.#accounts = accounts;
    this.#rooms = new Array<readonly number[] | undefined>(accountCount);
  }

  /** Per period, in the order of the account's periods. */
  of({ index, account }: PayingAccount): readonly number[] {
    let rooms = this.#rooms[index];
    if (rooms === undefined) {
      rooms = account.periods.map((period) => {
        const use = this.#accounts.get(accountKey(account.id, period.id));
        return roomIn(period, use);
      });
      this.#rooms[index] = rooms;
    }
    return rooms;
  }

  /** Whether every account there is covers the cost: then nobody needs to be asked in particular. */
  coversAnyone(accounts: readonly PayingAccount[], costOfTariff: (tariff: Tariff) => Cost): boolean {
    return this.#least(accounts).every(({ tariff, rooms }) => {
      const cost = costOfTariff(tariff);
      return cost?.every(({ period, amount }) => amount <= rooms[period]!) ?? false;
    });
  }

  /** Per tariff and period the least room of any account, once a tick. */
  #least(
    accounts: readonly PayingAccount[],
  ): readonly { readonly tariff: Tariff; readonly rooms: readonly number[] }[] {
    if (this.#leastRooms !== null) return this.#leastRooms;
    const byTariff = new Map<Tariff, number[]>();
    for (const paying of accounts) {
      const rooms = this.of(paying);
      const least = byTariff.get(paying.tariff);
      if (least === undefined) byTariff.set(paying.tariff, [...rooms]);
      else for (const [period, room] of rooms.entries()) least[period] = Math.min(least[period]!, room);
    }
    this.#leastRooms = [...byTariff].map(([tariff, rooms]) => ({ tariff, rooms }));
    return this.#leastRooms;
  }

  /** Whether every account of the chain covers its lines. `costOfTariff` answers from the column's own memo. */
  covers(payers: readonly PayingAccount[], costOfTariff: (tariff: Tariff) => Cost): boolean {
    for (const paying of payers) {
      const cost = costOfTariff(paying.tariff);
      if (cost === null) return false;
      if (cost.length === 0) continue;
      const rooms = this.of(paying);
      for (const { period, amount } of cost) if (amount > rooms[period]!) return false;
    }
    return true;
  }
}

export function accountRowName(paying: PayingAccount, period: number): string {
  return `account/${accountKey(paying.account.id, paying.account.periods[period]?.id ?? '')}`;
}
