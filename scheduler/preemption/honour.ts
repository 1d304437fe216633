// Earmarks whose units are free become leases before anything else is decided; those that can be kept no more are dropped.
// Invariant: an earmark takes exactly what was held for it, and nothing that is held for another; no unit of a lease that is being revoked is free.
// Called by solving.ts, for live ticks and for files of them.

import type { Earmark } from '../domain/earmark.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Allocation } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import { pendingById } from '../domain/pendingIndex.ts';
import type { Assignment, Plan } from '../domain/plan.ts';
import type { PendingRequest } from '../domain/request.ts';
import { PricedChoices } from '../formulate/accounts.ts';
import { findShape } from '../formulate/candidates.ts';
import { catalogueOf, compareText } from '../formulate/catalogue.ts';
import type { Choice } from '../formulate/formulation.ts';
import { heldUntil } from '../formulate/openings.ts';
import { demandOf } from '../formulate/quota.ts';
import { Room } from '../formulate/room.ts';
import { reservationsOf } from '../pricing.ts';
import { afterPlan, type Snapshot } from '../snapshot.ts';
import { standingUse } from './standing.ts';

export interface Honoured {
  readonly assignments: readonly Assignment[];
  readonly dropped: readonly RequestId[];
  /** What is left for all others: the snapshot with the assignments in it, without those who have or had an earmark that is gone. */
  readonly rest: Snapshot;
}

export function honourEarmarks(snapshot: Snapshot): Honoured {
  if (snapshot.earmarks.length === 0) return { assignments: [], dropped: [], rest: snapshot };
  const pendingOf = pendingById(snapshot);
  const assignments: Assignment[] = [];
  const dropped: RequestId[] = [];
  let rest = snapshot;
  for (const earmark of inOrder(snapshot, pendingOf)) {
    const others = rest.earmarks.filter((one) => one !== earmark);
    const pending = pendingOf.get(earmark.request);
    const assignment =
      pending === undefined ? null : assignmentOf({ ...rest, earmarks: others }, pending, earmark);
    const plan: Plan =
      assignment === null
        ? {
            assignments: [],
            extensions: [],
            dropped: isOver(snapshot, pending, earmark) ? [earmark.request] : [],
          }
        : { assignments: [assignment], extensions: [] };
    if (assignment !== null) assignments.push(assignment);
    dropped.push(...(plan.dropped ?? []));
    rest = afterPlan(rest, plan);
  }
  const served = new Set(assignments.map(({ request }) => request));
  const requests = rest.requests.filter(({ request }) => !served.has(request.id));
  return { assignments, dropped, rest: Object.freeze({ ...rest, requests }) };
}

/** Class, then age, as nominees are planned. */
function inOrder(
  { earmarks, configuration }: Snapshot,
  pendingOf: ReadonlyMap<RequestId, PendingRequest>,
): Earmark[] {
  const { classes } = lookupOf(configuration);
  const placeOf = ({ request }: Earmark): [number, number] => {
    const pending = pendingOf.get(request);
    return [classes.get(pending?.request.terms.class ?? '')?.rank ?? 0, pending?.sequence ?? 0];
  };
  return [...earmarks].sort((a, b) => {
    const [rankA, sequenceA] = placeOf(a);
    const [rankB, sequenceB] = placeOf(b);
    return rankA - rankB || sequenceA - sequenceB;
  });
}

/** All that it counted on has come back, and it still does not fit: something was cut meanwhile. Or its request waits no more. */
function isOver({ now }: Snapshot, pending: PendingRequest | undefined, { graceEndsAt }: Earmark): boolean {
  return pending === undefined || graceEndsAt <= now;
}

/** Null while it does not fit. `others`: the snapshot with every other earmark held back. */
function assignmentOf(others: Snapshot, { request }: PendingRequest, earmark: Earmark): Assignment | null {
  const { configuration, now } = others;
  const { durationSeconds, deadline, startBefore } = request.terms;
  const endsAt = now + durationSeconds * 1000;
  if ((deadline !== undefined && endsAt > deadline) || (startBefore !== undefined && startBefore <= now))
    return null;
  const choices = choicesOf(others, request, earmark);
  if (choices === null || !fits(others, earmark)) return null;
  const room = new Room(others);
  if (!leavesKept(room, choices)) return null;
  if (!room.quotas.fits(request.department, demandOf(choices))) return null;
  if (!room.policy.fits(request, choices)) return null;
  const until = heldUntil(choices, request.terms, now);
  const { department } = request;
  // Counted in every promise since the earmark was made; only a tick that came very late may end after what was counted.
  if (room.checkpoints.shortage([{ department, choices, endsAt: until }]) !== null) return null;
  const { graceSeconds } = configuration.leaseTerms;
  const priced = new PricedChoices({ choices, now, endsAt, graceMs: graceSeconds * 1000 });
  if (!room.accounts.covers(room.catalogue.payersOf(request.agent, request.terms.class), priced.costOf))
    return null;
  const allocations = earmark.units.map((units): Allocation => ({ ...units, startsAt: now, endsAt }));
  const accounts = lookupOf(configuration).agents.get(request.agent)?.accounts ?? [];
  const by = { class: request.terms.class };
  const reservations = reservationsOf({ configuration, accounts, by, allocations, graceSeconds });
  reservations.sort((a, b) => compareText(a.account, b.account) || compareText(a.period, b.period));
  return { request: request.id, option: earmark.option, allocations, reservations, endsAt };
}

/** The units as choices of places; null when a newer configuration does not let the request have them any more. */
function choicesOf(
  { configuration }: Snapshot,
  { options, agent, department }: PendingRequest['request'],
  { option, units }: Earmark,
): Choice[] | null {
  const clearance = catalogueOf(configuration).clearanceOf(agent, department);
  const claims = findShape(configuration, options, clearance).options[option] ?? [];
  const choices: Choice[] = [];
  for (const { claim, pool, quantity, exclusive } of units) {
    const candidate = claims[claim]?.candidates.find(({ place }) =>
      place.pools.some(({ id }) => id === pool),
    );
    if (candidate === undefined) return null;
    choices.push({
      claim,
      quantity,
      place: candidate.place,
      window: null,
      ...(exclusive && { alone: true as const }),
    });
  }
  return choices;
}

/** Units that are free and kept for a promise that has come are not what the earmark waits for: its own are still under revocation. */
function leavesKept(room: Room, choices: readonly Choice[]): boolean {
  const wanted = new Map<Choice['place'], number>();
  for (const { place, quantity } of choices) wanted.set(place, (wanted.get(place) ?? 0) + quantity);
  return [...wanted].every(([place, quantity]) => quantity <= room.free(place, null));
}

/** Pool by pool: of agents that are one place, the one that was chosen. */
function fits(others: Snapshot, { units }: Earmark): boolean {
  const { used, exclusive } = standingUse(others);
  const { pools } = lookupOf(others.configuration);
  const wanted = new Map<string, number>();
  for (const { pool, quantity } of units) wanted.set(pool, (wanted.get(pool) ?? 0) + quantity);
  for (const [pool, quantity] of wanted)
    if ((used.get(pool) ?? 0) + quantity > (pools.get(pool as never)?.capacity ?? 0)) return false;
  return units.every(
    ({ pool, exclusive: alone }) => !exclusive.has(pool) && !(alone && (used.get(pool) ?? 0) > 0),
  );
}
