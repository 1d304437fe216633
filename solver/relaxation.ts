// A stage as the linear program an engine sees, and its multipliers as the certificate states them.
// Invariant: scales are powers of two, so the program is the stage exactly and multipliers map back without error before rounding.
// Called by anytime.ts and residual.ts.
import type { Columns } from './columns.ts';
import type { LinearProgram } from './engines/engine.ts';
import type { Model } from './model.ts';
import type { StageView } from './presolve.ts';
import type { Multiplier } from './solution.ts';

/** Multipliers are integers over this; rounding to 2^-10 already costs under 0.0001 % of a bound. */
export const MULTIPLIER_ONE = 2 ** 20;
/** Engines work to absolute tolerances of 1e-7: objective and coefficients beyond these would drown in them. */
const OBJECTIVE_MAX = 1e6;
const COEFFICIENT_MAX = 2 ** 20;

export interface Relaxation {
  /** Columns: the view's options in order, then the excesses of `excessOf`. Rows: the view's rows, then one per shape with several options. */
  readonly program: LinearProgram;
  /** Program column optionCount + i is this excess of the model. */
  readonly excessOf: Int32Array;
  readonly rowScale: Float64Array;
  readonly objectiveScale: number;
}

export function relax(model: Model, columns: Columns, view: StageView): Relaxation {
  const optionCount = view.optionShape.length;
  const localRow = new Map(Array.from(view.rows, (row, local) => [row, local]));
  const excessOf = Int32Array.from(
    Array.from(view.rows, (row) => columns.definedBy[row]!).filter((k) => k >= 0 && view.excessMost[k]! > 0),
  );
  const uses = usesOf(columns, excessOf, localRow);
  const { rowScale, excessScale } = scalesOf(view, { columns, excessOf, uses });
  const objectiveScale = powerOfTwoAbove(largestObjective(model, view) / OBJECTIVE_MAX);
  const shapeRow = shapeRowsOf(view);
  const draft = new ColumnDraft();
  for (let q = 0; q < optionCount; q++) {
    const f = view.optionFitting[q]!;
    const shape = view.optionShape[q]!;
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      draft.entry(view.entryRows[e]!, view.entryValues[e]! / rowScale[view.entryRows[e]!]!);
    }
    if (shapeRow.of[shape]! >= 0) draft.entry(shapeRow.of[shape]!, 1);
    draft.end(model.objective[view.fitting[f]!]! / objectiveScale, view.shapes[shape]!.groups.length);
  }
  for (const [i, k] of excessOf.entries()) {
    draft.entry(localRow.get(model.definingRow[k]!)!, -1);
    for (const use of uses[i]!) draft.entry(use.row, (use.value * excessScale[i]!) / rowScale[use.row]!);
    // An upper bound that cannot be reached is left out: its price would not be one that the certificate's formula knows.
    const reachable = view.excessMost[k]! >= model.excessUpper[k]!;
    const cost = (model.excessCost[k]! / objectiveScale) * excessScale[i]!;
    draft.end(-cost, reachable ? model.excessUpper[k]! / excessScale[i]! : Number.POSITIVE_INFINITY);
  }
  const rowUpper = Float64Array.from(
    [...view.room, ...shapeRow.counts],
    (room, i) => room / (rowScale[i] ?? 1),
  );
  return { program: draft.program(rowUpper, optionCount), excessOf, rowScale, objectiveScale };
}

/** Engine prices as numerators over 2^20 for rows of the model. */
export function multipliersOf(
  model: Model,
  columns: Columns,
  from: { view: StageView; relaxation: Relaxation; prices: Float64Array; primal: Float64Array | null },
): Multiplier[] {
  const { view, relaxation } = from;
  const numerators = new Float64Array(model.rowCount);
  for (const [local, row] of view.rows.entries()) {
    const price = (from.prices[local]! * relaxation.objectiveScale) / relaxation.rowScale[local]!;
    numerators[row] = Math.min(Math.round(price * MULTIPLIER_ONE), Number.MAX_SAFE_INTEGER);
  }
  evenOutExcesses(model, columns, { ...from, numerators });
  const multipliers: Multiplier[] = [];
  for (const row of view.rows)
    if (numerators[row]! > 0) multipliers.push({ row, numerator: numerators[row]! });
  return multipliers;
}

/**
 * Rounding may leave cost_k + lambda A_k a hair below 0, and the box term charges that hair times the excess's upper bound. Where the
 * excess is not at its bound the true price is >= 0, so the defining row's multiplier is lowered to meet it. Later rows first: they define too.
 */
function evenOutExcesses(
  model: Model,
  columns: Columns,
  from: { view: StageView; relaxation: Relaxation; primal: Float64Array | null; numerators: Float64Array },
): void {
  const { relaxation, numerators } = from;
  const optionCount = from.view.optionShape.length;
  for (let i = relaxation.excessOf.length - 1; i >= 0; i--) {
    const k = relaxation.excessOf[i]!;
    let worth = model.excessCost[k]! * MULTIPLIER_ONE;
    let rounding = 1;
    for (let u = columns.useStarts[k]!; u < columns.useStarts[k + 1]!; u++) {
      worth += numerators[columns.useRows[u]!]! * columns.useValues[u]!;
      rounding += columns.useValues[u]!;
    }
    const row = model.definingRow[k]!;
    const value = from.primal?.[optionCount + i] ?? 0;
    const inside = value < relaxation.program.upper[optionCount + i]! * (1 - 1e-6);
    if (numerators[row]! > worth && (inside || numerators[row]! - worth <= rounding)) numerators[row] = worth;
  }
}

/** Option -> c_j - lambda A_j in units of 2^-20: the order of the fill, so doubles are enough. */
export function reducedPrices(
  model: Model,
  view: StageView,
  multipliers: readonly Multiplier[],
): Float64Array {
  const lambda = new Float64Array(model.rowCount);
  for (const { row, numerator } of multipliers) lambda[row] = numerator;
  return Float64Array.from(view.optionFitting, (f) => {
    let price = model.objective[view.fitting[f]!]! * MULTIPLIER_ONE;
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      price -= lambda[view.rows[view.entryRows[e]!]!]! * view.entryValues[e]!;
    }
    return price;
  });
}

interface Use {
  readonly row: number;
  readonly value: number;
}

function usesOf(columns: Columns, excessOf: Int32Array, localRow: ReadonlyMap<number, number>): Use[][] {
  return Array.from(excessOf, (k) => {
    const uses: Use[] = [];
    for (let u = columns.useStarts[k]!; u < columns.useStarts[k + 1]!; u++) {
      const row = localRow.get(columns.useRows[u]!);
      if (row !== undefined) uses.push({ row, value: columns.useValues[u]! });
    }
    return uses;
  });
}

/** Rows are met in rising order, so an excess's own scale (its defining row's) is known before the rows that use it. */
function scalesOf(
  view: StageView,
  { columns, excessOf, uses }: { columns: Columns; excessOf: Int32Array; uses: Use[][] },
): { rowScale: Float64Array; excessScale: Float64Array } {
  const largest = new Float64Array(view.rows.length);
  for (const f of view.optionFitting) {
    for (let e = view.entryStarts[f]!; e < view.entryStarts[f + 1]!; e++) {
      const row = view.entryRows[e]!;
      largest[row] = Math.max(largest[row]!, view.entryValues[e]!);
    }
  }
  const excessIndex = new Map(Array.from(excessOf, (k, i) => [k, i]));
  const excessScale = new Float64Array(excessOf.length);
  const rowScale = new Float64Array(view.rows.length);
  for (const [local, row] of view.rows.entries()) {
    rowScale[local] = powerOfTwoAbove(largest[local]! / COEFFICIENT_MAX);
    const i = excessIndex.get(columns.definedBy[row]!);
    if (i === undefined) continue;
    excessScale[i] = rowScale[local]!;
    for (const use of uses[i]!) largest[use.row] = Math.max(largest[use.row]!, use.value * excessScale[i]!);
  }
  return { rowScale, excessScale };
}

function largestObjective(model: Model, view: StageView): number {
  let largest = 1;
  for (const j of view.fitting) largest = Math.max(largest, model.objective[j]!);
  return largest;
}

/** The least power of two >= value, at least 1. */
function powerOfTwoAbove(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}

/** Shape -> program row that holds its multiplicity, -1 where a single option's upper bound says the same. */
function shapeRowsOf(view: StageView): { of: Int32Array; counts: number[] } {
  const counts: number[] = [];
  const of = Int32Array.from(view.shapes, (shape) => {
    if (shape.options === 1) return -1;
    counts.push(shape.groups.length);
    return view.rows.length + counts.length - 1;
  });
  return { of, counts };
}

/** Compressed sparse columns, one column after another. */
export class ColumnDraft {
  readonly #starts: number[] = [0];
  readonly #rows: number[] = [];
  readonly #values: number[] = [];
  readonly #objective: number[] = [];
  readonly #upper: number[] = [];

  entry(row: number, value: number): void {
    this.#rows.push(row);
    this.#values.push(value);
  }

  end(objective: number, upper: number): void {
    this.#starts.push(this.#rows.length);
    this.#objective.push(objective);
    this.#upper.push(upper);
  }

  /** The first `integerCount` columns are whole numbers. */
  program(rowUpper: Float64Array, integerCount: number): LinearProgram {
    return {
      columnCount: this.#objective.length,
      rowCount: rowUpper.length,
      objective: Float64Array.from(this.#objective),
      upper: Float64Array.from(this.#upper),
      integer: Uint8Array.from(this.#objective, (_, column) => (column < integerCount ? 1 : 0)),
      rowUpper,
      starts: Int32Array.from(this.#starts),
      rows: Int32Array.from(this.#rows),
      values: Float64Array.from(this.#values),
    };
  }
}
