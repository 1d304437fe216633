// Seats: places for one bundle each, cut out of the free nodes before the program is written. Equal seats are one class with a count.
// Invariant: all seats fit on the nodes at once, so that any assignment of bundles to seats that hold them can be decoded. Made by
// seatPlanner.ts; read by room.ts, templates.ts and decode.ts.

import { type BundleSize, bundleKey, NODE_KINDS, type NodeKind } from '../domain/nodes.ts';
import type { Units } from '../domain/quantity.ts';
import { type BundleCandidates, holds, type NodePart } from './bundles.ts';
import { type Catalogue, compareText } from './catalogue.ts';
import type { OpenCandidate } from './combinations.ts';
import type { Spot } from './fleet.ts';
import type { Place } from './formulation.ts';
import type { Handed } from './rows.ts';

/*
 * seats/<parts>/<size>:  sum over the bundles that a column puts on a seat of the class  <=  number of its seats
 *
 * A node holds as many seats as were cut out of it, of whatever sizes; a bundle may take any seat that holds it. Rows of this kind alone are
 * an assignment, whose program has whole answers, and they say all that there is to say of nodes: no row of a node, a GPU or a sum of them is
 * needed beside them. What a bundle leaves of a larger seat, and seats that nobody takes, are cut anew by the next tick.
 */

export interface SeatClass extends BundleSize {
  /** "seats/<first part>+<how many more>/<size>", of quantity 1 a bundle. */
  readonly place: Place;
  /** The parts that it lies in, which nothing that is asked tells apart. */
  readonly parts: readonly NodePart[];
  readonly spots: readonly Spot[];
}

/** Larger seats that a bundle may take beside those of its own size. */
const LARGER_MOST = 3;
/** Most that `looseness` says. */
export const LOOSENESS_MOST = 20;

export interface CutSeat {
  readonly size: BundleSize;
  readonly part: NodePart;
  readonly spot: Spot;
}

export class SeatPlan {
  readonly classes: readonly SeatClass[];
  /** What all seats have, by kind: a plan that hands out all of it leaves nothing of any seat. */
  readonly units: Readonly<Record<NodeKind, Units>>;
  readonly #byPart = new Map<NodePart, SeatClass[]>();

  /** `alike`: equal texts of parts that no bundle of the batch tells apart. */
  constructor(cut: readonly CutSeat[], alike: (part: NodePart) => string) {
    const classes = new Map<string, { parts: Set<NodePart>; size: BundleSize; spots: Spot[] }>();
    const units = { gpu: 0, cpu: 0, memory: 0 };
    for (const { size, part, spot } of cut) {
      const key = `${bundleKey(size)} ${alike(part)}`;
      const known = classes.get(key) ?? { parts: new Set(), size, spots: [] };
      known.parts.add(part);
      known.spots.push(spot);
      classes.set(key, known);
      units.gpu += size.gpuMilli;
      units.cpu += size.cpuMilli;
      units.memory += size.memoryMiB;
    }
    this.units = units;
    this.classes = [...classes.values()].map(({ parts, size, spots }) => seatClass([...parts], size, spots));
    for (const seats of this.classes) {
      for (const part of seats.parts) {
        const list = this.#byPart.get(part) ?? [];
        list.push(seats);
        this.#byPart.set(part, list);
      }
    }
  }

  /** Seats that hold the bundle: all of its own size, and the tightest of the larger ones. Best rank first, then cheapest. */
  openFor({ bundle, tiers }: BundleCandidates): OpenCandidate[] {
    const own: OpenCandidate[] = [];
    const larger: OpenCandidate[] = [];
    for (const { rank, parts } of tiers) {
      const found = new Set(parts.flatMap((part) => this.#byPart.get(part) ?? []));
      for (const seats of found) {
        if (!holds(seats, bundle)) continue;
        const looseness = loosenessOf(seats, bundle);
        const candidate = {
          place: seats.place,
          window: null,
          rank,
          windowsSkipped: 0,
          free: seats.spots.length,
          looseness,
          seats,
          part: parts.find((part) => seats.parts.includes(part))!,
        };
        (looseness === 0 ? own : larger).push(candidate);
      }
    }
    larger.sort(
      (a, b) => a.rank - b.rank || a.looseness! - b.looseness! || compareText(a.place.id, b.place.id),
    );
    return [...own, ...larger.slice(0, LARGER_MOST)].sort((a, b) => a.rank - b.rank);
  }
}

/** The kind of which a seat is the largest share of all there is, and how much it has of it: what fairness counts of whoever takes it. */
export function dominantOf({ unitsOfKind }: Catalogue, size: BundleSize): Handed {
  const units: Record<NodeKind, Units> = { gpu: size.gpuMilli, cpu: size.cpuMilli, memory: size.memoryMiB };
  const shareOf = (kind: NodeKind): number =>
    units[kind] / (unitsOfKind.get(kind) ?? Number.POSITIVE_INFINITY);
  const kind = NODE_KINDS.reduce((most, one) => (shareOf(one) > shareOf(most) ? one : most));
  return { kind, unitsEach: units[kind] };
}

function seatClass(parts: NodePart[], size: BundleSize, spots: readonly Spot[]): SeatClass {
  parts.sort((a, b) => compareText(a.id, b.id));
  const [first] = parts;
  const pool = first?.places.values().next().value?.pools[0];
  if (first === undefined || pool === undefined) throw new Error('a seat lies in a part that has a pool');
  const where = parts.length === 1 ? first.id : `${first.id}+${parts.length - 1}`;
  const place: Place = { id: `seats/${where}/${bundleKey(size)}`, kind: 'seat', pools: [pool] };
  return { ...size, place, parts, spots };
}

/** 0 for a seat of the bundle's own size, else the largest part of the seat that would idle, in twentieths, and at least 1. */
function loosenessOf(seats: BundleSize, bundle: BundleSize): number {
  const idle = (has: Units, takes: Units): number =>
    has === 0 ? 0 : Math.floor((LOOSENESS_MOST * (has - takes)) / has);
  const most = Math.max(
    idle(seats.gpuMilli, bundle.gpuMilli),
    idle(seats.cpuMilli, bundle.cpuMilli),
    idle(seats.memoryMiB, bundle.memoryMiB),
  );
  return bundleKey(seats) === bundleKey(bundle) ? 0 : Math.max(1, most);
}
