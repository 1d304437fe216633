// A model in one expression: rows by name with their room, groups as lists of options. Used by solver tests.
// Invariant: rows stand in the order given, groups in order of arrival.
import { type Model, ModelBuilder, type Multiplier, type StageCertificate } from '../../solver/index.ts';

export interface OptionSpec {
  readonly worth: number;
  /** Row name -> coefficient. */
  readonly needs: Readonly<Record<string, number>>;
}

export interface ModelSpec {
  readonly rows: Readonly<Record<string, number>>;
  readonly groups: readonly {
    readonly stage?: number;
    readonly options: readonly OptionSpec[];
    readonly times?: number;
  }[];
  /** Defining row, upper bound, cost of a unit, later rows that use the excess. */
  readonly excesses?: readonly {
    readonly of: string;
    readonly upper: number;
    readonly cost?: number;
    readonly into: Readonly<Record<string, number>>;
  }[];
}

export function aModel(spec: ModelSpec): Model {
  const builder = new ModelBuilder();
  for (const [name, rhs] of Object.entries(spec.rows)) builder.addRow(name, rhs);
  const rowOf = (name: string): number => {
    const row = builder.rowIndex(name);
    if (row === undefined) throw new Error(`no row ${name} in this spec`);
    return row;
  };
  for (const { of, upper, cost, into } of spec.excesses ?? []) {
    const excess = builder.addExcess(rowOf(of), upper, cost);
    for (const [name, coefficient] of Object.entries(into))
      builder.useExcess(rowOf(name), excess, coefficient);
  }
  for (const { stage = 0, options, times = 1 } of spec.groups) {
    for (let n = 0; n < times; n++) {
      builder.addGroup(stage);
      for (const { worth, needs } of options) {
        const column = builder.addColumn(worth);
        for (const [name, coefficient] of Object.entries(needs))
          builder.addEntry(rowOf(name), column, coefficient);
      }
    }
  }
  return builder.build();
}

/** A proof of one leaf over base rows alone. */
export function aCertificate(multipliers: readonly Multiplier[] = []): StageCertificate {
  return { derivedRows: [], proof: { multipliers, derivedMultipliers: [] }, frozenDigest: '' };
}

/** The plan that grants exactly these columns. */
export function aPlan(model: Model, columns: readonly number[]): Uint8Array {
  const granted = new Uint8Array(model.columnCount);
  for (const j of columns) granted[j] = 1;
  return granted;
}
