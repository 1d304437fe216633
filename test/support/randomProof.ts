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
