// What leases give back, and when, by their declared ends: use of any pool and quota at any later instant, without a list of leases at hand.
// Invariant: only what comes back with time counts; units used that no live lease declares an end for never do, and a lease that
// is being revoked gives back by the end of its grace. Called by snapshot.ts and search.ts.

import type { Configuration } from '../domain/configuration.ts';
import type { Lease } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import { NEVER } from '../domain/reservation.ts';
import { quotaKey, type State } from '../domain/state.ts';
import { isRenewable } from '../formulate/catalogue.ts';

/** Ends in order, and what has come back by each. */
interface Returning {
  readonly ends: Instant[];
  readonly units: Units[];
}

export interface Use {
  readonly used: ReadonlyMap<string, Units>;
  readonly quotaUse: ReadonlyMap<string, Units>;
}

export class Returns {
  readonly #configuration: Configuration;
  readonly #use: Use;
  readonly #pools = new Map<string, Returning>();
  readonly #quotas = new Map<string, Returning>();
  /** Dataset -> until when its one reader holds it alone. */
  readonly #alone = new Map<string, Instant>();

  /** `kinds`: those asked about; leases of others are not looked at. */
  constructor(input: {
    readonly configuration: Configuration;
    readonly use: Use;
    readonly leases: Iterable<Lease>;
    /** Requests of leases. */
    readonly held: State['held'];
    readonly kinds: ReadonlySet<string>;
    readonly now: Instant;
  }) {
    const { configuration, use, leases, held, kinds, now } = input;
    this.#configuration = configuration;
    this.#use = use;
    const { pools } = lookupOf(configuration);
    // An end that has passed is no declared end any more: the lease gives back when it does.
    const ending = [...leases]
      .map((lease) => ({ lease, endsAt: declaredEndOf(lease, held.get(lease.request)) }))
      .map(({ lease, endsAt }) => ({ lease, endsAt: endsAt > now ? endsAt : NEVER }))
      .sort((a, b) => a.endsAt - b.endsAt);
    for (const { lease, endsAt } of ending) {
      const { department, allocations } = lease;
      for (const { pool: id, kind, quantity, exclusive } of allocations) {
        const pool = pools.get(id);
        if (!kinds.has(kind) || pool === undefined || !isRenewable(pool)) continue;
        if (exclusive) this.#alone.set(id, endsAt);
        if (endsAt === NEVER) continue;
        note(this.#pools, id, { endsAt, quantity });
        note(this.#quotas, quotaKey(department, kind), { endsAt, quantity });
      }
    }
  }

  /** Units of a pool in use at `at`, which is now or later; of a dataset that is held alone, all of them. */
  usedAt(pool: string, at: Instant): Units {
    if (at < (this.#alone.get(pool) ?? Number.NEGATIVE_INFINITY))
      return Math.max(this.#use.used.get(pool) ?? 0, lookupOf(this.#configuration).pools.get(pool)!.capacity);
    return remaining(this.#use.used.get(pool) ?? 0, this.#pools.get(pool), at);
  }

  quotaUseAt(key: string, at: Instant): Units {
    return remaining(this.#use.quotaUse.get(key) ?? 0, this.#quotas.get(key), at);
  }

  /** When units of the pool come back, in order. */
  endsOf(pool: string): readonly Instant[] {
    return this.#pools.get(pool)?.ends ?? [];
  }
}

/** Taken back by the end of its grace, a slice of work without a known end never, all others when they said. */
export function declaredEndOf(
  { state, revocation, endsAt }: Lease,
  request: ResourceRequest | undefined,
): Instant {
  if (state === 'revoking' && revocation !== undefined) return revocation.graceEndsAt;
  return request?.terms.openEnded === true ? NEVER : endsAt;
}

function note(
  returning: Map<string, Returning>,
  key: string,
  { endsAt, quantity }: { endsAt: Instant; quantity: Units },
): void {
  let known = returning.get(key);
  if (known === undefined) {
    known = { ends: [], units: [] };
    returning.set(key, known);
  }
  const before = known.units.at(-1) ?? 0;
  if (known.ends.at(-1) === endsAt) known.units[known.units.length - 1] = before + quantity;
  else {
    known.ends.push(endsAt);
    known.units.push(before + quantity);
  }
}

/** A lease gives back at its end: of two instants that are equal, the end comes first. */
function remaining(used: Units, returning: Returning | undefined, at: Instant): Units {
  if (returning === undefined) return used;
  const { ends, units } = returning;
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? used : Math.max(0, used - units[low - 1]!);
}
