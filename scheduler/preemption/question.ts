// Which live leases a tick must look at: those that are being revoked, and those that may be taken back now and somebody who waits may have
// a right to. Invariant: reads the state; leaves out nobody against whom rights.ts or repair.ts could find a right. Called by takeSnapshot and tick.ts.

import { capacityKey, type Lease, startOf } from '../domain/lease.ts';
import { leaseIndexOf } from '../domain/leaseIndex.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { PendingRequest, ResourceRequest } from '../domain/request.ts';
import { quotaKey, type State } from '../domain/state.ts';
import { type CohortShare, catalogueOf, compareText } from '../formulate/catalogue.ts';
import { QuotaRoom } from '../formulate/quota.ts';
import type { HeldLease } from '../snapshot.ts';
import { graceOf, leastRunMs, mayEverBeTaken, termsOf } from './grace.ts';

/** By id. Of thousands that live most are too young to be looked at. */
export function heldInQuestion(state: State, requests: readonly PendingRequest[], now: Instant): HeldLease[] {
  const { configuration } = state;
  const claimants = claimantsOf(state, requests);
  const all = isBroken(state);
  const index = leaseIndexOf(state);
  const held: HeldLease[] = [];
  const add = (lease: Lease, request: ResourceRequest): void => {
    const checkpointAt = state.checkpoints.get(lease.id);
    held.push({ lease, request, ...(checkpointAt !== undefined && { checkpointAt }) });
  };
  for (const lease of index.revoking()) {
    const request = state.held.get(lease.request);
    if (request !== undefined) add(lease, request);
  }
  if (!all && claimants.ranks.size === 0) return held;
  for (const lease of index.startedBy(now - leastRunMs(state))) {
    const request = state.held.get(lease.request);
    if (request === undefined || lease.state === 'revoking') continue;
    if (!all && !concerns(state, claimants, { lease, request })) continue;
    if (graceOf({ configuration, now }, { lease, request }) !== null) add(lease, request);
  }
  return held.sort((a, b) => compareText(a.lease.id, b.lease.id));
}

/**
 * When the next lease that is too young to be taken back may be old enough, as far as anybody could want it: never too late, and at most
 * one look a lease and class too early. Undefined: there is none.
 */
export function nextTakeableAt(state: State, now: Instant): Instant | undefined {
  if (state.requests.size === 0 && !isBroken(state)) return undefined;
  const least = leastRunMs(state);
  const index = leaseIndexOf(state);
  let next = Number.POSITIVE_INFINITY;
  for (const lease of index.startedBy(now - least)) {
    const request = state.held.get(lease.request);
    if (lease.state === 'revoking' || request === undefined || !mayEverBeTaken(state, request)) continue;
    const at = startOf(lease) + termsOf(state, request.terms.class).minimumRunSeconds * 1000;
    if (at > now && at < next) next = at;
  }
  next = Math.min(next, (index.nextStart ?? Number.POSITIVE_INFINITY) + least);
  return Number.isFinite(next) ? next : undefined;
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
