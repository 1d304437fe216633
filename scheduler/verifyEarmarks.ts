// Whether a plan's earmarks may be honoured so: whoever has one takes what was held for it, whoever has none takes nothing that is held.
// Invariant: imports nothing of preemption/, formulate/ or decode.ts; the checker's own arithmetic of what is promised and what is coming back.
// Called by verifyPreemption.ts and conservation.ts.

import type { Earmark, EarmarkedUnits } from './domain/earmark.ts';
import type { RequestId } from './domain/ids.ts';
import type { Allocation } from './domain/lease.ts';
import { lookupOf } from './domain/lookup.ts';
import { pendingById } from './domain/pendingIndex.ts';
import type { Plan } from './domain/plan.ts';
import type { HeldLease, Snapshot } from './snapshot.ts';
import { holdsByTime, Tally } from './tally.ts';
import { rulesWith } from './tallyPolicy.ts';
import type { Breach } from './verify.ts';

/** The snapshot as it stands for all who have no earmark: what is promised beyond what is coming back counts as used. */
export function heldBack(snapshot: Snapshot, plan: Plan): Snapshot {
  const standing = standingEarmarks(snapshot, plan);
  if (standing.length === 0) return snapshot;
  const promised = promisedTo(snapshot, standing);
  const back = sumsOf(snapshot, snapshot.held.filter(isRevoking).map(returnsOf));
  const raise = (used: ReadonlyMap<string, number>, more: Sums, less: Sums): Map<string, number> => {
    const raised = new Map(used);
    for (const [key, units] of more) {
      const beyond = units - (less.get(key) ?? 0);
      if (beyond > 0) raised.set(key, (raised.get(key) ?? 0) + beyond);
    }
    return raised;
  };
  return {
    ...snapshot,
    used: raise(snapshot.used, promised.used, back.used),
    quotaUse: raise(snapshot.quotaUse, promised.quotaUse, back.quotaUse),
    accounts: withReserved(snapshot, standing),
    exclusive: new Set([...snapshot.exclusive, ...alone(standing)]),
    ...rulesWith(snapshot, standing),
  };
}

export function standingEarmarks({ earmarks }: Snapshot, plan: Plan): Earmark[] {
  const gone = new Set<RequestId>([
    ...plan.assignments.map(({ request }) => request),
    ...(plan.dropped ?? []),
  ]);
  return earmarks.filter(({ request }) => !gone.has(request));
}

/** Whoever has an earmark takes what was held for it; whoever has none takes nothing that is held. */
export function breachOfEarmarks(snapshot: Snapshot, plan: Plan): Breach | null {
  const earmarkOf = new Map(snapshot.earmarks.map((earmark) => [earmark.request, earmark]));
  const waiting = pendingById(snapshot);
  for (const request of plan.dropped ?? []) {
    const earmark = earmarkOf.get(request);
    if (earmark === undefined || (waiting.has(request) && earmark.graceEndsAt > snapshot.now))
      return { what: `earmark/${request}: is over`, lhs: snapshot.now, rhs: earmark?.graceEndsAt ?? 0 };
    earmarkOf.delete(request);
  }
  for (const { request, option, allocations } of plan.assignments) {
    const earmark = earmarkOf.get(request);
    if (earmark === undefined) continue;
    const wanted = [earmark.option, ...earmark.units.map(unitsKey)].join(' ');
    const taken = [option, ...allocations.map(unitsKey)].join(' ');
    if (wanted !== taken) return { what: `earmark/${request}: takes what was held`, lhs: taken, rhs: wanted };
  }
  const tally = new Tally(heldBack(snapshot, plan));
  for (const { request, allocations, reservations } of plan.assignments) {
    const granted = waiting.get(request)!.request;
    tally.addAllocations(granted.department, allocations);
    tally.addRules(granted, allocations);
    tally.addReservations(reservations);
  }
  const breach = tally.firstBreach();
  return breach && { ...breach, what: `earmarked: ${breach.what}` };
}

export function unitsKey({ claim, pool, quantity, exclusive }: EarmarkedUnits): string {
  return `${claim}:${pool}*${quantity}${exclusive ? '!' : ''}`;
}

type Sums = Map<string, number>;
export interface Uses {
  readonly used: Sums;
  readonly quotaUse: Sums;
}
export interface Holding {
  readonly department: string;
  readonly units: readonly Pick<Allocation, 'pool' | 'kind' | 'quantity'>[];
}

export function returnsOf({ lease }: HeldLease): Holding {
  return {
    department: lease.department,
    units: lease.allocations.filter(({ window }) => window === undefined),
  };
}

export function isRevoking({ lease }: HeldLease): boolean {
  return lease.state === 'revoking';
}

/** Of renewable pools: nothing else comes back by a revocation. */
export function sumsOf(snapshot: Snapshot, holdings: readonly Holding[], everything = false): Uses {
  const { pools } = lookupOf(snapshot.configuration);
  const used: Sums = new Map();
  const quotaUse: Sums = new Map();
  for (const { department, units } of holdings) {
    for (const { pool: id, kind, quantity } of units) {
      const renewable = holdsByTime(pools.get(id));
      if (renewable || everything) used.set(id, (used.get(id) ?? 0) + quantity);
      const quota = `${department}/${kind}`;
      if (renewable) quotaUse.set(quota, (quotaUse.get(quota) ?? 0) + quantity);
    }
  }
  return { used, quotaUse };
}

export function promisedTo(snapshot: Snapshot, earmarks: readonly Earmark[]): Uses {
  const holdings = earmarks.map(({ department, units }) => ({ department, units }));
  return sumsOf(snapshot, holdings, true);
}

export function alone(earmarks: readonly Earmark[]): Allocation['pool'][] {
  return earmarks.flatMap(({ units }) => units.filter(({ exclusive }) => exclusive).map(({ pool }) => pool));
}

export function withReserved(
  snapshot: Snapshot,
  earmarks: readonly Earmark[],
): Map<string, { reserved: number; spent: number }> {
  const accounts = new Map([...snapshot.accounts].map(([key, use]) => [key, { ...use }]));
  for (const { account, period, amount } of earmarks.flatMap(({ reservations }) => reservations)) {
    const key = `${account}/${period}`;
    const use = accounts.get(key) ?? { reserved: 0, spent: 0 };
    accounts.set(key, { ...use, reserved: use.reserved + amount });
  }
  return accounts;
}
