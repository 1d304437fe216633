// Which places a gang's members take at once: a bounded search, per value of the colocation label and per choice of options.
// Invariant: what is found fits beside itself on every place and window; `complete` only if every choice that fits was found; all work is
// counted, that of the layouts too. Called by gangs.ts.

import type { Pool, Window } from '../domain/configuration.ts';
import type { Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { compareText } from './catalogue.ts';
import type { OpenCandidate, OpenClaim, OpenOption } from './combinations.ts';
import type { Place } from './formulation.ts';
import type { Gang } from './gangs.ts';
import type { Room } from './room.ts';

/** One claim of one member, and where it goes. */
export interface Seat {
  readonly member: number;
  readonly option: number;
  readonly claim: number;
  readonly open: OpenClaim;
  readonly quantity: Units;
  readonly candidate: OpenCandidate;
}

/** Values of a label that are tried: zones are a handful; a label that names single pools would make a search of each. */
const VALUES_MAX = 16;
/** Choices of options that are tried, the most preferred first: a gang of two with four options each has them all. */
const OPTIONS_MAX = 16;
/** Further sweeps, each beginning at another place, so that gangs of one batch spread. */
const SWEEPS = 4;
/** Times as many found as can be columns: enough to choose a spread from. */
const SPARE = 3;
/** Steps a claim of a whole choice: to price it and to look at quotas and accounts costs about as much as to place it so many times. */
const KEEP_STEPS = 8;

export interface GangSearchInput {
  readonly room: Room;
  /** Per member, per option. */
  readonly open: readonly (readonly OpenOption[])[];
  readonly columnsMax: number;
  /** Candidates looked at, about; half as many again may go into further sweeps. */
  readonly stepsMax: number;
}

interface Slot {
  readonly member: number;
  readonly option: number;
  readonly claim: number;
  readonly open: OpenClaim;
  readonly quantity: Units;
  readonly alone: boolean;
  readonly candidates: readonly OpenCandidate[];
  /** The slot of the member before that asks the same, when all of that member asks the same: members alike are not swapped. */
  readonly twin: number | null;
}

interface Held {
  units: Units;
  readonly holders: number[];
  alone: number;
}

export class GangSearch {
  readonly #gang: Gang;
  readonly #input: GangSearchInput;
  readonly #found: Seat[][] = [];
  readonly #seen = new Set<string>();
  readonly #byValue = new Map<OpenClaim, ReadonlyMap<string, readonly OpenCandidate[]> | null>();
  #steps = 0;

  constructor(gang: Gang, input: GangSearchInput) {
    this.#gang = gang;
    this.#input = input;
  }

  /** `fits`: whether what fits its places passes all other rows. */
  run(fits: (seats: readonly Seat[]) => boolean): { found: readonly (readonly Seat[])[]; complete: boolean } {
    const { columnsMax, stepsMax } = this.#input;
    const { vectors, all } = optionVectors(this.#gang.members);
    const values = this.#labelValues();
    const tried = values
      .slice(0, VALUES_MAX)
      .flatMap((value) => vectors.map((vector) => ({ value, vector })));
    const layouts: (readonly Slot[])[] = [];
    let isExhausted = all && values.length <= VALUES_MAX;
    for (const [t, { value, vector }] of tried.entries()) {
      if (this.#found.length > columnsMax || this.#steps >= stepsMax) {
        isExhausted = false;
        break;
      }
      const slots = this.#slots(vector, value);
      if (slots === null) continue;
      layouts.push(slots);
      // Each layout its share of the steps left: one with many dead ends must not keep the others from being looked at.
      const share = Math.ceil(Math.max(0, stepsMax - this.#steps) / (tried.length - t));
      isExhausted = this.#descendFrom(slots, { fits, turn: 0, share }) && isExhausted;
    }
    if (isExhausted && this.#found.length <= columnsMax) return { found: this.#found, complete: true };
    for (let turn = 1; turn <= SWEEPS; turn++) {
      for (const slots of layouts) {
        if (this.#steps < stepsMax * 1.5 && this.#found.length < columnsMax * SPARE)
          this.#descendFrom(slots, { fits, turn, share: slots.length * (KEEP_STEPS + 8) });
      }
    }
    return { found: spread(this.#found, columnsMax), complete: false };
  }

  get steps(): number {
    return this.#steps;
  }

  /** Values of the label where any member may go, in order; [null] where nothing is to be colocated. */
  #labelValues(): readonly (string | null)[] {
    const { colocate } = this.#gang.terms;
    if (colocate === undefined) return [null];
    const values = new Set<string>();
    for (const { claims } of this.#input.open.flat())
      for (const claim of claims)
        for (const value of this.#placesByValue(claim, colocate)?.keys() ?? []) values.add(value);
    // Of kinds that no label places, any value is as good as any other.
    return values.size === 0 ? [''] : [...values].sort(compareText);
  }

  /** All claims of all members under one choice of options and one value of the label; none when one of them has no candidate. */
  #slots(vector: readonly number[], value: string | null): readonly Slot[] | null {
    const slots: Slot[] = [];
    const { members, terms } = this.#gang;
    let before: { member: number; first: number } | null = null;
    for (const [member, pending] of members.entries()) {
      const option = vector[member]!;
      const open = this.#input.open[member]![option]!;
      if (open.claims.length === 0) return null;
      const first = slots.length;
      const isTwin: boolean =
        before !== null && areAlike(members[before.member]!, pending) && vector[before.member] === option;
      for (const openClaim of open.claims) {
        this.#steps += 1;
        const { claim, quantity } = openClaim;
        const asked = pending.request.options[option]!.claims[claim]!;
        const own =
          value === null ? openClaim.candidates : this.#inPlace(openClaim, { label: terms.colocate!, value });
        if (own.length === 0) return null;
        const twin = isTwin ? before!.first + (slots.length - first) : null;
        slots.push({
          member,
          option,
          claim,
          open: openClaim,
          quantity,
          alone: asked.exclusive === true,
          candidates: own,
          twin,
        });
      }
      before = { member, first };
    }
    return this.#lacksUnits(slots) ? null : slots;
  }

  /** Kinds of which no pool carries the label stand anywhere. */
  #inPlace(claim: OpenClaim, at: { label: string; value: string }): readonly OpenCandidate[] {
    const byValue = this.#placesByValue(claim, at.label);
    return byValue === null ? claim.candidates : (byValue.get(at.value) ?? []);
  }

  /** Once a claim, whatever layouts it is part of; null when no pool of its kind carries the label. */
  #placesByValue(claim: OpenClaim, label: string): ReadonlyMap<string, readonly OpenCandidate[]> | null {
    const known = this.#byValue.get(claim);
    if (known !== undefined) return known;
    const byValue = new Map<string, OpenCandidate[]>();
    this.#steps += claim.candidates.length;
    for (const candidate of claim.candidates) {
      for (const value of valuesOf(candidate.place.pools[0].labels, label)) {
        const there = byValue.get(value);
        if (there === undefined) byValue.set(value, [candidate]);
        else there.push(candidate);
      }
    }
    const found = byValue.size > 0 || this.#isPlaced(claim, label) ? byValue : null;
    this.#byValue.set(claim, found);
    return found;
  }

  #isPlaced({ candidates }: OpenClaim, label: string): boolean {
    const [first] = candidates;
    if (first === undefined) return false;
    const places = this.#input.room.catalogue.places.get(first.place.kind) ?? [];
    this.#steps += places.length;
    return places.some(({ pools }) => valuesOf(pools[0].labels, label).length > 0);
  }

  /** Quick and exact refusal: the claims of a kind together are more than all of their candidates have. */
  #lacksUnits(slots: readonly Slot[]): boolean {
    const wanted = new Map<string, Units>();
    const free = new Map<string, Units>();
    const lists = new Set<readonly OpenCandidate[]>();
    const places = new Map<Place, Set<Window | null>>();
    for (const { quantity, candidates } of slots) {
      const { kind } = candidates[0]!.place;
      wanted.set(kind, (wanted.get(kind) ?? 0) + quantity);
      if (lists.has(candidates)) continue;
      lists.add(candidates);
      this.#steps += candidates.length;
      for (const { place, window, free: units } of candidates) {
        let windows = places.get(place);
        if (windows === undefined) {
          windows = new Set();
          places.set(place, windows);
        }
        if (windows.has(window)) continue;
        windows.add(window);
        free.set(kind, (free.get(kind) ?? 0) + units);
      }
    }
    return [...wanted].some(([kind, quantity]) => quantity > (free.get(kind) ?? 0));
  }

  /** Depth first. Turn 0 gathers all, further turns the first choice from another candidate on. False when it was cut. */
  #descendFrom(
    slots: readonly Slot[],
    how: { fits: (seats: readonly Seat[]) => boolean; turn: number; share: number },
  ): boolean {
    const held = new Map<Place, Map<Window | null, Held>>();
    const chosen: number[] = [];
    const until = this.#steps + how.share;
    const before = this.#found.length;
    const descend = (depth: number): boolean => {
      if (depth === slots.length) {
        this.#keep(slots, chosen, how);
        return how.turn === 0 ? this.#found.length <= this.#input.columnsMax : this.#found.length === before;
      }
      const slot = slots[depth]!;
      const { length } = slot.candidates;
      for (let index = leastIndex(slots, chosen, depth); index < length; index++) {
        this.#steps += 1;
        if (this.#steps > until) return false;
        const candidate = slot.candidates[(index + how.turn) % length]!;
        if (!take(held, slot, candidate)) continue;
        chosen[depth] = index;
        const goesOn = descend(depth + 1);
        giveBack(held, slot, candidate);
        chosen.length = depth;
        if (!goesOn) return false;
      }
      return true;
    };
    return descend(0);
  }

  #keep(
    slots: readonly Slot[],
    chosen: readonly number[],
    how: { fits: (seats: readonly Seat[]) => boolean; turn: number },
  ): void {
    const seats = slots.map(({ member, option, claim, open, quantity, candidates }, depth): Seat => {
      return {
        member,
        option,
        claim,
        open,
        quantity,
        candidate: candidates[(chosen[depth]! + how.turn) % candidates.length]!,
      };
    });
    const key = seats
      .map(({ option, candidate: { place, window } }) => `${option} ${place.id}@${window?.id ?? ''}`)
      .join('|');
    this.#steps += slots.length * KEEP_STEPS;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (how.fits(seats)) this.#found.push(seats);
  }
}

/** Of many, some from the whole list: the first is the most preferred, and gangs of one batch must not all want the same places. */
function spread<T>(found: readonly T[], most: number): readonly T[] {
  if (found.length <= most) return found;
  return Array.from({ length: most }, (_, k) => found[Math.floor((k * found.length) / most)]!);
}

/** Twins' candidates never fall: of the places that members alike could swap, one order is enough. */
function leastIndex(slots: readonly Slot[], chosen: readonly number[], depth: number): number {
  const { twin, member } = slots[depth]!;
  if (twin === null) return 0;
  for (let d = depth - 1; d >= 0 && slots[d]!.member === member; d--) {
    if (chosen[d] !== chosen[slots[d]!.twin!]) return 0;
  }
  return chosen[twin]!;
}

/** False, and nothing taken, when the place has no room beside what the gang takes of it, or one member would read it alone. */
function take(
  held: Map<Place, Map<Window | null, Held>>,
  slot: Slot,
  { place, window, free }: OpenCandidate,
): boolean {
  let windows = held.get(place);
  if (windows === undefined) {
    windows = new Map();
    held.set(place, windows);
  }
  let here = windows.get(window);
  if (here === undefined) {
    here = { units: 0, holders: [], alone: 0 };
    windows.set(window, here);
  }
  if (here.units + slot.quantity > free) return false;
  const isShared = here.holders.some((member) => member !== slot.member);
  if (isShared && (slot.alone || here.alone > 0)) return false;
  here.units += slot.quantity;
  here.holders.push(slot.member);
  if (slot.alone) here.alone += 1;
  return true;
}

function giveBack(
  held: Map<Place, Map<Window | null, Held>>,
  slot: Slot,
  { place, window }: OpenCandidate,
): void {
  const here = held.get(place)!.get(window)!;
  here.units -= slot.quantity;
  here.holders.pop();
  if (slot.alone) here.alone -= 1;
}

function areAlike(a: PendingRequest, b: PendingRequest): boolean {
  const [one, other] = [a.request, b.request];
  return (
    a.shapeKey === b.shapeKey &&
    one.agent === other.agent &&
    one.terms.deadline === other.terms.deadline &&
    one.terms.startBefore === other.terms.startBefore
  );
}

/** One option a member, by rising sum, then the earlier members' preference first. */
function optionVectors(members: readonly PendingRequest[]): { vectors: number[][]; all: boolean } {
  const counts = members.map(({ request }) => request.options.length);
  const vectors: number[][] = [];
  const worst = counts.reduce((sum, count) => sum + count - 1, 0);
  const extend = (vector: number[], left: number): void => {
    if (vectors.length > OPTIONS_MAX) return;
    if (vector.length === counts.length) {
      if (left === 0) vectors.push(vector);
      return;
    }
    const rest = counts.slice(vector.length + 1).reduce((sum, count) => sum + count - 1, 0);
    const own = counts[vector.length]! - 1;
    for (let option = Math.max(0, left - rest); option <= Math.min(own, left); option++)
      extend([...vector, option], left - option);
  };
  for (let sum = 0; sum <= worst && vectors.length <= OPTIONS_MAX; sum++) extend([], sum);
  return { vectors: vectors.slice(0, OPTIONS_MAX), all: vectors.length <= OPTIONS_MAX };
}

function valuesOf(labels: Pool['labels'], label: string): readonly string[] {
  if (!Object.hasOwn(labels, label)) return [];
  return [labels[label]!].flat();
}
