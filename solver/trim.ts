// A certificate made small enough to keep: what says least goes first, and what is left proves a weaker bound, which is true all the same.
// Invariant: the answer is a certificate of the same stage; its bound is for `boundOf` to say. Called by whoever stores certificates.
import { encodeCertificate, type StoredCertificate } from './certificateCodec.ts';
import type { CertifiedStage } from './checks.ts';
import type { Model } from './model.ts';
import type { DerivedRow, Multiplier, Proof, ProofLeaf, StageCertificate } from './solution.ts';
import { boundOf } from './verify.ts';

/** Beside the certificate a record names its stage's multipliers; 1,000 names of 40 characters leave a stage within 256 kB of JSON. */
export const CERTIFICATE_BYTES_MAX = 192 * 1024;

/**
 * The certificate in at most `bytesMax` bytes of JSON. Derived rows without a multiplier go; then those whose price (multiplier times right
 * side) is least; a tree that is too large by itself gives way to its best leaf; of that the rows with the least price go.
 */
export function trimCertificate(
  model: Model,
  stage: Omit<CertifiedStage, 'certificate'>,
  { certificate, bytesMax = CERTIFICATE_BYTES_MAX }: { certificate: StageCertificate; bytesMax?: number },
): StageCertificate {
  const used = withRows(certificate, usedRows(certificate.proof));
  if (storedBytes(used) <= bytesMax) return used;
  const fitting = withFittingRows(used, bytesMax);
  if (fitting !== null) return fitting;
  const leaf = 'column' in used.proof ? bestLeaf(model, stage, used) : used.proof;
  const alone = withRows({ ...used, proof: leaf }, usedRows(leaf));
  return withFittingRows(alone, bytesMax) ?? withFittingMultipliers(model, alone, bytesMax);
}

/** As `JSON.stringify` writes it. */
export function storedBytes(certificate: Pick<StageCertificate, 'derivedRows' | 'proof'>): number {
  return bytesOf(encodeCertificate(certificate));
}

function bytesOf(stored: StoredCertificate): number {
  return JSON.stringify(stored).length;
}

/** Depth first, `zero` before `one`. */
function leavesOf(proof: Proof): ProofLeaf[] {
  return 'column' in proof ? [...leavesOf(proof.zero), ...leavesOf(proof.one)] : [proof];
}

/** Derived row -> its largest multiplier in any leaf. */
function usedRows(proof: Proof): Map<number, number> {
  const largest = new Map<number, number>();
  for (const { derivedMultipliers } of leavesOf(proof)) {
    for (const { derived, numerator } of derivedMultipliers) {
      if (numerator > 0) largest.set(derived, Math.max(largest.get(derived) ?? 0, numerator));
    }
  }
  return largest;
}

/** Those derived rows alone, numbered anew, with their multipliers. */
function withRows(certificate: StageCertificate, kept: { has(derived: number): boolean }): StageCertificate {
  const numberOf = new Map<number, number>();
  const derivedRows: DerivedRow[] = [];
  for (const [derived, row] of certificate.derivedRows.entries()) {
    if (!kept.has(derived)) continue;
    numberOf.set(derived, derivedRows.length);
    derivedRows.push(row);
  }
  const renumbered = (proof: Proof): Proof => {
    if ('column' in proof) return { ...proof, zero: renumbered(proof.zero), one: renumbered(proof.one) };
    const derivedMultipliers = proof.derivedMultipliers.flatMap(({ derived, numerator }) => {
      const number = numberOf.get(derived);
      return number === undefined ? [] : [{ derived: number, numerator }];
    });
    return { multipliers: proof.multipliers, derivedMultipliers };
  };
  return { ...certificate, derivedRows, proof: renumbered(certificate.proof) };
}

/** As many of the dearest derived rows as fit; null when the proof alone is too large. */
function withFittingRows(certificate: StageCertificate, bytesMax: number): StageCertificate | null {
  if (storedBytes(withRows(certificate, new Set())) > bytesMax) return null;
  const multiplier = usedRows(certificate.proof);
  const price = (derived: number): number => multiplier.get(derived)! * certificate.derivedRows[derived]!.rhs;
  const ranked = [...multiplier.keys()].sort((a, b) => price(b) - price(a) || a - b);
  const of = (count: number): StageCertificate => withRows(certificate, new Set(ranked.slice(0, count)));
  return of(mostThatFit(ranked.length, (count) => storedBytes(of(count)) <= bytesMax));
}

/** The largest count up to `most` that fits; 0 does, and fewer fit where more do. */
function mostThatFit(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The leaf whose multipliers prove most without the branchings: multipliers are valid anywhere. Ties go to the first. */
function bestLeaf(
  model: Model,
  stage: Omit<CertifiedStage, 'certificate'>,
  certificate: StageCertificate,
): ProofLeaf {
  let best: { leaf: ProofLeaf; bound: bigint } | null = null;
  for (const leaf of leavesOf(certificate.proof)) {
    const check = boundOf(model, { ...stage, certificate: { ...certificate, proof: leaf } });
    if (!check.ok)
      throw new Error(`a certificate to be trimmed fails: ${check.of} ${check.at} ${check.fault}`);
    if (best === null || check.bound < best.bound) best = { leaf, bound: check.bound };
  }
  return best!.leaf;
}

/** As many of the dearest base rows as fit, and no derived ones. */
function withFittingMultipliers(
  model: Model,
  certificate: StageCertificate,
  bytesMax: number,
): StageCertificate {
  const { multipliers } = certificate.proof as ProofLeaf;
  const price = ({ row, numerator }: Multiplier): number => numerator * Math.abs(model.rhs[row]!);
  const ranked = [...multipliers].sort((a, b) => price(b) - price(a) || a.row - b.row);
  const of = (count: number): StageCertificate => {
    const kept = ranked.slice(0, count).sort((a, b) => a.row - b.row);
    return { ...certificate, derivedRows: [], proof: { multipliers: kept, derivedMultipliers: [] } };
  };
  return of(mostThatFit(ranked.length, (count) => storedBytes(of(count)) <= bytesMax));
}
