// What a certificate proves of the plans that grant one column: the checker's bound over what is left once it is granted.
// Invariant: shares nothing with what made the certificate; the checker itself is asked, with the column as a grant that was there before.
// Called by scheduler/whatItTakes.ts.
import type { CertifiedStage, FailedProof } from './checks.ts';
import type { Model } from './model.ts';
import type { DerivedRow, Proof } from './solution.ts';
import { boundOf, checkPlan } from './verify.ts';

/** Null: no plan beside the frozen grants has the column. */
export type GrantingCheck = { readonly ok: true; readonly bound: bigint | null } | FailedProof;

/**
 * No plan of the stage that keeps the frozen grants and has the column is worth more. Where the proof does not branch this is at most the
 * bound less lambda A_j - c_j, for a column that costs more than it is worth: its group's part of the sum is its own instead of 0.
 */
export function boundGranting(model: Model, at: CertifiedStage, column: number): GrantingCheck {
  const group = model.group[column]!;
  const kept = at.frozen.map((entry, j) => (j === column ? 1 : entry));
  const plan = checkPlan(model, kept);
  if (!plan.ok) return { ok: true, bound: null };
  const isOwn = (j: number): boolean => model.group[j] === group;
  const derivedRows = at.certificate.derivedRows.map((row) => withoutGroup(row, column, isOwn));
  // A derived row that the column alone breaks forbids it.
  if (derivedRows.some(({ rhs }) => rhs < 0)) return { ok: true, bound: null };
  const proof = onSide(at.certificate.proof, column, isOwn);
  const before = { ...model, stage: model.stage.map((stage, g) => (g === group ? -1 : stage)) };
  const certificate = { ...at.certificate, derivedRows, proof };
  const rest = boundOf(before, { stage: at.stage, frozen: kept, certificate });
  return rest.ok ? { ok: true, bound: BigInt(plan.values.get(at.stage)!) + rest.bound } : rest;
}

/**
 * What others may still take of the row: with the column they would be worth more than `rhs` as soon as they are worth more than this, so it
 * follows from its base row with the column's part taken off.
 */
function withoutGroup(row: DerivedRow, column: number, isOwn: (j: number) => boolean): DerivedRow {
  const taken = row.columns.indexOf(column);
  const kept = [...row.columns.keys()].filter((i) => !isOwn(row.columns[i]!));
  return {
    ...row,
    columns: Int32Array.from(kept, (i) => row.columns[i]!),
    coefficients: Int32Array.from(kept, (i) => row.coefficients[i]!),
    rhs: row.rhs - (taken < 0 ? 0 : row.coefficients[taken]!),
  };
}

/** The part of the proof that has the column, and no other of its group. */
function onSide(proof: Proof, column: number, isOwn: (j: number) => boolean): Proof {
  if (!('column' in proof)) return proof;
  if (proof.column === column) return onSide(proof.one, column, isOwn);
  if (isOwn(proof.column)) return onSide(proof.zero, column, isOwn);
  return {
    column: proof.column,
    zero: onSide(proof.zero, column, isOwn),
    one: onSide(proof.one, column, isOwn),
  };
}
