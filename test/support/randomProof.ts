// Random certificates for fast-check: derived rows that may or may not follow, branchings on the stage's columns, any multipliers.
// Invariant: well formed (numbers that name something, rising columns), so that only what they claim is in question.
import fc from 'fast-check';
import type {
  DerivedMultiplier,
  DerivedRow,
  Model,
  Multiplier,
  Proof,
  StageCertificate,
} from '../../solver/index.ts';
import { seededDraw } from './syntheticTick.ts';

/** The next of a stream of even draws, from 0 to `most`. */
type Draw = (most: number) => number;

export const draws: fc.Arbitrary<Draw> = fc.integer().map((seed) => {
  const draw = seededDraw(seed);
  return (most) => draw(0, most);
});

export function aDerivedRow(model: Model, draw: Draw): DerivedRow {
  const columns = [...model.group.keys()].filter(() => draw(3) > 0);
  return {
    row: draw(model.rowCount - 1),
    columns: Int32Array.from(columns),
    coefficients: Int32Array.from(columns, () => [1, 1, 1, 2, 3][draw(4)]!),
    rhs: draw(4),
  };
}

/** The cover "of these columns at most one less than all", which holds wherever together they are too heavy. */
export function aCover(model: Model, draw: Draw): DerivedRow {
  const row = draw(model.rowCount - 1);
  const needs = [...model.indices.subarray(model.starts[row]!, model.starts[row + 1]!)];
  const columns = needs.filter((j) => j < model.columnCount && draw(2) > 0);
  return {
    row,
    columns: Int32Array.from(columns),
    coefficients: new Int32Array(columns.length).fill(1),
    rhs: Math.max(0, columns.length - 1 - draw(3)),
  };
}

/** A row over columns that a row holds once the defining rows of some excesses are added to it; null where no row bears another's excess. */
export function aFreedRow(model: Model, draw: Draw): DerivedRow | null {
  const bearing = [...model.rhs.keys()].filter((row) => excessesIn(model, row).length > 0);
  if (bearing.length === 0) return null;
  const row = bearing[draw(bearing.length - 1)]!;
  const through = excessesIn(model, row).filter(() => draw(4) > 0);
  // Excesses of the rows that were added, now and then: nested cohorts.
  for (const k of [...through])
    for (const deeper of excessesIn(model, model.definingRow[k]!)) if (draw(1) > 0) through.push(deeper);
  return { ...aDerivedRow(model, draw), row, through: Int32Array.from(through), rhs: draw(8) };
}

/** Those that the row bears, not the one that it defines. */
function excessesIn(model: Model, row: number): number[] {
  return [...model.indices.subarray(model.starts[row]!, model.starts[row + 1]!)]
    .map((j) => j - model.columnCount)
    .filter((k) => k >= 0 && model.definingRow[k] !== row);
}

export interface ProofSpec {
  readonly stage: number;
  readonly derivedRows: readonly DerivedRow[];
  readonly branchings: number;
}

export function aRandomCertificate(
  model: Model,
  draw: Draw,
  { stage, derivedRows, branchings }: ProofSpec,
): StageCertificate {
  const numerator = (): number => draw(12) * 2 ** 20 + draw(2 ** 20);
  const multipliers = (): Multiplier[] =>
    [...model.rhs.keys()].filter(() => draw(1) > 0).map((row) => ({ row, numerator: numerator() }));
  const derivedMultipliers = (): DerivedMultiplier[] =>
    [...derivedRows.keys()].filter(() => draw(1) > 0).map((derived) => ({ derived, numerator: numerator() }));
  const grow = (open: readonly number[], depth: number): Proof => {
    const column = open[draw(Math.max(0, open.length - 1))];
    if (depth === 0 || column === undefined)
      return { multipliers: multipliers(), derivedMultipliers: derivedMultipliers() };
    const group = model.group[column];
    return {
      column,
      zero: grow(
        open.filter((j) => j !== column),
        depth - 1 - draw(1) > 0 ? depth - 1 : 0,
      ),
      one: grow(
        open.filter((j) => model.group[j] !== group),
        depth - 1,
      ),
    };
  };
  const ofStage = [...model.group.keys()].filter((j) => model.stage[model.group[j]!] === stage);
  return { derivedRows, proof: grow(ofStage, branchings), frozenDigest: '' };
}
