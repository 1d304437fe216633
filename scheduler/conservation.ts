// Work conservation: no waiting request fits whole into what a plan leaves. Checked by exact search, with the checker's arithmetic.
// Invariant: shares nothing with formulate/. Called by tests, simulations and the quality report, not by the tick.

import type { Pool, Window } from './domain/configuration.ts';
import type { RequestId } from './domain/ids.ts';
import type { Allocation } from './domain/lease.ts';
import { pendingById } from './domain/pendingIndex.ts';
import type { Assignment, Plan } from './domain/plan.ts';
import type { Claim, PendingRequest } from './domain/request.ts';
import { NodeSlack, type SlackBundle } from './slackOfNodes.ts';
import type { Snapshot } from './snapshot.ts';
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
import type { Breach } from './verify.ts';
import { heldBack } from './verifyEarmarks.ts';
import { commonPlaces } from './verifyGangs.ts';
import { breachOfPromises } from './verifyPromises.ts';

export interface Conservation {
  /** Requests left waiting although this option would fit on these pools. */
  readonly idle: readonly {
    readonly request: RequestId;
    readonly option: number;
    readonly pools: readonly string[];
  }[];
  /** Requests that would fit if nothing were promised to others: the named exception. `what` and the numbers are the promise's. */
  readonly kept: readonly {
    readonly request: RequestId;
    readonly code: 'RESERVED' | 'DRAINING';
    readonly what: string;
    readonly requested: number;
    readonly available: number;
  }[];
  /** Requests of which the search ran out of steps, or that came after all steps for gangs were spent. */
  readonly unsearched: readonly RequestId[];
}

/** Of a request alone. */
const STEPS_MAX = 100_000;
/** Of all gangs together, as options, members and places multiply. Gangs that get none are named as unsearched. */
const GANG_STEPS_MAX = 20_000;
/** A whole choice is checked with a tally of its own. */
const FITS_STEPS = 50;

interface Place {
  readonly pool: Pool;
  readonly window: Window | undefined;
}

export function workConservation(snapshot: Snapshot, plan: Plan): Conservation {
  // What is held for an earmark is no room, and who has one waits for it.
  const tally = new Tally(heldBack(snapshot, plan));
  const granted = new Set<RequestId>([
    ...snapshot.earmarks.map(({ request }) => request),
    ...(plan.preemptions ?? []).flatMap((one) => (one.type === 'nominee' ? [one.earmark.request] : [])),
  ]);
  const byId = pendingById(snapshot);
  for (const { request, allocations, reservations } of plan.assignments) {
    granted.add(request);
    const { request: served } = byId.get(request)!;
    tally.addAllocations(served.department, allocations);
    tally.addRules(served, allocations);
    tally.addReservations(reservations);
  }
  for (const { reservations } of plan.extensions) tally.addReservations(reservations);
  const idle: Conservation['idle'][number][] = [];
  const unsearched: RequestId[] = [];
  const kept: Conservation['kept'][number][] = [];
  const ofGangs = { left: GANG_STEPS_MAX };
  const nodes = new NodeSlack(snapshot, plan);
  for (const members of waitingUnits(snapshot, granted)) {
    const steps = members.length === 1 ? { left: STEPS_MAX } : ofGangs;
    const search = new Search({ snapshot, plan, tally, nodes, members, steps });
    const found = search.run();
    const { ranOut, promise } = search;
    for (const { request } of members) {
      if (found) idle.push({ request: request.id, ...found });
      else if (ranOut) unsearched.push(request.id);
      else if (promise) kept.push({ request: request.id, ...exceptionOf(snapshot, promise) });
    }
  }
  return { idle, kept, unsearched };
}

/** Who can start only together: the members of a complete gang, anybody else alone. An incomplete gang is a named exception. */
function waitingUnits({ requests }: Snapshot, granted: ReadonlySet<RequestId>): PendingRequest[][] {
  const waiting = requests.filter(({ request }) => !granted.has(request.id));
  const alone = waiting.filter(({ request }) => request.terms.gang === undefined).map((pending) => [pending]);
  const gangs = new Map<string, PendingRequest[]>();
  for (const pending of waiting) {
    const id = pending.request.terms.gang?.id;
    if (id !== undefined) gangs.set(id, [...(gangs.get(id) ?? []), pending]);
  }
  const complete = [...gangs.values()].filter(
    (members) => members.length === members[0]!.request.terms.gang!.size,
  );
  return [...alone, ...complete];
}

/** Of a dataset that is promised to one reader alone it drains. */
function exceptionOf(
  { configuration, reservations }: Snapshot,
  { what, lhs, rhs }: Breach,
): Omit<Conservation['kept'][number], 'request'> {
  const pool = configuration.pools.find(({ id, kind }) => kind === 'dataset' && what.split('/')[1] === id);
  const drains = reservations.some(({ units }) =>
    units.some(({ pool: id, exclusive }) => exclusive && id === pool?.id),
  );
  return { code: drains ? 'DRAINING' : 'RESERVED', what, requested: Number(lhs), available: Number(rhs) };
}

/** One claim of one of those who start together. */
interface Want {
  readonly member: PendingRequest;
  readonly claim: Claim;
  readonly index: number;
}

interface SearchInput {
  readonly snapshot: Snapshot;
  readonly plan: Plan;
  readonly tally: Tally;
  readonly nodes: NodeSlack;
  readonly members: readonly PendingRequest[];
  readonly steps: { left: number };
}

class Search {
  ranOut = false;
  /** The first promise that a choice which fits otherwise would break. */
  promise: Breach | null = null;
  readonly #steps: { left: number };
  readonly #snapshot: Snapshot;
  readonly #plan: Plan;
  readonly #tally: Tally;
  readonly #nodes: NodeSlack;
  readonly #members: readonly PendingRequest[];

  constructor({ snapshot, plan, tally, nodes, members, steps }: SearchInput) {
    this.#plan = plan;
    this.#nodes = nodes;
    this.#snapshot = snapshot;
    this.#tally = tally;
    this.#members = members;
    this.#steps = steps;
  }

  /** Any choice of one option a member; `option` is the first member's. */
  run(chosen: readonly number[] = []): { option: number; pools: string[] } | null {
    const next = this.#members[chosen.length];
    if (next !== undefined) {
      for (const option of next.request.options.keys()) {
        if (this.ranOut) return null;
        const found = this.run([...chosen, option]);
        if (found) return found;
      }
      return null;
    }
    const wants = this.#members.flatMap((member, m) =>
      member.request.options[chosen[m]!]!.claims.map((claim, index): Want => ({ member, claim, index })),
    );
    if (!this.#spend(wants.length * (1 + this.#snapshot.configuration.pools.length))) return null;
    const places = wants.map((want) => this.#placesOf(want, wants));
    const found = this.#descend(wants, places, []);
    if (found === null) return null;
    const pools = found.map(({ pool, window }) => (window ? `${pool.id}@${window.id}` : pool.id));
    return { option: chosen[0]!, pools };
  }

  /** False once the steps are spent. */
  #spend(steps: number): boolean {
    this.#steps.left -= steps;
    if (this.#steps.left < 0) this.ranOut = true;
    return !this.ranOut;
  }

  #descend(
    wants: readonly Want[],
    places: readonly (readonly Place[])[],
    chosen: readonly Place[],
  ): readonly Place[] | null {
    if (chosen.length === wants.length)
      return this.#spend(FITS_STEPS) && this.#fits(wants, chosen) ? chosen : null;
    for (const place of places[chosen.length]!) {
      if (!this.#spend(1)) return null;
      const found = this.#descend(wants, places, [...chosen, place]);
      if (found) return found;
    }
    return null;
  }

  /** Places with room for the claim; where no other claim competes for the kind, one of each price and time stands for its equals. */
  #placesOf({ member, claim }: Want, wants: readonly Want[]): Place[] {
    const { configuration, now } = this.#snapshot;
    const { agent, department } = member.request;
    const clearance = mayTouch(configuration, agent, department);
    // One dataset is not as good as another: it may be held alone, or read. Nor is one place as good as another to a gang or a policy.
    const alone =
      this.#snapshot.reservations.length === 0 &&
      claim.kind !== 'dataset' &&
      this.#members.length === 1 &&
      this.#snapshot.policyRows === undefined &&
      this.#snapshot.separations === undefined &&
      wants.filter((want) => want.claim.kind === claim.kind).length === 1;
    const found = new Map<string, Place>();
    for (const pool of configuration.pools) {
      if (
        pool.kind !== claim.kind ||
        levelOf(pool) > clearance ||
        missingLabel(pool, claim.selector) !== null
      )
        continue;
      if (pool.agent !== undefined && claim.quantity !== 1) continue;
      if ((pool.nodes === undefined) !== (claim.node === undefined)) continue;
      for (const window of pool.calendar === undefined ? [undefined] : pool.calendar) {
        if (window !== undefined && !this.#isInRange(member, claim, window)) continue;
        if (this.#tally.left(pool, window) < BigInt(claim.quantity)) continue;
        const from = window === undefined ? now : Math.max(now, window.startsAt);
        const key = alone
          ? `${pool.priceMinor} ${pool.pricePer} ${pool.consumable} ${from} ${window?.endsAt} ${pool.nodes?.set}`
          : `${pool.id} ${window?.id}`;
        if (!found.has(key)) found.set(key, { pool, window });
      }
    }
    return [...found.values()];
  }

  #isInRange({ request }: PendingRequest, claim: Claim, window: Window): boolean {
    const { now } = this.#snapshot;
    const { startBefore, deadline, ttlSeconds } = request.terms;
    if (window.endsAt <= now) return false;
    if (ttlSeconds !== undefined && window.endsAt > now + ttlSeconds * 1000) return false;
    if (claim.window?.from !== undefined && window.startsAt < claim.window.from) return false;
    if (claim.window?.to !== undefined && window.endsAt > claim.window.to) return false;
    if (deadline !== undefined && window.endsAt > deadline) return false;
    return startBefore === undefined || Math.max(now, window.startsAt) < startBefore;
  }

  #fits(wants: readonly Want[], chosen: readonly Place[]): boolean {
    const after = this.#tally.copy();
    const taken: { assignment: Assignment }[] = [];
    for (const member of this.#members) {
      const allocations = this.#take(after, member, { wants, chosen });
      if (allocations === null) return false;
      const { id: request } = member.request;
      taken.push({ assignment: { request, option: 0, allocations, reservations: [], endsAt: 0 } });
    }
    const label = this.#members[0]!.request.terms.gang?.colocate;
    if (label !== undefined && commonPlaces(this.#snapshot.configuration, taken, label)?.size === 0)
      return false;
    if (after.firstBreach() !== null) return false;
    if (!this.#nodes.fit(bundlesOn(wants, chosen), () => this.#spend(1))) return false;
    const assignments = [...this.#plan.assignments, ...taken.map(({ assignment }) => assignment)];
    const promise = breachOfPromises(this.#snapshot, { ...this.#plan, assignments });
    this.promise ??= promise;
    return promise === null;
  }

  /** What one of them takes, added to the tally; null when it would end too late, or no period of an account covers it. */
  #take(
    after: Tally,
    member: PendingRequest,
    { wants, chosen }: { wants: readonly Want[]; chosen: readonly Place[] },
  ): Allocation[] | null {
    const { configuration, now } = this.#snapshot;
    const { agent, department, terms } = member.request;
    const own = wants.flatMap((want, w) => (want.member === member ? [{ ...want, ...chosen[w]! }] : []));
    const held = own.some(({ window }) => window === undefined) ? now + terms.durationSeconds * 1000 : 0;
    const endsAt = Math.max(held, ...own.map(({ window }) => window?.endsAt ?? 0));
    if (terms.deadline !== undefined && endsAt > terms.deadline) return null;
    const graceMs = configuration.leaseTerms.graceSeconds * 1000;
    const startOf = (window: Window | undefined): number =>
      window === undefined ? now : Math.max(now, window.startsAt);
    const spans = own.map(({ pool, window, claim: { quantity } }): Span => {
      const to = window === undefined ? endsAt + (holdsByTime(pool) ? graceMs : 0) : window.endsAt;
      return { pool, quantity, from: startOf(window), to };
    });
    const due = chargesOf(configuration, { agent, pays: paysForClass(terms.class) }, spans);
    if (typeof due === 'string') return null;
    for (const [key, amount] of due) after.addDue(key, amount);
    const allocations = own.map(
      ({ claim, index, pool, window }): Allocation => ({
        claim: index,
        pool: pool.id,
        kind: pool.kind,
        quantity: claim.quantity,
        startsAt: startOf(window),
        endsAt: window?.endsAt ?? endsAt,
        ...(window && { window: window.id }),
        ...(claim.exclusive && { exclusive: true as const }),
      }),
    );
    after.addAllocations(department, allocations);
    after.addRules(member.request, allocations);
    return allocations;
  }
}

/** Claims of one member with the same `node`, and where they were put. */
function bundlesOn(wants: readonly Want[], chosen: readonly Place[]): SlackBundle[] {
  const bundles = new Map<PendingRequest, Map<string, { claim: Claim; pool: string }[]>>();
  for (const [w, { member, claim }] of wants.entries()) {
    if (claim.node === undefined) continue;
    const own = bundles.get(member) ?? new Map<string, { claim: Claim; pool: string }[]>();
    bundles.set(member, own);
    own.set(claim.node, [...(own.get(claim.node) ?? []), { claim, pool: chosen[w]!.pool.id }]);
  }
  return [...bundles.values()].flatMap((own) => [...own.values()].map((claims) => ({ claims })));
}
