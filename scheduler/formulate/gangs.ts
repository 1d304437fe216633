// Gangs: requests that are granted together or not at all. A complete gang is one group of joint columns: each serves all members at once.
// Invariant: every column fits alone in all rows but those of windows' readers; an incomplete gang has none. Called by index.ts and explain.ts.

import type { Configuration } from '../domain/configuration.ts';
import { type Instant, multiplyDivideUp, type Units } from '../domain/quantity.ts';
import { GANG_TIMEOUT_SECONDS, type GangTerms, type PendingRequest } from '../domain/request.ts';
import { PricedChoices } from './accounts.ts';
import { type FormulationMemo, shapeOf } from './candidates.ts';
import type { Choice } from './formulation.ts';
import { fitsTogether } from './gangRoom.ts';
import { GangSearch, type Seat } from './gangSearch.ts';
import { ageBucket, agedValue, baseValue, penaltyOf } from './objective.ts';
import { allOpenOptions, endOf } from './openings.ts';
import type { Room } from './room.ts';

/*
 * Mathematics: one y per gang, sum over the columns of member i = y for every i. As equalities those rows are no packing rows, and as
 * sum_i <= y with y free they let half a gang in. So the gang is substituted away: one joint column Y_c per choice c of places for all
 * members,
 *
 *   sum over c of Y_c  <=  1                       the gang's group: whole, or not at all
 *   coefficient of Y_c in a row  =  sum over the members i of a_i(c)     capacity, window, quota and lending, account rows alike
 *   value of Y_c  =  sum over the members of (aged value - penalties)  - price penalty of the whole
 *
 * Every row stays packing, the empty plan and any greedy plan stay feasible, and the quotas and accounts of all members' departments bind.
 * Colocation is one search per value of the label. At most COLUMNS_MAX choices are columns; decision 9 says what that bound costs.
 */

const COLUMNS_MAX = 8;

/** Open members of one gang, in order of sequence. */
export interface Gang {
  readonly terms: GangTerms;
  readonly members: readonly PendingRequest[];
}

/** One member's part of a joint column. */
export interface GangPart {
  readonly pending: PendingRequest;
  readonly option: number;
  readonly priced: PricedChoices;
}

export interface GangColumn {
  readonly parts: readonly GangPart[];
  readonly value: number;
}

export interface GangColumns {
  readonly columns: readonly GangColumn[];
  /** False: a choice of places that fits was left out, or the search was cut. */
  readonly complete: boolean;
}

/** Gangs by id, in order of their first members. */
export function gangsOf(requests: readonly PendingRequest[]): Map<string, Gang> {
  const gangs = new Map<string, { terms: GangTerms; members: PendingRequest[] }>();
  for (const pending of requests) {
    const { gang: terms } = pending.request.terms;
    if (terms === undefined) continue;
    const known = gangs.get(terms.id);
    if (known) known.members.push(pending);
    else gangs.set(terms.id, { terms, members: [pending] });
  }
  return gangs;
}

export function isComplete({ terms, members }: Gang): boolean {
  return members.length >= terms.size;
}

/** Until when an incomplete gang is waited for: what its members were told, else the time-out from now. */
export function awaitedUntil({ terms, members }: Gang, now: Instant): Instant {
  const told = members.flatMap(({ gangUntil }) => gangUntil ?? []);
  if (told.length > 0) return Math.min(...told);
  return now + multiplyDivideUp(terms.timeoutSeconds ?? GANG_TIMEOUT_SECONDS, 1000, 1);
}

export interface GangInput {
  readonly configuration: Configuration;
  readonly room: Room;
  readonly memo: FormulationMemo;
}

/** Joint columns of a complete gang. */
export function gangColumns(gang: Gang, input: GangInput): GangColumns {
  const { configuration, room, memo } = input;
  const open = gang.members.map((pending) =>
    allOpenOptions(shapeOf(memo, configuration, pending), pending.request.terms, room),
  );
  const search = new GangSearch(gang, { configuration, room, open, columnsMax: COLUMNS_MAX });
  const { found, complete } = search.run((seats) => fitsTogether(partsOf(gang, seats, input), room));
  const priced = found.map((seats) => ({ seats, parts: partsOf(gang, seats, input) }));
  const costs = priced.map(({ parts }) => parts.reduce((sum, part) => sum + plainCost(part, room.now), 0));
  const price = { leastCost: Math.min(...costs), mostCost: Math.max(...costs) };
  const columns = priced.map(({ seats, parts }, c): GangColumn => {
    const whole = penaltyOf({ option: 0, ranks: 0, windowsSkipped: 0, cost: costs[c]!, ...price });
    const value = parts.reduce(
      (sum, part, i) =>
        sum +
        worthOf(
          part,
          seats.filter(({ member }) => member === i),
          input,
        ),
      0,
    );
    return { parts, value: value - whole };
  });
  return { columns, complete };
}

function partsOf(gang: Gang, seats: readonly Seat[], { configuration, room }: GangInput): GangPart[] {
  const graceMs = configuration.leaseTerms.graceSeconds * 1000;
  const { now } = room;
  return gang.members.map((pending, member): GangPart => {
    const own = seats.filter((seat) => seat.member === member);
    const choices = own.map(({ claim, quantity, candidate: { place, window } }): Choice => {
      return { claim, quantity, place, window };
    });
    const endsAt = endOf(choices, pending.request.terms, now);
    return { pending, option: own[0]!.option, priced: new PricedChoices({ choices, now, endsAt, graceMs }) };
  });
}

function worthOf(
  { pending, option }: GangPart,
  seats: readonly Seat[],
  { configuration, room }: GangInput,
): number {
  const { options, terms } = pending.request;
  const target = configuration.classes.find(({ name }) => name === terms.class)?.targetWaitSeconds ?? 0;
  const bucket = ageBucket(room.now - pending.request.submittedAt, target);
  const sumOf = (of: (seat: Seat) => Units): Units => seats.reduce((sum, seat) => sum + of(seat), 0);
  const penalty = penaltyOf({
    option,
    ranks: sumOf(({ candidate }) => candidate.rank),
    windowsSkipped: sumOf(({ candidate }) => candidate.windowsSkipped),
    cost: 0,
    leastCost: 0,
    mostCost: 0,
  });
  return agedValue(baseValue(room.catalogue, options), bucket) - penalty;
}

/** Money as a plain number, to compare columns with each other: no account is charged by it. */
function plainCost({ priced: { choices, endsAt } }: GangPart, now: Instant): number {
  let cost = 0;
  for (const { place, quantity, window } of choices) {
    const [pool] = place.pools;
    const held = !pool.consumable && window === null;
    cost += quantity * pool.priceMinor * (held ? (endsAt - now) / 3_600_000 : 1);
  }
  return cost;
}
