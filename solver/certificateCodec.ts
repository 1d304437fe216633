// A certificate as two short texts, for records, files and the wire. Invariant: decode(encode(c)) is c but for multipliers of 0, and rows in
// rising order: neither says anything. What is malformed decodes to null, never to a throw. Runs in a browser. Called by scheduler/ and trim.ts.
import type {
  DerivedMultiplier,
  DerivedRow,
  Multiplier,
  Proof,
  ProofLeaf,
  StageCertificate,
} from './solution.ts';
import { VarintReader, VarintWriter } from './varints.ts';

/** Base64 of varints (varints.ts). */
export interface StoredCertificate {
  /** Per row: base row, number of excesses it stands free of + 1 (0: as it is) and those, right side, number of columns, largest coefficient m, then a number a column: (gap - 1) m + coefficient - 1. */
  readonly derivedRows: string;
  /**
   * Depth first, `zero` before `one`. A branching: its column + 1. A leaf: 0, then what differs from the leaf before it, first in base rows,
   * then in derived rows: how many, and a pair each of gap to the index before (from -1) less 1, and numerator (0: it has none here).
   */
  readonly proof: string;
}

/** Beyond it a gap times a coefficient might leave the exact integers. A coefficient above its row's right side forbids the column; more says no more. */
const COEFFICIENT_MAX = 2 ** 21;
/** Deeper proofs the checker refuses anyway. */
const DEPTH_MAX = 1024;

type Priced = readonly (readonly [index: number, numerator: number])[];

/** Throws where a coefficient is beyond 2^21, or a number is none: bugs of the caller. */
export function encodeCertificate({
  derivedRows,
  proof,
}: Pick<StageCertificate, 'derivedRows' | 'proof'>): StoredCertificate {
  const rows = new VarintWriter();
  for (const row of derivedRows) putDerivedRow(rows, row);
  const parts = new VarintWriter();
  let before: [Priced, Priced] = [[], []];
  const open: Proof[] = [proof];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if ('column' in part) {
      parts.put(part.column + 1);
      open.push(part.one, part.zero);
      continue;
    }
    const leaf: [Priced, Priced] = [
      pricedOf(part.multipliers.map(({ row, numerator }) => [row, numerator])),
      pricedOf(part.derivedMultipliers.map(({ derived, numerator }) => [derived, numerator])),
    ];
    parts.put(0);
    putChanges(parts, before[0], leaf[0]);
    putChanges(parts, before[1], leaf[1]);
    before = leaf;
  }
  return { derivedRows: rows.text(), proof: parts.text() };
}

/** Null when it is not what `encodeCertificate` makes. Whether it proves anything is the checker's question. */
export function decodeCertificate(stored: StoredCertificate): Omit<StageCertificate, 'frozenDigest'> | null {
  const rows = new VarintReader(stored.derivedRows);
  const derivedRows: DerivedRow[] = [];
  while (rows.ok && !rows.done) {
    const row = nextDerivedRow(rows, stored.derivedRows.length);
    if (row === null) return null;
    derivedRows.push(row);
  }
  const parts = new VarintReader(stored.proof);
  const state: [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  const proof = nextProof(parts, state, 0);
  return proof !== null && rows.done && parts.done ? { derivedRows, proof } : null;
}

function putDerivedRow(writer: VarintWriter, { row, through, columns, coefficients, rhs }: DerivedRow): void {
  const most = coefficients.reduce((largest, a) => Math.max(largest, a), 1);
  if (most > COEFFICIENT_MAX) throw new Error(`a derived row's coefficient ${most} cannot be stored`);
  writer.put(
    row,
    through === undefined ? 0 : through.length + 1,
    ...(through ?? []),
    rhs,
    columns.length,
    most,
  );
  let before = -1;
  for (const [i, column] of columns.entries()) {
    writer.put((column - before - 1) * most + coefficients[i]! - 1);
    before = column;
  }
}

/** `most`: characters of the text, so that a length that is made up allocates nothing. */
function nextDerivedRow(reader: VarintReader, most: number): DerivedRow | null {
  const [row, free] = [reader.next(), reader.next()];
  if (!reader.ok || free > most) return null;
  const through = Int32Array.from({ length: Math.max(0, free - 1) }, () => reader.next());
  const [rhs, length, largest] = [reader.next(), reader.next(), reader.next()];
  if (!reader.ok || length > most || largest < 1) return null;
  const columns = new Int32Array(length);
  const coefficients = new Int32Array(length);
  let before = -1;
  for (let i = 0; i < length; i++) {
    const both = reader.next();
    before += Math.floor(both / largest) + 1;
    if (before > 0x7fff_ffff || largest > COEFFICIENT_MAX) return null;
    columns[i] = before;
    coefficients[i] = (both % largest) + 1;
  }
  if (!reader.ok) return null;
  return { row, ...(free > 0 && { through }), columns, coefficients, rhs };
}

function pricedOf(all: Priced): Priced {
  return all.filter(([, numerator]) => numerator !== 0);
}

function putChanges(writer: VarintWriter, before: Priced, after: Priced): void {
  const changes = new Map(before.map(([index]) => [index, 0]));
  const known = new Map(before);
  for (const [index, numerator] of after) {
    if (known.get(index) === numerator) changes.delete(index);
    else changes.set(index, numerator);
  }
  writer.put(changes.size);
  let last = -1;
  for (const [index, numerator] of [...changes].sort(([a], [b]) => a - b)) {
    writer.put(index - last - 1, numerator);
    last = index;
  }
}

function readChanges(reader: VarintReader, state: Map<number, number>): void {
  let index = -1;
  for (let left = reader.next(); left > 0 && reader.ok; left--) {
    index += reader.next() + 1;
    const numerator = reader.next();
    if (numerator === 0) state.delete(index);
    else state.set(index, numerator);
  }
}

function nextProof(
  reader: VarintReader,
  state: readonly [Map<number, number>, Map<number, number>],
  depth: number,
): Proof | null {
  const kind = reader.next();
  if (!reader.ok || depth > DEPTH_MAX) return null;
  if (kind > 0) {
    const zero = nextProof(reader, state, depth + 1);
    const one = zero && nextProof(reader, state, depth + 1);
    return zero && one && { column: kind - 1, zero, one };
  }
  for (const side of state) readChanges(reader, side);
  return reader.ok ? leafOf(state) : null;
}

function leafOf([base, derived]: readonly [Map<number, number>, Map<number, number>]): ProofLeaf {
  const rising = (side: Map<number, number>) => [...side].sort(([a], [b]) => a - b);
  return {
    multipliers: rising(base).map(([row, numerator]): Multiplier => ({ row, numerator })),
    derivedMultipliers: rising(derived).map(
      ([at, numerator]): DerivedMultiplier => ({ derived: at, numerator }),
    ),
  };
}
