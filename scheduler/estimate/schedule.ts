// The queue in virtual time: at each end of a lease whoever comes first and fits starts, as if nobody else ever came.
// Invariant: pure and bounded by counted work; requests that ask alike are tried once an instant, so that a queue of thousands costs as
// much as its shapes. Called by estimates.ts; the errors of so rough a picture are what errors.ts corrects.

import type { Configuration } from '../domain/configuration.ts';
import type { DepartmentId, PoolId, RequestId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import type { StartReservation } from '../domain/reservation.ts';
import { type FormulationMemo, type Shape, shapeOf } from '../formulate/candidates.ts';
import { catalogueOf, isRenewable } from '../formulate/catalogue.ts';
import { Hall, type Hold, type Placed } from './hall.ts';

/**
 * Places looked at, about: all of a queue of 500 and the first 400 of 10,000, in 25 and 65 ms of a processor that had much else to do.
 * Whoever is behind has no estimate.
 */
const STEPS_MAX = 40_000;

/** Of the wait so far: an error of a sixty-fourth, far below what is told at all. */
const INSTANT_PARTS = 64;

export interface ScheduleInput {
  readonly configuration: Configuration;
  readonly now: Instant;
  readonly used: ReadonlyMap<string, Units>;
  readonly quotaUse: ReadonlyMap<string, Units>;
  readonly leases: Iterable<Lease>;
  readonly reservations: ReadonlyMap<RequestId, StartReservation>;
  /** Those who wait and may start, in order of sequence. */
  readonly waiting: readonly PendingRequest[];
  readonly memo: FormulationMemo;
  /** Part of the declared time, in per mille, that leases of a pool are expected to hold. */
  readonly ratioOf: (pool: PoolId) => number;
}

export const NO_ESTIMATE = ['noEnd', 'tooFar', 'gangIncomplete'] as const;
/** `noEnd`: its units do not come back by any end that is declared. `tooFar`: the queue before it is longer than one look goes. */
export type NoEstimate = (typeof NO_ESTIMATE)[number];

export type Scheduled =
  | { readonly type: 'start'; readonly at: Instant; readonly pool: PoolId }
  | { readonly type: 'none'; readonly why: NoEstimate };

interface Return {
  readonly at: Instant;
  readonly department: DepartmentId;
  readonly holds: readonly Hold[];
}

/** Requests of one shape and department, in order; a gang is one entry of several. */
interface Line {
  readonly shapes: readonly Shape[];
  readonly rank: number;
  readonly entries: (readonly PendingRequest[])[];
  readonly kinds: ReadonlySet<string>;
  /** Lines of one form claim the same of the same places, for whatever time; those of one share, for the same department too. */
  readonly form: number;
  readonly share: number;
}

export function listSchedule(input: ScheduleInput): Map<RequestId, Scheduled> {
  return new Schedule(input).run();
}

class Schedule {
  readonly #input: ScheduleInput;
  readonly #hall: Hall;
  readonly #returns: Return[];
  readonly #found = new Map<RequestId, Scheduled>();
  readonly #work = { steps: 0, looks: 0 };
  /** Forms that found no room at this instant, and the least time for which: what is free only shrinks until something comes back. */
  readonly #full = new Map<number, Units>();
  readonly #shareless = new Set<number>();

  constructor(input: ScheduleInput) {
    this.#input = input;
    const catalogue = catalogueOf(input.configuration);
    this.#hall = new Hall(catalogue, input, input.reservations.values());
    this.#returns = this.#leaseReturns();
  }

  run(): Map<RequestId, Scheduled> {
    let lines = this.#lines();
    let now = this.#input.now;
    let freed: ReadonlySet<string> | null = null;
    while (lines.length > 0 && this.#hasWork()) {
      this.#full.clear();
      this.#shareless.clear();
      this.#hall.nextInstant();
      for (const line of lines) if (freed === null || overlaps(line.kinds, freed)) this.#startFrom(line, now);
      lines = lines.filter(({ entries }) => entries.length > 0);
      const next = this.#returns[0];
      if (next === undefined) break;
      // No instant closer to the one before than a part of the wait so far: an estimate need not be finer, and a long queue is as cheap.
      const from = this.#input.now;
      now = Math.max(next.at, now + Math.floor((now - from) / INSTANT_PARTS));
      freed = this.#giveBack(now);
    }
    const why = this.#hasWork() ? 'noEnd' : 'tooFar';
    for (const { entries } of lines)
      for (const { request } of entries.flat()) this.#found.set(request.id, { type: 'none', why });
    return this.#found;
  }

  /** To pass over a line costs about an eighth of looking at a place. */
  #hasWork(): boolean {
    return this.#work.steps + (this.#work.looks >> 3) < STEPS_MAX;
  }

  /** As many of the line as fit, in order: where the first does not, nobody behind it does. */
  #startFrom({ entries, shapes, form, share }: Line, now: Instant): void {
    this.#work.looks += 1;
    if (this.#shareless.has(share)) return;
    const seconds = entries[0]![0]!.request.terms.durationSeconds;
    if (seconds >= (this.#full.get(form) ?? Number.POSITIVE_INFINITY)) return;
    while (entries.length > 0 && this.#hasWork()) {
      const members = entries[0]!;
      const placed: { member: PendingRequest; placed: Placed }[] = [];
      for (const [i, member] of members.entries()) {
        const place = this.#hall.place(member, shapes[i]!.options, {
          now,
          until: ({ pools }) => now + this.#heldMs(member, pools[0].id),
          form,
          work: this.#work,
        });
        if (members.length === 1) {
          if (place === 'noRoom') this.#full.set(form, 0);
          if (place === 'promised') this.#full.set(form, seconds);
          if (place === 'noShare') this.#shareless.add(share);
        }
        if (typeof place === 'string') break;
        this.#hall.take(member, place.holds);
        placed.push({ member, placed: place });
      }
      if (placed.length < members.length) {
        for (const { member, placed: back } of placed)
          this.#hall.giveBack(member.request.department, back.holds);
        return;
      }
      entries.shift();
      for (const one of placed) this.#start(one, now);
    }
  }

  #start({ member, placed }: { member: PendingRequest; placed: Placed }, now: Instant): void {
    const { id, department } = member.request;
    this.#hall.began(id);
    const pool = placed.pool.pools[0].id;
    const at = Math.min(now, this.#input.reservations.get(id)?.startsAt ?? now);
    this.#found.set(id, { type: 'start', at: Math.max(this.#input.now, at), pool });
    const holds = placed.holds.filter(({ returns }) => returns);
    if (holds.length > 0) this.#return({ at: now + this.#heldMs(member, pool), department, holds });
  }

  /** Seconds times thousandths are milliseconds. */
  #heldMs({ request }: PendingRequest, pool: PoolId): number {
    return request.terms.durationSeconds * this.#input.ratioOf(pool);
  }

  /** Into the order of their instants. */
  #return(coming: Return): void {
    let low = 0;
    let high = this.#returns.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#returns[middle]!.at <= coming.at) low = middle + 1;
      else high = middle;
    }
    this.#returns.splice(low, 0, coming);
  }

  #giveBack(now: Instant): Set<string> {
    const kinds = new Set<string>();
    let count = 0;
    for (const { at, department, holds } of this.#returns) {
      if (at > now) break;
      count += 1;
      this.#hall.giveBack(department, holds);
      for (const { place } of holds) kinds.add(place.kind);
    }
    this.#returns.splice(0, count);
    return kinds;
  }

  /** A lease that has held for longer than most is expected to its declared end. */
  #leaseReturns(): Return[] {
    const { now, leases, ratioOf, configuration } = this.#input;
    const { placeOf } = catalogueOf(configuration);
    const returns: Return[] = [];
    for (const { department, allocations, grantedAt, endsAt } of leases) {
      const pool = allocations[0]?.pool;
      const expected =
        pool === undefined ? endsAt : grantedAt + Math.floor(((endsAt - grantedAt) * ratioOf(pool)) / 1000);
      const at = expected > now ? expected : Math.max(endsAt, now);
      const holds = allocations.flatMap(({ pool: id, quantity, window, exclusive }): Hold[] => {
        const place = placeOf(id);
        if (place === undefined || window !== undefined || !isRenewable(place.pools[0])) return [];
        const units = exclusive ? Math.max(quantity, place.pools[0].capacity) : quantity;
        return [{ key: place.id, place, units, returns: true }];
      });
      if (holds.length > 0) returns.push({ at, department, holds });
    }
    return returns.sort((a, b) => a.at - b.at);
  }

  /** Promised starts first, then by class and age. Members of an incomplete gang stand in no line. */
  #lines(): Line[] {
    const { configuration, reservations, memo } = this.#input;
    const { classes } = lookupOf(configuration);
    const { clearanceOf } = catalogueOf(configuration);
    const lines = new Map<string, Line>();
    const forms = new Map<string, number>();
    for (const members of this.#entries()) {
      const [first] = members as [PendingRequest];
      const { id, agent, department, terms } = first.request;
      const isPromised = reservations.has(id);
      const alike = `${first.shapeKey} ${department} ${clearanceOf(agent, department)}`;
      const key = isPromised || members.length > 1 ? id : alike;
      const known = lines.get(key);
      if (known !== undefined) {
        known.entries.push(members);
        continue;
      }
      const shapes = members.map((member) => shapeOf(memo, configuration, member));
      const kinds = new Set(shapes.flatMap(({ demand }) => [...demand.keys()]));
      const rank = isPromised ? -1 : (classes.get(terms.class)?.rank ?? classes.size);
      const clearance = clearanceOf(agent, department);
      const form = numberOf(forms, `${JSON.stringify(first.request.options)} ${clearance}`);
      const share = numberOf(forms, `${form} ${department}`);
      lines.set(key, { shapes, rank, entries: [members], kinds, form, share });
    }
    return [...lines.values()].sort(
      (a, b) => a.rank - b.rank || a.entries[0]![0]!.sequence - b.entries[0]![0]!.sequence,
    );
  }

  #entries(): (readonly PendingRequest[])[] {
    const gangs = new Map<string, PendingRequest[]>();
    const entries: (readonly PendingRequest[])[] = [];
    for (const pending of this.#input.waiting) {
      const { gang } = pending.request.terms;
      if (gang === undefined) {
        entries.push([pending]);
        continue;
      }
      const members = gangs.get(gang.id) ?? [];
      gangs.set(gang.id, members);
      members.push(pending);
      if (members.length === gang.size) entries.push(members);
    }
    for (const members of gangs.values()) {
      if (members.length >= members[0]!.request.terms.gang!.size) continue;
      for (const { request } of members) this.#found.set(request.id, { type: 'none', why: 'gangIncomplete' });
    }
    return entries;
  }
}

/** The same number for the same text. */
function numberOf(known: Map<string, number>, text: string): number {
  const number = known.get(text) ?? known.size;
  known.set(text, number);
  return number;
}

function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const one of a) if (b.has(one)) return true;
  return false;
}
