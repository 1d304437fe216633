// Policy rows: sums over grants and live leases that a policy limits, whatever they select. Hard ones refuse, soft ones have a price.
// Invariant: a column that no hard row would take alone is in no tick, so a row that is broken already takes its columns out of it.
// Called by room.ts, index.ts, templates.ts, gangRoom.ts and findings.ts.

import type { ModelBuilder } from '../../solver/index.ts';
import type { PolicyRow, PolicyRowUse, PolicyTerm, RowSelector } from '../domain/policyRow.ts';
import type { Units } from '../domain/quantity.ts';
import type { ResourceRequest } from '../domain/request.ts';
import type { Choice, Place } from './formulation.ts';
import { matches } from './labels.ts';
import type { Row, RowBook } from './rows.ts';

/*
 * policy/<row>:   sum over columns of a_j x_j        <=  max(0, limit - held)      hard
 *                 sum over columns of a_j x_j - e    <=  limit - held              soft, e >= 0 at the row's price a unit
 *
 *   a_j  = sum over its terms of coefficient x (units of the matching claims, or 1 when there is any)
 *   held = the same sum over live leases
 *
 * A soft row may take no more of a column than leaves it worth 1: its coefficient is lowered until it does.
 */

interface RowState extends PolicyRowUse {
  /** What grants may add: limit - held; of a hard row at least 0. */
  readonly room: number;
}

/** What one lease would add to a row. */
export interface PolicyEntry {
  readonly use: RowState;
  readonly amount: Units;
}

export class PolicyRoom {
  readonly #rows: readonly RowState[];
  /** A row selects by pool or label: places that are alike in all else are not. */
  readonly tellsPlacesApart: boolean;

  constructor(uses: readonly PolicyRowUse[]) {
    this.#rows = uses.map(({ row, held }) => {
      const left = row.limit - held;
      return { row, held, room: row.price === undefined ? Math.max(0, left) : left };
    });
    this.tellsPlacesApart = uses.some(({ row }) =>
      row.terms.some(({ selector }) => selector.pools !== undefined || selector.labels !== undefined),
    );
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Equal for requests that no row tells apart, whatever they choose; '' when no row can mean it. */
  signatureOf(request: ResourceRequest): string {
    let signature = '';
    for (const [r, { row }] of this.#rows.entries())
      for (const [t, { selector }] of row.terms.entries())
        if (selectsRequest(selector, request)) signature += `${r}.${t} `;
    return signature;
  }

  entriesOf(request: ResourceRequest, choices: readonly Choice[]): PolicyEntry[] {
    const entries: PolicyEntry[] = [];
    for (const use of this.#rows) {
      const amount = amountOf(use.row, request, choices);
      if (amount > 0) entries.push({ use, amount });
    }
    return entries;
  }

  /** Whether grants of these choices together pass every hard row. */
  fitsAll(
    grants: readonly { readonly request: ResourceRequest; readonly choices: readonly Choice[] }[],
  ): boolean {
    if (this.isEmpty) return true;
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

  /** Puts a column's entries into the book. `spare`: by how much its value may fall at most. Answers what soft rows may take of that. */
  add(
    book: RowBook,
    column: number,
    { entries, spare }: { entries: readonly PolicyEntry[]; spare: number },
  ): number {
    let taken = 0;
    for (const { use, amount } of entries) {
      const { price } = use.row;
      const row = this.#row(book, use);
      if (price === undefined) book.add(row, column, amount);
      else if (price > 0) {
        const most = Math.min(amount, Math.floor((spare - taken) / price));
        book.add(row, column, most);
        taken += most * price;
      }
    }
    return taken;
  }

  emit(builder: ModelBuilder, book: RowBook): void {
    for (const use of this.#rows) {
      const row = book.get(nameOf(use.row));
      if (row === undefined || row.columns.length === 0) continue;
      const over = book.mostOf(row) - row.room;
      if (over <= 0) continue;
      const index = book.emit(builder, row, row.room);
      if (!isHard(use)) builder.addExcess(index, over, use.row.price);
    }
  }

  #row(book: RowBook, use: RowState): Row {
    return book.row(nameOf(use.row), use.room);
  }
}

export function nameOf({ id }: PolicyRow): string {
  return `policy/${id}`;
}

function isHard({ row }: RowState): boolean {
  return row.price === undefined;
}

function amountOf(row: PolicyRow, request: ResourceRequest, choices: readonly Choice[]): Units {
  let amount = 0;
  for (const term of row.terms)
    if (selectsRequest(term.selector, request)) amount += termAmount(term, choices);
  return amount;
}

function termAmount({ selector, coefficient, per }: PolicyTerm, choices: readonly Choice[]): Units {
  let units = 0;
  let claims = 0;
  for (const { place, quantity } of choices) {
    if (!selectsPlace(selector, place)) continue;
    units += quantity;
    claims += 1;
  }
  return coefficient * (per === 'unit' ? units : Math.min(1, claims));
}

function selectsRequest(
  { departments, agents, classes, classifications }: RowSelector,
  { department, agent, terms }: ResourceRequest,
): boolean {
  return (
    (departments?.includes(department) ?? true) &&
    (agents?.includes(agent) ?? true) &&
    (classes?.includes(terms.class) ?? true) &&
    (classifications?.includes(terms.classification) ?? true)
  );
}

function selectsPlace({ kinds, pools, labels }: RowSelector, place: Place): boolean {
  return (
    (kinds?.includes(place.kind) ?? true) &&
    (pools === undefined || place.pools.some(({ id }) => pools.includes(id))) &&
    matches(place.pools[0], labels)
  );
}
