// The candidate table of a claim: every place of its kind, whether it may serve the claim, and if not why, as far as is known.
// Invariant: candidates come first, in the order in which the tick prefers them; at most 50 rows are listed, the rest are counted.

import type { Window } from './domain/configuration.ts';
import type { Units } from './domain/quantity.ts';
import type { PendingRequest } from './domain/request.ts';
import type { Score, Scores } from './explanationScore.ts';
import { type ClaimCandidates, takesOneUnit } from './formulate/candidates.ts';
import { classificationLevel } from './formulate/catalogue.ts';
import type { Place } from './formulate/formulation.ts';
import { matches } from './formulate/labels.ts';
import type { Room } from './formulate/room.ts';
import { remainingUnits, windowsFor } from './formulate/windows.ts';

/** `candidate`, or what keeps the place out for as long as the organisation stays as it is. */
export const STANDINGS = ['candidate', 'size', 'window', 'nodes', 'clearance', 'selector'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface CandidateRow {
  /** A pool; of agent pools that nothing tells apart "<first pool>+<how many more>". */
  readonly pool: string;
  readonly window: string | null;
  readonly standing: Standing;
  /** Index of the first preference that it matches; null where it is no candidate. */
  readonly rank: number | null;
  readonly capacity: Units;
  readonly used: Units;
  readonly available: Units;
  /** Room for this claim alone, at this moment. */
  readonly fits: boolean;
  readonly priceMinor: Units;
  /** What the objective takes for this place; null where it is no candidate, or another claim of the option has none. */
  readonly score: Score | null;
}

export interface ClaimTable {
  readonly claim: number;
  readonly kind: string;
  readonly quantity: Units;
  readonly candidates: readonly CandidateRow[];
  /** Rows beyond the list, by standing; standings without any are left out. */
  readonly unlisted: Readonly<Partial<Record<Standing, number>>>;
}

const ROWS_MAX = 50;

export interface TableInput {
  readonly option: number;
  readonly claims: readonly ClaimCandidates[];
  readonly scores: Scores;
  readonly pending: PendingRequest;
  readonly room: Room;
}

type Scorer = (place: Place, window: Window | null) => Score | null;

export function claimTables({ option, claims, scores, pending, room }: TableInput): ClaimTable[] {
  return claims.map((candidates, claim) => {
    const score: Scorer = (place, window) => scores.of({ option, claim, place, window });
    const rows = rowsOf(candidates, { pending, room, score });
    return {
      claim,
      kind: candidates.claim.kind,
      quantity: candidates.claim.quantity,
      candidates: rows.slice(0, ROWS_MAX),
      unlisted: countStandings(rows.slice(ROWS_MAX)),
    };
  });
}

interface Known {
  readonly pending: PendingRequest;
  readonly room: Room;
  readonly score: Scorer;
}

function rowsOf(claim: ClaimCandidates, known: Known): CandidateRow[] {
  const { room, pending, score } = known;
  const { agent, department, terms } = pending.request;
  const ranks = new Map(claim.candidates.map(({ place, rank }) => [place, rank]));
  const rows = [...ranks].flatMap(([place, rank]) => {
    const [pool] = place.pools;
    if (pool.calendar === undefined) return [placeRow(claim, place, { window: null, rank, room, score })];
    const windows = windowsFor(pool, { claim: claim.claim, terms, now: room.now });
    return windows.length === 0
      ? [{ ...closedRow(place, room), standing: 'window' as const }]
      : windows.map((window) => placeRow(claim, place, { window, rank, room, score }));
  });
  const clearance = room.catalogue.clearanceOf(agent, department);
  const others = (room.catalogue.places.get(claim.claim.kind) ?? []).filter((place) => !ranks.has(place));
  for (const place of others)
    rows.push({ ...closedRow(place, room), standing: whyNot(place, claim, clearance) });
  return rows.sort((a, b) => STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing));
}

function placeRow(
  { claim }: ClaimCandidates,
  place: Place,
  at: { window: Window | null; rank: number; room: Room; score: Scorer },
): CandidateRow {
  const { window, rank, room, score } = at;
  const capacity = window === null ? capacityOf(place) : remainingUnits(window, room.now);
  const available = room.free(place, window);
  const standing = capacity < claim.quantity ? 'size' : 'candidate';
  return {
    pool: place.id,
    window: window?.id ?? null,
    standing,
    rank,
    capacity,
    used: room.used(place, window),
    available,
    fits: available >= claim.quantity,
    priceMinor: place.pools[0].priceMinor,
    score: standing === 'candidate' ? score(place, window) : null,
  };
}

/** Of a place that the claim cannot take. A calendar's units stand in its windows, which are not listed then. */
function closedRow(place: Place, room: Room): Omit<CandidateRow, 'standing'> {
  return {
    pool: place.id,
    window: null,
    rank: null,
    capacity: capacityOf(place),
    used: room.used(place, null),
    available: room.free(place, null),
    fits: false,
    priceMinor: place.pools[0].priceMinor,
    score: null,
  };
}

/** In the order in which the candidates are sifted: what a clearance hides is not told apart any further. */
function whyNot({ pools }: Place, { claim }: ClaimCandidates, clearance: number): Standing {
  const [pool] = pools;
  if (classificationLevel(pool) > clearance) return 'clearance';
  if (!matches(pool, claim.selector)) return 'selector';
  if (takesOneUnit(pool) && claim.quantity !== 1) return 'size';
  if ((pool.nodes === undefined) !== (claim.node === undefined)) return 'nodes';
  throw new Error(`${pool.id} is no candidate and nothing keeps it out`);
}

function capacityOf({ pools }: Place): Units {
  return pools.reduce((sum, { capacity }) => sum + capacity, 0);
}

function countStandings(rows: readonly CandidateRow[]): Partial<Record<Standing, number>> {
  const counts: Partial<Record<Standing, number>> = {};
  for (const { standing } of rows) counts[standing] = (counts[standing] ?? 0) + 1;
  return counts;
}
