// Where a relaxation stands, told by what it is about and not by column numbers, so that a program that holds a part of another can start
// there. Invariant: a start only; any is valid, a good one saves iterations. Called by live.ts, bounding.ts and core.ts.
import type { Basis } from './engines/engine.ts';
import type { Program, Restriction } from './program.ts';

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
