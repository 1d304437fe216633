// Rows that are short, with exact numbers: what was asked, what is left, what others hold. Used for reasons, by extensions.ts and explain.ts.
// Invariant: `requested` > `available` in every shortage told; numbers beyond exact integers are told as the largest one.

import type { Account } from '../domain/configuration.ts';
import type { Reason, Shortage } from '../domain/reason.ts';
import { accountKey } from '../domain/state.ts';
import type { Cost } from './accounts.ts';
import type { PayingAccount, Tariff } from './catalogue.ts';
import type { Room } from './room.ts';

export function unitOf(account: Account): string {
  return account.measure.type === 'money' ? account.measure.currency : `${account.measure.kind}-seconds`;
}

/** Periods of one account that cannot pay the cost; the account itself when no period of it covers the time. */
export function budgetShortages(room: Room, paying: PayingAccount, cost: Cost): Shortage[] {
  const { account } = paying;
  if (cost === null) return [{ what: account.id, requested: 1, available: 0, held: 0 }];
  const rooms = room.accounts.of(paying);
  return cost
    .filter(({ period, amount }) => amount > rooms[period]!)
    .map(({ period, amount }) => {
      const { id, budget, overcommit = 0 } = account.periods[period]!;
      return {
        what: accountKey(account.id, id),
        requested: Math.min(amount, Number.MAX_SAFE_INTEGER),
        available: Math.max(0, rooms[period]!),
        held: budget + overcommit - rooms[period]!,
      };
    });
}

/** One BUDGET_EXHAUSTED per unit of account that is short; none when every account of the chain covers its part. */
export function budgetReasons(
  room: Room,
  payers: readonly PayingAccount[],
  wanted: { option: number; costOf: (tariff: Tariff) => Cost },
): Reason[] {
  const byUnit = new Map<string, Shortage[]>();
  for (const paying of payers) {
    const short = budgetShortages(room, paying, wanted.costOf(paying.tariff));
    if (short.length === 0) continue;
    const unit = unitOf(paying.account);
    byUnit.set(unit, [...(byUnit.get(unit) ?? []), ...short]);
  }
  return [...byUnit].map(([unit, short]) => ({
    code: 'BUDGET_EXHAUSTED',
    option: wanted.option,
    unit,
    short,
  }));
}
