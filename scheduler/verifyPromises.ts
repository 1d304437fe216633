// Whether a plan keeps every promised start: units, shares and cohorts at each start, recomputed from the snapshot and the plan alone, in BigInt.
// Invariant: written from mathematics.md (section 5), imports nothing of formulate/. Called by verify.ts and conservation.ts.

import type { Configuration, Pool } from './domain/configuration.ts';
import type { DepartmentId } from './domain/ids.ts';
import type { Allocation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import type { Plan } from './domain/plan.ts';
import type { StartReservation } from './domain/reservation.ts';
import type { Snapshot } from './snapshot.ts';
import { holdsByTime } from './tally.ts';
import type { Breach } from './verify.ts';

/** Units over a stretch of time. `to` is exclusive. */
interface Hold {
  readonly department: DepartmentId;
  readonly pool: Pool;
  readonly key: string;
  readonly units: bigint;
  /** What a quota counts. */
  readonly quantity: bigint;
  readonly from: number;
  readonly to: number;
}

type Part = Pick<Allocation, 'pool' | 'window' | 'quantity' | 'exclusive'>;

/** Null when all promises are kept, or were broken before and the plan takes nothing of the same. */
export function breachOfPromises(snapshot: Snapshot, plan: Plan): Breach | null {
  if (snapshot.reservations.length === 0) return null;
  const granted = new Set(plan.assignments.map(({ request }) => request));
  const promised = snapshot.reservations
    .filter(({ request }) => !granted.has(request))
    .flatMap((reservation) => promisedBy(snapshot, reservation));
  if (promised.length === 0) return null;
  const added = addedBy(snapshot, plan);
  const { used, quotaUse, now } = snapshot;
  const moments = [{ at: now, used, quotaUse } as const, ...snapshot.checkpoints];
  for (const moment of moments) {
    const alive = (hold: Hold): boolean => hold.from <= moment.at && moment.at < hold.to;
    const then = { promised: promised.filter(alive), added: added.filter(alive) };
    if (then.promised.length === 0) continue;
    const breach = breachOfUnits(snapshot, moment, then) ?? breachOfShares(snapshot, moment, then);
    if (breach !== null) return breach;
  }
  return null;
}

function holdOf(
  configuration: Configuration,
  part: Part,
  of: Pick<Hold, 'department' | 'from' | 'to'>,
): Hold {
  const { pool: id, window, quantity, exclusive } = part;
  const pool = lookupOf(configuration).pools.get(id);
  if (pool === undefined) throw new Error(`pool ${id} is not configured`);
  const units = exclusive && pool.capacity > quantity ? pool.capacity : quantity;
  const key = window === undefined ? placeOf(configuration, pool) : `${id}@${window}`;
  return { ...of, pool, key, units: BigInt(units), quantity: BigInt(quantity) };
}

/** What time does not bring back is promised from now on, and for good. */
function promisedBy({ configuration }: Snapshot, reservation: StartReservation): Hold[] {
  const { department, startsAt, endsAt, units } = reservation;
  const { pools } = lookupOf(configuration);
  return units.map((part) => {
    const byTime = part.window === undefined && holdsByTime(pools.get(part.pool));
    const span = byTime
      ? { from: startsAt, to: endsAt }
      : { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    return holdOf(configuration, part, { department, ...span });
  });
}

/** Grants from now to their ends, prolonged leases from the end they had. Only what time brings back ends at all. */
function addedBy(snapshot: Snapshot, plan: Plan): Hold[] {
  const { configuration, requests, extensions, now } = snapshot;
  const { pools } = lookupOf(configuration);
  const departmentOf = new Map(requests.map(({ request }) => [request.id, request.department]));
  const holds: Hold[] = [];
  for (const { request, allocations } of plan.assignments) {
    for (const part of allocations) {
      const byTime = part.window === undefined && holdsByTime(pools.get(part.pool));
      const to = byTime ? part.endsAt : Number.POSITIVE_INFINITY;
      holds.push(holdOf(configuration, part, { department: departmentOf.get(request)!, from: now, to }));
    }
  }
  const askedFor = new Map(extensions.map(({ extension, lease }) => [extension.id, lease]));
  const ends = new Map<string, number>();
  for (const { extension, endsAt } of plan.extensions) {
    const { id, department, allocations, endsAt: before } = askedFor.get(extension)!;
    const from = ends.get(id) ?? before;
    ends.set(id, endsAt);
    for (const part of allocations) {
      if (part.window !== undefined || !holdsByTime(pools.get(part.pool))) continue;
      holds.push(holdOf(configuration, part, { department, from, to: endsAt }));
    }
  }
  return holds;
}

type Moment = Pick<Snapshot, 'quotaUse'> & {
  readonly at: number;
  readonly used: ReadonlyMap<string, number>;
};

interface Then {
  readonly promised: readonly Hold[];
  readonly added: readonly Hold[];
}

/** used + promised + added <= C, wherever something is promised and the plan adds to it. */
function breachOfUnits({ configuration }: Snapshot, moment: Moment, then: Then): Breach | null {
  for (const key of new Set(then.promised.map((hold) => hold.key))) {
    const added = sum(then.added, (hold) => hold.key === key);
    if (added === 0n) continue;
    const free = freeAt(configuration, moment, key) - sum(then.promised, (hold) => hold.key === key);
    if (added > free) return breach(`checkpoint/${key}/${moment.at}`, added, free > 0n ? free : 0n);
  }
  return null;
}

function sum(holds: readonly Hold[], counts: (hold: Hold) => boolean): bigint {
  return holds.reduce((total, hold) => (counts(hold) ? total + hold.units : total), 0n);
}

function freeAt(configuration: Configuration, { used }: Moment, key: string): bigint {
  let free = 0n;
  for (const pool of configuration.pools) {
    for (const window of pool.calendar ?? [])
      if (`${pool.id}@${window.id}` === key) free += BigInt(window.capacity) - BigInt(used.get(key) ?? 0);
    if (pool.calendar !== undefined || placeOf(configuration, pool) !== key) continue;
    const left = BigInt(pool.capacity) - BigInt(used.get(pool.id) ?? 0);
    if (left > 0n) free += left;
  }
  return free;
}

/** u_d <= N_d + B_d, and sum over d of max(0, u_d - G_d) <= sum over d of L_d, with what is promised counted as use. */
function breachOfShares({ configuration }: Snapshot, moment: Moment, then: Then): Breach | null {
  const counted = (holds: readonly Hold[], department: string, kind: string): bigint =>
    holds.reduce(
      (total, hold) =>
        hold.department === department && hold.pool.kind === kind && holdsByTime(hold.pool)
          ? total + hold.quantity
          : total,
      0n,
    );
  const cohorts = new Map<string, { promised: bigint; before: bigint; after: bigint; lendable: bigint }>();
  for (const { department, kind, nominal, borrowingLimit, lendingLimit, cohort } of configuration.quotas) {
    const promised = counted(then.promised, department, kind);
    const added = counted(then.added, department, kind);
    const before = BigInt(moment.quotaUse.get(`${department}/${kind}`) ?? 0) + promised;
    const limit = BigInt(nominal + borrowingLimit);
    if (promised > 0n && added > 0n && before + added > limit)
      return breach(`quota@${moment.at}/${department}/${kind}`, before + added, limit);
    if (cohort === undefined) continue;
    const key = `${cohort}/${kind}`;
    const known = cohorts.get(key) ?? { promised: 0n, before: 0n, after: 0n, lendable: 0n };
    const guarantee = BigInt(nominal - lendingLimit);
    known.promised += promised;
    known.before += before > guarantee ? before - guarantee : 0n;
    known.after += before + added > guarantee ? before + added - guarantee : 0n;
    known.lendable += BigInt(lendingLimit);
    cohorts.set(key, known);
  }
  for (const [key, { promised, before, after, lendable }] of cohorts)
    if (promised > 0n && after > lendable && after > before)
      return breach(`cohort@${moment.at}/${key}`, after, lendable);
  return null;
}

const places = new WeakMap<Configuration, ReadonlyMap<string, string>>();

/** Agents of a team that nothing tells apart serve for each other: what is promised is one of them. Of all other pools, the pool itself. */
function placeOf(configuration: Configuration, { id }: Pool): string {
  let known = places.get(configuration);
  if (known === undefined) {
    known = new Map(configuration.pools.map((pool) => [pool.id, teamOf(configuration, pool)]));
    places.set(configuration, known);
  }
  return known.get(id)!;
}

function teamOf(configuration: Configuration, pool: Pool): string {
  if (pool.agent === undefined) return pool.id;
  const department = lookupOf(configuration).agents.get(pool.agent)?.department ?? '';
  const labels = Object.entries(pool.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([pool.kind, department, pool.classification ?? '', pool.priceMinor, labels]);
}

function breach(what: string, lhs: bigint, rhs: bigint): Breach {
  return { what, lhs: Number(lhs), rhs: Number(rhs) };
}
