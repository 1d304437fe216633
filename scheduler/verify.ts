// Whether a plan may be committed: recomputed from the snapshot and the plan alone, in exact integers, by code that made neither.
// Invariant: imports nothing of formulate/, decode.ts or pricing.ts; what it refuses is a bug of those, never bad input. Called before every commit.

import type { Configuration, Pool } from './domain/configuration.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { pendingById } from './domain/pendingIndex.ts';
import type { Assignment, ExtensionGrant, Plan } from './domain/plan.ts';
import type { Claim, PendingRequest, ResourceRequest } from './domain/request.ts';
import type { Snapshot, SnapshotExtension } from './snapshot.ts';
import {
  chargesOf,
  holdsByTime,
  levelOf,
  mayTouch,
  missingLabel,
  paidBefore,
  paysForClass,
  type Span,
  Tally,
} from './tally.ts';
import { breachOfGangs } from './verifyGangs.ts';
import { breachOfNodes } from './verifyNodes.ts';
import { breachOfObligations } from './verifyObligations.ts';
import { breachOfPromises } from './verifyPromises.ts';

export { type Conservation, workConservation } from './conservation.ts';

/** A rule broken: `lhs` is what the plan makes of it, `rhs` what it may be at most (or must be). */
export interface Breach {
  /**
   * "capacity/<pool>", "exclusive/<pool>", "window/<pool>@<window>", "quota/…", "cohort/…", "policy/…", "account/…", "node/<node>/<kind>",
   * "checkpoint/<pool>/<instant>", "quota@<instant>/…", "cohort@<instant>/…", "gang/<id>: <rule>" or "request/<id>: <rule>".
   */
  readonly what: string;
  readonly lhs: number | string;
  readonly rhs: number | string;
}

export type PlanVerification = { readonly ok: true } | { readonly ok: false; readonly breach: Breach };

/** The first breach found: per assignment and extension first, then the sums. */
export function verifyPlan(snapshot: Snapshot, plan: Plan): PlanVerification {
  const breach = firstBreach(snapshot, plan);
  return breach === null ? { ok: true } : { ok: false, breach };
}

function firstBreach(snapshot: Snapshot, plan: Plan): Breach | null {
  const facts = new Facts(snapshot);
  const seen = new Set<string>();
  for (const assignment of plan.assignments) {
    const what = `request/${assignment.request}`;
    if (seen.has(assignment.request)) return { what: `${what}: granted once`, lhs: 2, rhs: 1 };
    seen.add(assignment.request);
    const breach = breachOfAssignment(facts, assignment);
    if (breach) return { ...breach, what: `${what}: ${breach.what}` };
  }
  const ends = new Map<string, number>();
  for (const grant of plan.extensions) {
    const what = `extension/${grant.extension}`;
    if (seen.has(grant.extension)) return { what: `${what}: granted once`, lhs: 2, rhs: 1 };
    seen.add(grant.extension);
    const breach = breachOfExtension(facts, grant, ends);
    if (breach) return { ...breach, what: `${what}: ${breach.what}` };
  }
  const tally = new Tally(snapshot);
  for (const { request, allocations, reservations } of plan.assignments) {
    const { request: granted } = facts.requests.get(request)!;
    tally.addAllocations(granted.department, allocations);
    tally.addRules(granted, allocations);
    tally.addReservations(reservations);
  }
  for (const { reservations } of plan.extensions) tally.addReservations(reservations);
  return (
    tally.firstBreach() ??
    breachOfNodes(snapshot, plan) ??
    breachOfGangs(snapshot, plan) ??
    breachOfPromises(snapshot, plan)
  );
}

/** Lookups of one verification. */
class Facts {
  readonly snapshot: Snapshot;
  readonly configuration: Configuration;
  readonly requests: ReadonlyMap<string, PendingRequest>;
  readonly extensions: ReadonlyMap<string, SnapshotExtension>;
  readonly pools: ReadonlyMap<string, Pool>;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    this.configuration = snapshot.configuration;
    this.requests = pendingById(snapshot);
    this.extensions = new Map(snapshot.extensions.map((one) => [one.extension.id, one]));
    this.pools = lookupOf(snapshot.configuration).pools;
  }

  get graceMs(): number {
    return this.configuration.leaseTerms.graceSeconds * 1000;
  }
}

function breachOfAssignment(facts: Facts, assignment: Assignment): Breach | null {
  const pending = facts.requests.get(assignment.request);
  if (pending === undefined) return { what: 'waits in the snapshot', lhs: 0, rhs: 1 };
  if (pending.verdict?.allow !== true) return { what: 'has a recorded allow', lhs: 0, rhs: 1 };
  const claims = pending.request.options[assignment.option]?.claims;
  if (claims === undefined)
    return { what: 'option', lhs: assignment.option, rhs: pending.request.options.length - 1 };
  const { allocations } = assignment;
  if (allocations.length !== claims.length)
    return { what: 'one allocation a claim', lhs: allocations.length, rhs: claims.length };
  for (const [index, claim] of claims.entries()) {
    const matching = allocations.filter((allocation) => allocation.claim === index);
    const [allocation] = matching;
    if (matching.length !== 1 || allocation === undefined)
      return { what: `claim ${index} served once`, lhs: matching.length, rhs: 1 };
    const breach = breachOfAllocation(facts, pending, { claim, allocation, endsAt: assignment.endsAt });
    if (breach) return { ...breach, what: `claim ${index}: ${breach.what}` };
  }
  return (
    breachOfTimes(facts, pending, assignment) ??
    breachOfObligations(facts.snapshot, pending, assignment) ??
    breachOfReservations(facts, pending.request, assignment)
  );
}

function breachOfAllocation(
  facts: Facts,
  pending: PendingRequest,
  served: { claim: Claim; allocation: Allocation; endsAt: number },
): Breach | null {
  const { claim, allocation } = served;
  const { request } = pending;
  const pool = facts.pools.get(allocation.pool);
  if (pool === undefined) return { what: 'pool is configured', lhs: allocation.pool, rhs: '' };
  if (pool.kind !== claim.kind || allocation.kind !== claim.kind)
    return { what: 'kind', lhs: allocation.kind, rhs: claim.kind };
  if (allocation.quantity !== claim.quantity)
    return { what: 'quantity', lhs: allocation.quantity, rhs: claim.quantity };
  if (allocation.exclusive !== claim.exclusive)
    return { what: 'exclusive', lhs: `${allocation.exclusive ?? false}`, rhs: `${claim.exclusive ?? false}` };
  if (pool.agent !== undefined && claim.quantity !== 1)
    return { what: 'one agent a claim', lhs: claim.quantity, rhs: 1 };
  const label = missingLabel(pool, claim.selector);
  if (label !== null)
    return {
      what: `label ${label} of ${pool.id}`,
      lhs: `${pool.labels[label] ?? ''}`,
      rhs: `${claim.selector?.[label]}`,
    };
  const clearance = mayTouch(facts.configuration, request.agent, request.department);
  if (levelOf(pool) > clearance)
    return { what: `clearance for ${pool.id}`, lhs: levelOf(pool), rhs: clearance };
  return breachOfSpan(facts, pool, served);
}

/** Windows: what the calendar says, inside the asked range. All else: from now to the end of the lease. */
function breachOfSpan(
  facts: Facts,
  pool: Pool,
  served: { claim: Claim; allocation: Allocation; endsAt: number },
): Breach | null {
  const { claim, allocation } = served;
  const { now } = facts.snapshot;
  if (pool.calendar === undefined) {
    if (allocation.window !== undefined)
      return { what: 'no window on a pool without calendar', lhs: allocation.window, rhs: '' };
    if (allocation.startsAt !== now) return { what: 'starts now', lhs: allocation.startsAt, rhs: now };
    return allocation.endsAt === served.endsAt
      ? null
      : { what: 'ends with the lease', lhs: allocation.endsAt, rhs: served.endsAt };
  }
  const window = pool.calendar.find(({ id }) => id === allocation.window);
  if (window === undefined)
    return { what: `window of ${pool.id}`, lhs: allocation.window ?? '', rhs: 'one of the calendar' };
  if (window.endsAt <= now) return { what: 'window is not over', lhs: now, rhs: window.endsAt };
  const from = claim.window?.from ?? window.startsAt;
  const to = claim.window?.to ?? window.endsAt;
  if (window.startsAt < from)
    return { what: 'window starts in the asked range', lhs: from, rhs: window.startsAt };
  if (window.endsAt > to) return { what: 'window ends in the asked range', lhs: window.endsAt, rhs: to };
  const startsAt = Math.max(now, window.startsAt);
  if (allocation.startsAt !== startsAt)
    return { what: 'starts with its window', lhs: allocation.startsAt, rhs: startsAt };
  return allocation.endsAt === window.endsAt
    ? null
    : { what: 'ends with its window', lhs: allocation.endsAt, rhs: window.endsAt };
}

/** The lease ends after the asked duration, or with its last window when that is later; in time for the deadline. */
function breachOfTimes(facts: Facts, pending: PendingRequest, assignment: Assignment): Breach | null {
  const { now } = facts.snapshot;
  const { durationSeconds, startBefore, deadline } = pending.request.terms;
  const isHeld = assignment.allocations.some(({ window }) => window === undefined);
  const windowEnds = assignment.allocations
    .filter(({ window }) => window !== undefined)
    .map(({ endsAt }) => endsAt);
  const want = Math.max(...windowEnds, ...(isHeld ? [now + durationSeconds * 1000] : []));
  if (assignment.endsAt !== want) return { what: 'end', lhs: assignment.endsAt, rhs: want };
  if (deadline !== undefined && assignment.endsAt > deadline)
    return { what: 'deadline', lhs: assignment.endsAt, rhs: deadline };
  const latest = Math.max(...assignment.allocations.map(({ startsAt }) => startsAt));
  if (startBefore !== undefined && latest >= startBefore)
    return { what: 'start limit', lhs: latest, rhs: startBefore };
  return null;
}

function breachOfReservations(
  facts: Facts,
  { agent, terms }: ResourceRequest,
  assignment: Assignment,
): Breach | null {
  const payer = { agent, pays: paysForClass(terms.class) };
  const spans = assignment.allocations.map((allocation): Span => {
    const pool = facts.pools.get(allocation.pool)!;
    const to = allocation.endsAt + (holdsByTime(pool) ? facts.graceMs : 0);
    return { pool, quantity: allocation.quantity, from: allocation.startsAt, to };
  });
  return compareReservations(chargesOf(facts.configuration, payer, spans), assignment.reservations);
}

function breachOfExtension(facts: Facts, grant: ExtensionGrant, ends: Map<string, number>): Breach | null {
  const asked = facts.extensions.get(grant.extension);
  if (asked === undefined) return { what: 'waits in the snapshot', lhs: 0, rhs: 1 };
  const { extension, lease } = asked;
  if (lease.state === 'revoking')
    return { what: 'lease is not being revoked', lhs: lease.state, rhs: 'active' };
  const before = ends.get(lease.id) ?? lease.endsAt;
  const want = before + extension.seconds * 1000;
  if (grant.endsAt !== want) return { what: 'end', lhs: grant.endsAt, rhs: want };
  if (asked.endsAtMost !== undefined && want > asked.endsAtMost)
    return { what: 'obligation ttl', lhs: want, rhs: asked.endsAtMost };
  ends.set(lease.id, want);
  const held = lease.allocations.filter(
    ({ pool, window }) => window === undefined && holdsByTime(facts.pools.get(pool)),
  );
  if (held.length === 0) return { what: 'holds units by time', lhs: 0, rhs: 1 };
  const spans = held.map(({ pool, quantity }): Span => {
    return { pool: facts.pools.get(pool)!, quantity, from: before + facts.graceMs, to: want + facts.graceMs };
  });
  const payer = { agent: lease.agent, pays: paidBefore(lease.reservations) };
  return compareReservations(chargesOf(facts.configuration, payer, spans), grant.reservations);
}

function compareReservations(
  want: ReadonlyMap<string, bigint> | string,
  given: readonly Reservation[],
): Breach | null {
  if (typeof want === 'string') return { what: `account/${want}: a period covers the time`, lhs: 0, rhs: 1 };
  const left = new Map(want);
  for (const { account, period, amount } of given) {
    const key = `${account}/${period}`;
    const due = left.get(key) ?? 0n;
    if (!Number.isSafeInteger(amount) || BigInt(amount) !== due)
      return { what: `account/${key}: reservation`, lhs: amount, rhs: Number(due) };
    left.delete(key);
  }
  for (const [key, due] of left)
    if (due > 0n) return { what: `account/${key}: reservation`, lhs: 0, rhs: Number(due) };
  return null;
}
