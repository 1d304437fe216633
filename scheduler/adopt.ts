// Before the fold: the configuration that the intake was taken under, and the policy's data with it.
// Invariant: a tick has one configuration from here to its commit; one that arrives later belongs to the next tick. Called by tick.ts alone.

import type { Configuration } from './domain/configuration.ts';
import { poolIndex } from './domain/lookup.ts';
import { quotaKey, type State } from './domain/state.ts';
import { isRenewable } from './formulate/catalogue.ts';
import type { SchedulerPorts } from './ports.ts';

type AdoptPorts = Pick<SchedulerPorts, 'configuration' | 'policy'>;

/** Answers whether it is another one than all who wait were last held against; the first tick of a term looks at them all anyway. */
export async function adopt(
  ports: AdoptPorts,
  state: State,
  { revision, reviewed }: { readonly revision: string; readonly reviewed: Configuration | undefined },
): Promise<boolean> {
  if (revision !== state.configuration.revision)
    takeUp(state, await ports.configuration.revision(state.cell, revision));
  if (reviewed === state.configuration) return false;
  await ports.policy.adopt(state.configuration);
  return reviewed !== undefined;
}

/** What a lease holds stays held, and of a pool that is gone the store knows whether it comes back; what it counts for against quotas follows the pools that there are now, as in a state that is loaded. */
export function takeUp(state: State, configuration: Configuration): void {
  const pools = poolIndex(configuration);
  for (const { id, consumable, calendar } of state.configuration.pools) {
    const isUsed = (state.used.get(id) ?? 0) > 0;
    if (consumable && calendar === undefined && isUsed && !pools.has(id)) state.goneConsumables.add(id);
  }
  for (const id of [...state.goneConsumables]) if (pools.has(id)) state.goneConsumables.delete(id);
  state.configuration = configuration;
  state.quotaUse.clear();
  for (const { department, allocations } of state.leases.values()) {
    for (const { pool: id, kind, quantity } of allocations) {
      const pool = pools.get(id);
      if (pool === undefined || !isRenewable(pool)) continue;
      const key = quotaKey(department, kind);
      state.quotaUse.set(key, (state.quotaUse.get(key) ?? 0) + quantity);
    }
  }
}
