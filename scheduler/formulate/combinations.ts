// Which combinations of places become a request's columns: a bounded number, spread over options, preferences and places.
// Invariant: every combination answered fits alone; `complete` is true only when no fitting one was left out. Called by columns.ts and explain.ts.

import type { Window } from '../domain/configuration.ts';
import type { Units } from '../domain/quantity.ts';
import type { Bundle, NodePart } from './bundles.ts';
import type { Choice, Place } from './formulation.ts';
import type { SeatClass } from './seats.ts';

/** A candidate with room for its claim now, and its window when it has a calendar. */
export interface OpenCandidate {
  readonly place: Place;
  readonly window: Window | null;
  readonly rank: number;
  /** How many earlier windows of the place the claim might have taken. */
  readonly windowsSkipped: number;
  readonly free: Units;
  /** Of a seat on a node: how much of it would idle, 0 for nothing, and the class itself. Absent elsewhere. */
  readonly looseness?: number;
  readonly seats?: SeatClass;
  readonly part?: NodePart;
}

/** One claim's open candidates, best rank first, and how they fall into ranks. A bundle is one, with quantity 1 and its first claim's index. */
export interface OpenClaim {
  readonly claim: number;
  readonly bundle?: Bundle;
  readonly quantity: Units;
  /** Of a dataset that nobody else is to read. */
  readonly alone?: true;
  readonly candidates: readonly OpenCandidate[];
}

export interface OpenOption {
  readonly option: number;
  readonly claims: readonly OpenClaim[];
}

export interface Combination {
  readonly option: number;
  readonly choices: readonly Choice[];
  readonly ranks: number;
  readonly windowsSkipped: number;
  readonly looseness: number;
}

export interface Selection {
  readonly combinations: readonly Combination[];
  readonly complete: boolean;
}

/** Search steps when claims of one option compete for the same places and the spread found nothing. */
const SEARCH_STEPS_MAX = 4096;
/** Second sweeps over a layer, each pairing the claims' places differently. */
const SHIFTS = 4;

export interface SelectionLimits {
  /** Whether a combination that fits its places passes every other row that is known. */
  readonly fits: (choices: readonly Choice[]) => boolean;
  readonly columnsMax: number;
}

/**
 * Everything when there are few enough combinations. Otherwise layer by layer (option, then rank of preference), each layer taking half
 * of what is left, so that a fallback always has columns of its own; inside a layer diagonally (the k-th place of every claim),
 * so that a batch of equal requests spreads over places instead of fighting for the freest.
 */
export function selectCombinations(options: readonly OpenOption[], limits: SelectionLimits): Selection {
  const { columnsMax } = limits;
  const open = options.filter(
    ({ claims }) => claims.length > 0 && claims.every(({ candidates }) => candidates.length > 0),
  );
  const total = open.reduce(
    (sum, { claims }) => sum + claims.reduce((n, claim) => n * claim.candidates.length, 1),
    0,
  );
  const picker = new Picker(limits);
  if (total <= columnsMax) {
    for (const option of open) picker.search(option);
    return { combinations: picker.picked, complete: true };
  }
  const layers = open.flatMap(layersOf);
  layers.forEach((layer, i) => {
    const left = columnsMax - picker.picked.length;
    picker.sweep(layer, { shift: 0, most: i === layers.length - 1 ? left : Math.ceil(left / 2) });
  });
  for (let shift = 0; shift < SHIFTS; shift++) {
    for (const layer of layers) picker.sweep(layer, { shift, most: columnsMax - picker.picked.length });
  }
  if (picker.picked.length > 0) return { combinations: picker.picked, complete: false };
  const searched = open.map((option) => picker.search(option));
  return { combinations: picker.picked, complete: searched.every(Boolean) };
}

/** The option once a rank: every claim restricted to its candidates of that rank, or of its last one. */
function layersOf(option: OpenOption): OpenOption[] {
  const tiers = option.claims.map(({ candidates }) => byRank(candidates));
  const depth = Math.max(...tiers.map((tier) => tier.length));
  return Array.from({ length: depth }, (_, level) => ({
    option: option.option,
    claims: option.claims.map((claim, c) => {
      const own = tiers[c]!;
      return { ...claim, candidates: own[Math.min(level, own.length - 1)]! };
    }),
  }));
}

function byRank(candidates: readonly OpenCandidate[]): OpenCandidate[][] {
  const tiers: OpenCandidate[][] = [];
  for (const candidate of candidates) {
    const last = tiers.at(-1);
    if (last?.[0]?.rank === candidate.rank) last.push(candidate);
    else tiers.push([candidate]);
  }
  return tiers;
}

class Picker {
  readonly picked: Combination[] = [];
  readonly #seen = new Set<string>();
  readonly #limits: SelectionLimits;

  constructor(limits: SelectionLimits) {
    this.#limits = limits;
  }

  /** The k-th combination takes, for claim c, candidate (k + shift * c) mod its number of candidates. */
  sweep(layer: OpenOption, limits: { shift: number; most: number }): void {
    const longest = Math.max(...layer.claims.map(({ candidates }) => candidates.length));
    let taken = 0;
    for (let k = 0; k < longest && taken < limits.most; k++) {
      const chosen = layer.claims.map(
        ({ candidates }, c) => candidates[(k + limits.shift * c) % candidates.length]!,
      );
      if (this.#pick(layer, chosen)) taken += 1;
    }
  }

  /** Depth first in the candidates' order. False when the steps ran out before all was seen. */
  search(option: OpenOption): boolean {
    let steps = 0;
    const chosen: OpenCandidate[] = [];
    const descend = (depth: number): boolean => {
      if (depth === option.claims.length) {
        this.#take(option, chosen);
        return true;
      }
      for (const candidate of option.claims[depth]!.candidates) {
        steps += 1;
        if (steps > SEARCH_STEPS_MAX || this.picked.length >= this.#limits.columnsMax) return false;
        chosen[depth] = candidate;
        if (hasRoom(option.claims, chosen, depth) && !descend(depth + 1)) return false;
      }
      return true;
    };
    return descend(0);
  }

  #pick(option: OpenOption, chosen: readonly OpenCandidate[]): boolean {
    return chosen.every((_, depth) => hasRoom(option.claims, chosen, depth)) && this.#take(option, chosen);
  }

  /** Candidates that have room beside each other. */
  #take(option: OpenOption, chosen: readonly OpenCandidate[]): boolean {
    const key = keyOf(option, chosen);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    const choices = choicesOf(option, chosen);
    if (!this.#limits.fits(choices)) return false;
    let ranks = 0;
    let windowsSkipped = 0;
    let looseness = 0;
    for (const candidate of chosen) {
      ranks += candidate.rank;
      windowsSkipped += candidate.windowsSkipped;
      looseness += candidate.looseness ?? 0;
    }
    this.picked.push({ option: option.option, choices, ranks, windowsSkipped, looseness });
    return true;
  }
}

/** Claim `depth` beside the earlier claims that chose the same place and window. */
function hasRoom(claims: readonly OpenClaim[], chosen: readonly OpenCandidate[], depth: number): boolean {
  const own = chosen[depth]!;
  let wanted = claims[depth]!.quantity;
  for (let c = 0; c < depth; c++) {
    const other = chosen[c]!;
    if (other.place === own.place && other.window === own.window) wanted += claims[c]!.quantity;
  }
  return wanted <= own.free;
}

function keyOf(option: OpenOption, chosen: readonly OpenCandidate[]): string {
  let key = `${option.option}`;
  for (const { place, window } of chosen)
    key += window === null ? `|${place.id}` : `|${place.id}@${window.id}`;
  return key;
}

export type SearchResult =
  | { readonly type: 'found'; readonly choices: readonly Choice[] }
  /** The claims do not fit beside each other; the deepest claim that found no place. */
  | { readonly type: 'stuck'; readonly claim: number }
  | { readonly type: 'cut' };

/** The first combination, in order of the claims' candidates, whose claims fit beside each other and that is accepted. Used by findings.ts. */
export function searchFirst(
  option: OpenOption,
  accepts: (choices: readonly Choice[]) => boolean,
): SearchResult {
  let steps = 0;
  let deepest = 0;
  let found: readonly Choice[] | null = null;
  const chosen: OpenCandidate[] = [];
  const descend = (depth: number): boolean => {
    if (depth === option.claims.length) {
      const choices = choicesOf(option, chosen);
      if (accepts(choices)) found = choices;
      return found !== null;
    }
    deepest = Math.max(deepest, depth);
    for (const candidate of option.claims[depth]!.candidates) {
      steps += 1;
      if (steps > SEARCH_STEPS_MAX) return false;
      chosen[depth] = candidate;
      if (hasRoom(option.claims, chosen, depth) && descend(depth + 1)) return true;
    }
    return false;
  };
  descend(0);
  if (found !== null) return { type: 'found', choices: found };
  return steps > SEARCH_STEPS_MAX ? { type: 'cut' } : { type: 'stuck', claim: deepest };
}

/** One a claim, in order of claims: a bundle is one candidate and as many choices as it has claims. */
export function choicesFor(
  chosen: readonly { readonly claim: OpenClaim; readonly candidate: OpenCandidate }[],
): Choice[] {
  const choices: Choice[] = [];
  let isInOrder = true;
  for (const { claim: open, candidate } of chosen) {
    if (open.bundle === undefined) choices.push(choiceOf(open, candidate));
    else {
      choices.push(...seatChoices(open.bundle, candidate));
      isInOrder = false;
    }
  }
  return isInOrder ? choices : choices.sort((a, b) => a.claim - b.claim);
}

function choiceOf({ claim, quantity, alone }: OpenClaim, { place, window }: OpenCandidate): Choice {
  return alone ? { claim, quantity, place, window, alone } : { claim, quantity, place, window };
}

function seatChoices({ name, claims }: Bundle, { seats, part }: OpenCandidate): Choice[] {
  const { places } = part!;
  return claims.map(({ claim, kind, quantity }) => {
    const choice = { claim, quantity, place: places.get(kind)!, window: null, bundle: name };
    return seats === undefined ? choice : { ...choice, seats };
  });
}

function choicesOf(option: OpenOption, chosen: readonly OpenCandidate[]): Choice[] {
  return choicesFor(option.claims.map((claim, c) => ({ claim, candidate: chosen[c]! })));
}
