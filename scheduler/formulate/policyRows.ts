// What a policy limits and prefers: sums over grants and live leases, whatever they select, weights, and separations. Hard rows refuse, soft
// ones have a price. Invariant: a column that no hard row would take alone is in no tick, so a row that is broken already takes its columns
// out of it; no weight or price makes a column worth less than 1. Called by room.ts, index.ts, templates.ts, gangRoom.ts and findings.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import { isEnforced, type PolicyRow, type PolicyRowUse } from '../domain/policyRow.ts';
import type { Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Choice } from './formulation.ts';
import type { Row, RowBook } from './rows.ts';
import { selectsAny, selectsRequest, unitsSelected } from './selectors.ts';
import { SeparationRoom } from './separations.ts';

/*
 * policy/<row>:   sum over columns of a_j x_j          <=  max(0, limit - held)        hard
 *                 sum over columns of p a_j x_j - e    <=  p max(0, limit - held)      soft, e >= 0 at 1 (at 2 where the op is ==)
 *
 *   a_j  = sum over its terms of coefficient x (units of the matching claims, or 1 when there is any)
 *   held = the same sum over live leases
 *   p    = the row's price a unit
 *
 * "At least" has no packing row. So each unit below the limit is worth p to whoever brings it: p a_j is added to the column's value, and the
 * same soft row takes back what goes beyond the limit. "Exactly" is both at once: e costs 2, one for what was given and one for the price.
 * Where limit - held <= 0 nothing is lacking: "at least" then says nothing, and "exactly" is a price for all that is added.
 *
 * Money instead of units in soft rows, so that p a_j can be lowered to the unit: a row takes no more of a column than leaves it worth 1, and
 * gives no more than a request of its agent is worth as such, or whoever splits a request would gain by it.
 */

interface RowState extends PolicyRowUse {
  /** What grants may add: limit - held, at least 0. */
  readonly room: number;
  /** Units are lacking, and whoever brings them is given their price. */
  readonly isLacking: boolean;
}

/** What one lease would add to a row. */
export interface PolicyEntry {
  readonly use: RowState;
  readonly amount: Units;
}

/** What one request of a column may be taken and given at most. */
export interface Bounds {
  /** By how much the column's value may fall. */
  readonly spare: number;
  /** What the request is worth as such, among those of its agent. */
  readonly own: number;
}

export interface Priced {
  readonly taken: number;
  readonly given: number;
}

export interface Granted {
  readonly request: ResourceRequest;
  readonly choices: readonly Choice[];
}

/** A limit above all that a tick's columns could be worth together says nothing, and may be more than can be counted. */
const NEVER_REACHED = 2 ** 45;
/** What weights together may add or take, as much as a request is worth. */
const WEIGHTS_MOST = 1_000;

export class PolicyRoom {
  readonly separations: SeparationRoom;
  readonly #rows: readonly RowState[];
  readonly #weights: NonNullable<Snapshot['policyWeights']>;
  #asked: { readonly request: ResourceRequest; readonly rows: readonly RowState[] } | null = null;
  /** A row selects by pool or label: places that are alike in all else are not. */
  readonly tellsPlacesApart: boolean;

  constructor({
    policyRows = [],
    policyWeights = [],
    separations = [],
  }: Pick<Snapshot, 'policyRows' | 'policyWeights' | 'separations'>) {
    this.#rows = policyRows
      .filter(({ row }) => isEnforced(row))
      .map(({ row, held }) => {
        const left = row.limit - held;
        return { row, held, room: Math.max(0, left), isLacking: row.op !== undefined && left > 0 };
      });
    this.#weights = policyWeights.filter(isEnforced);
    this.separations = new SeparationRoom(separations);
    const selectors = [
      ...this.#rows.flatMap(({ row }) => row.terms.map(({ selector }) => selector)),
      ...this.#weights.map(({ selector }) => selector),
      ...this.separations.selectors,
    ];
    this.tellsPlacesApart = selectors.some(
      ({ pools, labels }) => pools !== undefined || labels !== undefined,
    );
  }

  /** No row and no separation; weights keep nobody out. */
  get isEmpty(): boolean {
    return this.#rows.length === 0 && this.separations.isEmpty;
  }

  /** Nor a weight: no request is worth more or less by what a policy says. */
  get isSilent(): boolean {
    return this.isEmpty && this.#weights.length === 0;
  }

  /** Equal for requests that no row tells apart, whatever they choose; '' when no row can mean it. */
  signatureOf(request: ResourceRequest): string {
    let signature = this.separations.signatureOf(request);
    for (const [r, { row }] of this.#rows.entries())
      for (const [t, { selector }] of row.terms.entries())
        if (selectsRequest(selector, request)) signature += `${r}.${t} `;
    return signature;
  }

  entriesOf(request: ResourceRequest, choices: readonly Choice[]): PolicyEntry[] {
    const entries: PolicyEntry[] = [];
    for (const use of this.#meaning(request)) {
      const amount = amountOf(use.row, request, choices);
      if (amount > 0) entries.push({ use, amount });
    }
    return entries;
  }

  /** Rows that could mean the request. Its columns follow one another, and most rows mean others. */
  #meaning(request: ResourceRequest): readonly RowState[] {
    if (this.#asked?.request !== request) {
      const rows = this.#rows.filter(({ row }) =>
        row.terms.some(({ selector }) => selectsRequest(selector, request)),
      );
      this.#asked = { request, rows };
    }
    return this.#asked.rows;
  }

  /** Whether grants of these choices together pass every hard row and every separation. */
  fitsAll(grants: readonly Granted[]): boolean {
    if (this.isEmpty) return true;
    if (!this.separations.fitsAll(grants)) return false;
    const sums = new Map<RowState, Units>();
    for (const { request, choices } of grants) {
      for (const { use, amount } of this.entriesOf(request, choices)) {
        const sum = (sums.get(use) ?? 0) + amount;
        if (isHard(use) && sum > use.room) return false;
        sums.set(use, sum);
      }
    }
    return true;
  }

  fits(request: ResourceRequest, choices: readonly Choice[]): boolean {
    return this.isEmpty || this.fitsAll([{ request, choices }]);
  }

  /** Hard rows that would not take it. */
  shortFor(request: ResourceRequest, choices: readonly Choice[]): PolicyEntry[] {
    return this.entriesOf(request, choices).filter(({ use, amount }) => isHard(use) && amount > use.room);
  }

  /** What the weights add to a grant of these choices, a request being worth 1000; negative where they take. */
  weightOf(request: ResourceRequest, choices: readonly Choice[]): number {
    let sum = 0;
    for (const { selector, coefficient } of this.#weights)
      if (selectsAny(selector, request, choices)) sum += coefficient;
    return Math.max(-WEIGHTS_MOST, Math.min(WEIGHTS_MOST, sum));
  }

  /** Puts a column's entries into the book. Answers what soft rows take and give of its value at most. */
  add(
    book: RowBook,
    column: number,
    { entries, spare, own }: Bounds & { readonly entries: readonly PolicyEntry[] },
  ): Priced {
    let taken = 0;
    let given = 0;
    for (const { use, amount } of entries) {
      const { price, op } = use.row;
      if (price === undefined) book.add(this.#row(book, use), column, amount);
      else if (op !== '>=' || use.isLacking) {
        const takes = op === '>=' ? 0 : 1;
        const least = takes === 0 ? Number.POSITIVE_INFINITY : spare - taken;
        const most = Math.min(price * amount, least, use.isLacking ? own - given : Number.POSITIVE_INFINITY);
        if (most <= 0) continue;
        book.add(this.#row(book, use), column, most);
        taken += takes * most;
        if (use.isLacking) given += most;
      }
    }
    return { taken, given };
  }

  emit(builder: ModelBuilder, book: RowBook): void {
    for (const use of this.#rows) {
      const row = book.get(nameOf(use.row));
      if (row === undefined || row.columns.length === 0) continue;
      const over = book.mostOf(row) - row.room;
      if (over <= 0) continue;
      const index = book.emit(builder, row, row.room);
      if (!isHard(use)) builder.addExcess(index, over, use.row.op === '==' && use.isLacking ? 2 : 1);
    }
    this.separations.emit(builder);
  }

  #row(book: RowBook, use: RowState): Row {
    const room = Math.min(NEVER_REACHED, use.room * (use.row.price ?? 1));
    return book.row(nameOf(use.row), room);
  }
}

function nameOf({ id }: PolicyRow): string {
  return `policy/${id}`;
}

function isHard({ row }: RowState): boolean {
  return row.price === undefined;
}

function amountOf(row: PolicyRow, request: ResourceRequest, choices: readonly Choice[]): Units {
  let amount = 0;
  for (const { selector, coefficient, per } of row.terms) {
    if (!selectsRequest(selector, request)) continue;
    const units = unitsSelected(selector, choices);
    if (units !== null) amount += coefficient * (per === 'unit' ? units : 1);
  }
  return amount;
}
