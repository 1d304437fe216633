// Where a relaxation stands, told by what it is about and not by column numbers, so that a program that holds a part of another can start
// there. Invariant: a start only; any is valid, a good one saves iterations. Called by live.ts, bounding.ts and core.ts.
import type { Basis } from './engines/engine.ts';
import type { Program, Restriction } from './program.ts';
import { MULTIPLIER_ONE } from './relaxation.ts';

const LOWER = 0;
const BASIC = 1;
const UPPER = 2;

/** Status of each, as in `Basis`. A shape without a row of its own counts as basic. */
export interface Standing {
  readonly options: Int32Array;
  readonly excesses: Int32Array;
  readonly rows: Int32Array;
  readonly shapes: Int32Array;
  /** By the order of the cuts; cuts beyond are new. */
  readonly cuts: Int32Array;
}

/** Shape -> row of the relaxation, -1 where it has none; `relax` lays them out so, behind the program's rows. */
type ShapeRows = Int32Array;

export function standingFrom(basis: Basis, program: Program, shapeRow: ShapeRows): Standing {
  const rowsBefore = basis.rows.length;
  const shapeRowCount = shapeRow.reduce((count, row) => count + (row >= 0 ? 1 : 0), 0);
  const firstCut = program.rowCount + shapeRowCount;
  return {
    options: basis.columns.slice(0, program.columnCount),
    excesses: basis.columns.slice(program.columnCount),
    rows: basis.rows.slice(0, program.rowCount),
    shapes: shapeRow.map((row) => (row >= 0 ? basis.rows[row]! : BASIC)),
    cuts: basis.rows.slice(firstCut, rowsBefore),
  };
}

export function basisFrom(
  standing: Standing,
  program: Program,
  { shapeRow, cutCount }: { shapeRow: ShapeRows; cutCount: number },
): Basis {
  const columns = new Int32Array(program.columnCount + program.excessCount);
  columns.set(standing.options);
  columns.set(standing.excesses, program.columnCount);
  const rows: number[] = [...standing.rows];
  for (let s = 0; s < shapeRow.length; s++) if (shapeRow[s]! >= 0) rows.push(standing.shapes[s]!);
  for (let c = 0; c < cutCount; c++) rows.push(standing.cuts[c] ?? BASIC);
  return { columns, rows: Int32Array.from(rows) };
}

/** The part of a standing that a restricted program has. `cuts`: which of the larger program's cuts it starts with. */
export function restrictStanding(
  standing: Standing,
  program: Program,
  { restriction, cuts }: { restriction: Restriction; cuts: readonly number[] },
): Standing {
  const { optionOf, rowOf, excessOf, program: part } = restriction;
  return {
    options: Int32Array.from(optionOf, (q) => standing.options[q]!),
    excesses: Int32Array.from(excessOf, (k) => standing.excesses[k]!),
    rows: Int32Array.from(rowOf, (row) => standing.rows[row]!),
    shapes: Int32Array.from({ length: part.shapeCount }, (_, s) => {
      const shape = program.shapeOf[optionOf[part.shapeStarts[s]!]!]!;
      return standing.shapes[shape]!;
    }),
    cuts: Int32Array.from(cuts, (c) => standing.cuts[c] ?? BASIC),
  };
}

/** A restricted program's standing in the larger one, where what was left out stands at what was fixed. */
export function widenStanding(
  standing: Standing,
  program: Program,
  { restriction, fixed }: { restriction: Restriction; fixed: Int32Array },
): Standing {
  const { optionOf, rowOf, excessOf, program: part } = restriction;
  const options = Int32Array.from(fixed, (count) => (count > 0 ? UPPER : LOWER));
  const excesses = new Int32Array(program.excessCount).fill(LOWER);
  const rows = new Int32Array(program.rowCount).fill(BASIC);
  const shapes = new Int32Array(program.shapeCount).fill(BASIC);
  for (let q = 0; q < optionOf.length; q++) options[optionOf[q]!] = standing.options[q]!;
  for (let k = 0; k < excessOf.length; k++) excesses[excessOf[k]!] = standing.excesses[k]!;
  for (let i = 0; i < rowOf.length; i++) rows[rowOf[i]!] = standing.rows[i]!;
  for (let s = 0; s < part.shapeCount; s++)
    shapes[program.shapeOf[optionOf[part.shapeStarts[s]!]!]!] = standing.shapes[s]!;
  return { options, excesses, rows, shapes, cuts: standing.cuts };
}

/**
 * Every shape at its worthiest option, as if there were no rows: dual feasible, so that only the rows that this overfills need pivots.
 * Where demand is not many times what there is, a third of the iterations that a start from nothing takes.
 */
export function worthiest(program: Program): Standing {
  const { shapeCount, shapeStarts, objective } = program;
  const options = new Int32Array(program.columnCount);
  const shapes = new Int32Array(shapeCount).fill(BASIC);
  for (let s = 0; s < shapeCount; s++) {
    const first = shapeStarts[s]!;
    let best = first;
    for (let q = first; q < shapeStarts[s + 1]!; q++) if (objective[q]! > objective[best]!) best = q;
    const isAlone = shapeStarts[s + 1]! - first === 1;
    options[best] = isAlone ? UPPER : BASIC;
    if (!isAlone) shapes[s] = UPPER;
  }
  return {
    options,
    excesses: new Int32Array(program.excessCount),
    rows: new Int32Array(program.rowCount).fill(BASIC),
    shapes,
    cuts: new Int32Array(0),
  };
}

/**
 * A vertex near an average of answers at prices: priced rows are full, shapes that are granted are so at their likeliest option, and as many
 * options in doubt are basic as the rest leaves room for. From 1,000 requests on half to a quarter of the iterations of a start from nothing.
 */
export function standingNear(
  program: Program,
  { rows, average }: { readonly rows: Float64Array; readonly average: Float64Array },
): Standing {
  const { shapeCount, shapeStarts, multiplicity, columnCount } = program;
  const options = new Int32Array(columnCount);
  const shapes = new Int32Array(shapeCount).fill(BASIC);
  const doubt = new Float64Array(columnCount);
  let free = 0;
  for (let s = 0; s < shapeCount; s++) {
    const [first, end] = [shapeStarts[s]!, shapeStarts[s + 1]!];
    const count = multiplicity[s]!;
    let sum = 0;
    let best = first;
    for (let q = first; q < end; q++) {
      sum += average[q]!;
      doubt[q] = average[q]! / count;
      if (average[q]! > average[best]!) best = q;
    }
    if (sum <= count * GRANTED) continue;
    doubt[best] = 0;
    options[best] = end - first === 1 ? UPPER : BASIC;
    if (end - first > 1) shapes[s] = UPPER;
  }
  const rowStanding = rows.map((price) => (price > 0 ? UPPER : BASIC));
  for (const standing of rowStanding) if (standing === UPPER) free++;
  const excesses = excessesIn(program, rows);
  for (const standing of excesses) if (standing === BASIC) free--;
  const doubtful = Int32Array.from(doubt.keys()).sort((a, b) => doubt[b]! - doubt[a]! || a - b);
  for (const q of doubtful) {
    if (free <= 0 || doubt[q]! <= 0) break;
    options[q] = BASIC;
    free--;
  }
  // What is basic must be as many as the rows: the cheapest priced ones give way.
  const cheapest = Int32Array.from(rows.keys()).sort(
    (a, b) => rows[a]! * program.rhs[a]! - rows[b]! * program.rhs[b]! || a - b,
  );
  for (const row of cheapest) {
    if (free <= 0) break;
    if (rowStanding[row] !== UPPER) continue;
    rowStanding[row] = BASIC;
    free--;
  }
  return { options, excesses, rows: Int32Array.from(rowStanding), shapes, cuts: new Int32Array(0) };
}

/** Share of a shape's groups from which it counts as granted. */
const GRANTED = 0.9;

/** Excesses whose price is zero: their defining rows cost what they do. */
function excessesIn(program: Program, rows: Float64Array): Int32Array {
  const { excessCount, definingRow, excessCost, useStarts, useRows, useValues } = program;
  const excesses = new Int32Array(excessCount);
  for (let k = 0; k < excessCount; k++) {
    let worth = excessCost[k]! * MULTIPLIER_ONE;
    let rounding = 1;
    for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++) {
      worth += rows[useRows[u]!]! * useValues[u]!;
      rounding += useValues[u]!;
    }
    const price = rows[definingRow[k]!]!;
    if (price > 0 && price >= worth - rounding) excesses[k] = BASIC;
  }
  return excesses;
}
