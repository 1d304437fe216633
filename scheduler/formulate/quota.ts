// Quota and cohort rows: what a department may hold of a kind, and what its cohort lends it.
// Invariant: a department within its guarantee is never refused for what others borrow. Called by room.ts, columns.ts and index.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import type { Quota } from '../domain/configuration.ts';
import type { DepartmentId } from '../domain/ids.ts';
import type { Units } from '../domain/quantity.ts';
import { quotaKey } from '../domain/state.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Catalogue, type CohortShare, compareText, isRenewable, type QuotaShare } from './catalogue.ts';
import type { Choice } from './formulation.ts';
import type { Row, RowBook } from './rows.ts';

/*
 * Per kind; N nominal, B borrowing limit, L lending limit, G = N - L guarantee, U present use, of every department d of cohort c:
 *
 *   quota/<d>/<k>:    sum q x          <=  N + B - U
 *   lends/<d>/<k>:    sum q x - e_d    <=  G - U              e_d >= 0: what d holds beyond its guarantee
 *   cohort/<c>/<k>:   sum over d of e_d  <=  sum over d of L_d
 *
 * (A row per department, "the others' use <= total - G_d", is wrong: see mathematics.md, section 2.)
 * When the cohort row is broken already (a lending limit was cut), nobody may grow beyond the guarantee, and those within it go on:
 *   lends/<d>/<k>:    sum q x          <=  max(0, G - U)
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
  readonly #standings = new Map<string, QuotaStanding | null>();
  readonly #borrowed = new Map<CohortShare, Units>();
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
    const key = quotaKey(department, kind);
    let standing = this.#standings.get(key);
    if (standing === undefined) {
      const share = this.#catalogue.quotas.get(key);
      standing = share ? this.#stand(share) : null;
      this.#standings.set(key, standing);
    }
    return standing;
  }

  /** Sum over the members of max(0, U - G). */
  borrowed(cohort: CohortShare): Units {
    let sum = this.#borrowed.get(cohort);
    if (sum === undefined) {
      sum = 0;
      for (const quota of cohort.members) sum += this.excessOf(quota, 0);
      this.#borrowed.set(cohort, sum);
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
    for (const [kind, quantity] of demand) {
      const standing = this.standing(department, kind);
      if (standing === null) continue;
      if (quantity > standing.room) return false;
      const { cohort, quota } = standing.share;
      if (cohort === null) continue;
      const growth = this.excessOf(quota, quantity) - this.excessOf(quota, 0);
      if (growth > 0 && growth > cohort.lendable - this.borrowed(cohort)) return false;
    }
    return true;
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
): Row[] {
  const standing = room.standing(who.department, who.kind);
  if (standing === null) return [];
  const key = quotaKey(who.department, who.kind);
  const quota = book.row(`quota${room.at}/${key}`, standing.room);
  if (standing.share.cohort === null) return [quota];
  const lends = book.row(`lends${room.at}/${key}`, standing.guaranteeRoom);
  room.lends.set(lends, standing.share);
  return [quota, lends];
}

/** `lends` and `cohort` rows, after all columns are known: only of cohorts that the batch could overdraw. */
export function emitCohorts(builder: ModelBuilder, book: RowBook, room: QuotaRoom): void {
  const cohorts = new Map<CohortShare, { quota: Quota; row: Row }[]>();
  for (const row of book.family(`lends${room.at}/`)) {
    const share = room.lends.get(row);
    if (!share?.cohort) throw new Error(`${row.name} belongs to no cohort`);
    const touched = cohorts.get(share.cohort) ?? [];
    touched.push({ quota: share.quota, row });
    cohorts.set(share.cohort, touched);
  }
  for (const [cohort, touched] of [...cohorts].sort((a, b) => compareText(a[0].id, b[0].id))) {
    if (room.borrowed(cohort) > cohort.lendable) emitGuaranteesOnly(builder, book, touched);
    else emitCohort(builder, book, { cohort, touched, room });
  }
}

function emitGuaranteesOnly(builder: ModelBuilder, book: RowBook, touched: readonly { row: Row }[]): void {
  for (const { row } of touched) {
    const room = Math.max(0, row.room);
    if (book.mostOf(row) > room) book.emit(builder, row, room);
  }
}

function emitCohort(
  builder: ModelBuilder,
  book: RowBook,
  input: { cohort: CohortShare; touched: readonly { quota: Quota; row: Row }[]; room: QuotaRoom },
): void {
  const { cohort, touched, room } = input;
  const most = touched.map(({ row }) => Math.max(0, book.mostOf(row) - row.room));
  const present = touched.map(({ quota }) => room.excessOf(quota, 0));
  const others = room.borrowed(cohort) - sum(present);
  if (others + sum(most) <= cohort.lendable) return;
  const excesses = touched.map(({ row }, i) => {
    const index = book.emit(builder, row, row.room);
    return builder.addExcess(index, Math.min(most[i]!, cohort.lendable));
  });
  const index = builder.addRow(`cohort${room.at}/${cohort.id}`, cohort.lendable - others);
  for (const excess of excesses) builder.useExcess(index, excess, 1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
