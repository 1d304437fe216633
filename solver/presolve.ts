// One stage of a model, reduced: columns that fit alone, rows that can bind, identical groups merged into shapes.
// Invariant: every reduction is exact, a plan of the view is a plan of the model and the best value is the same. Called by anytime.ts.
import type { Columns } from './columns.ts';
import type { Load } from './load.ts';
import type { Model } from './model.ts';

/** A set of groups that no remaining row can tell apart: one integer column per option instead of a column per group and option. */
export interface Shape {
  /** Groups in order of arrival; the first stands for all. */
  readonly groups: number[];
  /** Fitting columns of the first group are fitting[first]..fitting[first + options - 1]; so for every group of the shape. */
  readonly first: number;
  readonly options: number;
}

export interface StageView {
  readonly stage: number;
  /** Columns of the stage that fit alone beside the frozen grants, ascending; those of a group are adjacent. */
  readonly fitting: Int32Array;
  /** Group -> index of its first column in `fitting`, -1 when none fits. */
  readonly firstFitting: Int32Array;
  /** Rows that can bind, ascending. */
  readonly rows: Int32Array;
  /** Room of those rows: rhs less the frozen structural use. May be negative in a defining row. */
  readonly room: Float64Array;
  /** Largest value each excess can be asked for in this stage; 0 when its defining row was dropped. */
  readonly excessMost: Float64Array;
  readonly shapes: readonly Shape[];
  /** Options of all shapes, shape by shape: option q is a column of shape optionShape[q], fitting[optionFitting[q]] in its first group. */
  readonly optionShape: Int32Array;
  readonly optionFitting: Int32Array;
  /** Entries of fitting[f] in remaining rows are entryStarts[f]..; `entryRows` index into `rows`. */
  readonly entryStarts: Int32Array;
  readonly entryRows: Int32Array;
  readonly entryValues: Float64Array;
}

export interface StageInput {
  readonly model: Model;
  readonly columns: Columns;
  readonly stage: number;
  /** The frozen grants of earlier stages, as a load and as columns. */
  readonly load: Load;
  readonly frozen: readonly number[];
}

/** `null` when no column of the stage fits alone. */
export function viewStage(input: StageInput): StageView | null {
  const { model, stage } = input;
  const { fitting, firstFitting } = fittingColumns(input);
  if (fitting.length === 0) return null;
  const used = structuralUse(input.columns, input.frozen, model.rowCount);
  const { kept, excessMost } = rowsThatCanBind(input, fitting, used);
  const rows: number[] = [];
  const local = new Int32Array(model.rowCount).fill(-1);
  for (let row = 0; row < model.rowCount; row++) {
    if (kept[row] === 0) continue;
    local[row] = rows.length;
    rows.push(row);
  }
  const entries = entriesIn(input.columns, fitting, local);
  const shapes = mergeShapes(model, { fitting, firstFitting, ...entries });
  return {
    stage,
    fitting,
    firstFitting,
    rows: Int32Array.from(rows),
    room: Float64Array.from(rows, (row) => model.rhs[row]! - used[row]!),
    excessMost,
    shapes,
    optionShape: Int32Array.from(shapes.flatMap((shape, s) => new Array<number>(shape.options).fill(s))),
    optionFitting: Int32Array.from(
      shapes.flatMap((shape) => Array.from({ length: shape.options }, (_, o) => shape.first + o)),
    ),
    ...entries,
  };
}

function fittingColumns(input: StageInput): { fitting: Int32Array; firstFitting: Int32Array } {
  const { model, columns, stage, load } = input;
  const fitting: number[] = [];
  const firstFitting = new Int32Array(model.groupCount).fill(-1);
  for (let group = 0; group < model.groupCount; group++) {
    if (model.stage[group] !== stage) continue;
    const before = fitting.length;
    for (let j = columns.groupStarts[group]!; j < columns.groupStarts[group + 1]!; j++) {
      if (load.fits(j)) fitting.push(j);
    }
    if (fitting.length > before) firstFitting[group] = before;
  }
  return { fitting: Int32Array.from(fitting), firstFitting };
}

function structuralUse(columns: Columns, frozen: readonly number[], rowCount: number): Float64Array {
  const used = new Float64Array(rowCount);
  for (const j of frozen) {
    for (let e = columns.starts[j]!; e < columns.starts[j + 1]!; e++) {
      used[columns.rows[e]!] = used[columns.rows[e]!]! + columns.values[e]!;
    }
  }
  return used;
}

/**
 * A row cannot bind when frozen use + the sum of every group's largest entry + every excess at its most stays within rhs.
 * A defining row that overflows still cannot bind when its excess costs nothing, stays within its upper bound, and no row that uses it can bind.
 */
function rowsThatCanBind(
  { model, columns }: StageInput,
  fitting: Int32Array,
  used: Float64Array,
): { kept: Uint8Array; excessMost: Float64Array } {
  const most = used.slice();
  addLargestEntries(model, columns, { fitting, most });
  const excessMost = new Float64Array(model.excessCount);
  const over = new Float64Array(model.rowCount);
  for (let row = 0; row < model.rowCount; row++) {
    over[row] = most[row]! - model.rhs[row]!;
    const k = columns.definedBy[row]!;
    if (k < 0 || over[row]! <= 0) continue;
    excessMost[k] = Math.min(over[row]!, model.excessUpper[k]!);
    for (let u = columns.useStarts[k]!; u < columns.useStarts[k + 1]!; u++) {
      const later = columns.useRows[u]!;
      most[later] = most[later]! + columns.useValues[u]! * excessMost[k]!;
    }
  }
  const kept = new Uint8Array(model.rowCount);
  for (let row = model.rowCount - 1; row >= 0; row--) {
    if (over[row]! <= 0) continue;
    const k = columns.definedBy[row]!;
    const binds =
      k < 0 || over[row]! > model.excessUpper[k]! || model.excessCost[k]! > 0 || usesAny(columns, k, kept);
    if (binds) kept[row] = 1;
    else excessMost[k] = 0;
  }
  return { kept, excessMost };
}

function usesAny(columns: Columns, k: number, kept: Uint8Array): boolean {
  for (let u = columns.useStarts[k]!; u < columns.useStarts[k + 1]!; u++) {
    if (kept[columns.useRows[u]!] === 1) return true;
  }
  return false;
}

/** Adds to `most`, per row, each group's largest entry: a group is granted one column at most. */
function addLargestEntries(
  model: Model,
  columns: Columns,
  { fitting, most }: { fitting: Int32Array; most: Float64Array },
): void {
  const largest = new Float64Array(model.rowCount);
  const touched: number[] = [];
  for (let f = 0; f < fitting.length; f++) {
    const j = fitting[f]!;
    for (let e = columns.starts[j]!; e < columns.starts[j + 1]!; e++) {
      const row = columns.rows[e]!;
      if (largest[row] === 0) touched.push(row);
      largest[row] = Math.max(largest[row]!, columns.values[e]!);
    }
    const groupEnds = f + 1 === fitting.length || model.group[fitting[f + 1]!] !== model.group[j];
    if (!groupEnds) continue;
    for (const row of touched) {
      most[row] = most[row]! + largest[row]!;
      largest[row] = 0;
    }
    touched.length = 0;
  }
}

type Entries = Pick<StageView, 'entryStarts' | 'entryRows' | 'entryValues'>;

function entriesIn(columns: Columns, fitting: Int32Array, local: Int32Array): Entries {
  const entryStarts = new Int32Array(fitting.length + 1);
  const entryRows: number[] = [];
  const entryValues: number[] = [];
  for (let f = 0; f < fitting.length; f++) {
    const j = fitting[f]!;
    for (let e = columns.starts[j]!; e < columns.starts[j + 1]!; e++) {
      const row = local[columns.rows[e]!]!;
      if (row < 0) continue;
      entryRows.push(row);
      entryValues.push(columns.values[e]!);
    }
    entryStarts[f + 1] = entryRows.length;
  }
  return { entryStarts, entryRows: Int32Array.from(entryRows), entryValues: Float64Array.from(entryValues) };
}

type Groups = Pick<StageView, 'fitting' | 'firstFitting'> & Entries;

/** Groups with the same fitting options, objective and entries, in one pass over hashes; equal hashes are compared in full. */
function mergeShapes(model: Model, groups: Groups): Shape[] {
  const shapes: Shape[] = [];
  const byHash = new Map<number, Shape[]>();
  const { fitting, firstFitting } = groups;
  for (let first = 0, end = 0; first < fitting.length; first = end) {
    const group = model.group[fitting[first]!]!;
    end = first + 1;
    while (end < fitting.length && model.group[fitting[end]!] === group) end++;
    const hash = hashGroup(model, groups, { first, end });
    const candidates = byHash.get(hash);
    const options = end - first;
    const same = candidates?.find(
      (shape) =>
        shape.options === options &&
        equalGroups(model, groups, { a: firstFitting[shape.groups[0]!]!, b: first, options }),
    );
    if (same) {
      same.groups.push(group);
      continue;
    }
    const shape: Shape = { groups: [group], first, options };
    shapes.push(shape);
    if (candidates) candidates.push(shape);
    else byHash.set(hash, [shape]);
  }
  return shapes;
}

function hashGroup(model: Model, groups: Groups, span: { first: number; end: number }): number {
  // FNV-1a over 32-bit halves: cheap, and a collision costs one comparison, nothing else.
  let hash = 0x811c9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ (value | 0), 0x01000193);
    hash = Math.imul(hash ^ ((value / 4294967296) | 0), 0x01000193);
  };
  for (let f = span.first; f < span.end; f++) {
    mix(model.objective[groups.fitting[f]!]!);
    for (let e = groups.entryStarts[f]!; e < groups.entryStarts[f + 1]!; e++) {
      mix(groups.entryRows[e]!);
      mix(groups.entryValues[e]!);
    }
  }
  return hash;
}

function equalGroups(model: Model, groups: Groups, span: { a: number; b: number; options: number }): boolean {
  const { fitting, entryStarts, entryRows, entryValues } = groups;
  for (let o = 0; o < span.options; o++) {
    const a = span.a + o;
    const b = span.b + o;
    if (model.objective[fitting[a]!] !== model.objective[fitting[b]!]) return false;
    const length = entryStarts[a + 1]! - entryStarts[a]!;
    if (entryStarts[b + 1]! - entryStarts[b]! !== length) return false;
    for (let e = 0; e < length; e++) {
      if (entryRows[entryStarts[a]! + e] !== entryRows[entryStarts[b]! + e]) return false;
      if (entryValues[entryStarts[a]! + e] !== entryValues[entryStarts[b]! + e]) return false;
    }
  }
  return true;
}
