// Granted columns become a plan: claims to pools, agent groups split to single agents, costs to reservations.
// Invariant: says exactly what the solution says; verify.ts checks it against the snapshot without this code. Called by the tick after the solver.

import type { Solution } from '../solver/index.ts';
import type { Pool } from './domain/configuration.ts';
import type { PoolId } from './domain/ids.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import type { Assignment, ExtensionGrant, Plan } from './domain/plan.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { Claim } from './domain/request.ts';
import { compareText } from './formulate/catalogue.ts';
import type { Choice, ColumnMeaning, Formulation, Place, Service } from './formulate/index.ts';
import { reservationsOf } from './pricing.ts';
import type { Snapshot } from './snapshot.ts';

export function decode(
  formulation: Formulation,
  solution: Pick<Solution, 'granted'>,
  snapshot: Snapshot,
): Plan {
  const { columns } = formulation;
  if (solution.granted.length !== columns.length) {
    throw new Error(`a solution of ${solution.granted.length} columns for ${columns.length}`);
  }
  const assignments: Assignment[] = [];
  const extensions: ExtensionGrant[] = [];
  const split = new GroupSplit(snapshot);
  for (const [index, meaning] of columns.entries()) {
    if (solution.granted[index] !== 1) continue;
    if (meaning.type === 'request') assignments.push(assignmentOf(meaning, snapshot, split));
    else if (meaning.type === 'gang')
      for (const service of meaning.services) assignments.push(assignmentOf(service, snapshot, split));
    else extensions.push(...prolong(meaning, snapshot));
  }
  return { assignments, extensions };
}

function assignmentOf(meaning: Service, snapshot: Snapshot, split: GroupSplit): Assignment {
  const { request } = meaning.request;
  const { configuration, now } = snapshot;
  const { claims } = request.options[meaning.option]!;
  const allocations = meaning.choices.map((choice) =>
    allocationOf(choice, {
      now,
      endsAt: meaning.endsAt,
      pool: split.take(choice.place, choice.quantity),
      claims,
    }),
  );
  return {
    request: request.id,
    option: meaning.option,
    allocations,
    reservations: inOrder(
      reservationsOf({
        configuration,
        accounts: lookupOf(configuration).agents.get(request.agent)?.accounts ?? [],
        by: { class: request.terms.class },
        allocations,
        graceSeconds: configuration.leaseTerms.graceSeconds,
      }),
    ),
    endsAt: meaning.endsAt,
  };
}

/** A window's units are held from its start, or from now while it runs, to its end; all else from now to the lease's end. */
function allocationOf(
  choice: Choice,
  held: { now: Instant; endsAt: Instant; pool: Pool; claims: readonly Claim[] },
): Allocation {
  const { claim, quantity, window } = choice;
  const { id: pool, kind } = held.pool;
  const base = {
    claim,
    pool,
    kind,
    quantity,
    ...(held.claims[claim]!.exclusive && { exclusive: true as const }),
  };
  if (window === null) return { ...base, startsAt: held.now, endsAt: held.endsAt };
  return { ...base, window: window.id, startsAt: Math.max(held.now, window.startsAt), endsAt: window.endsAt };
}

function prolong(
  meaning: Extract<ColumnMeaning, { type: 'extension' }>,
  snapshot: Snapshot,
): ExtensionGrant[] {
  const { configuration } = snapshot;
  const { lease, prolongations } = meaning;
  const graceMs = configuration.leaseTerms.graceSeconds * 1000;
  const { pools, agents } = lookupOf(configuration);
  let from = lease.endsAt;
  return prolongations.map(({ extension, endsAt }): ExtensionGrant => {
    const span = { startsAt: from + graceMs, endsAt: endsAt + graceMs };
    from = endsAt;
    const allocations = lease.allocations
      .filter(({ pool, window }) => window === undefined && pools.get(pool)?.consumable === false)
      .map((allocation) => ({ ...allocation, ...span }));
    const accounts = agents.get(lease.agent)?.accounts ?? [];
    const by = { reservations: lease.reservations };
    const priced = reservationsOf({ configuration, accounts, by, allocations, graceSeconds: 0 });
    const reservations = inOrder(priced);
    return { extension: extension.id, endsAt, reservations };
  });
}

function inOrder(reservations: Reservation[]): Reservation[] {
  return reservations.sort((a, b) => compareText(a.account, b.account) || compareText(a.period, b.period));
}

/** Hands out single pools of a place: of an agent group the one with most free units, ties by id. */
class GroupSplit {
  readonly #used: Snapshot['used'];
  readonly #taken = new Map<PoolId, Units>();

  constructor(snapshot: Snapshot) {
    this.#used = snapshot.used;
  }

  take(place: Place, quantity: Units): Pool {
    let [best] = place.pools;
    if (place.pools.length > 1) {
      for (const pool of place.pools) if (this.#free(pool) > this.#free(best)) best = pool;
      this.#taken.set(best.id, (this.#taken.get(best.id) ?? 0) + quantity);
    }
    return best;
  }

  #free(pool: Pool): number {
    return pool.capacity - (this.#used.get(pool.id) ?? 0) - (this.#taken.get(pool.id) ?? 0);
  }
}
