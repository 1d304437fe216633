// What keeps one option of a request out at this moment, whoever pays: rows that are short, with numbers. Used by explain.ts.
// Invariant: an option without reasons fits what is left in every row but the account rows.

import type { DepartmentId } from '../domain/ids.ts';
import type { Reason, Shortage } from '../domain/reason.ts';
import type { PendingRequest } from '../domain/request.ts';
import { quotaKey } from '../domain/state.ts';
import { PricedChoices } from './accounts.ts';
import type { Bundle, BundleCandidates } from './bundles.ts';
import type { ClaimCandidates } from './candidates.ts';
import type { LaterShortage } from './checkpoints.ts';
import { choicesFor, type OpenCandidate, type OpenOption, searchFirst } from './combinations.ts';
import type { Choice, Place } from './formulation.ts';
import { endOf, heldUntil, timeReason } from './openings.ts';
import { keptReason, reservedReason } from './promises.ts';
import { demandOf, type KindDemand } from './quota.ts';
import type { Room } from './room.ts';
import { windowKey, windowsFor } from './windows.ts';

/** Pools named in one shortage, the nearest to fitting: a claim on any of 40 pools is not helped by a list of 40. */
const SHORT_MOST = 3;

export interface OptionFinding {
  readonly option: number;
  readonly reasons: readonly Reason[];
  /** What the payer would have to cover: the cheapest combination that has room, or would be asked for. Null when none exists. */
  readonly priced: PricedChoices | null;
}

export interface OptionInput {
  readonly claims: readonly ClaimCandidates[];
  readonly bundles: readonly BundleCandidates[];
  readonly open: OpenOption;
  readonly option: number;
  readonly pending: PendingRequest;
  readonly room: Room;
  readonly graceMs: number;
}

export function findOption(input: OptionInput): OptionFinding {
  const { claims, option, pending, room, graceMs } = input;
  const { terms, department } = pending.request;
  const { now } = room;
  const late = timeReason(claims, { option, terms, now });
  if (late !== null) return { option, reasons: [late], priced: null };
  const reasons: Reason[] = [];
  const choices = chooseOrBlame(input, reasons);
  if (choices === null) return { option, reasons, priced: null };
  reasons.push(...quotaReasons(room, { department, option, demand: demandOf(choices) }));
  reasons.push(...policyReasons(room, { pending, option, choices }));
  return {
    option,
    reasons,
    priced: new PricedChoices({ choices, now, endsAt: endOf(choices, terms, now), graceMs }),
  };
}

/** A combination to price and to count: one that fits if any does, else the nearest; what has no room goes into `reasons`. */
function chooseOrBlame(input: OptionInput, reasons: Reason[]): readonly Choice[] | null {
  const { claims, open, option, pending, room } = input;
  const choices: Choice[] = [];
  for (const openClaim of open.claims) {
    const [cheapest] = cheapestFirst(openClaim.candidates);
    if (cheapest !== undefined) {
      choices.push(...choicesFor([{ claim: openClaim, candidate: cheapest }]));
      continue;
    }
    const { claim: index, bundle } = openClaim;
    const { claim, candidates } = claims[index]!;
    const [nearest] = candidates;
    if (nearest === undefined || (bundle !== undefined && nearestPart(input, bundle) === undefined)) {
      reasons.push({
        code: 'UNSATISFIABLE',
        option,
        claim: index,
        kind: claim.kind,
        requested: claim.quantity,
        largest: 0,
      });
      return null;
    }
    if (bundle !== undefined) {
      reasons.push(nodeReason(input, bundle));
      choices.push(...choicesFor([{ claim: openClaim, candidate: nearestPart(input, bundle)! }]));
      continue;
    }
    reasons.push(fullReason(input, index));
    const [window] = windowsOf(input, index, nearest.place);
    choices.push({ claim: index, quantity: claim.quantity, place: nearest.place, window: window ?? null });
  }
  if (reasons.length > 0) return choices;
  const sorted = {
    option,
    claims: open.claims.map((claim) => ({ ...claim, candidates: cheapestFirst(claim.candidates) })),
  };
  const { policy, checkpoints } = room;
  const shortageOf = (chosen: readonly Choice[]): LaterShortage | null => {
    const { department, terms } = pending.request;
    const endsAt = heldUntil(chosen, terms, room.now);
    return checkpoints.shortage([{ department, choices: chosen, endsAt }]);
  };
  const allowed = searchFirst(
    sorted,
    (found) => policy.fits(pending.request, found) && shortageOf(found) === null,
  );
  if (allowed.type === 'found') {
    const crowded = input.bundles.length > 1 ? room.crowdedOut(input.bundles) : null;
    if (crowded !== null) reasons.push(nodeReason(input, crowded.bundle));
    return allowed.choices;
  }
  const kept =
    policy.isEmpty || checkpoints.isEmpty
      ? allowed
      : searchFirst(sorted, (found) => shortageOf(found) === null);
  if (kept.type === 'found') return kept.choices;
  const together = policy.isEmpty && checkpoints.isEmpty ? allowed : searchFirst(sorted, () => true);
  if (together.type === 'found') {
    const short = kept.type === 'stuck' ? shortageOf(together.choices) : null;
    if (short !== null) reasons.push(reservedReason(short, { option, claim: 0 }));
    return together.choices;
  }
  if (together.type === 'stuck') reasons.push(crowdedReason(input, together.claim));
  return choices;
}

/** Stable: of equal prices the better preference stays first. */
function cheapestFirst<C extends { readonly place: Place }>(candidates: readonly C[]): C[] {
  return [...candidates].sort((a, b) => a.place.pools[0].priceMinor - b.place.pools[0].priceMinor);
}

function windowsOf({ claims, pending, room }: OptionInput, index: number, place: Place) {
  const { terms } = pending.request;
  return windowsFor(place.pools[0], { claim: claims[index]!.claim, terms, now: room.now });
}

/** The part that the bundle would rather go to, as a candidate without room. */
function nearestPart({ bundles }: OptionInput, { name }: Bundle): OpenCandidate | undefined {
  const { tiers } = bundles.find(({ bundle }) => bundle.name === name)!;
  const part = tiers[0]?.parts[0];
  const place = part?.places.values().next().value;
  return part && place && { place, window: null, rank: 0, windowsSkipped: 0, free: 0, part };
}

/** No node has room for the whole bundle; none is short of anything where only other bundles of the option are in its way. */
function nodeReason({ bundles, option, room }: OptionInput, { name, claims }: Bundle): Reason {
  const candidates = bundles.find(({ bundle }) => bundle.name === name)!;
  const short = room.nearestNode(candidates);
  const claim = claims.find(({ kind }) => short[0]?.what.endsWith(`/${kind}`)) ?? claims[0]!;
  return { code: 'NODE_FULL', option, claim: claim.claim, bundle: name, short };
}

/** No place of the claim has room for it. */
function fullReason(input: OptionInput, index: number): Reason {
  const { claims, option, room } = input;
  const { claim, candidates } = claims[index]!;
  const { pending } = input;
  const kept = keptReason(room, claims[index]!, { pending, option, claim: index });
  if (kept !== null) return kept;
  const taken = datasetReason(input, index);
  if (taken !== null) return taken;
  const short: Shortage[] = [];
  let isWindowed = false;
  for (const { place } of candidates) {
    const [pool] = place.pools;
    const windows = pool.calendar === undefined ? [null] : windowsOf(input, index, place);
    for (const window of windows) {
      if (window !== null) isWindowed = true;
      const what = window === null ? place.id : windowKey(pool, window);
      short.push({
        what,
        requested: claim.quantity,
        available: room.free(place, window),
        held: room.used(place, window),
      });
    }
  }
  const code = isWindowed ? 'WINDOW_FULL' : 'POOL_FULL';
  return { code, option, claim: index, kind: claim.kind, short: nearestOf(short) };
}

/** Datasets with seats enough that one reader holds alone, or that are read when the claim would be alone; null where seats are short. */
function datasetReason({ claims, option, room }: OptionInput, index: number): Reason | null {
  const { claim, candidates } = claims[index]!;
  if (claim.kind !== 'dataset') return null;
  const { kind, quantity } = claim;
  const shortOf = (places: readonly Place[]): Shortage[] =>
    places
      .filter(({ pools }) => pools[0].capacity >= quantity)
      .slice(0, SHORT_MOST)
      .map((place) => ({ what: place.id, requested: quantity, available: 0, held: room.used(place, null) }));
  const places = candidates.map(({ place }) => place);
  const alone = shortOf(places.filter((place) => room.isExclusive(place)));
  if (alone.length > 0) return { code: 'DATASET_EXCLUSIVE', option, claim: index, kind, short: alone };
  const shared = claim.exclusive ? shortOf(places.filter((place) => room.used(place, null) > 0)) : [];
  return shared.length > 0 ? { code: 'DATASET_SHARED', option, claim: index, kind, short: shared } : null;
}

/** Each claim has room on its own, but not beside the option's other claims on the same places. `index` is among the open claims. */
function crowdedReason(input: OptionInput, index: number): Reason {
  const { claims, open, option, room } = input;
  const { claim, candidates: own, bundle } = open.claims[index]!;
  if (bundle !== undefined) return nodeReason(input, bundle);
  const short: Shortage[] = [];
  for (const { place, window } of own) {
    const rivals = open.claims.filter(({ candidates }) =>
      candidates.some((c) => c.place === place && c.window === window),
    );
    const requested = rivals.reduce((sum, { quantity }) => sum + quantity, 0);
    const what = window === null ? place.id : windowKey(place.pools[0], window);
    short.push({ what, requested, available: room.free(place, window), held: room.used(place, window) });
  }
  return {
    code: 'POOL_FULL',
    option,
    claim,
    kind: claims[claim]!.claim.kind,
    short: nearestOf(short),
  };
}

function nearestOf(short: readonly Shortage[]): Shortage[] {
  const lacking = short.filter(({ requested, available }) => requested > available);
  return lacking.sort((a, b) => a.requested - a.available - (b.requested - b.available)).slice(0, SHORT_MOST);
}

function policyReasons(
  { policy }: Room,
  { pending, option, choices }: { pending: PendingRequest; option: number; choices: readonly Choice[] },
): Reason[] {
  const rows = policy
    .shortFor(pending.request, choices)
    .map(({ use: { row, held, room }, amount }): Reason => {
      const short = [{ what: row.id, requested: amount, available: room, held }];
      return { code: 'POLICY_LIMIT', option, remedy: row.remedy, short };
    });
  const conflicts = policy.separations.conflictsOf(pending.request, choices);
  return [
    ...rows,
    ...conflicts.map(({ use: { separation }, held }): Reason => {
      const short = [{ what: separation.id, requested: 1, available: 0, held }];
      return { code: 'POLICY_LIMIT', option, remedy: separation.remedy, short };
    }),
  ];
}

function quotaReasons(
  room: Room,
  wanted: { department: DepartmentId; option: number; demand: KindDemand },
): Reason[] {
  const { department, option } = wanted;
  const reasons: Reason[] = [];
  for (const [kind, requested] of wanted.demand) {
    const standing = room.quotas.standing(department, kind);
    if (standing === null) continue;
    if (requested > standing.room) {
      const what = quotaKey(department, kind);
      const available = Math.max(0, standing.room);
      reasons.push({
        code: 'QUOTA_EXHAUSTED',
        option,
        kind,
        short: [{ what, requested, available, held: standing.use }],
      });
    }
    for (const { cohort, growth, available, held } of room.quotas.cohorts.shortages(
      room.quotas.wantOf(standing, requested),
    )) {
      const short = [{ what: cohort.id, requested: growth, available, held }];
      reasons.push({ code: 'COHORT_EXHAUSTED', option, kind, short });
    }
  }
  return reasons;
}
