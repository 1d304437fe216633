// A stage of a tick's model as a program, for `annona tick --write-model`: other solvers can then say what they make of it.
// Invariant: its optimum is the most that the stage can be worth beside the grants of earlier stages. Called by the command line.
import { ProgramDraft } from './files/draft.ts';
import type { Model } from './model.ts';
import type { Program } from './programs/program.ts';

interface StageOfModel {
  readonly name: string;
  readonly stage: number;
  /** Column -> 1 when an earlier stage granted it. Grants of this stage and later ones do not count. */
  readonly granted: Uint8Array;
}

/** Columns are named g<group>.<column of the group, from 0>, excesses e<number>, groups with several columns one/<group>. */
export function stageProgram(model: Model, { name, stage, granted }: StageOfModel): Program {
  const draft = new ProgramDraft();
  draft.name = name;
  draft.sense = 'maximise';
  const at = addColumns(draft, model, stage);
  const frozen = granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
  const before = addRows(draft, model, { at, frozen });
  for (const [k, upper] of model.excessUpper.entries()) {
    const column = draft.column(`e${k}`)!;
    column.upper = upper;
    column.objective = 0 - model.excessCost[k]!;
    // What the stage found is no loss of its own.
    draft.offset -= column.objective * before[k]!;
  }
  addGroups(draft, model, at);
  return draft.build();
}

/** Model column -> draft column, -1 for columns of other stages. */
function addColumns(draft: ProgramDraft, model: Model, stage: number): Int32Array {
  const at = new Int32Array(model.columnCount + model.excessCount).fill(-1);
  let first = 0;
  for (let j = 0; j < model.columnCount; j++) {
    const group = model.group[j]!;
    if (j > 0 && model.group[j - 1] !== group) first = j;
    if (model.stage[group] !== stage) continue;
    const column = draft.addColumn(`g${group}.${j - first}`);
    column.objective = model.objective[j]!;
    column.integer = true;
    column.upper = 1;
    at[j] = column.index;
  }
  for (let k = 0; k < model.excessCount; k++) at[model.columnCount + k] = draft.addColumn(`e${k}`).index;
  return at;
}

/** Every row with the room that the frozen grants leave. Returns what they make of each excess. */
function addRows(
  draft: ProgramDraft,
  model: Model,
  { at, frozen }: { at: Int32Array; frozen: Uint8Array },
): Float64Array {
  const before = new Float64Array(model.excessCount);
  const definedBy = new Map(Array.from(model.definingRow, (row, k) => [row, k]));
  for (let i = 0; i < model.rowCount; i++) {
    const row = draft.addRow(model.rowNames[i] ?? `r${i}`, Number.NEGATIVE_INFINITY, model.rhs[i]!);
    let used = 0;
    let excesses = 0;
    for (let e = model.starts[i]!; e < model.starts[i + 1]!; e++) {
      const j = model.indices[e]!;
      const value = model.values[e]!;
      if (at[j]! >= 0) row.entries.set(at[j]!, value);
      if (j < model.columnCount) used += frozen[j] === 1 ? value : 0;
      else if (value > 0) excesses += value * before[j - model.columnCount]!;
    }
    row.upper -= used;
    const k = definedBy.get(i);
    if (k !== undefined) before[k] = Math.max(0, used + excesses - model.rhs[i]!);
  }
  return before;
}

function addGroups(draft: ProgramDraft, model: Model, at: Int32Array): void {
  const byGroup = new Map<number, number[]>();
  for (let j = 0; j < model.columnCount; j++) {
    if (at[j]! < 0) continue;
    const members = byGroup.get(model.group[j]!);
    if (members) members.push(at[j]!);
    else byGroup.set(model.group[j]!, [at[j]!]);
  }
  for (const [group, members] of byGroup) {
    if (members.length === 1) continue;
    const row = draft.addRow(`one/${group}`, Number.NEGATIVE_INFINITY, 1);
    for (const column of members) row.entries.set(column, 1);
  }
}
