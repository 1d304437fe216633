// A lease as its row holds it, and as the scheduler knows it: what extensions added is folded back in. Used by readers.ts and stateSource.ts.

import type { Lease, Reservation } from '../../scheduler/index.ts';
import type { LeaseTableRow, Tables } from './tables.ts';

export function leaseOf(tables: Tables, row: LeaseTableRow): Lease {
  const endsAt = row.ends_at_ms;
  return {
    id: row.id as Lease['id'],
    request: row.request_id as Lease['request'],
    department: row.department_id as Lease['department'],
    agent: row.agent_id as Lease['agent'],
    epoch: row.epoch,
    option: row.option_index,
    allocations: row.extended
      ? row.allocations.map((each) => (each.window === undefined ? { ...each, endsAt } : each))
      : row.allocations,
    reservations: row.extended ? withExtensions(tables, row) : row.reservations,
    state: row.state,
    grantedAt: row.granted_at_ms,
    startLimitAt: row.start_limit_at_ms,
    endsAt,
    activatedAt: row.activated_at_ms,
    ...(row.borrowed && { borrowed: row.borrowed }),
    ...(row.revocation && { revocation: row.revocation }),
  };
}

/** One reservation per account and period, in order of first appearance. */
function withExtensions(tables: Tables, row: LeaseTableRow): Reservation[] {
  const granted = [...tables.extensions.values()].filter(
    ({ cell, lease_id, outcome }) => cell === row.cell && lease_id === row.id && outcome === 'granted',
  );
  const added = granted
    .toSorted((a, b) => a.sequence - b.sequence)
    .flatMap(({ reservations }) => reservations);
  const merged = new Map<string, Reservation>();
  for (const reservation of [...row.reservations, ...added]) {
    const key = `${reservation.account}/${reservation.period}`;
    const before = merged.get(key);
    merged.set(key, before ? { ...before, amount: before.amount + reservation.amount } : reservation);
  }
  return [...merged.values()];
}
