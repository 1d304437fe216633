// The frozen view that one tick decides on: who may be granted, what is used, what time it is. Made once a tick, read by every later step.
// Invariant: nothing that happens to the state afterwards is seen through it; its digest does not depend on the order of any Map.

import type { Configuration } from './domain/configuration.ts';
import type { PoolId } from './domain/ids.ts';
import { type CapacityKey, capacityKey, type Lease } from './domain/lease.ts';
import { lookupOf, useKeysOf } from './domain/lookup.ts';
import type { Plan } from './domain/plan.ts';
import { add, type Instant, type Units } from './domain/quantity.ts';
import type { PendingExtension, PendingRequest } from './domain/request.ts';
import { type StartReservation, seatsOf } from './domain/reservation.ts';
import { type AccountUse, accountKey, type GangTurn, quotaKey, type State } from './domain/state.ts';
import type { Digest } from './ports.ts';
import { type Checkpoint, checkpointsOf, comesBack, kindsReserved } from './reservations/checkpoints.ts';
import { Returns } from './reservations/returns.ts';

/** An extension that this tick decides, with the lease it would prolong. */
export interface SnapshotExtension {
  readonly extension: PendingExtension;
  readonly lease: Lease;
}

export interface Snapshot {
  readonly version: 1;
  readonly cell: string;
  readonly now: Instant;
  readonly configuration: Configuration;
  /** Requests whose verdict is allow, in order of `sequence`. */
  readonly requests: readonly PendingRequest[];
  /** In order of `sequence`; those of one lease follow one another. */
  readonly extensions: readonly SnapshotExtension[];
  readonly used: ReadonlyMap<CapacityKey, Units>;
  readonly quotaUse: ReadonlyMap<string, Units>;
  /** `${account}/${period}`. */
  readonly accounts: ReadonlyMap<string, Readonly<AccountUse>>;
  /** Datasets that are held exclusively. */
  readonly exclusive: ReadonlySet<PoolId>;
  /** Promised starts of its requests, in their order. */
  readonly reservations: readonly StartReservation[];
  /** Their starts that are still to come, in order, and what leases hold then. */
  readonly checkpoints: readonly Checkpoint[];
  /** The gang after which this tick begins to look at gangs; absent: with the first. */
  readonly gangTurn?: GangTurn;
}

/**
 * Copies what a tick reads. Requests without an allow, and extensions of leases that are gone or being revoked, are not in it:
 * the first wait for the gate, the second are the life cycle's to refuse. Nor is what the configuration does not have any more (a removed
 * pool whose leases run on, a month that is over): no row of this tick asks for it, and a tick file may not name it.
 */
export function takeSnapshot(state: State, now: Instant): Snapshot {
  const requests: PendingRequest[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const pending of state.requests.values()) {
    if (pending.sequence <= last) throw new Error(`state.requests is out of order at ${pending.request.id}`);
    last = pending.sequence;
    if (pending.verdict?.allow === true) requests.push(pending);
  }
  const keys = useKeysOf(state.configuration);
  const accounts = new Map<string, Readonly<AccountUse>>();
  for (const [key, use] of state.accounts)
    if (keys.accounts.has(key)) accounts.set(key, { reserved: use.reserved, spent: use.spent });
  return Object.freeze({
    version: 1,
    cell: state.cell,
    now,
    configuration: state.configuration,
    requests: Object.freeze(requests),
    extensions: Object.freeze(extensionsToDecide(state)),
    used: keptOf(state.used, keys.used),
    quotaUse: keptOf(state.quotaUse, keys.quotaUse),
    accounts,
    exclusive: new Set([...state.exclusive].filter((pool) => keys.used.has(pool))),
    ...promised(state, requests, now),
    ...(state.gangTurn && { gangTurn: state.gangTurn }),
  });
}

/** A request without an allow keeps nothing from anybody: the gate will have its say first. */
function promised(
  state: State,
  requests: readonly PendingRequest[],
  now: Instant,
): Pick<Snapshot, 'reservations' | 'checkpoints'> {
  if (state.reserved.size === 0) return { reservations: [], checkpoints: [] };
  const reservations = requests.flatMap(({ request }) => state.reserved.get(request.id) ?? []);
  const { configuration, leases } = state;
  const kinds = kindsReserved(reservations);
  const returns = new Returns({ configuration, use: state, leases: leases.values(), kinds, now });
  return { reservations, checkpoints: checkpointsOf(configuration, reservations, { returns, now }) };
}

function keptOf(counted: ReadonlyMap<string, Units>, keys: ReadonlySet<string>): Map<string, Units> {
  const kept = new Map<string, Units>();
  for (const [key, units] of counted) if (keys.has(key)) kept.set(key, units);
  return kept;
}

function extensionsToDecide(state: State): SnapshotExtension[] {
  const chosen: SnapshotExtension[] = [];
  for (const extension of state.extensions.values()) {
    const lease = state.leases.get(extension.lease);
    if (lease !== undefined && lease.state !== 'revoking') chosen.push({ extension, lease });
  }
  return chosen.sort((a, b) => a.extension.sequence - b.extension.sequence);
}

/** The snapshot with a plan's units and reservations in it: what is left for those who wait. Its requests stay as they were. */
export function afterPlan(snapshot: Snapshot, plan: Plan): Snapshot {
  const used = new Map(snapshot.used);
  const quotaUse = new Map(snapshot.quotaUse);
  const accounts = new Map(snapshot.accounts);
  const exclusive = new Set(snapshot.exclusive);
  const { pools } = lookupOf(snapshot.configuration);
  const departments = new Map(snapshot.requests.map(({ request }) => [request.id, request.department]));
  for (const { request, allocations } of plan.assignments) {
    const department = departments.get(request);
    for (const { pool: id, window, kind, quantity, exclusive: alone } of allocations) {
      if (alone) exclusive.add(id);
      const key = capacityKey(id, window);
      used.set(key, add(used.get(key) ?? 0, quantity));
      const pool = pools.get(id);
      if (department === undefined || !pool || pool.consumable || pool.calendar !== undefined) continue;
      const quota = quotaKey(department, kind);
      quotaUse.set(quota, add(quotaUse.get(quota) ?? 0, quantity));
    }
  }
  for (const { reservations } of [...plan.assignments, ...plan.extensions]) {
    for (const { account, period, amount } of reservations) {
      const key = accountKey(account, period);
      const use = accounts.get(key) ?? { reserved: 0, spent: 0 };
      accounts.set(key, { reserved: add(use.reserved, amount), spent: use.spent });
    }
  }
  return Object.freeze({
    ...snapshot,
    used,
    quotaUse,
    accounts,
    exclusive,
    ...promisesAfter(snapshot, plan),
  });
}

/** Who was granted is promised nothing more, and holds its units at every checkpoint before its end; so does a lease that was prolonged. */
function promisesAfter(snapshot: Snapshot, plan: Plan): Pick<Snapshot, 'reservations' | 'checkpoints'> {
  const { configuration, requests, extensions } = snapshot;
  if (snapshot.reservations.length === 0) return { reservations: [], checkpoints: [] };
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const departments = new Map(requests.map(({ request }) => [request.id, request.department]));
  const lengthened = new Map(plan.extensions.map(({ extension, endsAt }) => [extension, endsAt]));
  const held = [
    ...plan.assignments.map(({ request, allocations }) => ({
      department: departments.get(request)!,
      allocations,
      from: Number.NEGATIVE_INFINITY,
    })),
    ...extensions.flatMap(({ extension, lease: { department, allocations, endsAt: from } }) => {
      const endsAt = lengthened.get(extension.id);
      return endsAt === undefined
        ? []
        : [{ department, allocations: allocations.map((one) => ({ ...one, endsAt })), from }];
    }),
  ];
  const checkpoints = snapshot.checkpoints.map((checkpoint): Checkpoint => {
    const { at } = checkpoint;
    const used = new Map(checkpoint.used);
    const quotaUse = new Map(checkpoint.quotaUse);
    for (const { department, allocations, from } of held) {
      if (at < from) continue;
      for (const allocation of allocations) {
        const { pool, kind, quantity, endsAt } = allocation;
        if (endsAt <= at || !comesBack(configuration, pool)) continue;
        used.set(pool, add(used.get(pool) ?? 0, seatsOf(configuration, allocation)));
        const key = quotaKey(department, kind);
        quotaUse.set(key, add(quotaUse.get(key) ?? 0, quantity));
      }
    }
    return { at, used, quotaUse };
  });
  return { reservations: snapshot.reservations.filter(({ request }) => !granted.has(request)), checkpoints };
}

/**
 * What the tick record keeps of the snapshot. Vectors instead of the document: the JSON of 10,000 requests would cost more than the
 * tick. A shape key is written once and referred to by number; zero amounts are skipped, as a recovered leader may not hold the key.
 */
export function snapshotDigest(snapshot: Snapshot, digest: Digest): string {
  const shapes = new Map<string, number>();
  const lines: string[] = [`snapshot/1 ${snapshot.cell} ${snapshot.now} ${snapshot.configuration.revision}`];
  const gangs: string[] = [];
  for (const { request, sequence, shapeKey, gangUntil } of snapshot.requests) {
    const { gang } = request.terms;
    if (gang !== undefined) gangs.push(`g ${request.id} ${gangUntil ?? ''} ${JSON.stringify(gang)}`);
    let shape = shapes.get(shapeKey);
    if (shape === undefined) {
      shape = shapes.size;
      shapes.set(shapeKey, shape);
    }
    lines.push(
      `r ${request.id} ${sequence} ${request.department} ${request.agent} ${request.submittedAt} ${shape}`,
    );
  }
  for (const line of gangs) lines.push(line);
  if (snapshot.gangTurn !== undefined)
    lines.push(`t ${snapshot.gangTurn.rank} ${snapshot.gangTurn.sequence}`);
  for (const pool of [...snapshot.exclusive].sort()) lines.push(`x ${pool}`);
  for (const key of shapes.keys()) lines.push(`s ${JSON.stringify(key)}`);
  for (const { extension, lease } of snapshot.extensions) {
    lines.push(`e ${extension.id} ${extension.sequence} ${extension.seconds} ${lease.id} ${lease.endsAt}`);
  }
  for (const { request, option, startsAt, endsAt, units } of snapshot.reservations)
    lines.push(`p ${request} ${option} ${startsAt} ${endsAt} ${JSON.stringify(units)}`);
  for (const { at, used, quotaUse } of snapshot.checkpoints) {
    pushSorted(lines, `c ${at}`, used, (value) => (value === 0 ? null : `${value}`));
    pushSorted(lines, `cq ${at}`, quotaUse, (value) => (value === 0 ? null : `${value}`));
  }
  pushSorted(lines, 'u', snapshot.used, (value) => (value === 0 ? null : `${value}`));
  pushSorted(lines, 'q', snapshot.quotaUse, (value) => (value === 0 ? null : `${value}`));
  pushSorted(lines, 'a', snapshot.accounts, ({ reserved, spent }) =>
    reserved === 0 && spent === 0 ? null : `${reserved} ${spent}`,
  );
  return digest([lines.join('\n')]);
}

function pushSorted<T>(
  lines: string[],
  family: string,
  entries: ReadonlyMap<string, T>,
  show: (value: T) => string | null,
): void {
  const shown: string[] = [];
  for (const [key, value] of entries) {
    const text = show(value);
    if (text !== null) shown.push(`${family} ${key} ${text}`);
  }
  shown.sort();
  for (const line of shown) lines.push(line);
}
