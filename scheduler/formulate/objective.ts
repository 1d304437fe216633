// What a grant is worth: integers, the same everywhere. Strict classes are stages; inside a class, these values.
// Invariant: every column is worth at least 1, and no sum of penalties outweighs serving the request at all.

import type { Instant, Units } from '../domain/quantity.ts';
import type { Option, Terms } from '../domain/request.ts';
import type { Catalogue } from './catalogue.ts';

/*
 *   value(r, j) = floor((v_r + floor(PER_SHARE * s_r)) * AGE[bucket(r)] / 16) + deadline(r)
 *                 - scaled(preference(j) + option(j) + lateness(j) + fit(j) + price(j) - weight(j))      less what fairness.ts takes
 *   v_r         = floor(PER_REQUEST / 2^ceil(log2 n)),   n = requests of the same agent and class that could start in this tick
 *   s_r         = min over the options of r of max over renewable kinds k of (sum q of kind k / units of kind k)
 *   scaled(p)   = min(v_r - 1, ceil(p * v_r / PER_REQUEST))
 *   weight(j)   = what the policy's weights say of j, from -1000 to 1000: after age, so that who waits longer still comes first some day
 *   deadline(r) = the class's allowance in the same n-th part, over pressing deadlines, times 0, 1/4, 1/2 or 1 by the time left,
 *                 halved by each deadline that the agent declared and let pass lately
 *
 * n requests get at most the per-request value of one, and shares add up: whoever splits a request gains nothing by it. n counts in powers
 * of two, or each agent would be its own shape. The smallest option's share counts, so that naming a bigger option beside it gains nothing.
 * Penalties shrink with v_r, so that every grant is worth at least 1 and an agent's preferences keep their order.
 */

/** One request of no size: above the sum of all penalties below (920). */
const PER_REQUEST = 1000;
/** The whole of a kind is worth 64 requests: small requests go first, but a big one is not worthless. Keeps the range under 1e6. */
const PER_SHARE = 64_000;
/** Parts of a kind in which fairness counts, worth 4 each. */
export const GRAINS = 16_000;
/** In sixteenths, by doublings of the class's target wait; 8 buckets, as each more would split shapes for little. */
const AGE = [16, 20, 24, 32, 48, 64, 96, 128] as const;
/** What the requester said outweighs price: one step of either is more than the dearest pool costs. */
const OPTION_STEP = 100;
const OPTION_MOST = 400;
const PREFERENCE_STEP = 60;
const PREFERENCE_MOST = 350;
const LATENESS_STEP = 10;
const LATENESS_MOST = 100;
/** Less than any other penalty's step: seats are cut to size, and this only keeps the small from the large ones while there is a choice. */
const FIT_MOST = 20;
const PRICE_MOST = 50;

/** As much as the most that any request may be worth, (1000 + 64000) * 8, and more: work under way is not stopped for a start. */
export const EXTENSION_VALUE = 600_000;

/** What the dominant share of the smallest option adds, before age. */
export function shareOf(catalogue: Catalogue, options: readonly Option[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const option of options) least = Math.min(least, shareValue(catalogue, option));
  return Number.isFinite(least) ? least : 0;
}

/** Whole grains that the share pays for. */
export function grainsOfShare(share: number): number {
  return Math.floor((share * GRAINS) / PER_SHARE);
}

function shareValue(catalogue: Catalogue, option: Option): number {
  const demand = new Map<string, number>();
  for (const { kind, quantity } of option.claims) demand.set(kind, (demand.get(kind) ?? 0) + quantity);
  let dominant = 0;
  for (const [kind, quantity] of demand) {
    const all = catalogue.unitsOfKind.get(kind) ?? 0;
    if (all > 0) dominant = Math.max(dominant, Math.floor(PER_SHARE * Math.min(1, quantity / all)));
  }
  return dominant;
}

/** 0 below the target wait, then one more at each doubling of it. */
export function ageBucket(waitedMs: number, targetWaitSeconds: Units): number {
  let bucket = 0;
  for (
    let edge = Math.max(1, targetWaitSeconds) * 1000;
    waitedMs >= edge && bucket < AGE.length - 1;
    edge *= 2
  )
    bucket += 1;
  return bucket;
}

export interface Worth {
  /** `shareOf` its options. */
  readonly share: number;
  /** Requests of its agent and class that could start in this tick, itself among them. */
  readonly alike: number;
  readonly ageBucket: number;
  /** `deadlineBonus`, 0 without a deadline. */
  readonly bonus: number;
  /** `penaltyOf` the column, less its weight: negative where it is worth more. */
  readonly penalty: number;
}

/** At least 1, and at least 1 more than `share`. */
export function worthOf(worth: Worth): number {
  const own = ownOf(worth.alike);
  const taken = Math.min(own - 1, Math.ceil((worth.penalty * own) / PER_REQUEST));
  return worthBefore(worth) - taken;
}

/** What the columns of one request have in common: its worth before anything is taken for where it sits. */
export function worthBefore({ share, alike, ageBucket, bonus }: Omit<Worth, 'penalty'>): number {
  return Math.floor(((ownOf(alike) + share) * ageSixteenths(ageBucket)) / 16) + bonus;
}

/** What age multiplies by, in sixteenths. */
export function ageSixteenths(bucket: number): number {
  return AGE[bucket]!;
}

/** What each of n requests of one agent and class is worth as such. */
export function ownOf(n: number): number {
  return nthPart(PER_REQUEST, n);
}

/** Of n who share it, n counted in powers of two; 1 is the least of a request. */
function nthPart(whole: number, n: number): number {
  let parts = 1;
  while (parts < n) parts *= 2;
  return Math.max(1, Math.floor(whole / parts));
}

/** What pressing deadlines of one agent and class may add together, when the class says nothing else: less than one step of age does. */
export const DEADLINE_ALLOWANCE = 200;
export const DEADLINE_ALLOWANCE_MOST = 1000;
const DEADLINE_QUARTERS = [0, 1, 2, 4] as const;

/** 0 while it can wait four times the target wait of its class, 3 when it can wait less than once. */
export function deadlineBucket(
  { deadline, durationSeconds }: Pick<Terms, 'deadline' | 'durationSeconds'>,
  now: Instant,
  targetWaitSeconds: Units,
): number {
  if (deadline === undefined) return 0;
  const leftMs = deadline - now - durationSeconds * 1000;
  let bucket = 3;
  for (let edge = Math.max(1, targetWaitSeconds) * 1000; bucket > 0 && leftMs >= edge; edge *= 2) bucket -= 1;
  return bucket;
}

/**
 * `pressing`: requests of the agent and class with a bucket above 0. They share the allowance, so that a false deadline takes from a true
 * one; and each deadline that the agent let pass lately (`missed`) halves what is left of it.
 */
export function deadlineBonus(
  allowance: number,
  bucket: number,
  { pressing, missed }: { pressing: number; missed: number },
): number {
  if (bucket === 0 || allowance === 0) return 0;
  const own = Math.floor((nthPart(allowance, pressing) * DEADLINE_QUARTERS[bucket]!) / 4);
  return own >> Math.min(missed, 30);
}

export interface Blemishes {
  /** Sum over the claims of the candidate's rank. */
  readonly ranks: number;
  readonly option: number;
  /** Sum over the claims of how many earlier windows it might have taken. */
  readonly windowsSkipped: number;
  /** Sum over the bundles of how much of their seats would idle, in twentieths. */
  readonly looseness: number;
  /** Money for the whole grant, and the least and most among the request's columns. */
  readonly cost: number;
  readonly leastCost: number;
  readonly mostCost: number;
}

/** Each at least 0, a request being worth 1000. */
export interface PenaltyParts {
  /** Not the first of its preferences. */
  readonly preference: number;
  /** Not the first of its options. */
  readonly option: number;
  /** Not the first window it might have. */
  readonly lateness: number;
  /** Seats larger than what sits on them. */
  readonly fit: number;
  /** Dearer than the cheapest of its columns. */
  readonly price: number;
}

export function penaltyPartsOf(blemishes: Blemishes): PenaltyParts {
  const { cost, leastCost, mostCost } = blemishes;
  return {
    preference: Math.min(PREFERENCE_MOST, PREFERENCE_STEP * blemishes.ranks),
    option: Math.min(OPTION_MOST, OPTION_STEP * blemishes.option),
    lateness: Math.min(LATENESS_MOST, LATENESS_STEP * blemishes.windowsSkipped),
    fit: Math.min(FIT_MOST, blemishes.looseness),
    price: mostCost > 0 ? Math.floor((PRICE_MOST * (cost - leastCost)) / mostCost) : 0,
  };
}

export function penaltyOf(blemishes: Blemishes): number {
  const { preference, option, lateness, fit, price } = penaltyPartsOf(blemishes);
  return preference + option + lateness + fit + price;
}
