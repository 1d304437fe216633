// What a grant is worth: integers, the same everywhere. Strict classes are stages; inside a class, these values.
// Invariant: every column is worth at least 1, and no sum of penalties outweighs serving the request at all.

import type { Units } from '../domain/quantity.ts';
import type { Option } from '../domain/request.ts';
import type { Catalogue } from './catalogue.ts';

/*
 *   value(r, j) = floor((PER_REQUEST + floor(PER_SHARE * s_r)) * AGE[bucket(r)] / 16)
 *                 - preference(j) - option(j) - lateness(j) - fit(j) - price(j)
 *   s_r = min over the options of r of max over renewable kinds k of (sum q of kind k / units of kind k)
 *
 * The smallest option's share counts, so that naming a bigger option beside it gains nothing.
 */

/** One request of no size: above the sum of all penalties below (920). */
const PER_REQUEST = 1000;
/** The whole of a kind is worth 64 requests: small requests go first, but a big one is not worthless. Keeps the range under 1e6. */
const PER_SHARE = 64_000;
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

/** PER_REQUEST + the value of the dominant share, before age. */
export function baseValue(catalogue: Catalogue, options: readonly Option[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const option of options) least = Math.min(least, shareValue(catalogue, option));
  return PER_REQUEST + (Number.isFinite(least) ? least : 0);
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

export function agedValue(base: number, bucket: number): number {
  return Math.floor((base * AGE[bucket]!) / 16);
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

export function penaltyOf(blemishes: Blemishes): number {
  const { cost, leastCost, mostCost } = blemishes;
  const dearer = mostCost > 0 ? Math.floor((PRICE_MOST * (cost - leastCost)) / mostCost) : 0;
  return (
    Math.min(PREFERENCE_MOST, PREFERENCE_STEP * blemishes.ranks) +
    Math.min(OPTION_MOST, OPTION_STEP * blemishes.option) +
    Math.min(LATENESS_MOST, LATENESS_STEP * blemishes.windowsSkipped) +
    Math.min(FIT_MOST, blemishes.looseness) +
    dearer
  );
}
