// What the leader's memory shows at a scrape: open requests, units of pools, live leases.
// Invariant: agents' pools are one pool here, an agent's name being no label; reads the state and keeps nothing. Called by metrics.ts.

import type { Gauge } from 'prom-client';
import type { Instant, Pool, State } from '../../scheduler/index.ts';

export interface StateMetrics {
  readonly pending: Gauge<'class'>;
  readonly pendingReasons: Gauge<'reason'>;
  readonly capacity: Gauge<'pool' | 'resource' | 'state'>;
  readonly leases: Gauge<'state'>;
  readonly leaderEpoch: Gauge;
}

/** Series of a follower are left out, not 0: a sum over processes is the leader's figure. */
export function setStateMetrics(metrics: StateMetrics, state: State | null, now: Instant): void {
  for (const gauge of [metrics.pending, metrics.pendingReasons, metrics.capacity, metrics.leases])
    gauge.reset();
  metrics.leaderEpoch.set(state?.epoch ?? 0);
  if (state === null) return;
  setPending(metrics, state);
  setCapacity(metrics, state, now);
  for (const lease of state.leases.values()) metrics.leases.inc({ state: lease.state });
}

function setPending({ pending, pendingReasons }: StateMetrics, { requests, configuration }: State): void {
  for (const { name } of configuration.classes) pending.set({ class: name }, 0);
  for (const { request, waitingCodes } of requests.values()) {
    pending.inc({ class: request.terms.class });
    for (const reason of waitingCodes ?? ['QUEUED']) pendingReasons.inc({ reason });
  }
}

function setCapacity({ capacity }: StateMetrics, state: State, now: Instant): void {
  for (const pool of state.configuration.pools) {
    const name = pool.kind === 'agent' ? 'agents' : pool.id;
    const { total, used } = unitsOf(pool, state, now);
    capacity.inc({ pool: name, resource: pool.kind, state: 'used' }, used);
    // Below 0 after a cut: more is held than there is.
    capacity.inc({ pool: name, resource: pool.kind, state: 'free' }, total - used);
  }
}

function unitsOf(pool: Pool, { used }: State, now: Instant): { total: number; used: number } {
  if (!pool.calendar) return { total: pool.capacity, used: used.get(pool.id) ?? 0 };
  const sums = { total: 0, used: 0 };
  for (const window of pool.calendar) {
    if (window.endsAt <= now) continue;
    sums.total += window.capacity;
    sums.used += used.get(`${pool.id}@${window.id}`) ?? 0;
  }
  return sums;
}
