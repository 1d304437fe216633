// Rows of reservations: whoever starts now leaves, at every promised start that it would still be alive at, what was promised.
// Invariant: only packing rows, and none without a reservation. Facts come from reservations/checkpoints.ts. Called by room.ts, templates.ts and index.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import type { DepartmentId, RequestId } from '../domain/ids.ts';
import type { Instant, Units } from '../domain/quantity.ts';
import type { StartReservation } from '../domain/reservation.ts';
import { quotaKey } from '../domain/state.ts';
import { standingAt } from '../preemption/standing.ts';
import type { Checkpoint } from '../reservations/checkpoints.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Catalogue, CohortShare } from './catalogue.ts';
import { type CohortWant, emitCohorts } from './cohorts.ts';
import type { Choice, Place } from './formulation.ts';
import { demandOf, type KindDemand, QuotaRoom, quotaRows } from './quota.ts';
import type { RowBook, RowEntry } from './rows.ts';

/*
 * Per place p and checkpoint t (a start of a reservation that claims of p), over the columns whose lease is alive at t:
 *
 *   checkpoint/<p>/<t>:     sum q x  <=  C_p - units of leases alive at t - units of reservations alive at t
 *   quota@<t>/<d>/<k>, lends@<t>/…, cohort@<t>/…:   as quota.ts has them, with the use at t; only where a reservation counts in them
 *
 * Leases only give back, so what fits at these instants fits at all. An exclusive reader takes all seats of its dataset: with that one
 * rule an exclusive reservation drains it, for no reader that ends after its start has a column. Reservations that have begun, and those
 * of units that do not come back with time, count as used now.
 *
 * The column of a request that has a reservation R replaces it. Its coefficient is max(0, q - R): rows stay packing, others see R either
 * way, and a grant in the reserved place costs nothing.
 */

interface Held {
  /** Absent: from now on. */
  readonly from?: Instant;
  readonly endsAt: Instant;
}

/** What a grant, or a prolongation, takes. */
export interface Taking extends Held {
  readonly department: DepartmentId;
  readonly choices: readonly Choice[];
}

/** Units a place, claims together; all of a dataset that any claim takes alone. What does not come back with time is left out. */
export function takenOf(choices: readonly Choice[]): Map<Place, Units> {
  const taken = new Map<Place, Units>();
  const alone = new Set<Place>();
  for (const { place, window, quantity, alone: isAlone } of choices) {
    if (window !== null || place.pools[0].consumable) continue;
    taken.set(place, (taken.get(place) ?? 0) + quantity);
    if (isAlone) alone.add(place);
  }
  for (const place of alone) taken.set(place, Math.max(taken.get(place)!, place.pools[0].capacity));
  return taken;
}

/** The units of a reservation as choices; null when a pool of it is no more. */
export function choicesOfReservation(
  catalogue: Catalogue,
  { units }: Pick<StartReservation, 'units'>,
): readonly Choice[] | null {
  const choices: Choice[] = [];
  for (const { claim, pool, quantity, window: id, exclusive } of units) {
    const place = catalogue.placeOf(pool);
    const window = id === undefined ? null : place?.pools[0].calendar?.find((one) => one.id === id);
    if (place === undefined || window === undefined) return null;
    choices.push({ claim, quantity, place, window, ...(exclusive && { alone: true as const }) });
  }
  return choices;
}

/** One promised start that is still to come. */
class Later {
  readonly at: Instant;
  readonly quotas: QuotaRoom;
  readonly #used: Checkpoint['used'];
  readonly #reserved = new Map<Place, Units>();
  /** Departments, their cohorts, and the cohorts around these, a kind each, that a reservation counts in. */
  readonly #counted = new Set<string>();
  readonly #catalogue: Catalogue;

  constructor(catalogue: Catalogue, { at, used, quotaUse }: Checkpoint, alive: readonly Taking[]) {
    this.at = at;
    this.#used = used;
    this.#catalogue = catalogue;
    const use = new Map(quotaUse);
    for (const { department, choices } of alive) {
      for (const [place, units] of takenOf(choices))
        this.#reserved.set(place, (this.#reserved.get(place) ?? 0) + units);
      for (const [kind, units] of demandOf(choices)) {
        const key = quotaKey(department, kind);
        use.set(key, (use.get(key) ?? 0) + units);
        this.#counted.add(key);
        for (const { id } of cohortsAbove(catalogue, key)) this.#counted.add(id);
      }
    }
    this.quotas = new QuotaRoom(catalogue, use, `@${at}`);
  }

  /** Null where no reservation claims of the place. */
  free(place: Place): Units | null {
    const reserved = this.#reserved.get(place);
    if (reserved === undefined) return null;
    return Math.max(0, this.#unheld(place) - reserved);
  }

  #unheld({ pools }: Place): Units {
    let free = 0;
    for (const { id, capacity } of pools) free += Math.max(0, capacity - (this.#used.get(id) ?? 0));
    return free;
  }

  reserved(place: Place): Units {
    return this.#reserved.get(place) ?? 0;
  }

  /** Rows of places, quotas and cohorts that a reservation counts in, by how much they are overdrawn. */
  excess(): [string, Units][] {
    const over: [string, Units][] = [];
    const note = (what: string, by: number): void => {
      if (by > 0) over.push([`${what}@${this.at}`, by]);
    };
    for (const [place, units] of this.#reserved) note(place.id, units - this.#unheld(place));
    for (const [key, { quota, cohort }] of this.#catalogue.quotas) {
      if (!this.#counted.has(key)) continue;
      note(key, -(this.quotas.standing(quota.department, quota.kind)?.room ?? 0));
      for (let one = cohort; one !== null; one = one.parent)
        note(one.id, this.quotas.cohorts.borrowed(one) - this.quotas.cohorts.limit(one));
    }
    return over;
  }

  counts(department: DepartmentId, kind: string): boolean {
    const key = quotaKey(department, kind);
    if (this.#counted.has(key)) return true;
    return cohortsAbove(this.#catalogue, key).some(({ id }) => this.#counted.has(id));
  }
}

/** A checkpoint that does not leave room. */
export interface LaterShortage {
  readonly at: Instant;
  /** A place, or a quota or cohort by its id. */
  readonly what: string;
  readonly kind: string;
  readonly requested: Units;
  readonly available: Units;
  /** Promised to others then, or in use. */
  readonly held: Units;
  /** The place is promised to one reader alone. */
  readonly drains: boolean;
}

export class Checkpoints {
  readonly #later: readonly Later[];

  /** `without`: reservations of requests that are looked at on their own, whose promises do not bind themselves. */
  constructor(catalogue: Catalogue, snapshot: Snapshot, without: ReadonlySet<RequestId>) {
    const takings = snapshot.reservations
      .filter(({ request }) => !without.has(request))
      .flatMap((reservation) => {
        const choices = choicesOfReservation(catalogue, reservation);
        return choices === null ? [] : [{ ...reservation, choices }];
      });
    this.#later = snapshot.checkpoints.map((checkpoint) => {
      const { at } = checkpoint;
      const alive = takings.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
      return new Later(catalogue, standingAt(snapshot, checkpoint), alive);
    });
  }

  /** Nothing is promised for later. */
  get isEmpty(): boolean {
    return this.#later.length === 0;
  }

  /** Whether any reservation is still to claim of the place. */
  concerns(place: Place): boolean {
    return this.#later.some((later) => later.free(place) !== null);
  }

  /** Units of a place that may be held until `endsAt`; no limit where nothing is promised. */
  freeUntil(place: Place, endsAt: Instant): Units {
    let free = Number.POSITIVE_INFINITY;
    for (const later of this.#during({ endsAt })) free = Math.min(free, later.free(place) ?? free);
    return free;
  }

  /** Whether the places alone leave what was promised, whichever department asks. */
  fitsPlaces(choices: readonly Choice[], endsAt: Instant): boolean {
    if (this.#later.length === 0) return true;
    for (const [place, units] of takenOf(choices)) if (this.freeUntil(place, endsAt) < units) return false;
    return true;
  }

  fitsQuotas(department: DepartmentId, demand: KindDemand, endsAt: Instant): boolean {
    return this.#during({ endsAt }).every((later) =>
      later.quotas.fits(
        department,
        demand.filter(([kind]) => later.counts(department, kind)),
      ),
    );
  }

  /** The first promise that these takings together would break; null when they break none. */
  shortage(takings: readonly Taking[]): LaterShortage | null {
    for (const later of this.#later) {
      const alive = takings.filter((taking) => isAlive(taking, later.at));
      const short = alive.length === 0 ? null : (placeShortage(later, alive) ?? quotaShortage(later, alive));
      if (short !== null) return short;
    }
    return null;
  }

  /** Row -> by how much leases, earmarks and promises together are beyond it; nothing while all that is promised can be kept. */
  excess(): Map<string, Units> {
    return new Map(this.#later.flatMap((later) => later.excess()));
  }

  /** What a taking takes in the rows of places. */
  placeEntries(book: RowBook, choices: readonly Choice[], held: Held): RowEntry[] {
    if (this.#later.length === 0) return [];
    const taken = takenOf(choices);
    return this.#during(held).flatMap((later) =>
      [...taken].flatMap(([place, coefficient]): RowEntry[] => {
        const free = later.free(place);
        if (free === null) return [];
        return [{ row: book.row(`checkpoint/${place.id}/${later.at}`, free), coefficient }];
      }),
    );
  }

  /** What a taking takes in the rows of quotas and cohorts. */
  quotaEntries(book: RowBook, department: DepartmentId, taken: Held & { demand: KindDemand }): RowEntry[] {
    return this.#during(taken).flatMap((later) =>
      taken.demand.flatMap(([kind, coefficient]): RowEntry[] => {
        if (!later.counts(department, kind)) return [];
        return quotaRows(book, later.quotas, { department, kind }).map((row) => ({ row, coefficient }));
      }),
    );
  }

  /** All families of rows, into the model. */
  emit(builder: ModelBuilder, book: RowBook): void {
    if (this.#later.length === 0) return;
    book.emitFamily(builder, 'checkpoint/');
    book.emitFamily(builder, 'quota@');
    for (const { quotas } of this.#later) emitCohorts(builder, book, quotas);
  }

  #during(held: Held): readonly Later[] {
    return this.#later.filter(({ at }) => isAlive(held, at));
  }
}

function isAlive({ from = Number.NEGATIVE_INFINITY, endsAt }: Held, at: Instant): boolean {
  return from <= at && at < endsAt;
}

function placeShortage(later: Later, alive: readonly Taking[]): LaterShortage | null {
  const sum = new Map<Place, Units>();
  for (const { choices } of alive)
    for (const [place, units] of takenOf(choices)) sum.set(place, (sum.get(place) ?? 0) + units);
  for (const [place, requested] of sum) {
    const available = later.free(place);
    if (available === null || requested <= available) continue;
    const { id: what, kind } = place;
    const held = later.reserved(place);
    const drains = kind === 'dataset' && held >= place.pools[0].capacity;
    return { at: later.at, what, kind, requested, available, held, drains };
  }
  return null;
}

function quotaShortage(later: Later, alive: readonly Taking[]): LaterShortage | null {
  const { at, quotas } = later;
  const wants = new Map<string, CohortWant[]>();
  for (const { department, kind, units: requested } of demandsOf(alive)) {
    const standing = later.counts(department, kind) ? quotas.standing(department, kind) : null;
    if (standing === null) continue;
    if (requested > standing.room) {
      const available = Math.max(0, standing.room);
      const what = quotaKey(department, kind);
      return { at, kind, drains: false, what, requested, available, held: standing.use };
    }
    wants.set(kind, [...(wants.get(kind) ?? []), ...quotas.wantOf(standing, requested)]);
  }
  for (const [kind, ofKind] of wants) {
    const [short] = quotas.cohorts.shortages(ofKind);
    if (short === undefined) continue;
    const { cohort, growth: requested, available, held } = short;
    return { at, kind, drains: false, what: cohort.id, requested, available, held };
  }
  return null;
}

function cohortsAbove(catalogue: Catalogue, key: string): CohortShare[] {
  const above: CohortShare[] = [];
  for (let cohort = catalogue.quotas.get(key)?.cohort ?? null; cohort !== null; cohort = cohort.parent)
    above.push(cohort);
  return above;
}

function demandsOf(
  alive: readonly Taking[],
): Iterable<{ department: DepartmentId; kind: string; units: Units }> {
  const demands = new Map<string, { department: DepartmentId; kind: string; units: Units }>();
  for (const { department, choices } of alive) {
    for (const [kind, units] of demandOf(choices)) {
      const key = quotaKey(department, kind);
      demands.set(key, { department, kind, units: (demands.get(key)?.units ?? 0) + units });
    }
  }
  return demands.values();
}
