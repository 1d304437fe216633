// The earliest start of a request, or of a whole gang, that declared ends, calendars and the promises made before allow.
// Invariant: a start that is found fits as formulate/ would fit it then: the same places, quotas, accounts and checkpoints, in a room of that
// instant. Work is counted in instants looked at. Called by planning.ts and standing.ts.

import type { Instant, Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { LATENESS_MS, NEVER, type ReservedUnits, type StartReservation } from '../domain/reservation.ts';
import type { State } from '../domain/state.ts';
import { PricedChoices } from '../formulate/accounts.ts';
import { type FormulationMemo, type Shape, shapeOf } from '../formulate/candidates.ts';
import { catalogueOf } from '../formulate/catalogue.ts';
import { choicesOfReservation } from '../formulate/checkpoints.ts';
import { selectCombinations } from '../formulate/combinations.ts';
import type { Choice, Place } from '../formulate/formulation.ts';
import { sharesTogether, takingsOf } from '../formulate/gangRoom.ts';
import { type GangPart, gangColumns } from '../formulate/gangs.ts';
import { shareOf } from '../formulate/objective.ts';
import { endOf, heldUntil, openOptions } from '../formulate/openings.ts';
import { demandOf } from '../formulate/quota.ts';
import type { Room } from '../formulate/room.ts';
import { Future } from './future.ts';
import { isOnNodes } from './overdue.ts';

/** Instants looked at for one start. Of more, the first half are the earliest there are and the others are spread: it moves earlier later. */
const TRIES_MAX = 64;

/** One request, or all members of a complete gang, in order of sequence. */
export type Members = readonly [PendingRequest, ...PendingRequest[]];

/** `noEnd`: more units never come back by a declared end than could be spared. `noStart`: no instant that was looked at has room. */
export type Search =
  | { readonly type: 'found'; readonly reservations: readonly StartReservation[] }
  | { readonly type: 'none'; readonly why: 'noEnd' | 'noStart' };

export class StartSearch {
  readonly #state: State;
  readonly #now: Instant;
  readonly #memo: FormulationMemo;
  readonly #future: Future;

  constructor({ state, now, memo }: { state: State; now: Instant; memo: FormulationMemo }) {
    this.#state = state;
    this.#now = now;
    this.#memo = memo;
    this.#future = new Future(state, now);
  }

  /** `others`: promises made before, which it leaves alone. `before`: only a start earlier than that. */
  earliest(
    members: Members,
    others: readonly StartReservation[],
    { before = Number.POSITIVE_INFINITY }: { before?: Instant } = {},
  ): Search {
    const shapes = members.map((pending) => shapeOf(this.#memo, this.#state.configuration, pending));
    const from = this.#leastStart(shapes);
    if (from === Number.POSITIVE_INFINITY) return { type: 'none', why: 'noEnd' };
    const latest = Math.min(
      before,
      ...members.map(({ request }) => request.terms.startBefore ?? Number.POSITIVE_INFINITY),
    );
    for (const at of spread(this.#instants(shapes, others, { from, latest }))) {
      const parts = this.#partsAt(members, { shapes, room: this.#future.roomAt(at, others) });
      if (parts !== null)
        return { type: 'found', reservations: parts.map((part) => this.#promise(part, at)) };
    }
    return { type: 'none', why: 'noStart' };
  }

  /** What a promise that stands comes to at its start: its parts there, null when they are not to be had any more. */
  standing(
    held: readonly StartReservation[],
    others: readonly StartReservation[],
  ): { readonly room: Room; readonly parts: readonly GangPart[] } | null {
    const at = Math.max(this.#now, held[0]!.startsAt);
    const room = this.#future.roomAt(at, others);
    const parts = held.map((reservation) => this.#partOf(reservation, at));
    if (!parts.every((part) => part !== null)) return null;
    return unitsFit(room, parts) && sharesTogether(parts, room) && leavesPromises(room, parts)
      ? { room, parts }
      : null;
  }

  #partOf(reservation: StartReservation, at: Instant): GangPart | null {
    const { configuration, requests } = this.#state;
    const pending = requests.get(reservation.request);
    const choices = choicesOfReservation(catalogueOf(configuration), reservation);
    if (pending === undefined || choices === null) return null;
    const claims = shapeOf(this.#memo, configuration, pending).options[reservation.option];
    const isCandidate = ({ claim, place }: Choice): boolean =>
      claims?.[claim]?.candidates.some((candidate) => candidate.place === place) === true;
    const { deadline } = pending.request.terms;
    const part = this.#priced(pending, { option: reservation.option, choices, at });
    if (deadline !== undefined && part.priced.endsAt > deadline) return null;
    return choices.every(isCandidate) ? part : null;
  }

  #priced(
    pending: PendingRequest,
    { option, choices, at }: { option: number; choices: readonly Choice[]; at: Instant },
  ): GangPart {
    const graceMs = this.#state.configuration.leaseTerms.graceSeconds * 1000;
    const endsAt = endOf(choices, pending.request.terms, at);
    const priced = new PricedChoices({ choices, now: at, endsAt, graceMs });
    const share = shareOf(catalogueOf(this.#state.configuration), pending.request.options);
    return { pending, option, priced, share };
  }

  /** Before this instant some claim of every option has no place, whatever else is promised. */
  #leastStart(shapes: readonly Shape[]): Instant {
    let least = this.#now;
    for (const { options } of shapes) {
      const starts = options.map((claims) =>
        Math.max(
          ...claims.map(({ claim, candidates }) =>
            Math.min(
              ...candidates.map(({ place }) =>
                this.#placeStart(place, claim.exclusive ? place.pools[0].capacity : claim.quantity),
              ),
            ),
          ),
        ),
      );
      least = Math.max(least, Math.min(...starts));
    }
    return least;
  }

  /** From when the place has so many units: free units never fall with time. */
  #placeStart({ pools }: Place, quantity: Units): Instant {
    if (pools[0].calendar !== undefined) return this.#now;
    const freeAt = (at: Instant): Units =>
      pools.reduce(
        (sum, { id, capacity }) => sum + Math.max(0, capacity - this.#future.returns.usedAt(id, at)),
        0,
      );
    if (freeAt(this.#now) >= quantity) return this.#now;
    const ends = [...new Set(pools.flatMap(({ id }) => this.#future.returns.endsOf(id)))].sort(
      (a, b) => a - b,
    );
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (freeAt(ends[middle]!) >= quantity) high = middle;
      else low = middle + 1;
    }
    return ends[low] ?? Number.POSITIVE_INFINITY;
  }

  /** When anything of the kinds comes back, or a promise ends, in order. */
  #instants(
    shapes: readonly Shape[],
    others: readonly StartReservation[],
    { from, latest }: { from: Instant; latest: Instant },
  ): Instant[] {
    const { places } = catalogueOf(this.#state.configuration);
    const kinds = new Set(shapes.flatMap(({ demand }) => [...demand.keys()]));
    const instants = new Set([from]);
    for (const kind of kinds)
      for (const { pools } of places.get(kind) ?? [])
        for (const { id } of pools) for (const end of this.#future.returns.endsOf(id)) instants.add(end);
    for (const { endsAt } of others) instants.add(endsAt);
    for (const endsAt of this.#future.earmarkEnds()) instants.add(endsAt);
    return [...instants].filter((at) => from <= at && at < latest).sort((a, b) => a - b);
  }

  #partsAt(
    members: Members,
    { shapes, room }: { shapes: readonly Shape[]; room: Room },
  ): readonly GangPart[] | null {
    const [first] = members;
    if (first.request.terms.gang !== undefined) return this.#gangAt(members, room);
    const { department, agent, terms, options } = first.request;
    const payers = room.catalogue.payersOf(agent, terms.class);
    const fits = (choices: readonly Choice[]): boolean => {
      const { priced } = this.#priced(first, { option: 0, choices, at: room.now });
      return (
        room.quotas.fits(department, demandOf(choices)) &&
        room.policy.fits(first.request, choices) &&
        room.accounts.covers(payers, priced.costOf) &&
        room.checkpoints.shortage([
          { department, choices, endsAt: lateEnd(heldUntil(choices, terms, room.now)) },
        ]) === null
      );
    };
    const open = openOptions(shapes[0]!, terms, room).map((one) =>
      isOnNodes(options[one.option]!) ? { ...one, claims: [] } : one,
    );
    const { combinations } = selectCombinations(open, { fits, columnsMax: 1 });
    const [best] = combinations;
    return best === undefined ? null : [this.#priced(first, { ...best, at: room.now })];
  }

  #gangAt(members: Members, room: Room): readonly GangPart[] | null {
    const { configuration } = this.#state;
    const gang = { terms: members[0].request.terms.gang!, members };
    const { columns } = gangColumns(gang, {
      configuration,
      room,
      memo: this.#memo,
      gangs: 1,
      work: { steps: 0 },
      opened: new Map(),
    });
    return columns.find(({ parts }) => leavesPromises(room, parts))?.parts ?? null;
  }

  #promise({ pending, option, priced }: GangPart, startsAt: Instant): StartReservation {
    const { id: request, department, agent, terms } = pending.request;
    const units = priced.choices.map(({ claim, place, quantity, window, alone }): ReservedUnits => {
      const [{ id: pool, kind }] = place.pools;
      return {
        claim,
        pool,
        kind,
        quantity,
        ...(window !== null && { window: window.id }),
        ...(alone && { exclusive: alone }),
      };
    });
    return {
      request,
      department,
      agent,
      class: terms.class,
      option,
      units,
      madeAt: this.#now,
      startsAt,
      endsAt: lateEnd(heldUntil(priced.choices, terms, startsAt)),
    };
  }
}

/** With the lateness that a tick may have, so that whoever comes after is not made to wait for it. */
function leavesPromises(room: Room, parts: readonly GangPart[]): boolean {
  const takings = takingsOf(parts, room.now).map((taking) => ({ ...taking, endsAt: lateEnd(taking.endsAt) }));
  return room.checkpoints.shortage(takings) === null;
}

function lateEnd(endsAt: Instant): Instant {
  return Math.min(NEVER, endsAt + LATENESS_MS);
}

function unitsFit(room: Room, parts: readonly GangPart[]): boolean {
  const wanted = new Map<string, { choice: Choice; units: Units }>();
  for (const choice of parts.flatMap(({ priced }) => priced.choices)) {
    const { place, window, quantity, alone } = choice;
    if (alone && room.used(place, null) > 0) return false;
    const key = `${place.id}@${window?.id ?? ''}`;
    wanted.set(key, { choice, units: (wanted.get(key)?.units ?? 0) + quantity });
  }
  return [...wanted.values()].every(
    ({ choice: { place, window }, units }) => units <= room.free(place, window),
  );
}

function spread(instants: readonly Instant[]): readonly Instant[] {
  if (instants.length <= TRIES_MAX) return instants;
  const half = TRIES_MAX / 2;
  const rest = instants.slice(half);
  return [
    ...instants.slice(0, half),
    ...Array.from({ length: half }, (_, k) => rest[Math.floor(((k + 1) * rest.length) / half) - 1]!),
  ];
}
