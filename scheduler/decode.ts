// Granted columns become a plan: claims to pools, agent groups split to single agents, seats to nodes and GPUs, costs to reservations.
// Invariant: says exactly what the solution says; verify.ts checks it against the snapshot without this code. Called by the tick after the solver.

import type { Solution } from '../solver/index.ts';
import type { Pool } from './domain/configuration.ts';
import type { PoolId } from './domain/ids.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { GPU_MILLI, type NodeKind, nodesOf } from './domain/nodes.ts';
import type { Assignment, ExtensionGrant, Plan } from './domain/plan.ts';
import type { Instant, Units } from './domain/quantity.ts';
import type { Claim } from './domain/request.ts';
import { compareText } from './formulate/catalogue.ts';
import type { Spot } from './formulate/fleet.ts';
import type { Choice, ColumnMeaning, Formulation, Place, Service } from './formulate/index.ts';
import type { SeatClass } from './formulate/seats.ts';
import { standingUse } from './preemption/standing.ts';
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
  const held = { now, endsAt: meaning.endsAt, claims };
  const spots = new Map<string, Spot>();
  const allocations = meaning.choices.map((choice) => {
    const { seats, bundle = '', place, quantity } = choice;
    if (seats === undefined) return allocationOf(choice, { ...held, pool: split.take(place, quantity) });
    const spot = spots.get(bundle) ?? split.takeSeat(seats);
    spots.set(bundle, spot);
    const pool = nodesOf(configuration)
      .nodes.get(spot.node)!
      .set.pools.get(place.kind as NodeKind)!;
    return { ...allocationOf(choice, { ...held, pool }), ...seatOf(spot, choice) };
  });
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

/** Of a seat larger than the bundle the first GPUs. */
function seatOf({ node, gpus }: Spot, { place, quantity }: Choice): Pick<Allocation, 'node' | 'gpus'> {
  if (place.kind !== 'gpu') return { node };
  return { node, gpus: gpus.slice(0, Math.max(1, Math.floor(quantity / GPU_MILLI))) };
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

/** Hands out single pools of a place, of an agent group the one with most free units, ties by id; and single seats of a class. */
class GroupSplit {
  readonly #used: Snapshot['used'];
  readonly #taken = new Map<PoolId, Units>();
  readonly #seated = new Map<SeatClass, number>();

  constructor(snapshot: Snapshot) {
    this.#used = standingUse(snapshot).used;
  }

  take(place: Place, quantity: Units): Pool {
    let [best] = place.pools;
    if (place.pools.length > 1) {
      for (const pool of place.pools) if (this.#free(pool) > this.#free(best)) best = pool;
      this.#taken.set(best.id, (this.#taken.get(best.id) ?? 0) + quantity);
    }
    return best;
  }

  /** The next one of the class. */
  takeSeat(seats: SeatClass): Spot {
    const next = this.#seated.get(seats) ?? 0;
    const spot = seats.spots[next];
    if (spot === undefined)
      throw new Error(`${seats.place.id} has ${seats.spots.length} seats, and one more is granted`);
    this.#seated.set(seats, next + 1);
    return spot;
  }

  #free(pool: Pool): number {
    return pool.capacity - (this.#used.get(pool.id) ?? 0) - (this.#taken.get(pool.id) ?? 0);
  }
}
