// What time and room leave of a shape's candidates: open windows, free places, ends in time. Used by templates.ts, findings.ts and explain.ts.
// Invariant: an open candidate has room for its claim alone; whether claims fit beside each other is combinations.ts's.

import type { Instant } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import type { Terms } from '../domain/request.ts';
import { NEVER } from '../domain/reservation.ts';
import type { ClaimCandidates, Shape } from './candidates.ts';
import { compareText } from './catalogue.ts';
import type { OpenCandidate, OpenClaim, OpenOption } from './combinations.ts';
import type { Choice } from './formulation.ts';
import type { Room } from './room.ts';
import { windowsFor } from './windows.ts';

/** Every option's candidates that have room for their claim at this moment; no claims at all for an option that ends too late. */
export function openOptions(shape: Shape, terms: Terms, room: Room): OpenOption[] {
  return optionsOf(shape, { terms, room }, (claim) => bestOpen(claim, shape, { terms, room }));
}

/**
 * Without those that are dominated. Requests whose shapes differ make the same claims: of 150 claims that a tick brings, a third are unlike
 * any other, so the room keeps what it found. Of windows it keeps nothing, as they depend on the request's times.
 */
function bestOpen(
  claim: ClaimCandidates,
  { isWindowed }: Shape,
  { terms, room }: { terms: Terms; room: Room },
): readonly OpenCandidate[] {
  const find = (): OpenCandidate[] => withoutDominated(openCandidates(claim, terms, room), room);
  if (isWindowed) return find();
  // Beyond that instant nothing is promised that the claim could stand in the way of.
  const until = room.checkpoints.isEmpty ? 0 : heldFor(terms, room);
  return room.openings.of({ ...claim, until }, find);
}

/** With those that are no better than others beside them: a gang may want them for where they are. */
export function allOpenOptions(shape: Shape, terms: Terms, room: Room): OpenOption[] {
  return optionsOf(shape, { terms, room }, (claim) => openCandidates(claim, terms, room));
}

function optionsOf(
  shape: Shape,
  { terms, room }: { terms: Terms; room: Room },
  candidatesOf: (claim: ClaimCandidates) => readonly OpenCandidate[],
): OpenOption[] {
  return shape.options.map((claims, option) => ({
    option,
    claims: endsInTime(claims, terms, room.now)
      ? [
          ...claimsApart(claims, candidatesOf),
          ...shape.bundles[option]!.map((candidates) => ({
            claim: candidates.bundle.claims[0]!.claim,
            bundle: candidates.bundle,
            quantity: 1,
            candidates: room.openNodes(candidates),
          })),
        ]
      : [],
  }));
}

/** Claims of one option that are no part of a bundle. */
export interface OpenOthers {
  readonly claims: readonly OpenClaim[];
  /** False for an option that ends too late. */
  readonly isOpen: boolean;
}

/** Every option's claims beside its bundles. */
export function openOthers(shape: Shape, terms: Terms, room: Room): OpenOthers[] {
  return shape.options.map((claims) => ({
    claims: claimsApart(claims, (claim) => bestOpen(claim, shape, { terms, room })),
    isOpen: endsInTime(claims, terms, room.now),
  }));
}

function claimsApart(
  claims: readonly ClaimCandidates[],
  candidatesOf: (claim: ClaimCandidates) => readonly OpenCandidate[],
): OpenClaim[] {
  return claims.flatMap((claim, index) =>
    claim.claim.node === undefined
      ? [
          {
            claim: index,
            quantity: claim.claim.quantity,
            ...(claim.claim.exclusive && { alone: true as const }),
            candidates: candidatesOf(claim),
          },
        ]
      : [],
  );
}

function openCandidates({ claim, candidates }: ClaimCandidates, terms: Terms, room: Room): OpenCandidate[] {
  const open: OpenCandidate[] = [];
  const endsAt = heldFor(terms, room);
  for (const { place, rank } of candidates) {
    const [pool] = place.pools;
    if (claim.exclusive && room.used(place, null) > 0) continue;
    const units = claim.exclusive ? pool.capacity : claim.quantity;
    if (pool.calendar === undefined && room.checkpoints.freeUntil(place, endsAt) < units) continue;
    const windows = pool.calendar === undefined ? [null] : windowsFor(pool, { claim, terms, now: room.now });
    for (const [windowsSkipped, window] of windows.entries()) {
      const free = room.free(place, window);
      if (free >= claim.quantity) open.push({ place, window, rank, windowsSkipped, free });
    }
  }
  return open.sort(compareOpen);
}

/** Until when it would hold what has no window. */
function heldFor(terms: Terms, { now }: Room): Instant {
  return terms.openEnded ? NEVER : now + terms.durationSeconds * 1000;
}

/**
 * Behind a place whose row cannot bind, one that is not cheaper could serve no better: it has no better rank and takes the same of every
 * other row. Without this a request for two CPUs in an idle hall would have a column for every pool of CPUs. Consumable and renewable
 * places never stand for each other (quotas and prices count them differently), and windows for nothing (their ends differ).
 */
function withoutDominated(open: readonly OpenCandidate[], room: Room): OpenCandidate[] {
  const least = { consumable: Number.POSITIVE_INFINITY, renewable: Number.POSITIVE_INFINITY };
  if (room.policy.tellsPlacesApart) return [...open];
  return open.filter(({ place, window }) => {
    if (window !== null) return true;
    const { consumable, priceMinor } = place.pools[0];
    const nature = consumable ? 'consumable' : 'renewable';
    if (priceMinor >= least[nature]) return false;
    if (room.isAmple(place)) least[nature] = priceMinor;
    return true;
  });
}

/** Preference, price, time, then the most free, so that a batch starts where there is most room. */
function compareOpen(a: OpenCandidate, b: OpenCandidate): number {
  return (
    a.rank - b.rank ||
    a.place.pools[0].priceMinor - b.place.pools[0].priceMinor ||
    (a.window?.startsAt ?? 0) - (b.window?.startsAt ?? 0) ||
    b.free - a.free ||
    compareText(a.place.id, b.place.id)
  );
}

/** Whatever is held from now on must be able to end by the deadline; windows were chosen by it. */
function endsInTime(claims: readonly ClaimCandidates[], terms: Terms, now: Instant): boolean {
  if (terms.deadline === undefined || now + terms.durationSeconds * 1000 <= terms.deadline) return true;
  return claims.every(({ candidates }) =>
    candidates.every(({ place }) => place.pools[0].calendar !== undefined),
  );
}

/**
 * When a lease of these choices ends: now + duration, or with its last window if that is later; of windows alone, with the last.
 * What has no window is held, and paid, to that end.
 */
export function endOf(choices: readonly Choice[], terms: Terms, now: Instant): Instant {
  let end = Number.NEGATIVE_INFINITY;
  for (const { window } of choices) {
    end = Math.max(end, window === null ? now + terms.durationSeconds * 1000 : window.endsAt);
  }
  return end;
}

/** How long the units are counted as held: work without a known end gives nothing back at an instant that anybody may count on. */
export function heldUntil(choices: readonly Choice[], terms: Terms, now: Instant): Instant {
  const isOpen = terms.openEnded === true && choices.some(({ window }) => window === null);
  return isOpen ? NEVER : endOf(choices, terms, now);
}

/** What no free unit would help, for every option; empty as soon as one option could start if there were room. */
export function timeReasons(shape: Shape, terms: Terms, now: Instant): readonly Reason[] {
  // Nearly all of those who wait: neither a window nor a deadline, and so nothing that time could take away.
  if (!shape.isWindowed && terms.deadline === undefined) return [];
  const reasons = shape.options.map((claims, option) => timeReason(claims, { option, terms, now }));
  return reasons.every((reason) => reason !== null) ? reasons : [];
}

export function timeReason(
  claims: readonly ClaimCandidates[],
  asked: { option: number; terms: Terms; now: Instant },
): Reason | null {
  const { option, terms, now } = asked;
  if (!endsInTime(claims, terms, now))
    return { code: 'DEADLINE_UNREACHABLE', deadline: terms.deadline ?? now };
  for (const [index, { claim, candidates }] of claims.entries()) {
    const isPossible = candidates.some(
      ({ place: { pools } }) =>
        pools[0].calendar === undefined || windowsFor(pools[0], { claim, terms, now }).length > 0,
    );
    if (!isPossible && candidates.length > 0)
      return { code: 'NO_WINDOW', option, claim: index, kind: claim.kind };
  }
  return null;
}
