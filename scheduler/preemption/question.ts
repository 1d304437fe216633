// Which live leases a tick must look at: those that are being revoked, and those that somebody who waits may have a right to.
// Invariant: reads the state; leaves out nobody against whom rights.ts or repair.ts could find a right. Called by takeSnapshot.

import type { Lease } from '../domain/lease.ts';
import { capacityKey } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { PendingRequest, ResourceRequest } from '../domain/request.ts';
import { quotaKey, type State } from '../domain/state.ts';
import { type CohortShare, catalogueOf } from '../formulate/catalogue.ts';
import { QuotaRoom } from '../formulate/quota.ts';
import type { HeldLease } from '../snapshot.ts';

export function heldInQuestion(state: State, requests: readonly PendingRequest[]): HeldLease[] {
  const claimants = claimantsOf(state, requests);
  const all = isBroken(state);
  const held: HeldLease[] = [];
  if (claimants.ranks.size === 0 && !all && state.earmarks.size === 0 && !anyRevoking(state)) return held;
  for (const lease of state.leases.values()) {
    const request = state.held.get(lease.request);
    if (request === undefined) continue;
    const isAsked =
      lease.state === 'revoking' ||
      (mayEverBeTaken(state, request) && (all || concerns(state, claimants, { lease, request })));
    if (!isAsked) continue;
    const checkpointAt = state.checkpoints.get(lease.id);
    held.push({ lease, request, ...(checkpointAt !== undefined && { checkpointAt }) });
  }
  return held;
}

interface Claimants {
  /** Department -> best rank among those of it who wait. */
  readonly ranks: ReadonlyMap<string, number>;
}

function claimantsOf(state: State, requests: readonly PendingRequest[]): Claimants {
  const { classes } = lookupOf(state.configuration);
  const ranks = new Map<string, number>();
  for (const { request } of requests) {
    if (request.terms.gang !== undefined || state.earmarks.has(request.id)) continue;
    const rank = classes.get(request.terms.class)?.rank ?? Number.POSITIVE_INFINITY;
    const best = ranks.get(request.department);
    if (best === undefined || rank < best) ranks.set(request.department, rank);
  }
  return { ranks };
}

/** Said so when it was asked for, is no part of a gang, and was not revoked as often as may be. */
export function mayEverBeTaken(
  { configuration }: Pick<State, 'configuration'>,
  request: ResourceRequest,
): boolean {
  const { preemptible, gang, class: name } = request.terms;
  if (!preemptible || gang !== undefined) return false;
  const most = lookupOf(configuration).preemption.get(name)?.revocationsMost ?? 0;
  return (request.restart?.revocations ?? 0) < most;
}

function concerns(
  { configuration }: State,
  { ranks }: Claimants,
  { lease, request }: { lease: Lease; request: ResourceRequest },
): boolean {
  const own = ranks.get(lease.department);
  const rank = lookupOf(configuration).classes.get(request.terms.class)!.rank;
  if (own !== undefined && own < rank) return true;
  return lease.borrowed !== undefined && ranks.size > (own === undefined ? 0 : 1);
}

function anyRevoking({ leases }: State): boolean {
  for (const { state } of leases.values()) if (state === 'revoking') return true;
  return false;
}

/** A pool, a share or what a cohort lends was cut below its use. */
function isBroken({ configuration, used, quotaUse }: State): boolean {
  for (const { id, capacity, calendar } of configuration.pools)
    if (calendar === undefined && (used.get(capacityKey(id)) ?? 0) > capacity) return true;
  const catalogue = catalogueOf(configuration);
  const { cohorts } = new QuotaRoom(catalogue, quotaUse);
  const known = new Set<CohortShare>();
  for (const { quota, cohort } of catalogue.quotas.values()) {
    const { nominal, borrowingLimit, department, kind } = quota;
    if ((quotaUse.get(quotaKey(department, kind)) ?? 0) > nominal + borrowingLimit) return true;
    // A cohort in a broken one counts as whole, so the highest decides.
    for (let one = cohort; one !== null && !known.has(one); one = one.parent) {
      if (cohorts.isBroken(one)) return true;
      known.add(one);
    }
  }
  return false;
}
