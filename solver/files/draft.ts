// A program while a reader collects it: columns and rows by name, entries in any order. Invariant: names are unique, a place is filled once.
// Called by the readers of files/ and by modelProgram.ts.
import type { Program } from '../programs/program.ts';

export interface DraftColumn {
  readonly index: number;
  readonly name: string;
  objective: number;
  lower: number;
  upper: number;
  integer: boolean;
}

export interface DraftRow {
  readonly index: number;
  readonly name: string;
  lower: number;
  upper: number;
  /** Column -> coefficient. */
  readonly entries: Map<number, number>;
}

export class ProgramDraft {
  name = '';
  sense: Program['sense'] = 'minimise';
  offset = 0;
  readonly columns: DraftColumn[] = [];
  readonly rows: DraftRow[] = [];
  readonly #columnByName = new Map<string, DraftColumn>();
  readonly #rowByName = new Map<string, DraftRow>();

  column(name: string): DraftColumn | undefined {
    return this.#columnByName.get(name);
  }

  /** Continuous and >= 0 until said otherwise, as in every format. */
  addColumn(name: string): DraftColumn {
    const column = {
      index: this.columns.length,
      name,
      objective: 0,
      lower: 0,
      upper: Number.POSITIVE_INFINITY,
      integer: false,
    };
    this.#columnByName.set(name, column);
    this.columns.push(column);
    return column;
  }

  row(name: string): DraftRow | undefined {
    return this.#rowByName.get(name);
  }

  addRow(name: string, lower: number, upper: number): DraftRow {
    const row = { index: this.rows.length, name, lower, upper, entries: new Map<number, number>() };
    this.#rowByName.set(name, row);
    this.rows.push(row);
    return row;
  }

  build(): Program {
    const { columns, rows } = this;
    const starts = new Int32Array(rows.length + 1);
    const indices: number[] = [];
    const values: number[] = [];
    for (const [i, row] of rows.entries()) {
      for (const [column, value] of [...row.entries].sort((a, b) => a[0] - b[0])) {
        if (value === 0) continue;
        indices.push(column);
        values.push(value);
      }
      starts[i + 1] = indices.length;
    }
    return {
      name: this.name,
      sense: this.sense,
      offset: this.offset,
      columnNames: columns.map(({ name }) => name),
      objective: Float64Array.from(columns, ({ objective }) => objective),
      lower: Float64Array.from(columns, ({ lower }) => lower),
      upper: Float64Array.from(columns, ({ upper }) => upper),
      integer: Uint8Array.from(columns, ({ integer }) => Number(integer)),
      rowNames: rows.map(({ name }) => name),
      rowLower: Float64Array.from(rows, ({ lower }) => lower),
      rowUpper: Float64Array.from(rows, ({ upper }) => upper),
      starts,
      indices: Int32Array.from(indices),
      values: Float64Array.from(values),
    };
  }
}
