// Metering: where an account is over-committed on purpose, leases are stopped when the money that is left is used up.
// Invariant: no account ever spends more than its budget, however much was reserved on it. Called by lifecycle.ts, in every tick.

import type { AccountPeriod } from './domain/configuration.ts';
import type { Lease } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import type { Instant } from './domain/quantity.ts';
import { accountKey, type State } from './domain/state.ts';

/** What a settlement may still spend there; null where reservations alone keep the account within its budget. */
export function unspent(state: State, account: string, period: string): number | null {
  const found = overcommitted(state, account, period);
  if (found === null) return null;
  return Math.max(0, found.budget - (state.accounts.get(accountKey(account, period))?.spent ?? 0));
}

/**
 * Leases to end now: of every over-committed period those that it pays for by now, once they together have used what is left of the budget.
 * `usedCost`: account and period -> what the lease has used. Asked only where reservations have passed a budget.
 */
export function overrunning(
  state: State,
  now: Instant,
  usedCost: (lease: Lease) => ReadonlyMap<string, number>,
): Lease[] {
  const tight = new Map<string, number>();
  for (const { id, periods } of state.configuration.accounts) {
    for (const period of periods) {
      if ((period.overcommit ?? 0) === 0 || period.startsAt > now) continue;
      const key = accountKey(id, period.id);
      const { reserved = 0, spent = 0 } = state.accounts.get(key) ?? {};
      if (reserved > 0 && reserved + spent > period.budget) tight.set(key, period.budget - spent);
    }
  }
  if (tight.size === 0) return [];
  const running = new Map<Lease, ReadonlyMap<string, number>>();
  for (const lease of state.leases.values()) {
    const keys = lease.reservations.map(({ account, period }) => accountKey(account, period));
    if (keys.some((key) => tight.has(key))) running.set(lease, usedCost(lease));
  }
  for (const used of running.values())
    for (const [key, cost] of used) if (tight.has(key)) tight.set(key, tight.get(key)! - cost);
  const spentUp = new Set([...tight].filter(([, left]) => left <= 0).map(([key]) => key));
  return [...running.keys()].filter((lease) => burns(state, lease, { spentUp, now }));
}

/** The lease's time is being paid by an account that has nothing left. */
function burns(
  state: State,
  { reservations }: Lease,
  { spentUp, now }: { spentUp: ReadonlySet<string>; now: Instant },
): boolean {
  return reservations.some(({ account, period: id }) => {
    if (!spentUp.has(accountKey(account, id))) return false;
    const period = overcommitted(state, account, id);
    return period !== null && period.startsAt <= now && now < period.endsAt;
  });
}

function overcommitted(state: State, account: string, id: string): AccountPeriod | null {
  const periods = lookupOf(state.configuration).accounts.get(account)?.periods ?? [];
  const period = periods.find((one) => one.id === id);
  return period !== undefined && (period.overcommit ?? 0) > 0 ? period : null;
}
