// Cuts seats out of the free nodes for the requests of one tick, the ones that are worth most first and of equals the largest first.
// Invariant: seats fit on the nodes at once; what the requests they are cut for ask beside them fits as well; work is counted.
// Called by index.ts.

import type { Configuration } from '../domain/configuration.ts';
import { lookupOf } from '../domain/lookup.ts';
import { type BundleSize, bundleKey } from '../domain/nodes.ts';
import type { Units } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import type { Snapshot } from '../snapshot.ts';
import { type BundleCandidates, type NodePart, partsOf } from './bundles.ts';
import type { Shape } from './candidates.ts';
import { Fleet, type Spot } from './fleet.ts';
import type { Choice } from './formulation.ts';
import { MixCount } from './fragmentation.ts';
import { ageBucket } from './objective.ts';
import { type OpenOthers, openOthers } from './openings.ts';
import type { Room } from './room.ts';
import { SeatBudget } from './seatBudget.ts';
import { type CutSeat, SeatPlan } from './seats.ts';

/** After so many bundles the mix of those that still wait is counted anew. */
const RECOUNT = 512;
/** Requests that seats are cut for in one tick; the rest goes on with the next. As many as twenty seconds of 1,000 arrivals each. */
const REQUESTS_MOST = 20_000;
/** Shares are compared in millionths. */
const MILLIONTHS = 1_000_000;

/** Somebody who asks for bundles, and may be granted. */
export interface Seeker {
  readonly pending: PendingRequest;
  readonly shape: Shape;
}

export interface SeatPlanInput {
  readonly snapshot: Snapshot;
  readonly room: Room;
  readonly seekers: readonly Seeker[];
  /** Labels by which gangs want to sit together: parts that differ there are never one class. */
  readonly colocation: readonly string[];
}

export interface PlannedSeats {
  readonly plan: SeatPlan;
  /** All who asked: whoever of them waits in the end might find room in what is left of the seats. */
  readonly seekers: readonly PendingRequest[];
  /** False: there were more than a tick cuts seats for. */
  readonly complete: boolean;
}

export function planSeats(input: SeatPlanInput): PlannedSeats {
  return new SeatPlanner(input).run();
}

/** One request, or all members of a gang. */
interface Turn {
  readonly members: readonly [Seeker, ...Seeker[]];
  readonly rank: number;
  readonly bucket: number;
  readonly size: number;
}

class SeatPlanner {
  readonly #input: SeatPlanInput;
  readonly #configuration: Configuration;
  readonly #fleet: Fleet;
  #budget: SeatBudget;
  readonly #cut: CutSeat[] = [];
  /** Some members of the gang at hand have seats, which may be given back. */
  #isHalfSeated = false;
  /** Bundles for which no part has room: what is free only shrinks. */
  readonly #hopeless = new Set<BundleCandidates>();
  readonly #open = new Map<Shape, readonly OpenOthers[]>();
  readonly #partSets = new Map<string, ReadonlySet<NodePart> | null>();

  constructor(input: SeatPlanInput) {
    const { configuration, nodes } = input.snapshot;
    this.#input = input;
    this.#configuration = configuration;
    this.#fleet = new Fleet(partsOf(configuration), { use: nodes.use, mix: [] });
    this.#budget = new SeatBudget(input.room, configuration.leaseTerms.graceSeconds * 1000);
  }

  run(): PlannedSeats {
    const turns = this.#turns();
    for (const [index, turn] of turns.entries()) {
      if (index % RECOUNT === 0) this.#recount(turns, index);
      if (index >= REQUESTS_MOST) break;
      this.#seatAll(turn.members);
    }
    const seekers = this.#input.seekers.map(({ pending }) => pending);
    const plan = new SeatPlan(this.#cut, this.#alike());
    return { plan, seekers, complete: turns.length <= REQUESTS_MOST };
  }

  /** By class, then age, then size: what is large finds room only while there is some, and what is small fits beside it. */
  #turns(): Turn[] {
    const { snapshot, seekers } = this.#input;
    const { classes } = lookupOf(this.#configuration);
    const free = this.#freeUnits();
    const sizes = new Map<Shape, number>();
    const sizeOf = ({ shape }: Seeker): number => {
      const size = sizes.get(shape) ?? shareOf(shape, free);
      sizes.set(shape, size);
      return size;
    };
    const turns = together(seekers).map((members): Turn => {
      const { terms, submittedAt } = members[0].pending.request;
      const { rank, targetWaitSeconds } = classes.get(terms.class)!;
      const bucket = ageBucket(snapshot.now - submittedAt, targetWaitSeconds);
      return { members, rank, bucket, size: members.reduce((sum, member) => sum + sizeOf(member), 0) };
    });
    return turns.sort(
      (a, b) =>
        a.rank - b.rank ||
        b.bucket - a.bucket ||
        b.size - a.size ||
        a.members[0].pending.sequence - b.members[0].pending.sequence,
    );
  }

  #freeUnits(): BundleSize {
    let [gpuMilli, cpuMilli, memoryMiB] = [0, 0, 0];
    for (const part of partsOf(this.#configuration)) {
      for (const free of this.#fleet.classesOf(part)) {
        gpuMilli += free.gpuMilli * free.nodes.length;
        cpuMilli += free.cpuMilli * free.nodes.length;
        memoryMiB += free.memoryMiB * free.nodes.length;
      }
    }
    return { gpuMilli, cpuMilli, memoryMiB };
  }

  /** What is held now and what still waits: the tick's own guess at what comes. */
  #recount(turns: readonly Turn[], from: number): void {
    const count = new MixCount();
    count.addHeld(this.#input.snapshot.nodes.bundles);
    for (const { shape } of turns.slice(from).flatMap(({ members }) => members)) {
      const bundles = shape.bundles.find((list) => list.length > 0) ?? [];
      for (const { bundle, tiers } of bundles) {
        const parts = this.#partsOf(tiers);
        const kind = parts === null ? bundleKey(bundle) : `${bundleKey(bundle)} ${idsOf(tiers)}`;
        count.add(kind, { size: bundle, parts, count: 1 });
      }
    }
    this.#fleet.remix(count.mix());
  }

  /** Null when they are all parts there are. */
  #partsOf(tiers: BundleCandidates['tiers']): ReadonlySet<NodePart> | null {
    const key = idsOf(tiers);
    let found = this.#partSets.get(key);
    if (found === undefined) {
      const parts = new Set(tiers.flatMap((tier) => tier.parts));
      found = parts.size === partsOf(this.#configuration).length ? null : parts;
      this.#partSets.set(key, found);
    }
    return found;
  }

  /** Of a gang that does not fit whole nobody: its seats would lie idle, tick after tick. */
  #seatAll(members: Turn['members']): void {
    const before = members.length > 1 ? this.#budget.copy() : this.#budget;
    const cut = this.#cut.length;
    const seated = members.every((member) => {
      this.#isHalfSeated = this.#cut.length > cut;
      return this.#seat(member);
    });
    this.#isHalfSeated = false;
    if (seated) return;
    this.#budget = before;
    for (const { spot, size } of this.#cut.splice(cut)) this.#fleet.giveBack(spot, size);
  }

  /** The first option that fits with all that it asks. */
  #seat({ pending, shape }: Seeker): boolean {
    for (const [option, bundles] of shape.bundles.entries()) {
      if (bundles.length === 0 || bundles.some((candidates) => this.#hopeless.has(candidates))) continue;
      const others = this.#otherChoices(pending, shape, option);
      if (others === null) continue;
      const seats = this.#place(bundles);
      if (seats === null) continue;
      if (this.#budget.take(pending, [...others, ...seats.flatMap(choicesOn)])) {
        this.#cut.push(...seats);
        return true;
      }
      for (const { spot, size } of seats) this.#fleet.giveBack(spot, size);
    }
    return false;
  }

  /** One place for each claim that is no part of a bundle; null when one has none left. */
  #otherChoices(pending: PendingRequest, shape: Shape, option: number): Choice[] | null {
    const { claims, isOpen } = this.#openOthers(pending, shape)[option]!;
    if (!isOpen) return null;
    const choices: Choice[] = [];
    for (const { claim, quantity, candidates } of claims) {
      const found = candidates.find(
        ({ place, window }) => window !== null || this.#budget.left(place) >= quantity,
      );
      if (found === undefined) return null;
      choices.push({ claim, quantity, place: found.place, window: found.window });
    }
    return choices;
  }

  /** Without windows one look serves all requests of the shape that can end in time. */
  #openOthers(pending: PendingRequest, shape: Shape): readonly OpenOthers[] {
    const { terms } = pending.request;
    const isTimed = terms.deadline !== undefined || terms.startBefore !== undefined;
    const known = isTimed ? undefined : this.#open.get(shape);
    if (known) return known;
    const made = openOthers(shape, terms, this.#input.room);
    if (!isTimed) this.#open.set(shape, made);
    return made;
  }

  /** All bundles of an option at once, each in its best tier that has room; null, and nothing taken, when one has none. */
  #place(bundles: readonly BundleCandidates[]): PlacedSeat[] | null {
    const placed: PlacedSeat[] = [];
    for (const candidates of bundles) {
      const seat = this.#placeOne(candidates);
      if (seat !== null) {
        placed.push(seat);
        continue;
      }
      if (placed.length === 0 && !this.#isHalfSeated) this.#hopeless.add(candidates);
      for (const { spot, size } of placed) this.#fleet.giveBack(spot, size);
      return null;
    }
    return placed;
  }

  #placeOne(candidates: BundleCandidates): PlacedSeat | null {
    const { bundle } = candidates;
    const { gpuMilli, cpuMilli, memoryMiB } = bundle;
    const seat = this.#fleet.seat(candidates);
    return seat && { ...seat, size: { gpuMilli, cpuMilli, memoryMiB }, bundle };
  }

  /** Parts are alike when every bundle of the batch stands to them alike, they cost and are labelled alike, and no policy row names pools. */
  #alike(): (part: NodePart) => string {
    if (this.#input.room.policy.tellsPlacesApart) return (part) => part.id;
    const standings = new Map<NodePart, string[]>();
    for (const shape of new Set(this.#input.seekers.map((seeker) => seeker.shape))) {
      for (const [c, { tiers }] of shape.bundles.flat().entries()) {
        for (const { rank, parts } of tiers) {
          for (const part of parts) {
            const list = standings.get(part) ?? [];
            list.push(`${this.#shapeIndex(shape)}.${c}.${rank}`);
            standings.set(part, list);
          }
        }
      }
    }
    const texts = new Map<NodePart, string>();
    for (const part of partsOf(this.#configuration)) {
      const pools = [...part.places].map(
        ([
          kind,
          {
            pools: [pool],
          },
        ]) => [
          kind,
          pool.priceMinor,
          pool.pricePer,
          this.#input.colocation.map((label) => pool.labels[label] ?? null),
        ],
      );
      texts.set(part, JSON.stringify([pools, standings.get(part) ?? []]));
    }
    return (part) => texts.get(part) ?? part.id;
  }

  readonly #indices = new Map<Shape, number>();

  #shapeIndex(shape: Shape): number {
    const known = this.#indices.get(shape) ?? this.#indices.size;
    this.#indices.set(shape, known);
    return known;
  }
}

/** Members of a gang in the turn of the first of them; anybody else alone. */
function together(seekers: readonly Seeker[]): Turn['members'][] {
  const turns: [Seeker, ...Seeker[]][] = [];
  const gangs = new Map<string, Seeker[]>();
  for (const seeker of seekers) {
    const gang = seeker.pending.request.terms.gang?.id;
    const known = gang === undefined ? undefined : gangs.get(gang);
    if (known) {
      known.push(seeker);
      continue;
    }
    const turn: [Seeker, ...Seeker[]] = [seeker];
    turns.push(turn);
    if (gang !== undefined) gangs.set(gang, turn);
  }
  return turns;
}

interface PlacedSeat extends CutSeat {
  readonly spot: Spot;
  readonly bundle: BundleCandidates['bundle'];
}

function choicesOn({ part, bundle }: PlacedSeat): Choice[] {
  return bundle.claims.map(({ claim, kind, quantity }) => ({
    claim,
    quantity,
    place: part.places.get(kind)!,
    window: null,
  }));
}

/** Sum over the kinds of the first option's share of what is free. */
function shareOf(shape: Shape, free: BundleSize): number {
  const share = (asked: Units, of: Units): number =>
    of === 0 ? 0 : Math.floor((MILLIONTHS * Math.min(asked, of)) / of);
  let sum = 0;
  for (const { bundle } of shape.bundles.find((list) => list.length > 0) ?? []) {
    sum += share(bundle.gpuMilli, free.gpuMilli);
    sum += share(bundle.cpuMilli, free.cpuMilli);
    sum += share(bundle.memoryMiB, free.memoryMiB);
  }
  return sum;
}

function idsOf(tiers: BundleCandidates['tiers']): string {
  return tiers.map(({ parts }) => parts.map(({ id }) => id).join(' ')).join('|');
}
