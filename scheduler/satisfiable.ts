// Whether a request could ever be granted under a configuration with everything free. Refused at the edge, and by the fold after an edit.
// Invariant: says "never" only when no state of use could grant it: it looks at sizes, selectors, clearance and quotas, not at use or budgets.

import type { Configuration } from './domain/configuration.ts';
import { unitsOfNode } from './domain/nodes.ts';
import type { Units } from './domain/quantity.ts';
import type { Option, ResourceRequest } from './domain/request.ts';
import { quotaKey } from './domain/state.ts';
import type { BundleCandidates } from './formulate/bundles.ts';
import { type ClaimCandidates, findShape } from './formulate/candidates.ts';
import { type CohortShare, catalogueOf, isRenewable } from './formulate/catalogue.ts';
import type { Place } from './formulate/formulation.ts';

/** What bounds it, and the largest quantity of that claim that could fit. */
export interface Misfit {
  readonly option: number;
  readonly claim: number;
  readonly kind: string;
  readonly requested: Units;
  readonly largest: Units;
  /** The pool (or the group of nodes, as "<set>/<group>", or quota, as "quota/<department>/<kind>") that holds the largest fit; null when none matches at all. */
  readonly pool: string | null;
}

type Asked = Pick<ResourceRequest, 'options' | 'agent' | 'department'>;

/** What was found to fit, a configuration: agents ask for the same again and again, at the edge and once more in the fold. */
const knownToFit = new WeakMap<Configuration, Set<string>>();
/** Agents write some hundreds; past this many the memory starts anew rather than grow. */
const FITTING_MAX = 4096;

/** Null when some option could fit; otherwise the first option's misfit. */
export function neverFits(configuration: Configuration, request: Asked): Misfit | null {
  const clearance = catalogueOf(configuration).clearanceOf(request.agent, request.department);
  const asked = JSON.stringify([request.department, clearance, request.options]);
  let known = knownToFit.get(configuration);
  if (known?.has(asked)) return null;
  const misfit = findMisfit(configuration, request, clearance);
  if (misfit !== null) return misfit;
  if (known === undefined || known.size >= FITTING_MAX) {
    known = new Set();
    knownToFit.set(configuration, known);
  }
  known.add(asked);
  return null;
}

function findMisfit(configuration: Configuration, request: Asked, clearance: number): Misfit | null {
  const shape = findShape(configuration, request.options, clearance);
  let first: Misfit | null = null;
  for (const [option, claims] of shape.options.entries()) {
    const misfit =
      claimMisfit(claims, option) ??
      sharedMisfit(claims, option) ??
      bundleMisfit(shape.bundles[option]!, option) ??
      quotaMisfit(configuration, request, option);
    if (misfit === null) return null;
    first ??= misfit;
  }
  return first ?? { option: 0, claim: 0, kind: '', requested: 0, largest: 0, pool: null };
}

/** Each claim on its own: the largest candidate is too small, or there is none. */
function claimMisfit(claims: readonly ClaimCandidates[], option: number): Misfit | null {
  for (const [index, { claim, candidates }] of claims.entries()) {
    let largest: Units = 0;
    let pool: string | null = null;
    for (const { place } of candidates) {
      const size = largestOf(place);
      if (pool === null || size > largest) [largest, pool] = [size, place.id];
    }
    if (largest < claim.quantity) {
      return { option, claim: index, kind: claim.kind, requested: claim.quantity, largest, pool };
    }
  }
  return null;
}

/** A pool's capacity; of a calendar its largest window, whatever the range asked: the calendar may yet grow into it. */
function largestOf(place: Place): Units {
  const [pool] = place.pools;
  if (pool.calendar !== undefined)
    return pool.calendar.reduce((most, { capacity }) => Math.max(most, capacity), 0);
  return place.pools.reduce((sum, { capacity }) => sum + capacity, 0);
}

/** Claims that can only go to one and the same place must fit there together. */
function sharedMisfit(claims: readonly ClaimCandidates[], option: number): Misfit | null {
  const wanted = new Map<Place, Units>();
  for (const [index, { claim, candidates }] of claims.entries()) {
    const only = candidates[0]?.place;
    if (only === undefined || candidates.length > 1 || only.pools[0].calendar !== undefined) continue;
    const before = wanted.get(only) ?? 0;
    const largest = Math.max(0, largestOf(only) - before);
    if (claim.quantity > largest) {
      return { option, claim: index, kind: claim.kind, requested: claim.quantity, largest, pool: only.id };
    }
    wanted.set(only, before + claim.quantity);
  }
  return null;
}

/** A bundle must fit on one node of a part that all its claims may go to. Named is the claim that the best node is shortest of. */
function bundleMisfit(bundles: readonly BundleCandidates[], option: number): Misfit | null {
  for (const { bundle, tiers } of bundles) {
    const parts = tiers.flatMap((tier) => tier.parts);
    const groups = parts.flatMap((part) => part.groups.map((group) => ({ part, group })));
    const roomy = groups.some(({ group }) =>
      bundle.claims.every(({ kind, quantity }) => unitsOfNode(group, kind) >= quantity),
    );
    if (roomy) continue;
    const misfits = bundle.claims.map(({ claim, kind, quantity }): Misfit => {
      const others = bundle.claims.filter((one) => one.claim !== claim);
      const fitting = groups.filter(({ group }) =>
        others.every((other) => unitsOfNode(group, other.kind) >= other.quantity),
      );
      const best = fitting.reduce<(typeof groups)[number] | null>(
        (most, one) =>
          most === null || unitsOfNode(one.group, kind) > unitsOfNode(most.group, kind) ? one : most,
        null,
      );
      const largest = best === null ? 0 : unitsOfNode(best.group, kind);
      return {
        option,
        claim,
        kind,
        requested: quantity,
        largest,
        pool: best && `${best.part.set.id}/${best.group.id}`,
      };
    });
    return misfits.reduce((a, b) => (b.largest * a.requested > a.largest * b.requested ? b : a));
  }
  return null;
}

/** What children of a cohort could hold beyond their guarantees if nobody else held anything so. */
function reachOf({ parent, lendable, lendingLimit, borrowingLimit }: CohortShare): Units {
  if (parent === null) return lendable;
  return Math.min(lendable + borrowingLimit, lendable - lendingLimit + reachOf(parent));
}

/** N + B, and what the whole cohort could lend: G + sum of L, and what that may borrow. Only for kinds of which every pool is renewable. */
function quotaMisfit(configuration: Configuration, request: Asked, option: number): Misfit | null {
  const catalogue = catalogueOf(configuration);
  const wanted = new Map<string, Units>();
  for (const [index, claim] of (request.options[option] as Option).claims.entries()) {
    const key = quotaKey(request.department, claim.kind);
    const share = catalogue.quotas.get(key);
    const counts = (catalogue.places.get(claim.kind) ?? []).every(({ pools }) => isRenewable(pools[0]));
    if (share === undefined || !counts) continue;
    const { nominal, borrowingLimit, lendingLimit } = share.quota;
    const lent =
      share.cohort === null ? nominal + borrowingLimit : nominal - lendingLimit + reachOf(share.cohort);
    const before = wanted.get(claim.kind) ?? 0;
    const largest = Math.max(0, Math.min(nominal + borrowingLimit, lent) - before);
    if (claim.quantity > largest) {
      return {
        option,
        claim: index,
        kind: claim.kind,
        requested: claim.quantity,
        largest,
        pool: `quota/${key}`,
      };
    }
    wanted.set(claim.kind, before + claim.quantity);
  }
  return null;
}
