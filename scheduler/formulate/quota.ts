// Quota rows: what a department may hold of a kind, and from where on it holds what others lend.
// Invariant: a department within its guarantee is never refused for what others borrow. Called by room.ts, columns.ts and index.ts.

import type { Quota } from '../domain/configuration.ts';
import type { DepartmentId } from '../domain/ids.ts';
import type { Units } from '../domain/quantity.ts';
import { quotaKey } from '../domain/state.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Catalogue, type CohortShare, isRenewable, type QuotaShare } from './catalogue.ts';
import { CohortRoom, type CohortWant } from './cohorts.ts';
import type { Choice } from './formulation.ts';
import type { Row, RowBook } from './rows.ts';

/*
 * Per kind; N nominal, B borrowing limit, L lending limit, G = N - L guarantee, U present use, of every department d:
 *
 *   quota/<d>/<k>:    sum q x          <=  N + B - U
 *   lends/<d>/<k>:    sum q x - e_d    <=  G - U              e_d >= 0: what d holds beyond its guarantee; cohorts.ts sums it up
 *
 * (A row per department, "the others' use <= total - G_d", is wrong: see mathematics.md, section 2.)
 */

/** Units of a kind, in order of claims. */
export type KindDemand = readonly (readonly [kind: string, quantity: Units])[];

/** What a combination counts against quotas: renewable units only, claims of one kind together. */
export function demandOf(choices: readonly Choice[]): KindDemand {
  const demand: [string, Units][] = [];
  for (const { place, quantity } of choices) {
    if (!isRenewable(place.pools[0])) continue;
    const same = demand.find(([kind]) => kind === place.kind);
    if (same) same[1] += quantity;
    else demand.push([place.kind, quantity]);
  }
  return demand;
}

export interface QuotaStanding {
  readonly share: QuotaShare;
  readonly use: Units;
  /** N + B - U; negative when the quota was cut below the use. */
  readonly room: number;
  /** G - U; negative while borrowing. */
  readonly guaranteeRoom: number;
}

/** Where quotas and cohorts stand before the plan, looked up once a tick. */
export class QuotaRoom {
  readonly #quotaUse: Snapshot['quotaUse'];
  readonly #catalogue: Catalogue;
  /** Kind -> department. */
  readonly #standings = new Map<string, Map<DepartmentId, QuotaStanding | null>>();
  /** The rows of each standing in the book that was asked last: a room is written into one. */
  readonly #rows = new Map<QuotaStanding, readonly Row[]>();
  #book: RowBook | null = null;
  readonly #ownExcess = new Map<CohortShare, Units>();
  readonly cohorts = new CohortRoom((cohort) => this.ownExcess(cohort));
  /** `lends` rows made so far, and whose they are. */
  readonly lends = new Map<Row, QuotaShare>();

  /** `at`: "" for the present, "@<instant>" for a checkpoint; stands in the names of the rows. */
  readonly at: string;

  constructor(catalogue: Catalogue, quotaUse: Snapshot['quotaUse'], at = '') {
    this.at = at;
    this.#catalogue = catalogue;
    this.#quotaUse = quotaUse;
  }

  /** Null: not limited. */
  standing(department: DepartmentId, kind: string): QuotaStanding | null {
    let ofKind = this.#standings.get(kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.#standings.set(kind, ofKind);
    }
    let standing = ofKind.get(department);
    if (standing === undefined) {
      const share = this.#catalogue.quotas.get(quotaKey(department, kind));
      standing = share ? this.#stand(share) : null;
      ofKind.set(department, standing);
    }
    return standing;
  }

  /** The rows that a grant within the standing touches: names are put together once a book. */
  rowsOf(book: RowBook, standing: QuotaStanding): readonly Row[] {
    if (this.#book !== book) {
      this.#book = book;
      this.#rows.clear();
    }
    let rows = this.#rows.get(standing);
    if (rows === undefined) {
      rows = this.#touched(book, standing);
      this.#rows.set(standing, rows);
    }
    return rows;
  }

  #touched(book: RowBook, { share, room, guaranteeRoom }: QuotaStanding): Row[] {
    const key = quotaKey(share.quota.department, share.quota.kind);
    const quota = book.row(`quota${this.at}/${key}`, room);
    if (share.cohort === null) return [quota];
    const lends = book.row(`lends${this.at}/${key}`, guaranteeRoom);
    this.lends.set(lends, share);
    return [quota, lends];
  }

  /** Sum over the member departments of max(0, U - G). */
  ownExcess(cohort: CohortShare): Units {
    let sum = this.#ownExcess.get(cohort);
    if (sum === undefined) {
      sum = 0;
      for (const quota of cohort.members) sum += this.excessOf(quota, 0);
      this.#ownExcess.set(cohort, sum);
    }
    return sum;
  }

  /** max(0, U + more - G) of one member. */
  excessOf(quota: Quota, more: Units): Units {
    const standing = this.standing(quota.department, quota.kind);
    return standing === null ? 0 : Math.max(0, more - standing.guaranteeRoom);
  }

  /** Whether the demand alone passes every quota and cohort row. */
  fits(department: DepartmentId, demand: KindDemand): boolean {
    return demand.every(([kind, quantity]) => this.fitsAll([{ department, kind, quantity }]));
  }

  /** Whether demands of several departments pass them together. Each department and kind once. */
  fitsAll(demands: readonly { department: DepartmentId; kind: string; quantity: Units }[]): boolean {
    const wants: CohortWant[] = [];
    for (const { department, kind, quantity } of demands) {
      const standing = this.standing(department, kind);
      if (standing === null) continue;
      if (quantity > standing.room) return false;
      wants.push(...this.wantOf(standing, quantity));
    }
    return wants.length === 0 || this.cohorts.shortages(wants).length === 0;
  }

  /** What so many units more would take of its cohort; nothing within the guarantee. */
  wantOf({ share: { quota, cohort } }: QuotaStanding, quantity: Units): CohortWant[] {
    if (cohort === null) return [];
    const growth = this.excessOf(quota, quantity) - this.excessOf(quota, 0);
    return growth > 0 ? [{ cohort, growth }] : [];
  }

  #stand(share: QuotaShare): QuotaStanding {
    const { nominal, borrowingLimit, lendingLimit, department, kind } = share.quota;
    const use = this.#quotaUse.get(quotaKey(department, kind)) ?? 0;
    const guarantee = nominal - lendingLimit;
    return { share, use, room: nominal + borrowingLimit - use, guaranteeRoom: guarantee - use };
  }
}

/** The rows that a grant of this department and kind touches. */
export function quotaRows(
  book: RowBook,
  room: QuotaRoom,
  who: { department: DepartmentId; kind: string },
): readonly Row[] {
  const standing = room.standing(who.department, who.kind);
  return standing === null ? NO_ROWS : room.rowsOf(book, standing);
}

const NO_ROWS: readonly Row[] = [];
