// Work conservation: no waiting request fits whole into what a plan leaves. Checked by exact search, with the checker's arithmetic.
// Invariant: shares nothing with formulate/. Called by tests, simulations and the quality report, not by the tick.

import type { Pool, Window } from './domain/configuration.ts';
import type { RequestId } from './domain/ids.ts';
import type { Plan } from './domain/plan.ts';
import type { Claim, PendingRequest } from './domain/request.ts';
import type { Snapshot } from './snapshot.ts';
import { chargesOf, holdsByTime, levelOf, mayTouch, missingLabel, type Span, Tally } from './tally.ts';

export interface Conservation {
  /** Requests left waiting although this option would fit on these pools. */
  readonly idle: readonly {
    readonly request: RequestId;
    readonly option: number;
    readonly pools: readonly string[];
  }[];
  /** Requests of which the search ran out of steps. */
  readonly unsearched: readonly RequestId[];
}

const STEPS_MAX = 100_000;

interface Place {
  readonly pool: Pool;
  readonly window: Window | undefined;
}

export function workConservation(snapshot: Snapshot, plan: Plan): Conservation {
  const tally = new Tally(snapshot);
  const granted = new Set<RequestId>();
  const byId = new Map(snapshot.requests.map((pending) => [pending.request.id, pending]));
  for (const { request, allocations, reservations } of plan.assignments) {
    granted.add(request);
    tally.addAllocations(byId.get(request)!.request.department, allocations);
    tally.addReservations(reservations);
  }
  for (const { reservations } of plan.extensions) tally.addReservations(reservations);
  const idle: Conservation['idle'][number][] = [];
  const unsearched: RequestId[] = [];
  for (const pending of snapshot.requests) {
    if (granted.has(pending.request.id)) continue;
    const search = new Search(snapshot, tally, pending);
    const found = search.run();
    if (found) idle.push({ request: pending.request.id, ...found });
    else if (search.ranOut) unsearched.push(pending.request.id);
  }
  return { idle, unsearched };
}

class Search {
  ranOut = false;
  #steps = 0;
  readonly #snapshot: Snapshot;
  readonly #tally: Tally;
  readonly #pending: PendingRequest;

  constructor(snapshot: Snapshot, tally: Tally, pending: PendingRequest) {
    this.#snapshot = snapshot;
    this.#tally = tally;
    this.#pending = pending;
  }

  run(): { option: number; pools: string[] } | null {
    for (const [option, { claims }] of this.#pending.request.options.entries()) {
      const places = claims.map((claim) => this.#placesOf(claim, claims));
      const found = this.#descend(claims, places, []);
      if (found)
        return {
          option,
          pools: found.map(({ pool, window }) => (window ? `${pool.id}@${window.id}` : pool.id)),
        };
    }
    return null;
  }

  #descend(
    claims: readonly Claim[],
    places: readonly (readonly Place[])[],
    chosen: readonly Place[],
  ): readonly Place[] | null {
    if (chosen.length === claims.length) return this.#fits(claims, chosen) ? chosen : null;
    for (const place of places[chosen.length]!) {
      this.#steps += 1;
      if (this.#steps > STEPS_MAX) {
        this.ranOut = true;
        return null;
      }
      const found = this.#descend(claims, places, [...chosen, place]);
      if (found) return found;
    }
    return null;
  }

  /** Places with room for the claim; where no other claim competes for the kind, one of each price and time stands for its equals. */
  #placesOf(claim: Claim, claims: readonly Claim[]): Place[] {
    const { configuration, now } = this.#snapshot;
    const { agent, department } = this.#pending.request;
    const clearance = mayTouch(configuration, agent, department);
    // One dataset is not as good as another: it may be held alone, or read.
    const alone = claim.kind !== 'dataset' && claims.filter(({ kind }) => kind === claim.kind).length === 1;
    const found = new Map<string, Place>();
    for (const pool of configuration.pools) {
      if (
        pool.kind !== claim.kind ||
        levelOf(pool) > clearance ||
        missingLabel(pool, claim.selector) !== null
      )
        continue;
      if (pool.agent !== undefined && claim.quantity !== 1) continue;
      for (const window of pool.calendar === undefined ? [undefined] : pool.calendar) {
        if (window !== undefined && !this.#isInRange(claim, window)) continue;
        if (this.#tally.left(pool, window) < BigInt(claim.quantity)) continue;
        const from = window === undefined ? now : Math.max(now, window.startsAt);
        const key = alone
          ? `${pool.priceMinor} ${pool.consumable} ${from} ${window?.endsAt}`
          : `${pool.id} ${window?.id}`;
        if (!found.has(key)) found.set(key, { pool, window });
      }
    }
    return [...found.values()];
  }

  #isInRange(claim: Claim, window: Window): boolean {
    const { now } = this.#snapshot;
    const { startBefore, deadline } = this.#pending.request.terms;
    if (window.endsAt <= now) return false;
    if (claim.window?.from !== undefined && window.startsAt < claim.window.from) return false;
    if (claim.window?.to !== undefined && window.endsAt > claim.window.to) return false;
    if (deadline !== undefined && window.endsAt > deadline) return false;
    return startBefore === undefined || Math.max(now, window.startsAt) < startBefore;
  }

  #fits(claims: readonly Claim[], chosen: readonly Place[]): boolean {
    const { configuration, now } = this.#snapshot;
    const { agent, department, terms } = this.#pending.request;
    const isHeld = chosen.some(({ window }) => window === undefined);
    const held = isHeld ? now + terms.durationSeconds * 1000 : 0;
    const endsAt = Math.max(held, ...chosen.map(({ window }) => window?.endsAt ?? 0));
    if (terms.deadline !== undefined && endsAt > terms.deadline) return false;
    const graceMs = configuration.leaseTerms.graceSeconds * 1000;
    const spans = chosen.map(({ pool, window }, c): Span => {
      const from = window === undefined ? now : Math.max(now, window.startsAt);
      const to = window === undefined ? endsAt + (holdsByTime(pool) ? graceMs : 0) : window.endsAt;
      return { pool, quantity: claims[c]!.quantity, from, to };
    });
    const due = chargesOf(configuration, agent, spans);
    if (typeof due === 'string') return false;
    const after = this.#tally.copy();
    after.addAllocations(
      department,
      chosen.map(({ pool, window }, c) => ({
        pool: pool.id,
        quantity: claims[c]!.quantity,
        ...(window && { window: window.id }),
        ...(claims[c]!.exclusive && { exclusive: true as const }),
      })),
    );
    for (const [key, amount] of due) after.addDue(key, amount);
    return after.firstBreach() === null;
  }
}
