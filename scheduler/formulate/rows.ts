// Rows while they grow: entries by column, gathered per row. Column and group numbers rise as the batch is walked, so appending is enough.
// Invariant: nothing leaves here but rows that the whole batch could overfill: a row that cannot bind says nothing (mathematics, "Shapes").

import type { ModelBuilder } from '../../solver/index.ts';
import { compareText } from './catalogue.ts';

export interface Row {
  readonly name: string;
  /** What is left: the row reads sum of entries <= room. May be negative only in rows that define an excess. */
  readonly room: number;
  /** The renewable kind whose units it hands out, where it does. */
  readonly kind?: string;
  /** Units of the kind that 1 in the row stands for. */
  readonly unitsEach: number;
  readonly columns: number[];
  readonly coefficients: number[];
}

export type Handed = Partial<Pick<Row, 'kind' | 'unitsEach'>>;
export interface RowEntry {
  readonly row: Row;
  readonly coefficient: number;
}

export class RowBook {
  readonly #rows = new Map<string, Row>();
  /** Column -> group. */
  readonly #group: number[] = [];

  /** The row of that name; `room` and what it `hands` out count on the first call only. */
  row(name: string, room: number, hands: Handed = {}): Row {
    const known = this.#rows.get(name);
    if (known) return known;
    const { kind, unitsEach = 1 } = hands;
    const made: Row = {
      name,
      room,
      ...(kind !== undefined && { kind }),
      unitsEach,
      columns: [],
      coefficients: [],
    };
    this.#rows.set(name, made);
    return made;
  }

  get(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  /** Announces the next column. Columns of one group follow one another. */
  column(group: number): number {
    this.#group.push(group);
    return this.#group.length - 1;
  }

  /** Adds to the newest column's coefficient: two claims on one pool count together. */
  add(row: Row, column: number, coefficient: number): void {
    if (coefficient === 0) return;
    const last = row.columns.length - 1;
    if (last >= 0 && row.columns[last] === column) {
      row.coefficients[last] = row.coefficients[last]! + coefficient;
      return;
    }
    row.columns.push(column);
    row.coefficients.push(coefficient);
  }

  /** Left side if every group took its largest entry: one column a group at most. */
  mostOf(row: Row): number {
    let most = 0;
    for (let i = 0; i < row.columns.length; ) {
      const group = this.#group[row.columns[i]!];
      let largest = 0;
      for (; i < row.columns.length && this.#group[row.columns[i]!] === group; i++) {
        largest = Math.max(largest, row.coefficients[i]!);
      }
      most += largest;
    }
    return most;
  }

  /** Rows of the family that were touched, by name. */
  family(prefix: string): Row[] {
    const found: Row[] = [];
    for (const row of this.#rows.values()) {
      if (row.columns.length > 0 && row.name.startsWith(prefix)) found.push(row);
    }
    return found.sort((a, b) => compareText(a.name, b.name));
  }

  /** Puts the family's rows that can bind into the model. */
  emitFamily(builder: ModelBuilder, prefix: string): void {
    for (const row of this.family(prefix)) {
      if (this.mostOf(row) > row.room) this.emit(builder, row, row.room);
    }
  }

  /** Puts one row into the model; answers its number there. */
  emit(builder: ModelBuilder, row: Row, room: number): number {
    const index = builder.addRow(row.name, room);
    for (let i = 0; i < row.columns.length; i++)
      builder.addEntry(index, row.columns[i]!, row.coefficients[i]!);
    return index;
  }
}
