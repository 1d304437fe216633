// Claim -> places that may ever serve it: kind, selector, clearance, preference. Whether they have room is room.ts's.
// Invariant: depends on the configuration, the options and the clearance alone, so it is found once a shape and kept between ticks.

import type { Configuration, Pool } from '../domain/configuration.ts';
import type { Units } from '../domain/quantity.ts';
import type { Claim, Option, PendingRequest } from '../domain/request.ts';
import { type BundleCandidates, bundleCandidates } from './bundles.ts';
import { catalogueOf, classificationLevel, compareText, isRenewable } from './catalogue.ts';
import type { Place } from './formulation.ts';
import { matches, rankOf } from './labels.ts';

/** A place that one claim may take. */
export interface Candidate {
  readonly place: Place;
  /** Index of the first preference it matches, or how many there are: 0 is best. */
  readonly rank: number;
}

/** One claim's candidates: best rank first, then cheapest, then by id. */
export interface ClaimCandidates {
  readonly claim: Claim;
  readonly candidates: readonly Candidate[];
}

/** What requests of one shape and clearance may take. */
export interface Shape {
  readonly options: readonly (readonly ClaimCandidates[])[];
  /** Per option, its bundles: claims that must sit on one node. Their candidates above are whole pools, for those who list them. */
  readonly bundles: readonly (readonly BundleCandidates[])[];
  /** True when any candidate has a calendar: its windows depend on the time. */
  readonly isWindowed: boolean;
  /** True when any claim would be held exclusively. */
  readonly isExclusive: boolean;
  /** Kind -> the most that any option claims of it. */
  readonly demand: ReadonlyMap<string, Units>;
}

/** Kept by the runner between ticks. A new configuration empties it. */
export interface FormulationMemo {
  configuration: Configuration | null;
  /** Shape key -> shape per clearance level + 1. */
  readonly shapes: Map<string, (Shape | undefined)[]>;
  /** The last tick left out a combination that fits: there is work without any news. Set and read by the tick. */
  unfinished: boolean;
}

/**
 * Shapes kept: a batch of 10,000 requests has about 60; past this many the memo starts anew rather than grow. More than a queue of which no
 * two are alike has, or each tick would find all of them anew; a shape takes half a kilobyte.
 */
const SHAPES_MAX = 32_768;

export function newMemo(): FormulationMemo {
  return { configuration: null, shapes: new Map(), unfinished: false };
}

export function shapeOf(memo: FormulationMemo, configuration: Configuration, pending: PendingRequest): Shape {
  if (memo.configuration !== configuration || memo.shapes.size > SHAPES_MAX) {
    memo.configuration = configuration;
    memo.shapes.clear();
  }
  const { request, shapeKey } = pending;
  const clearance = catalogueOf(configuration).clearanceOf(request.agent, request.department);
  let byClearance = memo.shapes.get(shapeKey);
  if (byClearance === undefined) {
    byClearance = [];
    memo.shapes.set(shapeKey, byClearance);
  }
  const known = byClearance[clearance + 1];
  if (known) return known;
  const made = findShape(configuration, request.options, clearance);
  byClearance[clearance + 1] = made;
  return made;
}

/** All options' candidates for somebody of that clearance; none at all when the agent is unknown (-1). */
export function findShape(
  configuration: Configuration,
  options: readonly Option[],
  clearance: number,
): Shape {
  const found = options.map((option) =>
    option.claims.map((claim) => ({ claim, candidates: candidatesOf(configuration, claim, clearance) })),
  );
  const isWindowed = found.some((option) =>
    option.some(({ candidates }) => candidates.some(({ place }) => place.pools[0].calendar !== undefined)),
  );
  const isExclusive = options.some(({ claims }) => claims.some(({ exclusive }) => exclusive));
  const bundles = options.map((option) => bundleCandidates(configuration, option, clearance));
  return { options: found, bundles, isWindowed, isExclusive, demand: mostOfEachKind(options) };
}

function mostOfEachKind(options: readonly Option[]): Map<string, Units> {
  const most = new Map<string, Units>();
  for (const { claims } of options) {
    const own = new Map<string, Units>();
    for (const { kind, quantity } of claims) own.set(kind, (own.get(kind) ?? 0) + quantity);
    for (const [kind, quantity] of own) most.set(kind, Math.max(quantity, most.get(kind) ?? 0));
  }
  return most;
}

/** Claims that agents write alike: found once a configuration, whatever quantities and durations surround them. */
const known = new WeakMap<Configuration, Map<string, readonly Candidate[]>>();
/** Agents write a few dozen; past this many the memory starts anew rather than grow. */
const CLAIMS_MAX = 4096;

function candidatesOf(configuration: Configuration, claim: Claim, clearance: number): readonly Candidate[] {
  const { kind, selector, prefer, quantity, exclusive, node } = claim;
  const onNode = node !== undefined;
  const key = JSON.stringify([kind, selector, prefer, clearance, quantity === 1, exclusive, onNode]);
  let claims = known.get(configuration);
  if (claims === undefined || claims.size > CLAIMS_MAX) {
    claims = new Map();
    known.set(configuration, claims);
  }
  const before = claims.get(key);
  if (before) return before;
  const found = findCandidates(configuration, claim, clearance);
  claims.set(key, found);
  return found;
}

function findCandidates(configuration: Configuration, claim: Claim, clearance: number): Candidate[] {
  const candidates: Candidate[] = [];
  for (const place of catalogueOf(configuration).places.get(claim.kind) ?? []) {
    const [pool] = place.pools;
    if (classificationLevel(pool) > clearance || !matches(pool, claim.selector)) continue;
    if ((pool.nodes === undefined) !== (claim.node === undefined)) continue;
    if (takesOneUnit(pool) && claim.quantity !== 1) continue;
    if (claim.exclusive && !mayBeExclusive(pool)) continue;
    candidates.push({ place, rank: rankOf(pool, claim.prefer ?? []) });
  }
  return candidates.sort(
    (a, b) =>
      a.rank - b.rank ||
      a.place.pools[0].priceMinor - b.place.pools[0].priceMinor ||
      compareText(a.place.id, b.place.id),
  );
}

/** A claim takes one agent, once: two agents are two claims, so that one row can stand for a team. */
export function takesOneUnit(pool: Pool): boolean {
  return pool.agent !== undefined;
}

/** A dataset whose seats come back, so that units in use are readers who live. */
function mayBeExclusive(pool: Pool): boolean {
  return pool.kind === 'dataset' && isRenewable(pool);
}
