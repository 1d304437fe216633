// Whether a plan's revocations may be: rights, minimum run, protection, no victim too many, and earmarks that can be honoured.
// Invariant: imports nothing of preemption/, formulate/ or decode.ts; recomputed from the snapshot and the plan alone, plan by plan in their order.
// Called before every commit.

import { type Cohort, preemptionOf, type Quota } from './domain/configuration.ts';
import type { Earmark, Victim } from './domain/earmark.ts';
import type { LeaseId, RequestId } from './domain/ids.ts';
import type { Reservation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { pendingById } from './domain/pendingIndex.ts';
import { type Plan, type Preemption, victimsOf } from './domain/plan.ts';
import type { PendingRequest, ResourceRequest } from './domain/request.ts';
import { LATENESS_MS } from './domain/reservation.ts';
import type { HeldLease, Snapshot } from './snapshot.ts';
import {
  chargesOf,
  holdsByTime,
  levelOf,
  mayTouch,
  missingLabel,
  paysForClass,
  type Span,
  Tally,
} from './tally.ts';
import { rulesWith } from './tallyPolicy.ts';
import type { Breach } from './verify.ts';
import {
  alone,
  breachOfEarmarks,
  type Holding,
  isRevoking,
  promisedTo,
  returnsOf,
  standingEarmarks,
  sumsOf,
  type Uses,
  unitsKey,
  withReserved,
} from './verifyEarmarks.ts';
import { breachOfPromises } from './verifyPromises.ts';

export function breachOfPreemptions(snapshot: Snapshot, plan: Plan): Breach | null {
  if (snapshot.earmarks.length === 0 && (plan.preemptions ?? []).length === 0) return null;
  return (
    breachOfEarmarks(snapshot, plan) ??
    new Revoking(snapshot, plan).firstBreach() ??
    breachOfPromises(snapshot, plan)
  );
}

/** Walks through the plan's revocations, keeping what each leaves for the next. */
class Revoking {
  readonly #snapshot: Snapshot;
  readonly #plan: Plan;
  readonly #held: ReadonlyMap<LeaseId, HeldLease>;
  readonly #pending: ReadonlyMap<RequestId, PendingRequest>;
  readonly #prolonged: ReadonlySet<LeaseId>;
  readonly #earmarks: Earmark[];
  readonly #gone: HeldLease[];

  constructor(snapshot: Snapshot, plan: Plan) {
    this.#snapshot = snapshot;
    this.#plan = plan;
    this.#held = new Map(snapshot.held.map((one) => [one.lease.id, one]));
    this.#pending = pendingById(snapshot);
    const granted = new Set(plan.extensions.map(({ extension }) => extension));
    this.#prolonged = new Set(
      snapshot.extensions.filter(({ extension }) => granted.has(extension.id)).map(({ lease }) => lease.id),
    );
    this.#earmarks = standingEarmarks(snapshot, plan);
    this.#gone = snapshot.held.filter(isRevoking);
  }

  firstBreach(): Breach | null {
    let seenNominee = false;
    for (const preemption of this.#plan.preemptions ?? []) {
      const what =
        preemption.type === 'nominee' ? `nominee/${preemption.earmark.request}` : `repair/${preemption.row}`;
      if (preemption.type === 'repair' && seenNominee)
        return { what: `${what}: comes first`, lhs: 1, rhs: 0 };
      seenNominee ||= preemption.type === 'nominee';
      const breach = this.#breachOf(preemption);
      if (breach !== null) return { ...breach, what: `${what}: ${breach.what}` };
      this.#gone.push(...victimsOf(preemption).map(({ lease }) => this.#held.get(lease)!));
      if (preemption.type === 'nominee') this.#earmarks.push(preemption.earmark);
    }
    return null;
  }

  #breachOf(preemption: Preemption): Breach | null {
    const victims = victimsOf(preemption);
    if (victims.length === 0) return { what: 'takes something back', lhs: 0, rhs: 1 };
    const seen = new Set(this.#gone.map(({ lease }) => lease.id));
    for (const victim of victims) {
      const breach = this.#breachOfVictim(victim, seen);
      if (breach !== null) return { ...breach, what: `${victim.lease}: ${breach.what}` };
      seen.add(victim.lease);
    }
    if (preemption.type === 'repair') return this.#breachOfRepair(preemption);
    return this.#breachOfNominee(preemption.earmark) ?? this.#breachOfNeed(preemption.earmark);
  }

  /** What protects a lease against everybody. */
  #breachOfVictim(victim: Victim, seen: ReadonlySet<LeaseId>): Breach | null {
    const { now, configuration } = this.#snapshot;
    const held = this.#held.get(victim.lease);
    if (held === undefined) return { what: 'is live and in question', lhs: 0, rhs: 1 };
    const { lease, request } = held;
    if (seen.has(lease.id)) return { what: 'is taken back once', lhs: 2, rhs: 1 };
    if (this.#prolonged.has(lease.id)) return { what: 'is not prolonged by the same tick', lhs: 1, rhs: 0 };
    const priority = lookupOf(configuration).classes.get(request.terms.class);
    if (!request.terms.preemptible || request.terms.gang !== undefined || priority === undefined)
      return { what: 'is preemptible', lhs: 0, rhs: 1 };
    const { graceSeconds, minimumRunSeconds, revocationsMost } = preemptionOf(priority);
    const revocations = request.restart?.revocations ?? 0;
    if (revocations >= revocationsMost)
      return { what: 'is not protected', lhs: revocations, rhs: revocationsMost };
    const ranUntil = (lease.activatedAt ?? lease.grantedAt) + minimumRunSeconds * 1000;
    if (now < ranUntil) return { what: 'had its minimum run', lhs: now, rhs: ranUntil };
    const graceEndsAt = now + graceSeconds * 1000;
    if (victim.graceEndsAt !== graceEndsAt)
      return { what: 'grace', lhs: victim.graceEndsAt, rhs: graceEndsAt };
    return lease.endsAt > graceEndsAt
      ? null
      : { what: 'would not end by itself', lhs: lease.endsAt, rhs: graceEndsAt };
  }

  #breachOfNominee(earmark: Earmark): Breach | null {
    const pending = this.#pending.get(earmark.request);
    if (pending?.verdict?.allow !== true) return { what: 'waits with a recorded allow', lhs: 0, rhs: 1 };
    const { request } = pending;
    if (this.#plan.assignments.some((one) => one.request === request.id))
      return { what: 'was not granted by the same plan', lhs: 1, rhs: 0 };
    if (this.#earmarks.some((one) => one.request === request.id))
      return { what: 'has one earmark', lhs: 2, rhs: 1 };
    if (request.terms.gang !== undefined) return { what: 'is no member of a gang', lhs: 1, rhs: 0 };
    const barred = this.#barred(request);
    if (barred !== null) return barred;
    if (request.department !== earmark.department || request.agent !== earmark.agent)
      return { what: 'is whose it is', lhs: earmark.agent, rhs: request.agent };
    const misfit = this.#breachOfUnits(pending, earmark);
    if (misfit !== null) return misfit;
    for (const victim of earmark.victims) {
      const has =
        victim.right === 'priority' ? this.#hasPriority(pending, victim) : this.#mayReclaim(earmark, victim);
      if (!has || victim.right === 'repair')
        return { what: `${victim.lease}: there is a right`, lhs: victim.right, rhs: '' };
      const spared = this.#barred(this.#held.get(victim.lease)!.request);
      if (spared !== null) return { ...spared, what: `${victim.lease}: ${spared.what}` };
    }
    return this.#breachOfMoney(earmark, request.terms);
  }

  /** Neither takes nor is taken from: a wish that was revoked, while nothing happened outside since. */
  #barred({ restart }: ResourceRequest): Breach | null {
    const { outsideTick } = this.#snapshot;
    if (restart === undefined || outsideTick > restart.tick) return null;
    return { what: 'something happened since its own revocation', lhs: outsideTick, rhs: restart.tick + 1 };
  }

  /** Same department, strictly lower class. */
  #hasPriority({ request }: PendingRequest, { lease }: Victim): boolean {
    const { classes } = lookupOf(this.#snapshot.configuration);
    const held = this.#held.get(lease)!;
    if (held.lease.department !== request.department) return false;
    return classes.get(held.request.terms.class)!.rank > classes.get(request.terms.class)!.rank;
  }

  /** Another department's lease, borrowed of a kind that the nominee claims and stays within its nominal share of, both in one cohort. */
  #mayReclaim({ department, units }: Earmark, { lease: id }: Victim): boolean {
    const { lease } = this.#held.get(id)!;
    if (lease.department === department) return false;
    return (lease.borrowed ?? []).some((kind) => {
      const quotaOf = (whose: string) =>
        this.#snapshot.configuration.quotas.find((one) => one.department === whose && one.kind === kind);
      const own = quotaOf(department);
      if (own?.cohort === undefined || quotaOf(lease.department)?.cohort !== own.cohort) return false;
      if (!lease.allocations.some((one) => one.kind === kind)) return false;
      const asked = units.filter((one) => one.kind === kind).reduce((sum, { quantity }) => sum + quantity, 0);
      const use = this.#later([]).quotaUse.get(`${department}/${kind}`) ?? 0;
      return asked > 0 && use + asked <= own.nominal;
    });
  }

  /** One pool a claim, as the claim asks, for somebody who may touch it; never a window. */
  #breachOfUnits({ request }: PendingRequest, { option, units }: Earmark): Breach | null {
    const { configuration } = this.#snapshot;
    const claims = request.options[option]?.claims;
    if (claims === undefined || claims.length !== units.length)
      return { what: 'one pool a claim', lhs: units.length, rhs: claims?.length ?? 0 };
    const clearance = mayTouch(configuration, request.agent, request.department);
    for (const [index, claim] of claims.entries()) {
      const taken = units[index]!;
      const pool = lookupOf(configuration).pools.get(taken.pool);
      const serves =
        taken.claim === index &&
        pool?.kind === claim.kind &&
        taken.kind === claim.kind &&
        taken.quantity === claim.quantity &&
        taken.exclusive === claim.exclusive &&
        pool.calendar === undefined &&
        missingLabel(pool, claim.selector) === null &&
        levelOf(pool) <= clearance;
      if (!serves) return { what: `claim ${index} is served`, lhs: unitsKey(taken), rhs: claim.kind };
    }
    return null;
  }

  /** What is set aside covers a start now and one at the end of the grace; both are in time. */
  #breachOfMoney(earmark: Earmark, terms: PendingRequest['request']['terms']): Breach | null {
    const { configuration, now } = this.#snapshot;
    const { durationSeconds, deadline, startBefore, openEnded } = terms;
    const { graceEndsAt } = earmark;
    const latest = graceEndsAt + durationSeconds * 1000;
    const endsAt = openEnded ? undefined : latest + LATENESS_MS;
    if (earmark.endsAt !== endsAt)
      return { what: 'ends with its lease', lhs: earmark.endsAt ?? 0, rhs: endsAt ?? 0 };
    if (deadline !== undefined && latest > deadline) return { what: 'deadline', lhs: latest, rhs: deadline };
    if (startBefore !== undefined && graceEndsAt >= startBefore)
      return { what: 'start limit', lhs: graceEndsAt, rhs: startBefore };
    const set = new Map(
      earmark.reservations.map(({ account, period, amount }) => [`${account}/${period}`, BigInt(amount)]),
    );
    const payer = { agent: earmark.agent, pays: paysForClass(terms.class) };
    for (const from of [now, graceEndsAt]) {
      const to = from + (durationSeconds + configuration.leaseTerms.graceSeconds) * 1000;
      const spans = earmark.units.map(({ pool, quantity }): Span => {
        return { pool: lookupOf(configuration).pools.get(pool)!, quantity, from, to };
      });
      const due = chargesOf(configuration, payer, spans);
      if (typeof due === 'string')
        return { what: `account/${due}: a period covers the time`, lhs: 0, rhs: 1 };
      for (const [key, amount] of due)
        if (amount > (set.get(key) ?? 0n))
          return { what: `account/${key}: set aside`, lhs: Number(set.get(key) ?? 0n), rhs: Number(amount) };
    }
    return null;
  }

  /** It fits with all its victims gone, and with none of them left. */
  #breachOfNeed(earmark: Earmark): Breach | null {
    const victims = earmark.victims.map(({ lease }) => this.#held.get(lease)!);
    const breach = this.#breachWith(earmark, victims);
    if (breach !== null) return breach;
    for (const kept of victims) {
      const others = victims.filter((one) => one !== kept);
      if (this.#breachWith(earmark, others) === null)
        return { what: `${kept.lease.id}: is in the way`, lhs: 0, rhs: 1 };
    }
    return null;
  }

  #breachWith(
    { request, department, units, reservations }: Earmark,
    gone: readonly HeldLease[],
  ): Breach | null {
    const tally = new Tally(this.#later(gone));
    tally.addAllocations(department, units);
    tally.addRules(this.#pending.get(request)!.request, units);
    tally.addReservations(reservations as Reservation[]);
    return tally.firstBreach();
  }

  /** The row was broken before; each victim left where it is, it would be broken still. */
  #breachOfRepair({ row, victims }: Extract<Preemption, { type: 'repair' }>): Breach | null {
    if (victims.some(({ right }) => right !== 'repair'))
      return { what: 'the operator repairs', lhs: 0, rhs: 1 };
    if (this.#overuse(row, []) <= 0) return { what: 'is broken', lhs: 0, rhs: 1 };
    const gone = victims.map(({ lease }) => this.#held.get(lease)!);
    for (const kept of gone) {
      const others = gone.filter((one) => one !== kept);
      const left = this.#overuse(row, others);
      if (left <= 0 || left === this.#overuse(row, gone))
        return { what: `${kept.lease.id}: is in the way`, lhs: left, rhs: 1 };
    }
    return null;
  }

  /** By how much a row is over its limit; not at all for a row that there is not. */
  #overuse(row: string, gone: readonly HeldLease[]): number {
    const { configuration } = this.#snapshot;
    const { used, quotaUse } = this.#later(gone);
    const [family, ...rest] = row.split('/');
    const id = rest.join('/');
    if (family === 'capacity') {
      const pool = configuration.pools.find((one) => one.id === id);
      return pool === undefined || !holdsByTime(pool) ? 0 : (used.get(id) ?? 0) - pool.capacity;
    }
    const useOf = ({ department, kind }: { department: string; kind: string }) =>
      quotaUse.get(`${department}/${kind}`) ?? 0;
    if (family === 'quota') {
      const quota = configuration.quotas.find(({ department, kind }) => `${department}/${kind}` === id);
      return quota === undefined ? 0 : useOf(quota) - quota.nominal - quota.borrowingLimit;
    }
    const [cohort = '', ...kind] = rest;
    const { held, lends, borrows } = this.#inCohort(cohort, kind.join('/'), useOf);
    return held - lends - borrows;
  }

  /** What the children of a cohort hold beyond their guarantees, what they lend, and what it may borrow: 0 within no other. */
  #inCohort(
    id: string,
    kind: string,
    useOf: (quota: Quota) => number,
  ): { held: number; lends: number; borrows: number } {
    const { cohorts, quotas } = this.#snapshot.configuration;
    const own = (cohort: Cohort | undefined) =>
      cohorts.some((one) => one.id === cohort?.parent)
        ? cohort?.limits?.find((limit) => limit.kind === kind)
        : undefined;
    let held = 0;
    let lends = 0;
    for (const quota of quotas) {
      if (quota.cohort !== id || quota.kind !== kind) continue;
      held += Math.max(0, useOf(quota) - quota.nominal + quota.lendingLimit);
      lends += quota.lendingLimit;
    }
    for (const child of cohorts) {
      if (child.parent !== id) continue;
      const below = this.#inCohort(child.id, kind, useOf);
      const passesOn = Math.min(below.lends, own(child)?.lendingLimit ?? 0);
      held += Math.max(0, below.held - (below.lends - passesOn));
      lends += passesOn;
    }
    return { held, lends, borrows: own(cohorts.find((one) => one.id === id))?.borrowingLimit ?? 0 };
  }

  /** Everything that is being revoked has ended, these too, and every earmark has become a lease. */
  #later(gone: readonly HeldLease[]): Snapshot {
    const snapshot = this.#snapshot;
    const granted = this.#plan.assignments.map(({ request, allocations }): Holding => {
      return {
        department: this.#pending.get(request)!.request.department,
        units: allocations.filter(({ window }) => window === undefined),
      };
    });
    const added = [sumsOf(snapshot, granted, true), promisedTo(snapshot, this.#earmarks)];
    const ended = [...this.#gone, ...gone];
    const back = sumsOf(snapshot, ended.map(returnsOf));
    const balance = (of: keyof Uses): Map<string, number> => {
      const sums = new Map(snapshot[of]);
      for (const more of added)
        for (const [key, units] of more[of]) sums.set(key, (sums.get(key) ?? 0) + units);
      for (const [key, units] of back[of]) sums.set(key, (sums.get(key) ?? 0) - units);
      return sums;
    };
    const freed = new Set(
      ended.flatMap(({ lease }) =>
        lease.allocations.filter(({ exclusive }) => exclusive).map(({ pool }) => pool),
      ),
    );
    const readAlone = this.#plan.assignments.flatMap(({ allocations }) =>
      allocations.filter(({ exclusive }) => exclusive).map(({ pool }) => pool),
    );
    const reserving = [...this.#plan.assignments, ...this.#plan.extensions].map(
      ({ reservations }) => reservations,
    );
    const accounts = withReserved(snapshot, [
      ...this.#earmarks,
      ...reserving.map((reservations) => ({ reservations }) as Earmark),
    ]);
    const taken = this.#plan.assignments.map(({ request, allocations: units }) => ({ request, units }));
    return {
      ...snapshot,
      ...rulesWith(snapshot, [...taken, ...this.#earmarks]),
      used: balance('used'),
      quotaUse: balance('quotaUse'),
      accounts,
      exclusive: new Set([
        ...[...snapshot.exclusive].filter((pool) => !freed.has(pool)),
        ...readAlone,
        ...alone(this.#earmarks),
      ]),
    };
  }
}
