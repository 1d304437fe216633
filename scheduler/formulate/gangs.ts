// Gangs: requests that are granted together or not at all. A complete gang is one group of joint columns: each serves all members at once.
// Invariant: every column fits alone in all rows but those of windows' readers; an incomplete gang has none. Called by gangTurns.ts and explain.ts.

import type { Configuration } from '../domain/configuration.ts';
import { type Instant, multiplyDivideUp, type Units } from '../domain/quantity.ts';
import { GANG_TIMEOUT_SECONDS, type GangTerms, type PendingRequest } from '../domain/request.ts';
import { PricedChoices } from './accounts.ts';
import { type FormulationMemo, type Shape, shapeOf } from './candidates.ts';
import { choicesFor, type OpenOption } from './combinations.ts';
import { fitsTogether } from './gangRoom.ts';
import { GangSearch, type Seat } from './gangSearch.ts';
import { penaltyOf, shareOf } from './objective.ts';
import { allOpenOptions, endOf } from './openings.ts';
import type { Room } from './room.ts';

/*
 * Mathematics: one y per gang, sum over the columns of member i = y for every i. As equalities those rows are no packing rows, and as
 * sum_i <= y with y free they let half a gang in. So the gang is substituted away: one joint column Y_c per choice c of places for all
 * members,
 *
 *   sum over c of Y_c  <=  1                       the gang's group: whole, or not at all
 *   coefficient of Y_c in a row  =  sum over the members i of a_i(c)     capacity, window, quota and lending, account rows alike
 *   value of Y_c  =  sum over the members of their values (objective.ts), the price penalty of the whole shared out evenly
 *
 * Every row stays packing, the empty plan and any greedy plan stay feasible, and the quotas and accounts of all members' departments bind.
 * Colocation is one search per value of the label. At most COLUMNS_MAX choices are columns; decision 9 says what that bound costs.
 */

const COLUMNS_MAX = 8;
/** Beyond 50 gangs each gets fewer, down to 2: a joint column has the entries of all its members. */
const COLUMNS_OF_TICK = 400;
const COLUMNS_LEAST = 2;
/**
 * Candidates that all gangs of a tick look at, about, and as many again where it explains: ten milliseconds each at most, measured with 300
 * gangs of 4 and with 50 of 16 that were made to be slow. No gang begins once they are spent, so the last may go beyond by its own steps;
 * gangTurns.ts says who is looked at first.
 */
export const GANG_STEPS_OF_TICK = 24_000;
/** Of one gang, in every tick that looks at it, whatever others want: a share that falls with their number would starve them all. */
const STEPS_MOST = 10_000;
/** A candidate that is opened, here and again where the tick explains, costs about as much as so many that are looked at. */
const OPENING_STEPS = 4;

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
  /** `shareOf` the member's options. */
  readonly share: number;
}

export interface GangColumn {
  readonly parts: readonly GangPart[];
  /** By member: what takes off its value. */
  readonly penalties: readonly number[];
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

/** Counted work of the gangs of one tick, or of one explanation. */
export interface GangWork {
  steps: number;
}

export interface GangInput {
  readonly configuration: Configuration;
  readonly room: Room;
  readonly memo: FormulationMemo;
  /** How many gangs are complete: they share the columns of the tick. */
  readonly gangs: number;
  /** What all gangs have been looked at for so far. */
  readonly work: GangWork;
  /** Found once for all members of a shape, whatever gang they are of. */
  readonly opened: Map<Shape, OpenOption[]>;
}

/** Whether a complete gang fits whole into what is left, or the search for such a choice was cut: the first one answers. */
export function mayStart(gang: Gang, input: GangInput): boolean {
  const { found, complete } = searchOf(gang, input, 0);
  return found.length > 0 || !complete;
}

/** Joint columns of a complete gang. */
export function gangColumns(gang: Gang, input: GangInput): GangColumns {
  const { room } = input;
  const columnsMax = Math.min(
    COLUMNS_MAX,
    Math.max(COLUMNS_LEAST, Math.floor(COLUMNS_OF_TICK / input.gangs)),
  );
  const { found, complete } = searchOf(gang, input, columnsMax);
  const priced = found.map((seats) => ({ seats, parts: partsOf(gang, seats, input) }));
  const costs = priced.map(({ parts }) => parts.reduce((sum, part) => sum + plainCost(part, room.now), 0));
  const price = { leastCost: Math.min(...costs), mostCost: Math.max(...costs) };
  const columns = priced.map(({ seats, parts }, c): GangColumn => {
    const whole = penaltyOf({
      option: 0,
      ranks: 0,
      windowsSkipped: 0,
      looseness: 0,
      cost: costs[c]!,
      ...price,
    });
    const own = seatsByMember(gang, seats);
    const each = Math.ceil(whole / parts.length);
    return { parts, penalties: parts.map(({ option }, member) => each + blemishesOf(option, own[member]!)) };
  });
  return { columns, complete };
}

function openedFor(pending: PendingRequest, input: GangInput): OpenOption[] {
  const { configuration, room, memo, opened, work } = input;
  const shape = shapeOf(memo, configuration, pending);
  const { terms } = pending.request;
  const isTimed = terms.deadline !== undefined || terms.startBefore !== undefined;
  const known = isTimed ? undefined : opened.get(shape);
  if (known) return known;
  for (const { candidates } of shape.options.flat()) work.steps += candidates.length * OPENING_STEPS;
  const made = allOpenOptions(shape, terms, room);
  if (!isTimed) opened.set(shape, made);
  return made;
}

function searchOf(gang: Gang, input: GangInput, columnsMax: number): ReturnType<GangSearch['run']> {
  const { room, work } = input;
  const open = gang.members.map((pending) => openedFor(pending, input));
  const search = new GangSearch(gang, { room, open, columnsMax, stepsMax: STEPS_MOST });
  const found = search.run((seats) => fitsTogether(partsOf(gang, seats, input), room));
  work.steps += search.steps;
  return found;
}

function partsOf(gang: Gang, seats: readonly Seat[], { configuration, room }: GangInput): GangPart[] {
  const graceMs = configuration.leaseTerms.graceSeconds * 1000;
  const { now } = room;
  const bySeat = seatsByMember(gang, seats);
  return gang.members.map((pending, member): GangPart => {
    const own = bySeat[member]!;
    const choices = choicesFor(own.map(({ open, candidate }) => ({ claim: open, candidate })));
    const endsAt = endOf(choices, pending.request.terms, now);
    const priced = new PricedChoices({ choices, now, endsAt, graceMs });
    const share = shareOf(room.catalogue, pending.request.options);
    return { pending, option: own[0]!.option, priced, share };
  });
}

function seatsByMember({ members }: Gang, seats: readonly Seat[]): readonly (readonly Seat[])[] {
  const own = members.map((): Seat[] => []);
  for (const seat of seats) own[seat.member]!.push(seat);
  return own;
}

/** Of one member, its price left out: that is the whole gang's. */
function blemishesOf(option: number, seats: readonly Seat[]): number {
  const sumOf = (of: (seat: Seat) => Units): Units => seats.reduce((sum, seat) => sum + of(seat), 0);
  return penaltyOf({
    option,
    ranks: sumOf(({ candidate }) => candidate.rank),
    windowsSkipped: sumOf(({ candidate }) => candidate.windowsSkipped),
    looseness: sumOf(({ candidate }) => candidate.looseness ?? 0),
    cost: 0,
    leastCost: 0,
    mostCost: 0,
  });
}

/** Money as a plain number, to compare columns with each other: no account is charged by it. */
function plainCost({ priced: { choices, endsAt } }: GangPart, now: Instant): number {
  let cost = 0;
  for (const { place, quantity, window } of choices) {
    const [pool] = place.pools;
    const held = !pool.consumable && window === null;
    cost += quantity * pool.priceMinor * (held ? (endsAt - now) / 3_600_000 / (pool.pricePer ?? 1) : 1);
  }
  return cost;
}
