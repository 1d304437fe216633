// Drops the rows of what has ended: a simulation of a million requests needs the state and not its history. PostgreSQL keeps rows by retention.
// Invariant: what a new leader would load is the same before and after. Called by the world of simulations/ through the store.

import type { Tables } from './tables.ts';

export function forgetEnded(tables: Tables): void {
  const { requests, leases, liveLeases, ledger, intake, unstamped, heads, ticks } = tables;
  for (const id of intake.keys()) if (!unstamped.has(id)) intake.delete(id);
  const held = new Set<string>();
  const live = new Set<string>();
  for (const [key, lease] of leases) {
    if (!liveLeases.has(key)) leases.delete(key);
    else {
      held.add(lease.request_id);
      live.add(lease.id);
    }
  }
  for (const [id, { state }] of requests)
    if (state !== 'queued' && state !== 'waiting' && !held.has(id)) requests.delete(id);
  for (const id of tables.obligations.keys()) if (!requests.has(id)) tables.obligations.delete(id);
  for (const key of tables.heartbeats.keys()) if (!liveLeases.has(key)) tables.heartbeats.delete(key);
  for (const [id, { lease_id }] of ledger) if (!live.has(lease_id)) ledger.delete(id);
  for (const [key, { cell, tick }] of ticks) if (heads.get(cell)?.tick !== tick) ticks.delete(key);
  tables.events.clear();
  tables.audit.clear();
}
