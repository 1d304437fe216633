// Whether a plan keeps every promised start: units, shares and cohorts at each start, recomputed from the snapshot and the plan alone, in BigInt.
// Invariant: written from mathematics.md (section 5), imports nothing of formulate/. Called by verify.ts and conservation.ts.

import type { Cohort, Configuration, Pool, Quota } from './domain/configuration.ts';
import type { Earmark } from './domain/earmark.ts';
import type { DepartmentId } from './domain/ids.ts';
import type { Allocation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { pendingById } from './domain/pendingIndex.ts';
import { type Plan, victimsOf } from './domain/plan.ts';
import type { StartReservation } from './domain/reservation.ts';
import type { HeldLease, Snapshot } from './snapshot.ts';
import { holdsByTime, remainingOf } from './tally.ts';
import type { Breach } from './verify.ts';
import { type Holding, isRevoking, returnsOf, standingEarmarks, sumsOf } from './verifyEarmarks.ts';

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

/** What a plan may not do: null when it breaks no promise, or those that it would break were broken before and it makes none of them worse. */
export function breachOfPromises(snapshot: Snapshot, plan: Plan): Breach | null {
  if (snapshot.reservations.length === 0) return null;
  const { served, fresh } = servedBy(snapshot, plan);
  const promised = snapshot.reservations
    .filter(({ request }) => !served.has(request))
    .flatMap((reservation) => promisedBy(snapshot, reservation));
  if (promised.length === 0) return null;
  const added = addedBy(snapshot, plan);
  const { used, quotaUse, now } = snapshot;
  for (const moment of [{ at: now, used, quotaUse }, ...snapshot.checkpoints]) {
    const alive = (hold: Hold): boolean => hold.from <= moment.at && moment.at < hold.to;
    const then: Then = {
      at: moment.at,
      promised: promised.filter(alive),
      added: added.filter(alive),
      before: useThen(snapshot, moment, { earmarks: snapshot.earmarks, notices: new Map() }),
      after: useThen(snapshot, moment, fresh),
    };
    if (then.promised.length === 0) continue;
    const breach = breachOfUnits(snapshot, then) ?? breachOfShares(snapshot, then);
    if (breach !== null) return breach;
  }
  return null;
}

/** Earmarks that stand, and leases on notice -> the end of their grace. */
interface Standing {
  readonly earmarks: readonly Earmark[];
  readonly notices: ReadonlyMap<string, number>;
}

/** Who is served by the plan, now or by an earmark, is promised nothing more; and what stands after it. */
function servedBy(snapshot: Snapshot, plan: Plan): { served: ReadonlySet<string>; fresh: Standing } {
  const nominated = (plan.preemptions ?? []).flatMap((one) => (one.type === 'nominee' ? [one.earmark] : []));
  const victims = (plan.preemptions ?? []).flatMap(victimsOf);
  return {
    served: new Set<string>([...plan.assignments, ...nominated].map(({ request }) => request)),
    fresh: {
      earmarks: [...standingEarmarks(snapshot, plan), ...nominated],
      notices: new Map(victims.map(({ lease, graceEndsAt }) => [lease, graceEndsAt])),
    },
  };
}

interface Moment {
  readonly at: number;
  readonly used: ReadonlyMap<string, number>;
  readonly quotaUse: ReadonlyMap<string, number>;
}

/**
 * Leases less those whose grace is over by then; and what is earmarked beyond what is on notice and not back:
 * U - V + max(0, E - R), pool by pool and quota by quota.
 */
function useThen(snapshot: Snapshot, { at, used, quotaUse }: Moment, standing: Standing): Moment {
  const { earmarks, notices } = standing;
  const graceOf = (held: HeldLease): number =>
    notices.get(held.lease.id) ??
    (isRevoking(held) ? held.lease.revocation?.graceEndsAt : undefined) ??
    Number.NEGATIVE_INFINITY;
  const isBack = (held: HeldLease): boolean =>
    notices.has(held.lease.id) &&
    graceOf(held) <= at &&
    (held.request.terms.openEnded === true || held.lease.endsAt > at);
  const { configuration, held } = snapshot;
  const alive = earmarks.filter(({ endsAt = Number.POSITIVE_INFINITY }) => at < endsAt);
  const back = sumsOf(snapshot, held.filter(isBack).map(returnsOf).map(inSeats(configuration)));
  const coming = sumsOf(snapshot, held.filter((one) => graceOf(one) > at).map(returnsOf));
  const wanted = sumsOf(snapshot, alive.map(inSeats(configuration)), true);
  const then = (of: 'used' | 'quotaUse', leases: ReadonlyMap<string, number>): Map<string, number> => {
    const sums = new Map(leases);
    const add = (key: string, units: number): void =>
      void sums.set(key, Math.max(0, (sums.get(key) ?? 0) + units));
    for (const [key, units] of back[of]) add(key, -units);
    for (const [key, units] of wanted[of]) add(key, Math.max(0, units - (coming[of].get(key) ?? 0)));
    return sums;
  };
  return { at, used: then('used', used), quotaUse: then('quotaUse', quotaUse) };
}

/** Who reads a dataset alone has all of its seats; a quota counts what was asked for, and datasets have none. */
function inSeats(configuration: Configuration) {
  const { pools } = lookupOf(configuration);
  return ({ department, units }: Pick<Earmark, 'department' | 'units'> | Holding): Holding => ({
    department,
    units: units.map((one) => {
      const alone = 'exclusive' in one && one.exclusive === true;
      return alone ? { ...one, quantity: Math.max(one.quantity, pools.get(one.pool)?.capacity ?? 0) } : one;
    }),
  });
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

/** Grants from now to their ends, prolonged leases from the end they had. Only what time brings back ends at all, and only if somebody said when. */
function addedBy(snapshot: Snapshot, plan: Plan): Hold[] {
  const { configuration, requests, extensions, now } = snapshot;
  const { pools } = lookupOf(configuration);
  const pendingOf = pendingById({ configuration, requests });
  const holds: Hold[] = [];
  for (const { request, allocations } of plan.assignments) {
    const { department, terms } = pendingOf.get(request)!.request;
    for (const part of allocations) {
      const byTime = part.window === undefined && holdsByTime(pools.get(part.pool));
      const to = byTime && terms.openEnded !== true ? part.endsAt : Number.POSITIVE_INFINITY;
      holds.push(holdOf(configuration, part, { department, from: now, to }));
    }
  }
  const askedFor = new Map(extensions.map((one) => [one.extension.id, one]));
  const ends = new Map<string, number>();
  for (const { extension, endsAt } of plan.extensions) {
    const { lease, openEnded } = askedFor.get(extension)!;
    if (openEnded) continue;
    const { id, department, allocations, endsAt: before } = lease;
    const from = ends.get(id) ?? before;
    ends.set(id, endsAt);
    for (const part of allocations) {
      if (part.window !== undefined || !holdsByTime(pools.get(part.pool))) continue;
      holds.push(holdOf(configuration, part, { department, from, to: endsAt }));
    }
  }
  return holds;
}

interface Then {
  readonly at: number;
  readonly promised: readonly Hold[];
  readonly added: readonly Hold[];
  /** Use without the plan, and with it, its grants not counted. */
  readonly before: Moment;
  readonly after: Moment;
}

/** used + promised + added <= C, wherever something is promised and the plan takes more of what is left; of a window now also promised + added <= what remains. */
function breachOfUnits({ configuration, now }: Snapshot, then: Then): Breach | null {
  for (const key of new Set(then.promised.map((hold) => hold.key))) {
    const added = sum(then.added, (hold) => hold.key === key);
    const promised = sum(then.promised, (hold) => hold.key === key);
    const free = freeAt(configuration, then.after, { key, now }) - promised;
    if (added > free && free - added < freeAt(configuration, then.before, { key, now }) - promised)
      return breach(`checkpoint/${key}/${then.at}`, added, free > 0n ? free : 0n);
  }
  return null;
}

function sum(holds: readonly Hold[], counts: (hold: Hold) => boolean): bigint {
  return holds.reduce((total, hold) => (counts(hold) ? total + hold.units : total), 0n);
}

/** What has elapsed of a window binds those who start at this moment; who starts later takes of what remains then. */
function freeAt(
  configuration: Configuration,
  { at, used }: Moment,
  { key, now }: { readonly key: string; readonly now: number },
): bigint {
  let free = 0n;
  for (const pool of configuration.pools) {
    for (const window of pool.calendar ?? []) {
      if (`${pool.id}@${window.id}` !== key) continue;
      const left = BigInt(window.capacity) - BigInt(used.get(key) ?? 0);
      const remaining = at === now ? remainingOf(window, now) : left;
      free += left < remaining ? left : remaining;
    }
    if (pool.calendar !== undefined || placeOf(configuration, pool) !== key) continue;
    const left = BigInt(pool.capacity) - BigInt(used.get(pool.id) ?? 0);
    if (left > 0n) free += left;
  }
  return free;
}

/** What departments or the children of a cohort come to, with what is promised counted as use. */
interface Sums {
  readonly promised: bigint;
  readonly before: bigint;
  readonly after: bigint;
}

/** u_d <= N_d + B_d of departments that are promised something, then the cohorts that they are in, up to the root. */
function breachOfShares({ configuration }: Snapshot, then: Then): Breach | null {
  const kinds = new Set(then.promised.filter(({ pool }) => holdsByTime(pool)).map(({ pool }) => pool.kind));
  const sumsOfQuota = ({ department, kind }: Quota): Sums => {
    const counted = (holds: readonly Hold[]): bigint =>
      holds.reduce((total, hold) => total + (countsIn(hold, department, kind) ? hold.quantity : 0n), 0n);
    const useIn = ({ quotaUse }: Moment): bigint => BigInt(quotaUse.get(`${department}/${kind}`) ?? 0);
    const promised = counted(then.promised);
    return {
      promised,
      before: useIn(then.before) + promised,
      after: useIn(then.after) + promised + counted(then.added),
    };
  };
  for (const quota of configuration.quotas) {
    if (!kinds.has(quota.kind)) continue;
    const { promised, before, after } = sumsOfQuota(quota);
    const limit = BigInt(quota.nominal + quota.borrowingLimit);
    if (promised > 0n && after > limit && after > before)
      return breach(`quota@${then.at}/${quota.department}/${quota.kind}`, after, limit);
  }
  for (const kind of kinds) {
    const breach = breachOfCohorts(configuration, kind, { at: then.at, sumsOfQuota });
    if (breach !== null) return breach;
  }
  return null;
}

function countsIn({ department: own, pool }: Hold, department: string, kind: string): boolean {
  return own === department && pool.kind === kind && holdsByTime(pool);
}

/** Sum over children of e <= sum over children of L + B; e of a department: max(0, u - G), of a cohort: what it holds of others. */
function breachOfCohorts(
  { cohorts, quotas }: Configuration,
  kind: string,
  { at, sumsOfQuota }: { at: number; sumsOfQuota: (quota: Quota) => Sums },
): Breach | null {
  const known = new Set<string>(cohorts.map(({ id }) => id));
  let found: Breach | null = null;
  const sumUp = ({ id, parent, limits }: Cohort): Sums & { readonly lends: bigint } => {
    const total = { promised: 0n, before: 0n, after: 0n, lends: 0n };
    const count = ({ promised, before, after }: Sums, kept: bigint): void => {
      total.promised += promised;
      total.before += before > kept ? before - kept : 0n;
      total.after += after > kept ? after - kept : 0n;
    };
    for (const quota of quotas) {
      if (quota.cohort !== id || quota.kind !== kind) continue;
      count(sumsOfQuota(quota), BigInt(quota.nominal - quota.lendingLimit));
      total.lends += BigInt(quota.lendingLimit);
    }
    for (const child of cohorts) {
      if (child.parent !== id) continue;
      const below = sumUp(child);
      count(below, 0n);
      total.lends += below.lends;
    }
    const isInner = parent !== undefined && known.has(parent);
    const own = isInner ? limits?.find((limit) => limit.kind === kind) : undefined;
    const limit = total.lends + BigInt(own?.borrowingLimit ?? 0);
    const { promised, before, after } = total;
    if (promised > 0n && after > limit && after > before)
      found ??= breach(`cohort@${at}/${id}/${kind}`, after, limit);
    const asked = BigInt(own?.lendingLimit ?? 0);
    const lends = asked < total.lends ? asked : total.lends;
    const kept = total.lends - lends;
    return {
      promised,
      before: before > kept ? before - kept : 0n,
      after: after > kept ? after - kept : 0n,
      lends,
    };
  };
  for (const cohort of cohorts) if (cohort.parent === undefined || !known.has(cohort.parent)) sumUp(cohort);
  return found;
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
