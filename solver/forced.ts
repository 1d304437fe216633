// What is left of a model once one column is granted whatever it costs: how good can a plan be that has it, and whom does it leave out?
// Invariant: a plan of what is left, with what was frozen and the column, is a plan of the model. Called by scheduler/whatItTakes.ts.
import { type Model, ModelBuilder } from './model.ts';
import { checkPlan } from './verify.ts';

export interface ForcedModel {
  /** The stage of the column and those after it, with the room that is left. */
  readonly model: Model;
  /** A plan of it as a plan of the whole model: the grants of earlier stages and the column with it. */
  whole(granted: Uint8Array): Uint8Array;
}

export interface ForcedColumn {
  readonly column: number;
  /** The plan whose grants in earlier stages stay. Its other grants do not count. */
  readonly granted: Uint8Array;
}

/** Null when the column does not fit beside the grants of earlier stages: no plan of its stage has it. */
export function forcedModel(model: Model, { column, granted }: ForcedColumn): ForcedModel | null {
  const own = model.group[column]!;
  const stageOf = (j: number): number => model.stage[model.group[j]!]!;
  const kept = granted.map((entry, j) =>
    j === column || (entry === 1 && stageOf(j) < stageOf(column)) ? 1 : 0,
  );
  if (!checkPlan(model, kept).ok) return null;
  const open = [...model.group.keys()].filter((j) => stageOf(j) >= stageOf(column) && model.group[j] !== own);
  return {
    model: rest(model, { kept, open }),
    whole(chosen) {
      const plan = kept.slice();
      for (const [at, j] of open.entries()) plan[j] = chosen[at]!;
      return plan;
    },
  };
}

/** The open columns alone, in rows less what is kept. Excesses stay as they are: the room of their rows says what they are at already. */
function rest(model: Model, { kept, open }: { kept: Uint8Array; open: readonly number[] }): Model {
  const builder = new ModelBuilder();
  const at = new Int32Array(model.columnCount).fill(-1);
  for (const [i, j] of open.entries()) {
    if (i === 0 || model.group[open[i - 1]!] !== model.group[j])
      builder.addGroup(model.stage[model.group[j]!]!);
    at[j] = builder.addColumn(model.objective[j]!);
  }
  for (const [row, name] of model.rowNames.entries())
    builder.addRow(name, model.rhs[row]! - useOf(model, row, kept));
  for (const [k, row] of model.definingRow.entries())
    builder.addExcess(row, model.excessUpper[k]!, model.excessCost[k]!);
  for (let row = 0; row < model.rowCount; row++) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const j = model.indices[e]!;
      const excess = j - model.columnCount;
      if (excess >= 0 && model.definingRow[excess] !== row) builder.useExcess(row, excess, model.values[e]!);
      else if (excess < 0 && at[j]! >= 0) builder.addEntry(row, at[j]!, model.values[e]!);
    }
  }
  return builder.build();
}

function useOf(model: Model, row: number, kept: Uint8Array): number {
  let use = 0;
  for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++)
    if (kept[model.indices[e]!] === 1) use += model.values[e]!;
  return use;
}
