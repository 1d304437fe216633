// What allocations cost, exactly: per account in the chain of the payer, per period that they touch, rounded up per claim.
// The same function prices a column, a reservation and a settlement, so that the three can never disagree.

import type { Account, AccountPeriod, Configuration, Pool } from './domain/configuration.ts';
import type { AccountId } from './domain/ids.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import { accountChain, lookupOf } from './domain/lookup.ts';
import { add, type Instant, multiplyDivideUp, type Units } from './domain/quantity.ts';

type Priced = Pick<Allocation, 'pool' | 'kind' | 'window' | 'quantity' | 'startsAt' | 'endsAt'>;

export interface PricingInput {
  readonly configuration: Configuration;
  /** The payer's own accounts; every ancestor pays too. */
  readonly accounts: readonly AccountId[];
  readonly by: Paid;
  readonly allocations: readonly Priced[];
  /** Reserved behind each renewable allocation, so that a late release never overspends. */
  readonly graceSeconds: Units;
}

/** What is paid: a grant of a class, or more time of a lease, on which those of limited classes pay on that paid for the grant. */
export type Paid = { readonly class: string } | { readonly reservations: readonly Reservation[] };

/** Whether the account pays for it: it may be for some classes only. */
export function paysFor({ id, classes }: Account, by: Paid): boolean {
  if (classes === undefined) return true;
  return 'class' in by ? classes.includes(by.class) : by.reservations.some(({ account }) => account === id);
}

/**
 * cost(account, period) = sum over allocations of
 *   money:  ceil(quantity * price * seconds in the period / 3600 / units that the price is of)      renewable
 *           quantity * price, in the period where it starts            consumable or windowed
 *   use:    quantity * seconds in the period                           renewable of the account's kind
 * Seconds are counted in milliseconds and rounded up once per claim. Zero costs are left out.
 */
export function reservationsOf(input: PricingInput): Reservation[] {
  const totals = new Map<string, Reservation>();
  for (const account of chainOf(input)) {
    for (const allocation of input.allocations) {
      const pool = poolFor(input.configuration, allocation);
      for (const period of account.periods) {
        const amount = costIn(account, pool, { allocation, period, graceSeconds: input.graceSeconds });
        if (amount === 0) continue;
        const key = `${account.id}/${period.id}`;
        const before = totals.get(key)?.amount ?? 0;
        totals.set(key, { account: account.id, period: period.id, amount: add(before, amount) });
      }
    }
  }
  return [...totals.values()];
}

/** Accounts that would have to pay for a stretch of time that none of their periods covers: no grant may reach there. */
export function uncoveredAccounts(input: PricingInput): AccountId[] {
  return chainOf(input)
    .filter((account) =>
      input.allocations.some((allocation) => {
        const pool = poolFor(input.configuration, allocation);
        if (!isCharged(account, pool)) return false;
        const { from, to } = chargedSpan(pool, allocation, input.graceSeconds);
        return !covers(account.periods, from, to);
      }),
    )
    .map((account) => account.id);
}

function chainOf(input: PricingInput): Account[] {
  const seen = new Map<string, Account>();
  for (const id of input.accounts)
    for (const account of accountChain(input.configuration, id))
      if (paysFor(account, input.by)) seen.set(account.id, account);
  return [...seen.values()];
}

function poolFor(configuration: Configuration, allocation: Priced): Pool {
  const pool = lookupOf(configuration).pools.get(allocation.pool);
  if (pool === undefined) throw new Error(`pool ${allocation.pool} is not configured`);
  return pool;
}

function isFixed(pool: Pool): boolean {
  return pool.consumable || pool.calendar !== undefined;
}

function isCharged(account: Account, pool: Pool): boolean {
  if (account.measure.type === 'money') return pool.priceMinor > 0;
  return account.measure.kind === pool.kind && !isFixed(pool);
}

function chargedSpan(pool: Pool, allocation: Priced, graceSeconds: Units): { from: Instant; to: Instant } {
  if (isFixed(pool)) return { from: allocation.startsAt, to: allocation.startsAt + 1 };
  return { from: allocation.startsAt, to: allocation.endsAt + graceSeconds * 1000 };
}

function costIn(
  account: Account,
  pool: Pool,
  charge: { allocation: Priced; period: AccountPeriod; graceSeconds: Units },
): Units {
  if (!isCharged(account, pool)) return 0;
  const { from, to } = chargedSpan(pool, charge.allocation, charge.graceSeconds);
  const ms = Math.max(0, Math.min(to, charge.period.endsAt) - Math.max(from, charge.period.startsAt));
  if (ms === 0) return 0;
  const { quantity } = charge.allocation;
  if (account.measure.type === 'use') return multiplyDivideUp(quantity, ms, 1000);
  const rate = multiplyDivideUp(quantity, pool.priceMinor, 1);
  return isFixed(pool) ? rate : multiplyDivideUp(rate, ms, 3_600_000 * (pool.pricePer ?? 1));
}

/** Periods are sorted and do not overlap; together they must cover [from, to). */
function covers(periods: readonly AccountPeriod[], from: Instant, to: Instant): boolean {
  let reached = from;
  for (const period of periods) {
    if (period.startsAt > reached) break;
    reached = Math.max(reached, period.endsAt);
    if (reached >= to) return true;
  }
  return false;
}
