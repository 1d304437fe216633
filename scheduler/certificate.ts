// A stage's certificate as records and files have it: rows by name. Invariant: loses nothing that the checker needs.
// Called by commit.ts and tickFile.ts.
import type { Model, StageCertificate } from '../solver/index.ts';

/** Row name -> numerator over 2^20. A proof by branching has no one list: a price of a row is none that its leaves agree on. */
export function namedMultipliers(
  model: Model,
  { proof }: StageCertificate,
): (readonly [row: string, numerator: number])[] {
  if ('column' in proof) return [];
  return proof.multipliers.map(({ row, numerator }) => [model.rowNames[row] ?? `row ${row}`, numerator]);
}
