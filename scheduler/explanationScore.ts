// What the objective says of one request: what it is worth, and what each place that it could take takes off that.
// Invariant: the parts are the objective's own functions over columns as the tick would make them. Called by explanation.ts.

import type { Window } from './domain/configuration.ts';
import { lookupOf } from './domain/lookup.ts';
import type { Units } from './domain/quantity.ts';
import type { PendingRequest } from './domain/request.ts';
import type { BundleCandidates } from './formulate/bundles.ts';
import type { ClaimCandidates, Shape } from './formulate/candidates.ts';
import { Crowds } from './formulate/crowds.ts';
import type { Choice, Place } from './formulate/formulation.ts';
import {
  ageSixteenths,
  ownOf,
  type PenaltyParts,
  penaltyPartsOf,
  shareOf,
  type Worth,
  worthBefore,
  worthOf,
} from './formulate/objective.ts';
import { endOf } from './formulate/openings.ts';
import type { Room } from './formulate/room.ts';
import { comparableCost } from './formulate/templates.ts';
import { remainingUnits, windowsFor } from './formulate/windows.ts';
import type { Snapshot } from './snapshot.ts';

/** floor((own + share) * ageSixteenths / 16) + deadline = total, before fairness. */
export interface RequestWorth {
  /** Open requests of its agent and class, itself among them: they share what one is worth as such. */
  readonly alike: Units;
  readonly own: Units;
  /** By the dominant share of its smallest option. */
  readonly share: Units;
  readonly ageSixteenths: Units;
  readonly deadline: Units;
  readonly total: Units;
}

/** Of a request of 1000 points, with all other claims of the option at their best places. */
export interface Score extends Omit<PenaltyParts, 'fit'> {
  /** Null on nodes: their seats are cut anew in each tick. At most 20 points. */
  readonly fit: Units | null;
  /** What the policy prefers; negative where it would rather not. */
  readonly weight: number;
  /** The parts less the weight: negative where the place is worth more. */
  readonly total: number;
  /** What the request is worth there. */
  readonly value: Units;
}

interface Known {
  readonly shape: Shape;
  readonly pending: PendingRequest;
  readonly room: Room;
  readonly snapshot: Snapshot;
}

/** One way to serve a claim, or all claims of a bundle. */
interface Alternative {
  readonly rank: number;
  readonly windowsSkipped: number;
  readonly choices: readonly Choice[];
}

interface Column {
  readonly option: number;
  readonly ranks: number;
  readonly windowsSkipped: number;
  readonly choices: readonly Choice[];
  readonly cost: number;
}

export interface ScoredPlace {
  readonly option: number;
  readonly claim: number;
  readonly place: Place;
  readonly window: Window | null;
}

export class Scores {
  readonly worth: RequestWorth;
  readonly #standing: Omit<Worth, 'penalty'>;
  readonly #known: Known;
  readonly #columns = new Map<string, Column>();
  readonly #leastCost: number;
  readonly #mostCost: number;

  constructor(known: Known) {
    this.#known = known;
    this.#standing = standingOf(known);
    const { alike, share, ageBucket, bonus } = this.#standing;
    this.worth = {
      alike,
      own: ownOf(alike),
      share,
      ageSixteenths: ageSixteenths(ageBucket),
      deadline: bonus,
      total: worthBefore(this.#standing),
    };
    for (const option of known.shape.options.keys()) this.#addOption(option);
    const costs = [...this.#columns.values()].map(({ cost }) => cost);
    this.#leastCost = costs.reduce((least, cost) => Math.min(least, cost), Number.POSITIVE_INFINITY);
    this.#mostCost = costs.reduce((most, cost) => Math.max(most, cost), 0);
  }

  /** Null where the place could not serve the claim, or nothing could serve another one of the option. */
  of(scored: ScoredPlace): Score | null {
    const column = this.#columns.get(keyOf(scored));
    if (column === undefined) return null;
    const { pending, room } = this.#known;
    const [leastCost, mostCost] = [this.#leastCost, this.#mostCost];
    const parts = penaltyPartsOf({ ...column, looseness: 0, leastCost, mostCost });
    const { preference, option, lateness, price } = parts;
    const weight = room.policy.weightOf(pending.request, column.choices);
    const total = preference + option + lateness + parts.fit + price - weight;
    const fit = column.choices.some(({ bundle }) => bundle !== undefined) ? null : parts.fit;
    const value = worthOf({ ...this.#standing, penalty: total });
    return { preference, option, lateness, fit, price, weight, total, value };
  }

  /** A column for each alternative, beside the best ones of the option's other claims. */
  #addOption(option: number): void {
    const { shape, pending, room } = this.#known;
    const slots = [
      ...shape.options[option]!.flatMap((claim, index) =>
        claim.claim.node === undefined ? [placesFor(claim, index, { pending, room })] : [],
      ),
      ...shape.bundles[option]!.map(partsFor),
    ];
    if (slots.some((alternatives) => alternatives.length === 0)) return;
    for (const [own, alternatives] of slots.entries())
      for (const alternative of alternatives) {
        const chosen = slots.map((others, slot) => (slot === own ? alternative : others[0]!));
        const column = this.#columnOf(option, chosen);
        for (const { claim, place, window } of alternative.choices) {
          const key = keyOf({ option, claim, place, window });
          // Of several models in one set of nodes the best.
          if (!this.#columns.has(key)) this.#columns.set(key, column);
        }
      }
  }

  #columnOf(option: number, chosen: readonly Alternative[]): Column {
    const { pending, room } = this.#known;
    const choices = chosen.flatMap((alternative) => alternative.choices);
    const endsAt = endOf(choices, pending.request.terms, room.now);
    return {
      option,
      choices,
      ranks: chosen.reduce((sum, { rank }) => sum + rank, 0),
      windowsSkipped: chosen.reduce((sum, { windowsSkipped }) => sum + windowsSkipped, 0),
      cost: comparableCost({ choices, endsAt }, room.now),
    };
  }
}

/** As if all of its agent and class that are open could start with it: those who wait for the same units can, when these come back. */
function standingOf({ pending, room, snapshot }: Known): Omit<Worth, 'penalty'> {
  const { request } = pending;
  const priority = lookupOf(snapshot.configuration).classes.get(request.terms.class);
  if (priority === undefined) throw new Error(`class ${request.terms.class} is not configured`);
  const crowds = new Crowds(snapshot);
  crowds.count(request, priority);
  for (const { request: other } of snapshot.requests)
    if (other.agent === request.agent && other.terms.class === request.terms.class && other.id !== request.id)
      crowds.count(other, priority);
  return { ...crowds.standingOf(request, priority), share: shareOf(room.catalogue, request.options) };
}

/** The best first. A window that it skips counts though it is too small, as in the tick. */
function placesFor(
  { claim, candidates }: ClaimCandidates,
  index: number,
  { pending, room }: Pick<Known, 'pending' | 'room'>,
): Alternative[] {
  const { quantity, exclusive } = claim;
  return candidates.flatMap(({ place, rank }) => {
    const [pool] = place.pools;
    const windows =
      pool.calendar === undefined
        ? [null]
        : windowsFor(pool, { claim, terms: pending.request.terms, now: room.now });
    return windows.flatMap((window, windowsSkipped) => {
      if (window !== null && remainingUnits(window, room.now) < quantity) return [];
      if (window === null && place.pools.reduce((sum, { capacity }) => sum + capacity, 0) < quantity)
        return [];
      const choice = { claim: index, quantity, place, window, ...(exclusive && { alone: true as const }) };
      return [{ rank, windowsSkipped, choices: [choice] }];
    });
  });
}

/** All claims of a bundle sit on one part. */
function partsFor({ bundle, tiers }: BundleCandidates): Alternative[] {
  return tiers.flatMap(({ rank, parts }) =>
    parts.map(({ places }) => ({
      rank,
      windowsSkipped: 0,
      choices: bundle.claims.map(({ claim, kind, quantity }) => ({
        claim,
        quantity,
        place: places.get(kind)!,
        window: null,
        bundle: bundle.name,
      })),
    })),
  );
}

function keyOf({ option, claim, place, window }: ScoredPlace): string {
  return `${option}/${claim}/${place.pools[0].id}/${window?.id ?? ''}`;
}
