// A stage's view taken apart into programs that share no row. Invariant: their plans and bounds add up to the stage's.
// Called by stage.ts.
import type { Columns } from './columns.ts';
import type { Model } from './model.ts';
import type { StageView } from './presolve.ts';
import type { Program } from './program.ts';

export interface Component {
  readonly program: Program;
  /** Shape of the program -> shape of the view. */
  readonly shapes: Int32Array;
  /** Option of the program -> option of the view. */
  readonly options: Int32Array;
  /** Row of the program -> row of the model. */
  readonly rows: Int32Array;
  /** Excess of the program -> excess of the model. */
  readonly excesses: Int32Array;
}

/** In the order of each component's first shape. Shapes that no row holds make one component together. */
export function componentsOf(model: Model, columns: Columns, view: StageView): Component[] {
  const rowCount = view.rows.length;
  const sets = new DisjointSets(rowCount + 1);
  const localRow = new Int32Array(model.rowCount).fill(-1);
  for (let i = 0; i < rowCount; i++) localRow[view.rows[i]!] = i;
  for (let i = 0; i < rowCount; i++) {
    const k = columns.definedBy[view.rows[i]!]!;
    if (k < 0 || view.excessMost[k] === 0) continue;
    for (let u = columns.useStarts[k]!; u < columns.useStarts[k + 1]!; u++) {
      const user = localRow[columns.useRows[u]!]!;
      if (user >= 0) sets.join(i, user);
    }
  }
  const firstRow = new Int32Array(view.shapes.length).fill(rowCount);
  for (let q = 0; q < view.optionShape.length; q++) {
    const f = view.optionFitting[q]!;
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      const shape = view.optionShape[q]!;
      if (firstRow[shape] === rowCount) firstRow[shape] = view.entryRows[e]!;
      sets.join(firstRow[shape]!, view.entryRows[e]!);
    }
  }
  const shapesOf = new Map<number, number[]>();
  for (let s = 0; s < view.shapes.length; s++) {
    const root = sets.root(firstRow[s]!);
    const list = shapesOf.get(root);
    if (list) list.push(s);
    else shapesOf.set(root, [s]);
  }
  const rowsOf = new Map<number, number[]>(Array.from(shapesOf.keys(), (root) => [root, []]));
  for (let i = 0; i < rowCount; i++) rowsOf.get(sets.root(i))?.push(i);
  return Array.from(shapesOf, ([root, shapes]) =>
    componentOf(
      { model, columns, view, localRow },
      Int32Array.from(shapes),
      Int32Array.from(rowsOf.get(root)!),
    ),
  );
}

interface Source {
  readonly model: Model;
  readonly columns: Columns;
  readonly view: StageView;
  /** Row of the model -> row of the view, or -1. */
  readonly localRow: Int32Array;
}

function componentOf(source: Source, shapes: Int32Array, viewRows: Int32Array): Component {
  const { model, columns, view } = source;
  const local = new Int32Array(view.rows.length).fill(-1);
  for (let i = 0; i < viewRows.length; i++) local[viewRows[i]!] = i;
  const rows = Int32Array.from(viewRows, (i) => view.rows[i]!);
  const options = optionsOf(view, shapes);
  const shapeStarts = new Int32Array(shapes.length + 1);
  for (let s = 0; s < shapes.length; s++)
    shapeStarts[s + 1] = shapeStarts[s]! + view.shapes[shapes[s]!]!.options;
  const shapeOf = new Int32Array(options.length);
  for (let s = 0; s < shapes.length; s++) shapeOf.fill(s, shapeStarts[s]!, shapeStarts[s + 1]!);
  return {
    program: {
      columnCount: options.length,
      rowCount: rows.length,
      rhs: Float64Array.from(viewRows, (i) => view.room[i]!),
      shapeCount: shapes.length,
      shapeStarts,
      shapeOf,
      multiplicity: Int32Array.from(shapes, (s) => view.shapes[s]!.groups.length),
      objective: Float64Array.from(options, (q) => model.objective[view.fitting[view.optionFitting[q]!]!]!),
      ...entriesOf(view, options, local),
      ...excessesOf(source, rows, local),
    },
    shapes,
    options,
    rows,
    excesses: Int32Array.from(rows, (row) => columns.definedBy[row]!).filter((k) => k >= 0),
  };
}

function optionsOf(view: StageView, shapes: Int32Array): Int32Array {
  const first = new Int32Array(view.shapes.length + 1);
  for (let s = 0; s < view.shapes.length; s++) first[s + 1] = first[s]! + view.shapes[s]!.options;
  const options: number[] = [];
  for (const s of shapes) for (let q = first[s]!; q < first[s + 1]!; q++) options.push(q);
  return Int32Array.from(options);
}

function entriesOf(
  view: StageView,
  options: Int32Array,
  local: Int32Array,
): Pick<Program, 'starts' | 'rows' | 'values'> {
  const starts = new Int32Array(options.length + 1);
  for (let q = 0; q < options.length; q++) {
    const f = view.optionFitting[options[q]!]!;
    starts[q + 1] = starts[q]! + view.entryStarts[f + 1]! - view.entryStarts[f]!;
  }
  const rows = new Int32Array(starts[options.length]!);
  const values = new Float64Array(rows.length);
  let at = 0;
  for (const q of options) {
    const f = view.optionFitting[q]!;
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      rows[at] = local[view.entryRows[e]!]!;
      values[at] = view.entryValues[e]!;
      at++;
    }
  }
  return { starts, rows, values };
}

type ExcessPart = Pick<
  Program,
  | 'excessCount'
  | 'definedBy'
  | 'definingRow'
  | 'excessUpper'
  | 'excessCost'
  | 'excessMost'
  | 'useStarts'
  | 'useRows'
  | 'useValues'
>;

function excessesOf(
  { model, columns, view, localRow }: Source,
  rows: Int32Array,
  local: Int32Array,
): ExcessPart {
  const excesses: number[] = [];
  const definedBy = new Int32Array(rows.length).fill(-1);
  const definingRow: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    const k = columns.definedBy[rows[i]!]!;
    if (k < 0) continue;
    definedBy[i] = excesses.length;
    excesses.push(k);
    definingRow.push(i);
  }
  const useStarts = new Int32Array(excesses.length + 1);
  const useRows: number[] = [];
  const useValues: number[] = [];
  for (let i = 0; i < excesses.length; i++) {
    const k = excesses[i]!;
    for (let u = columns.useStarts[k]!; u < columns.useStarts[k + 1]!; u++) {
      const inView = localRow[columns.useRows[u]!]!;
      if (inView < 0 || local[inView]! < 0) continue;
      useRows.push(local[inView]!);
      useValues.push(columns.useValues[u]!);
    }
    useStarts[i + 1] = useRows.length;
  }
  return {
    excessCount: excesses.length,
    definedBy,
    definingRow: Int32Array.from(definingRow),
    excessUpper: Float64Array.from(excesses, (k) => model.excessUpper[k]!),
    excessCost: Float64Array.from(excesses, (k) => model.excessCost[k]!),
    excessMost: Float64Array.from(excesses, (k) => view.excessMost[k]!),
    useStarts,
    useRows: Int32Array.from(useRows),
    useValues: Float64Array.from(useValues),
  };
}

class DisjointSets {
  readonly #parent: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, i) => i);
  }

  root(i: number): number {
    let at = i;
    while (this.#parent[at] !== at) {
      this.#parent[at] = this.#parent[this.#parent[at]!]!;
      at = this.#parent[at]!;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [x, y] = [this.root(a), this.root(b)];
    if (x !== y) this.#parent[Math.max(x, y)] = Math.min(x, y);
  }
}
