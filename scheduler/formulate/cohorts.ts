// Cohort rows: what the members of a cohort lend each other, and what nested cohorts lend each other in turn, to any depth.
// Invariant: a department within its guarantee is never refused for what others borrow, nor a cohort for what other cohorts do.
// Called by quota.ts, gangRoom.ts, findings.ts and index.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import type { Units } from '../domain/quantity.ts';
import { type CohortShare, compareText } from './catalogue.ts';
import type { QuotaRoom } from './quota.ts';
import type { Row, RowBook } from './rows.ts';

/*
 * Per kind; children of cohort c: departments d with e_d >= max(0, u_d - G_d), and cohorts b with e_b as below. N nominal, L what a child
 * lends, B what c may borrow from beside it:
 *
 *   lends/<d>/<k>:    sum q x - e_d                  <=  G_d - U_d          G_d = N_d - L_d
 *   passes/<c>/<k>:   sum over children of e - e_c   <=  G_c                G_c = sum over children of L - L_c: e_c is what c holds of others
 *   cohort/<c>/<k>:   sum over children of e         <=  sum over children of L + B_c       B of a cohort within no other is 0
 *
 * The last is the whole of it for cohorts that stand alone; the others carry a child's excess one level up.
 * A cohort row that is broken already (a lending limit was cut) lets nobody grow who is beyond a guarantee, and those within it go on:
 *   of its departments:  lends/<d>/<k>:   sum q x                     <=  max(0, G_d - U_d)
 *   of its cohorts b:    cohort/<b>/<k>:  sum over children of e      <=  max(G_b, what they hold so already)
 */

/** A kind's units that one department would take more. */
export interface CohortWant {
  readonly cohort: CohortShare;
  /** By how much what it holds beyond its guarantee would grow. */
  readonly growth: Units;
}

export interface CohortShortage {
  readonly cohort: CohortShare;
  readonly growth: Units;
  readonly available: Units;
  readonly held: Units;
}

/** Where cohorts stand before the plan, looked up once a tick. */
export class CohortRoom {
  readonly #excessOf: (cohort: CohortShare) => Units;
  readonly #borrowed = new Map<CohortShare, Units>();
  readonly #limits = new Map<CohortShare, Units>();

  /** `ownExcess`: sum over the member departments of max(0, U - G). */
  constructor(ownExcess: (cohort: CohortShare) => Units) {
    this.#excessOf = ownExcess;
  }

  /** Sum over its children of e: what they hold beyond their guarantees. */
  borrowed(cohort: CohortShare): Units {
    let sum = this.#borrowed.get(cohort);
    if (sum === undefined) {
      sum = this.#excessOf(cohort);
      for (const child of cohort.children) sum += this.passed(child, 0);
      this.#borrowed.set(cohort, sum);
    }
    return sum;
  }

  /** e_c, when its children hold so much more beyond their guarantees. */
  passed(cohort: CohortShare, more: Units): Units {
    return Math.max(0, this.borrowed(cohort) + more - guaranteeOf(cohort));
  }

  /** What `borrowed` may come to. */
  limit(cohort: CohortShare): Units {
    let limit = this.#limits.get(cohort);
    if (limit === undefined) {
      const { parent, lendable, borrowingLimit } = cohort;
      limit = lendable + (parent === null ? 0 : borrowingLimit);
      if (parent !== null && this.isBroken(parent))
        limit = Math.min(limit, Math.max(guaranteeOf(cohort), this.borrowed(cohort)));
      this.#limits.set(cohort, limit);
    }
    return limit;
  }

  isBroken(cohort: CohortShare): boolean {
    return this.borrowed(cohort) > this.limit(cohort);
  }

  /** Cohorts that cannot take so much growth together, from below upwards. */
  shortages(wants: readonly CohortWant[]): CohortShortage[] {
    const growing = new Map<CohortShare, Units>();
    const grow = (cohort: CohortShare, by: Units): void => {
      if (by > 0) growing.set(cohort, (growing.get(cohort) ?? 0) + by);
    };
    for (const { cohort, growth } of wants) grow(cohort, growth);
    const short: CohortShortage[] = [];
    for (let cohort = deepest(growing); cohort !== null; cohort = deepest(growing)) {
      const growth = growing.get(cohort)!;
      growing.delete(cohort);
      const held = this.borrowed(cohort);
      const available = Math.max(0, this.limit(cohort) - held);
      if (growth > available) short.push({ cohort, growth, available, held });
      if (cohort.parent !== null) grow(cohort.parent, this.passed(cohort, growth) - this.passed(cohort, 0));
    }
    return short;
  }
}

/** What a cohort keeps for its own children, of what they lend. */
function guaranteeOf({ lendable, lendingLimit }: CohortShare): Units {
  return lendable - lendingLimit;
}

function deepest(cohorts: ReadonlyMap<CohortShare, Units>): CohortShare | null {
  let found: CohortShare | null = null;
  for (const cohort of cohorts.keys()) if (found === null || cohort.depth > found.depth) found = cohort;
  return found;
}

/** `lends`, `passes` and `cohort` rows, after all columns are known: only of cohorts that the batch could overdraw. */
export function emitCohorts(builder: ModelBuilder, book: RowBook, room: QuotaRoom): void {
  const touched = new Map<CohortShare, Row[]>();
  for (const row of book.family(`lends${room.at}/`)) {
    const cohort = room.lends.get(row)?.cohort;
    if (!cohort) throw new Error(`${row.name} belongs to no cohort`);
    const rows = touched.get(cohort);
    if (rows) rows.push(row);
    else touched.set(cohort, [row]);
  }
  const roots = new Set<CohortShare>();
  for (let cohort of touched.keys()) {
    while (cohort.parent !== null) cohort = cohort.parent;
    roots.add(cohort);
  }
  const emission = new Emission({ builder, book, room, touched });
  for (const root of [...roots].sort((a, b) => compareText(a.id, b.id))) emission.emit(root, false);
}

/** A term of a row over children: an excess column of the model, or a number that the tick cannot change. */
type Term = { readonly excess: number } | { readonly constant: Units };

class Emission {
  readonly #builder: ModelBuilder;
  readonly #book: RowBook;
  readonly #room: QuotaRoom;
  readonly #touched: ReadonlyMap<CohortShare, readonly Row[]>;
  readonly #most = new Map<CohortShare, Units>();

  constructor(from: {
    builder: ModelBuilder;
    book: RowBook;
    room: QuotaRoom;
    touched: ReadonlyMap<CohortShare, readonly Row[]>;
  }) {
    this.#builder = from.builder;
    this.#book = from.book;
    this.#room = from.room;
    this.#touched = from.touched;
  }

  /** Rows of the cohort and all below it. `isWanted`: a row above counts its excess, which is the answer. */
  emit(cohort: CohortShare, isWanted: boolean): Term {
    const { cohorts } = this.#room;
    const present: Term = { constant: cohorts.passed(cohort, 0) };
    const most = this.#mostOf(cohort);
    if (cohorts.isBroken(cohort)) {
      this.#emitGuaranteesOnly(cohort);
      for (const child of cohort.children) this.emit(child, false);
      return present;
    }
    const binds = most > cohorts.limit(cohort);
    const passesOn = isWanted && most > guaranteeOf(cohort) && most > cohorts.borrowed(cohort);
    const terms = cohort.children.map((child) => this.emit(child, binds || passesOn));
    if (!binds && !passesOn) return present;
    terms.push(...this.#memberTerms(cohort, Math.min(most, cohorts.limit(cohort))));
    const excess = passesOn ? this.#addPasses(cohort, terms) : null;
    if (binds) this.#addRow(`cohort${this.#room.at}/${cohort.id}`, cohorts.limit(cohort), terms);
    return excess ?? present;
  }

  #emitGuaranteesOnly(cohort: CohortShare): void {
    for (const row of this.#touched.get(cohort) ?? []) {
      const room = Math.max(0, row.room);
      if (this.#book.mostOf(row) > room) this.#book.emit(this.#builder, row, room);
    }
  }

  #memberTerms(cohort: CohortShare, upper: Units): Term[] {
    const rows = this.#touched.get(cohort) ?? [];
    let others = this.#room.ownExcess(cohort);
    const terms = rows.map((row): Term => {
      others -= Math.max(0, -row.room);
      const most = Math.max(0, this.#book.mostOf(row) - row.room);
      const index = this.#book.emit(this.#builder, row, row.room);
      return { excess: this.#builder.addExcess(index, Math.min(most, upper)) };
    });
    return [...terms, { constant: others }];
  }

  #addPasses(cohort: CohortShare, terms: readonly Term[]): Term {
    const index = this.#addRow(`passes${this.#room.at}/${cohort.id}`, guaranteeOf(cohort), terms);
    const upper = Math.min(this.#mostOf(cohort), this.#room.cohorts.limit(cohort)) - guaranteeOf(cohort);
    return { excess: this.#builder.addExcess(index, Math.max(0, upper)) };
  }

  #addRow(name: string, limit: number, terms: readonly Term[]): number {
    const constant = terms.reduce((sum, term) => sum + ('constant' in term ? term.constant : 0), 0);
    const index = this.#builder.addRow(name, limit - constant);
    for (const term of terms) if ('excess' in term) this.#builder.useExcess(index, term.excess, 1);
    return index;
  }

  /** What its children could hold beyond their guarantees after this tick, at most. */
  #mostOf(cohort: CohortShare): Units {
    const known = this.#most.get(cohort);
    if (known !== undefined) return known;
    let most = this.#room.ownExcess(cohort);
    for (const row of this.#touched.get(cohort) ?? [])
      most += Math.max(0, this.#book.mostOf(row) - row.room) - Math.max(0, -row.room);
    for (const child of cohort.children) most += Math.max(0, this.#mostOf(child) - guaranteeOf(child));
    this.#most.set(cohort, most);
    return most;
  }
}
