// What a tick claims of its plan's quality, as records and files keep it, and back to what the checker reads.
// Invariant: loses nothing that the checker needs; records from before derived rows and branchings are read as they are.
// Called by solving.ts, tickFile.ts, tickDigests.ts and verifyTick.ts.

import {
  decodeCertificate,
  encodeCertificate,
  type Model,
  type Multiplier,
  type Solution,
  type StageCertificate,
} from '../solver/index.ts';
import type { PriorityClass } from './domain/configuration.ts';
import type { StageRecord } from './domain/tickRecord.ts';
import type { Digest } from './ports.ts';

export function stageRecords(
  model: Model,
  solution: Pick<Solution, 'granted' | 'stages'>,
  { classes, digest }: { classes: readonly Pick<PriorityClass, 'rank' | 'name'>[]; digest: Digest },
): StageRecord[] {
  const names = new Map(classes.map(({ rank, name }) => [rank, name]));
  return solution.stages.map(({ certificate, ...outcome }) => ({
    stage: outcome.stage,
    class: names.get(outcome.stage) ?? `stage ${outcome.stage}`,
    method: outcome.method,
    ended: outcome.ended,
    work: outcome.work,
    value: outcome.value,
    bound: outcome.bound,
    gap: outcome.gap,
    multipliers: namedMultipliers(model, certificate),
    frozenDigest: frozenDigest(model, { granted: solution.granted, stage: outcome.stage, digest }),
    ...(!isAllInMultipliers(certificate) && { certificate: encodeCertificate(certificate) }),
  }));
}

/** Prices of base rows by name; none where the proof branches, for each of its leaves has its own. */
function namedMultipliers(model: Model, { proof }: StageCertificate): StageRecord['multipliers'] {
  if ('column' in proof) return [];
  return proof.multipliers.map(({ row, numerator }) => [model.rowNames[row] ?? `row ${row}`, numerator]);
}

function isAllInMultipliers({ derivedRows, proof }: StageCertificate): boolean {
  return derivedRows.length === 0 && !('column' in proof);
}

/** Over the columns that earlier stages granted, by their number in the model; empty where nothing was frozen. */
export function frozenDigest(
  { group, stage: stageOf }: Model,
  { granted, stage, digest }: { granted: Uint8Array; stage: number; digest: Digest },
): string {
  const frozen: number[] = [];
  granted.forEach((entry, column) => {
    if (entry === 1 && (stageOf[group[column] ?? 0] ?? 0) < stage) frozen.push(column);
  });
  return frozen.length === 0 ? '' : digest([frozen.join(',')]);
}

/**
 * The certificate that a record keeps, for this model; a text says what is wrong with it. Where a certificate is kept, the named
 * multipliers are the prices of its single leaf over again, and must be the same.
 */
export function certificateOf(model: Model, record: StageRecord): StageCertificate | string {
  const rowOf = new Map(model.rowNames.map((name, row) => [name, row]));
  const multipliers: Multiplier[] = [];
  for (const [name, numerator] of record.multipliers) {
    const row = rowOf.get(name);
    if (row === undefined) return `a multiplier names the row ${name}, which the program does not have`;
    multipliers.push({ row, numerator });
  }
  const { frozenDigest } = record;
  if (record.certificate === undefined)
    return { derivedRows: [], proof: { multipliers, derivedMultipliers: [] }, frozenDigest };
  const decoded = decodeCertificate(record.certificate);
  if (decoded === null) return 'the certificate cannot be read';
  const certificate = { ...decoded, frozenDigest };
  // The codec puts them in order of their rows; whoever solved the stage names them in any.
  const told = inOrder('column' in decoded.proof ? [] : decoded.proof.multipliers);
  const named = inOrder(multipliers);
  const isSame =
    told.length === named.length &&
    told.every(({ row, numerator }, i) => row === named[i]!.row && numerator === named[i]!.numerator);
  return isSame ? certificate : 'the named multipliers are not those of the certificate';
}

function inOrder(multipliers: readonly Multiplier[]): Multiplier[] {
  return [...multipliers].sort((a, b) => a.row - b.row);
}

/** Field by field, so that the order in which a file has them does not matter. */
export function certificateDigest(stages: readonly StageRecord[], digest: Digest): string {
  const claims = stages.map(({ stage, method, ended, work, value, bound, gap, ...proof }) => [
    [stage, method, ended ?? null, value, bound, gap],
    work ? [work.simplexIterations, work.lpCalls, work.mipCalls, work.dpCells] : null,
    proof.multipliers,
    proof.frozenDigest,
    proof.certificate ? [proof.certificate.derivedRows, proof.certificate.proof] : null,
  ]);
  return digest([JSON.stringify(claims)]);
}
