// Step 3b of the tick: promised starts are looked over, moved, dropped and made, before the program is written that must keep them.
// Invariant: after it every promise that stands can be kept: units at its start are free of leases' declared ends and of the other promises.
// It moves earlier freely, later only after a loss of capacity. Called by tick.ts alone; standing.ts tells who got none, and why.

import { ended, lapsed } from '../commands/replace.ts';
import { apply } from '../domain/apply.ts';
import type { Change } from '../domain/change.ts';
import type { Instant } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { type DropCause, LATENESS_MS, type StartReservation } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import type { FormulationMemo } from '../formulate/candidates.ts';
import { affordsTogether, policyTogether } from '../formulate/gangRoom.ts';
import { refusalOf } from './caps.ts';
import { isHoldOver, limitsOfHold } from './holds.ts';
import { countIdle } from './idle.ts';
import { queueMemoryOf } from './memory.ts';
import { compareTurns, membersOf, overdueOf } from './overdue.ts';
import { type Members, StartSearch } from './search.ts';

/** Searches for new starts a tick: those behind are the next tick's. */
const SEARCHES_MAX = 16;
/** Of one department that found nothing: its others are the next tick's. */
const FAILURES_MAX = 3;
/** Promises that a tick tries to bring forward. */
const MOVES_MAX = 8;
/**
 * After a look at those who are overdue that promised nothing. A look may try 64 instants for each of 16 of them; ends pass in silence, so that
 * a look a second, and one whenever something comes back, misses nothing for long.
 */
const QUIET_MS = 1000;
/** Under load something comes back in every tick; whoever waits for minutes is told soon enough a second later. */
const FORWARD_MS = 1000;
/** Less is not worth an event. */
const MOVE_LEAST_MS = 1000;

export interface PlanningInput {
  readonly now: Instant;
  readonly memo: FormulationMemo;
  /**
   * Something came back, or another configuration came: from the next tick on promises may move forward. This one decides beside the starts
   * that were told, so that who takes an offer, and with it gives up a promise, gets what was offered and not somebody else's earlier start.
   */
  readonly isFreed: boolean;
  /** Who holds an offer from this tick on, in order of sequence; absent: nobody. */
  readonly holding?: readonly PendingRequest[];
}

export function planReservations(state: State, input: PlanningInput): Change[] {
  const memory = queueMemoryOf(state);
  const { configuration, reserved, used } = state;
  countIdle(memory, { configuration, reservations: reserved.values(), used }, input.now);
  const overdue = overdueOf(state, input.now);
  const isForwardDue = memory.isForwardDue && memory.forwardAt <= input.now;
  memory.isForwardDue = state.reserved.size > 0 && (input.isFreed || (memory.isForwardDue && !isForwardDue));
  const { holding = [] } = input;
  if (state.reserved.size + overdue.length + holding.length === 0) return [];
  const planning = new Planning(state, input);
  planning.lookOver();
  for (const pending of holding) planning.hold(pending);
  if (isForwardDue) {
    planning.bringForward();
    memory.forwardAt = input.now + FORWARD_MS;
  }
  memory.isPutOff = !input.isFreed && memory.quietUntil > input.now;
  if (!memory.isPutOff) planning.promise(overdue);
  return planning.changes;
}

class Planning {
  readonly changes: Change[] = [];
  readonly #state: State;
  readonly #now: Instant;
  readonly #memo: FormulationMemo;
  #known: StartSearch | null = null;

  constructor(state: State, { now, memo }: PlanningInput) {
    this.#state = state;
    this.#now = now;
    this.#memo = memo;
  }

  /** Made when it is first needed: it sorts all leases by their ends. */
  get #search(): StartSearch {
    this.#known ??= new StartSearch({ state: this.#state, now: this.#now, memo: this.#memo });
    return this.#known;
  }

  /** In order of their starts: what can no more be kept finds another start beside those before it, or is dropped. */
  lookOver(): void {
    const kept: StartReservation[] = [];
    for (const held of this.#groups()) {
      if (held[0]!.hold !== undefined) {
        kept.push(...this.#keepHold(held[0]!, kept));
        continue;
      }
      const members = this.#membersOf(held);
      if (members === null) {
        this.#drop(held, 'gang');
        continue;
      }
      const standing = this.#isLapsed(held) ? null : this.#search.standing(held, kept);
      const isDue = held[0]!.startsAt <= this.#now;
      if (standing !== null && isDue && !affordsTogether(standing.parts, standing.room))
        this.#drop(held, 'unaffordable');
      else if (standing !== null && isDue && !policyTogether(standing.parts, standing.room))
        this.#drop(held, 'policy');
      else if (standing !== null) kept.push(...held);
      else kept.push(...this.#moveOrDrop(held, members, kept));
    }
  }

  /** Kept until its time is over, or it can be kept no more: it is of this moment, and moves nowhere. */
  #keepHold(held: StartReservation, kept: readonly StartReservation[]): readonly StartReservation[] {
    const standing = isHoldOver(this.#state, held, this.#now) ? null : this.#search.standing([held], kept);
    const stands =
      standing !== null &&
      affordsTogether(standing.parts, standing.room) &&
      policyTogether(standing.parts, standing.room);
    if (stands) return [held];
    const { request } = this.#state.requests.get(held.request)!;
    this.#make(lapsed(request, held.hold!.request, 'expired'));
    return [];
  }

  /** Units for an offer that somebody holds: now, beside all that is promised, or not at all. */
  hold(pending: PendingRequest): void {
    const { request } = pending;
    const hold = request.holdOf!;
    const found = this.#search.earliest([pending], [...this.#state.reserved.values()], {
      before: this.#now + 1,
    });
    if (found.type === 'none') {
      this.#make(lapsed(request, hold.request, 'denied'));
      return;
    }
    const reservation = { ...found.reservations[0]!, hold };
    const limits = limitsOfHold(this.#state, reservation);
    if (limits.length === 0) this.#make({ type: 'reservationMade', reservation });
    else this.#make(ended(request, 'denied', limits));
  }

  /** A start that came and was not taken for longer than a tick may be late. */
  #isLapsed([first]: readonly StartReservation[]): boolean {
    return first!.startsAt + LATENESS_MS <= this.#now;
  }

  #moveOrDrop(
    held: readonly StartReservation[],
    members: Members,
    kept: readonly StartReservation[],
  ): readonly StartReservation[] {
    const { startBefore } = members[0].request.terms;
    const found = this.#search.earliest(members, kept);
    if (found.type === 'found') return this.#move(held, found.reservations);
    const isLate = startBefore !== undefined && startBefore <= held[0]!.startsAt;
    this.#drop(held, isLate ? 'late' : 'capacityLost');
    return [];
  }

  bringForward(): void {
    const later = this.#groups().filter(([first]) => first!.startsAt > this.#now + MOVE_LEAST_MS);
    for (const held of later.slice(0, MOVES_MAX)) {
      const members = this.#membersOf(held);
      if (members === null) continue;
      const ids = new Set(held.map(({ request }) => request));
      const others = [...this.#state.reserved.values()].filter(({ request }) => !ids.has(request));
      const before = held[0]!.startsAt - MOVE_LEAST_MS;
      const found = this.#search.earliest(members, others, { before });
      if (found.type === 'found') this.#move(held, found.reservations);
    }
  }

  /** One a department, oldest of the most urgent class first. */
  promise(overdue: ReturnType<typeof overdueOf>): void {
    const memory = queueMemoryOf(this.#state);
    const { turn } = memory;
    const isBehind = (one: (typeof overdue)[number]): boolean =>
      turn === null || compareTurns(one.turn, turn) > 0;
    const inTurn = [...overdue.filter(isBehind), ...overdue.filter((one) => !isBehind(one))];
    const failures = new Map<string, number>();
    let searches = 0;
    memory.quietUntil = this.#now + QUIET_MS;
    for (const { members, turn: own } of inTurn) {
      const { department } = members[0].request;
      const failed = failures.get(department) ?? 0;
      if (failed >= FAILURES_MAX || refusalOf(this.#state, members, null) !== null) continue;
      if (searches >= SEARCHES_MAX) return;
      searches += 1;
      memory.turn = own;
      if (!this.#promiseOne(members)) failures.set(department, failed + 1);
      else memory.quietUntil = this.#now;
    }
    memory.turn = null;
  }

  #promiseOne(members: Members): boolean {
    const found = this.#search.earliest(members, [...this.#state.reserved.values()]);
    if (found.type === 'none' || refusalOf(this.#state, members, found.reservations) !== null) return false;
    for (const reservation of found.reservations) this.#make({ type: 'reservationMade', reservation });
    return true;
  }

  /** Reservations in order of their starts; those of one gang together. */
  #groups(): (readonly StartReservation[])[] {
    const { reserved, requests } = this.#state;
    const groups = new Map<string, StartReservation[]>();
    for (const reservation of reserved.values()) {
      const key = requests.get(reservation.request)?.request.terms.gang?.id ?? reservation.request;
      groups.set(key, [...(groups.get(key) ?? []), reservation]);
    }
    const sequenceOf = ({ request }: StartReservation): number => requests.get(request)!.sequence;
    const inOrder = (a: StartReservation, b: StartReservation): number =>
      a.startsAt - b.startsAt || sequenceOf(a) - sequenceOf(b);
    return [...groups.values()].map((group) => group.sort(inOrder)).sort((a, b) => inOrder(a[0]!, b[0]!));
  }

  /** Null when a member of the gang is gone, or is not allowed any more. */
  #membersOf(held: readonly StartReservation[]): Members | null {
    const members = membersOf(this.#state, this.#state.requests.get(held[0]!.request)!);
    return members?.length === held.length ? members : null;
  }

  #move(held: readonly StartReservation[], next: readonly StartReservation[]): readonly StartReservation[] {
    return next.map((found) => {
      const before = held.find(({ request }) => request === found.request)!;
      const reservation = { ...found, madeAt: before.madeAt };
      const { startsAt: from } = before;
      const cause = reservation.startsAt < from ? 'earlier' : 'capacityLost';
      this.#make({ type: 'reservationMoved', reservation, from, cause });
      return reservation;
    });
  }

  #drop(held: readonly StartReservation[], cause: DropCause): void {
    for (const reservation of held) this.#make({ type: 'reservationDropped', reservation, cause });
  }

  #make(change: Change): void {
    apply(this.#state, change);
    this.changes.push(change);
  }
}
