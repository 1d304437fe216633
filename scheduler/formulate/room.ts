// What is left at one moment: of every place, window, quota, cohort and account. Looked up once, shared by formulate and explain.
// Invariant: reads one snapshot and changes nothing.

import type { Window } from '../domain/configuration.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { Snapshot } from '../snapshot.ts';
import { AccountRoom } from './accounts.ts';
import { freeUnits } from './capacity.ts';
import { type Catalogue, catalogueOf } from './catalogue.ts';
import type { Place } from './formulation.ts';
import { PolicyRoom } from './policyRows.ts';
import { QuotaRoom } from './quota.ts';
import { freeInWindow, windowKey } from './windows.ts';

export class Room {
  readonly now: Instant;
  readonly catalogue: Catalogue;
  readonly quotas: QuotaRoom;
  readonly accounts: AccountRoom;
  readonly policy: PolicyRoom;
  readonly #used: Snapshot['used'];
  readonly #free = new Map<Place, Units>();
  readonly #asked = new Map<string, Units>();
  readonly #exclusive: Snapshot['exclusive'];
  #isContested = false;

  constructor(snapshot: Snapshot) {
    this.now = snapshot.now;
    this.catalogue = catalogueOf(snapshot.configuration);
    this.quotas = new QuotaRoom(this.catalogue, snapshot.quotaUse);
    this.accounts = new AccountRoom(this.catalogue.accounts.length, snapshot.accounts);
    this.policy = new PolicyRoom(snapshot.policyRows ?? []);
    this.#used = snapshot.used;
    this.#exclusive = snapshot.exclusive;
  }

  /** A dataset that one lease holds alone: it has no seat for anybody. */
  isExclusive({ pools }: Place): boolean {
    return this.#exclusive.size > 0 && this.#exclusive.has(pools[0].id);
  }

  /** Somebody of the batch would hold a dataset alone: seats enough for all are no promise of one. */
  contestDatasets(): void {
    this.#isContested = true;
  }

  get isContested(): boolean {
    return this.#isContested;
  }

  /** Free units of a place now, or of one window of it. */
  free(place: Place, window: Window | null): Units {
    if (window !== null) return freeInWindow(window, this.now, this.used(place, window));
    let free = this.#free.get(place);
    if (free === undefined) {
      free = this.isExclusive(place) ? 0 : freeUnits(place, this.#used);
      this.#free.set(place, free);
    }
    return free;
  }

  /** Counts what one request of the batch could take of each kind at most. */
  ask(demand: ReadonlyMap<string, Units>): void {
    for (const [kind, quantity] of demand) this.#asked.set(kind, (this.#asked.get(kind) ?? 0) + quantity);
  }

  /** The whole batch together could not fill it: its row cannot bind. Of a kind that nobody was counted for: false. */
  isAmple(place: Place): boolean {
    if (this.#isContested && place.kind === 'dataset') return false;
    const asked = this.#asked.get(place.kind);
    return asked !== undefined && asked <= this.free(place, null);
  }

  /** Units held, for explanations. */
  used(place: Place, window: Window | null): Units {
    if (window !== null) return this.#used.get(windowKey(place.pools[0], window)) ?? 0;
    return place.pools.reduce((sum, pool) => sum + (this.#used.get(pool.id) ?? 0), 0);
  }
}
