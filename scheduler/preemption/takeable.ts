// The leases that may be taken back at this moment, by whom they could be asked for: looked at once a tick, as thousands hold and thousands wait.
// Invariant: says no only where rights.ts would find no right. Called by planning.ts and nominees.ts.

import type { DepartmentId } from '../domain/ids.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import { quotaKey } from '../domain/state.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import type { HeldLease, Snapshot } from '../snapshot.ts';
import { graceOf } from './grace.ts';
import type { Later } from './later.ts';
import { isBarred } from './rights.ts';

export interface TakeableLease {
  readonly held: HeldLease;
  readonly rank: number;
  readonly graceEndsAt: Instant;
}

export class Takeable {
  readonly #snapshot: Snapshot;
  readonly #later: Later;
  readonly #byDepartment = new Map<DepartmentId, TakeableLease[]>();
  readonly #borrowed: TakeableLease[] = [];
  /** Department -> the lowest class of its leases, as the highest rank. */
  readonly #ranks = new Map<DepartmentId, number>();
  /** Cohort -> departments whose leases hold what is borrowed from it. */
  readonly #borrowers = new Map<object, Set<DepartmentId>>();

  constructor(snapshot: Snapshot, later: Later) {
    this.#snapshot = snapshot;
    this.#later = later;
    const { classes } = lookupOf(snapshot.configuration);
    for (const held of snapshot.held) {
      if (later.isTaken(held.lease.id) || isBarred(snapshot, held.request)) continue;
      const graceEndsAt = graceOf(snapshot, held);
      if (graceEndsAt === null) continue;
      this.#add({ held, rank: classes.get(held.request.terms.class)!.rank, graceEndsAt });
    }
  }

  #add(lease: TakeableLease): void {
    const { department, borrowed } = lease.held.lease;
    const own = this.#byDepartment.get(department);
    if (own) own.push(lease);
    else this.#byDepartment.set(department, [lease]);
    this.#ranks.set(department, Math.max(lease.rank, this.#ranks.get(department) ?? lease.rank));
    if (borrowed === undefined) return;
    this.#borrowed.push(lease);
    const { quotas } = catalogueOf(this.#snapshot.configuration);
    for (const kind of borrowed) {
      const cohort = quotas.get(quotaKey(department, kind))?.cohort;
      if (cohort) this.#borrowers.set(cohort, (this.#borrowers.get(cohort) ?? new Set()).add(department));
    }
  }

  /** Whom a department could ask: its own, and those that hold borrowed units; what an earlier plan of the tick took is left out. */
  *askedBy(department: DepartmentId): Generator<TakeableLease> {
    for (const lease of this.#byDepartment.get(department) ?? [])
      if (!this.#later.isTaken(lease.held.lease.id)) yield lease;
    for (const lease of this.#borrowed)
      if (lease.held.lease.department !== department && !this.#later.isTaken(lease.held.lease.id))
        yield lease;
  }

  /** Cheap: of thousands who wait, few have a right. */
  mayServe({ department, options }: ResourceRequest, rank: number): boolean {
    if ((this.#ranks.get(department) ?? Number.NEGATIVE_INFINITY) > rank) return true;
    if (this.#borrowers.size === 0) return false;
    const { quotas } = catalogueOf(this.#snapshot.configuration);
    return options.some(({ claims }) =>
      claims.some(({ kind, quantity }) => {
        const share = quotas.get(quotaKey(department, kind));
        const others = share?.cohort ? this.#borrowers.get(share.cohort) : undefined;
        if (share === undefined || others === undefined) return false;
        if (others.size === 1 && others.has(department)) return false;
        return this.#later.quotaUse(department, kind) + quantity <= share.quota.nominal;
      }),
    );
  }
}
