// A lease as its row holds it, and as the scheduler knows it: what extensions added is folded back in here.
// Invariant: equal, field by field, to the lease in the leader's memory. Used by stateSource.ts and readers.ts.

import type { Instant, Lease, Reservation } from '../../scheduler/index.ts';

export interface LeaseRow extends Omit<Lease, 'borrowed' | 'revocation'> {
  readonly extended: boolean;
  readonly extensionReservations: readonly (readonly Reservation[])[] | null;
  readonly endedAt: Instant | null;
  readonly heartbeatAt: Instant | null;
  readonly borrowed: Lease['borrowed'] | null;
  readonly revocation: Lease['revocation'] | null;
}

export function leaseOf(row: LeaseRow): Lease {
  const { extended, extensionReservations, endedAt: _, heartbeatAt: __, borrowed, revocation, ...rest } = row;
  const lease: Lease = { ...rest, ...(borrowed && { borrowed }), ...(revocation && { revocation }) };
  if (!extended) return lease;
  return {
    ...lease,
    allocations: lease.allocations.map((each) =>
      each.window === undefined ? { ...each, endsAt: lease.endsAt } : each,
    ),
    reservations: merged([...lease.reservations, ...(extensionReservations ?? []).flat()]),
  };
}

/** One reservation per account and period, in order of first appearance. */
function merged(list: readonly Reservation[]): Reservation[] {
  const byKey = new Map<string, Reservation>();
  for (const reservation of list) {
    const key = `${reservation.account}/${reservation.period}`;
    const before = byKey.get(key);
    byKey.set(key, before ? { ...before, amount: before.amount + reservation.amount } : reservation);
  }
  return [...byKey.values()];
}
