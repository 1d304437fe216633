// Who may take which lease back: rights are pairwise, of one request against one lease, and follow from class, department and nominal share alone.
// Invariant: nothing here looks at age, weight or value, so that two requests can never hold a right against each other. Called by nominees.ts
// and repair.ts; verifyPreemption.ts says the same in code of its own.

import type { RevocationRight } from '../domain/earmark.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { PendingRequest, ResourceRequest } from '../domain/request.ts';
import { quotaKey } from '../domain/state.ts';
import { type Catalogue, catalogueOf } from '../formulate/catalogue.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import type { Later } from './later.ts';
import type { TakeableLease } from './takeable.ts';

/*
 * Priority:  department(r) = department(l),  rank(r) < rank(l)                                               on every kind
 * Reclaim:   department(r) <> department(l) of one cohort for kind k, l borrowed of k,
 *            U_k + q_k <= N_k of department(r): within its nominal share once the grant is made               on kind k alone
 */
export interface Rightful {
  readonly held: HeldLease;
  readonly right: Exclude<RevocationRight, 'repair'>;
  /** Kinds of which it may take what the lease holds; null: all. */
  readonly kinds: ReadonlySet<string> | null;
  readonly graceEndsAt: Instant;
}

/** What a nominee asks for may be reclaimed as far as its department stays within its nominal share with it. */
export interface Claimant {
  readonly pending: PendingRequest;
  readonly rank: number;
  /** Kind -> units that the grant would add. */
  readonly demand: ReadonlyMap<string, Units>;
}

/** The request's right against the lease, or null. */
export function rightAgainst(
  snapshot: Snapshot,
  later: Later,
  asked: { claimant: Claimant; lease: TakeableLease },
): Rightful | null {
  const { claimant } = asked;
  const { held, rank, graceEndsAt } = asked.lease;
  const { lease } = held;
  if (lease.department === claimant.pending.request.department) {
    return claimant.rank < rank ? { held, right: 'priority', kinds: null, graceEndsAt } : null;
  }
  const catalogue = catalogueOf(snapshot.configuration);
  const kinds = new Set(
    (lease.borrowed ?? []).filter((kind) =>
      mayReclaim(catalogue, later, { claimant, kind, from: lease.department }),
    ),
  );
  return kinds.size > 0 ? { held, right: 'reclaim', kinds, graceEndsAt } : null;
}

function mayReclaim(
  { quotas }: Catalogue,
  later: Later,
  { claimant, kind, from }: { claimant: Claimant; kind: string; from: string },
): boolean {
  const units = claimant.demand.get(kind) ?? 0;
  const own = quotas.get(quotaKey(claimant.pending.request.department, kind));
  const other = quotas.get(quotaKey(from as typeof claimant.pending.request.department, kind));
  if (units === 0 || own === undefined || own.cohort === null || own.cohort !== other?.cohort) return false;
  return later.quotaUse(own.quota.department, kind) + units <= own.quota.nominal;
}

/**
 * Until something happens outside that is later than its revocation, a wish that was revoked has no right of its own, and nobody has one
 * against the lease that it got since: without the second half a nominee whose earmark was dropped would take the same again and again.
 */
export function isBarred({ outsideTick }: Snapshot, { restart }: ResourceRequest): boolean {
  return restart !== undefined && outsideTick <= restart.tick;
}
