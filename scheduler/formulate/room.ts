// What is left at one moment, with what earmarks hold back taken off: of every place, window, quota, cohort and account. Looked up once, shared by formulate and explain.
// Invariant: reads one snapshot and changes nothing.

import type { Window } from '../domain/configuration.ts';
import type { RequestId } from '../domain/ids.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { Shortage } from '../domain/reason.ts';
import { standingUse, type Use } from '../preemption/standing.ts';
import type { Snapshot } from '../snapshot.ts';
import { AccountRoom } from './accounts.ts';
import type { BundleCandidates } from './bundles.ts';
import { freeUnits } from './capacity.ts';
import { type Catalogue, catalogueOf } from './catalogue.ts';
import { Checkpoints } from './checkpoints.ts';
import type { OpenCandidate } from './combinations.ts';
import type { Place } from './formulation.ts';
import { type Kept, keptNow, withKept } from './kept.ts';
import { NodeRoom } from './nodes.ts';
import { OpenPlaces } from './openPlaces.ts';
import { PolicyRoom } from './policyRows.ts';
import { QuotaRoom } from './quota.ts';
import type { SeatPlan } from './seats.ts';
import { freeInWindow, windowKey } from './windows.ts';

const NOBODY: ReadonlySet<RequestId> = new Set();

export class Room {
  readonly now: Instant;
  readonly catalogue: Catalogue;
  readonly quotas: QuotaRoom;
  readonly accounts: AccountRoom;
  readonly policy: PolicyRoom;
  /** Promised starts still to come. */
  readonly checkpoints: Checkpoints;
  readonly openings = new OpenPlaces();
  readonly #used: Snapshot['used'];
  readonly #kept: Kept;
  readonly #free = new Map<Place, Units>();
  readonly #asked = new Map<string, Units>();
  readonly #exclusive: Snapshot['exclusive'];
  readonly #nodes: NodeRoom;
  #isContested = false;

  /**
   * `use`: what stands as taken, where it was worked out already. `holders`: those for whom the room is looked at, if they have reservations:
   * their own promises do not stand in their way. `beside`: a room of the same snapshot and use for others, which has the same accounts and rules.
   */
  constructor(
    snapshot: Snapshot,
    {
      use = standingUse(snapshot),
      holders = NOBODY,
      beside,
    }: { readonly use?: Use; readonly holders?: ReadonlySet<RequestId>; readonly beside?: Room } = {},
  ) {
    this.now = snapshot.now;
    this.catalogue = catalogueOf(snapshot.configuration);
    this.checkpoints = new Checkpoints(this.catalogue, snapshot, holders);
    this.#kept = keptNow(snapshot, holders);
    this.quotas = new QuotaRoom(this.catalogue, withKept(use.quotaUse, this.#kept.quotas));
    this.accounts = beside?.accounts ?? new AccountRoom(this.catalogue.accounts.length, use.accounts);
    this.policy = beside?.policy ?? new PolicyRoom({ ...use, policyWeights: snapshot.policyWeights });
    this.#used = use.used;
    this.#exclusive = use.exclusive;
    this.#nodes = new NodeRoom(snapshot);
  }

  /** From here on bundles go to these seats alone, and not to any node with room. */
  seat(plan: SeatPlan): void {
    this.#nodes.seat(plan);
  }

  /** Seats, or without a plan of them nodes, that have room for the bundle. */
  openNodes(candidates: BundleCandidates): OpenCandidate[] {
    return this.#nodes.openFor(candidates);
  }

  /** Of bundles that each have room the first that has none beside the others; null when all have. */
  crowdedOut(bundles: readonly BundleCandidates[]): BundleCandidates | null {
    return this.#nodes.crowdedOut(bundles);
  }

  /** What the bundle lacks on the node that is nearest to holding it. */
  nearestNode(candidates: BundleCandidates): Shortage[] {
    return this.#nodes.nearest(candidates);
  }

  /** A dataset that one lease holds alone: it has no seat for anybody. */
  isExclusive({ pools }: Place): boolean {
    return this.#exclusive.size > 0 && this.#exclusive.has(pools[0].id);
  }

  /** Somebody of the batch would hold a dataset alone: seats enough for all are no promise of one. */
  contestDatasets(): void {
    if (!this.#isContested) this.openings.forget();
    this.#isContested = true;
  }

  get isContested(): boolean {
    return this.#isContested;
  }

  /** Free units of a place now, or of one window of it. */
  free(place: Place, window: Window | null): Units {
    if (window !== null) return Math.max(0, this.freeUnkept(place, window) - this.kept(place, window));
    let free = this.#free.get(place);
    if (free === undefined) {
      free = this.isExclusive(place) ? 0 : Math.max(0, freeUnits(place, this.#used) - this.kept(place, null));
      this.#free.set(place, free);
    }
    return free;
  }

  /** Counts what requests of the batch could take of each kind at most, so many of one demand. */
  ask(demand: ReadonlyMap<string, Units>, requests = 1): void {
    this.openings.forget();
    for (const [kind, quantity] of demand)
      this.#asked.set(kind, (this.#asked.get(kind) ?? 0) + requests * quantity);
  }

  /** The whole batch together could not fill it: its row cannot bind. Of a kind that nobody was counted for: false. */
  isAmple(place: Place): boolean {
    if (this.#isContested && place.kind === 'dataset') return false;
    if (this.checkpoints.concerns(place)) return false;
    const asked = this.#asked.get(place.kind);
    return asked !== undefined && asked <= this.free(place, null);
  }

  /** Free units if no reservation kept any. */
  freeUnkept(place: Place, window: Window | null): Units {
    if (window !== null)
      return freeInWindow(window, this.now, this.#used.get(windowKey(place.pools[0], window)) ?? 0);
    return this.isExclusive(place) ? 0 : freeUnits(place, this.#used);
  }

  /** Units that are kept for reservations at this moment, and count as used. */
  kept(place: Place, window: Window | null): Units {
    const { units } = this.#kept;
    if (window !== null) return units.get(windowKey(place.pools[0], window)) ?? 0;
    return place.pools.reduce((sum, pool) => sum + (units.get(pool.id) ?? 0), 0);
  }

  /** Units held or kept, for explanations. */
  used(place: Place, window: Window | null): Units {
    const kept = this.kept(place, window);
    if (window !== null) return kept + (this.#used.get(windowKey(place.pools[0], window)) ?? 0);
    return place.pools.reduce((sum, pool) => sum + (this.#used.get(pool.id) ?? 0), kept);
  }
}
