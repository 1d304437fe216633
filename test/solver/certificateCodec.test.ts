// Certificates as text and back, hostile text, and certificates made to fit: whatever is dropped, what is left is true.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boundOf,
  type DerivedRow,
  decodeCertificate,
  encodeCertificate,
  type Model,
  type Proof,
  type StageCertificate,
  storedBytes,
  trimCertificate,
} from '../../solver/index.ts';
import { naiveBest } from '../support/naiveSolver.ts';
import { aRandomModel } from '../support/randomModel.ts';
import { aCover, aDerivedRow, aRandomCertificate, draws } from '../support/randomProof.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

const ONE = 2 ** 20;

/** Multipliers of 0 say nothing and are not kept. */
function withoutZeros(proof: Proof): Proof {
  if ('column' in proof) return { ...proof, zero: withoutZeros(proof.zero), one: withoutZeros(proof.one) };
  return {
    multipliers: proof.multipliers.filter(({ numerator }) => numerator > 0),
    derivedMultipliers: proof.derivedMultipliers.filter(({ numerator }) => numerator > 0),
  };
}

/** On the rows with most entries: of the columns that need at least the median, as many at most as the row has room for at that need. */
function heavyCovers(model: Model, count: number): DerivedRow[] {
  const length = (row: number): number => model.starts[row + 1]! - model.starts[row]!;
  const rows = [...model.rhs.keys()].filter((row) => !model.definingRow.includes(row));
  rows.sort((a, b) => length(b) - length(a) || a - b);
  return rows.slice(0, count).map((row) => {
    const entries = Array.from({ length: length(row) }, (_, i) => model.starts[row]! + i).filter(
      (e) => model.indices[e]! < model.columnCount,
    );
    const needs = entries.map((e) => model.values[e]!).sort((a, b) => a - b);
    const median = needs[Math.floor(needs.length / 2)]!;
    const columns = entries.filter((e) => model.values[e]! >= median).map((e) => model.indices[e]!);
    const coefficients = new Int32Array(columns.length).fill(1);
    return {
      row,
      columns: Int32Array.from(columns),
      coefficients,
      rhs: Math.floor(model.rhs[row]! / median),
    };
  });
}

describe('a certificate as text', () => {
  test('comes back as it was, and stays text for JSON', () => {
    fc.assert(
      fc.property(fc.noBias(aRandomModel), draws, (model, draw) => {
        const derivedRows = Array.from({ length: draw(4) }, () =>
          (draw(1) ? aCover : aDerivedRow)(model, draw),
        );
        const spec = { stage: draw(1), derivedRows, branchings: draw(4) };
        const certificate = aRandomCertificate(model, draw, spec);
        const text = JSON.stringify(encodeCertificate(certificate));
        const want = { derivedRows, proof: withoutZeros(certificate.proof) };
        expect(decodeCertificate(JSON.parse(text))).toEqual(want);
        expect(storedBytes(certificate)).toBe(text.length);
      }),
      { numRuns: 500 },
    );
  });

  test('holds the largest numbers exactly', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const derivedRows = [
      {
        row: 2 ** 31 - 1,
        columns: Int32Array.of(0, 2 ** 31 - 1),
        coefficients: Int32Array.of(2 ** 21, 1),
        rhs: most,
      },
    ];
    const proof = {
      multipliers: [{ row: 2 ** 31 - 1, numerator: most }],
      derivedMultipliers: [{ derived: 0, numerator: most }],
    };
    expect(decodeCertificate(encodeCertificate({ derivedRows, proof }))).toEqual({ derivedRows, proof });
  });

  test('says each leaf by what changed, so that a tree over few columns stays small', () => {
    const multipliers = Array.from({ length: 500 }, (_, row) => ({ row, numerator: 1_000_003 * (row + 1) }));
    const leaf = (at: number): Proof => ({
      multipliers: multipliers.map((one) => (one.row === at ? { ...one, numerator: 5 } : one)),
      derivedMultipliers: [],
    });
    let tree = leaf(0);
    for (let column = 0; column < 99; column++) tree = { column, zero: leaf(column + 1), one: tree };
    expect(storedBytes({ derivedRows: [], proof: tree })).toBeLessThan(
      2 * storedBytes({ derivedRows: [], proof: leaf(0) }),
    );
  });

  test.each([
    { title: 'characters that are no base64', stored: { derivedRows: '', proof: 'A!AA' } },
    { title: 'an end in the middle of a number', stored: { derivedRows: '', proof: btoa('\u0000\u0080') } },
    {
      title: 'a proof that lacks a branch',
      stored: { derivedRows: '', proof: btoa('\u0001\u0000\u0000\u0000') },
    },
    { title: 'more than the proof', stored: { derivedRows: '', proof: btoa('\u0000\u0000\u0000\u0000') } },
    { title: 'no proof', stored: { derivedRows: '', proof: '' } },
    {
      title: 'a number beyond 2^53',
      stored: { derivedRows: '', proof: btoa(`${'\u00ff'.repeat(7)}\u007f`) },
    },
    {
      title: 'a largest coefficient of 0',
      stored: { derivedRows: btoa('\u0000\u0001\u0000\u0000'), proof: 'AAAA' },
    },
    {
      title: 'a length that is made up',
      stored: { derivedRows: btoa('\u0000\u0001\u00ff\u00ff\u0003\u0001'), proof: 'AAAA' },
    },
    {
      title: 'a proof deeper than any checker goes',
      stored: { derivedRows: '', proof: btoa('\u0001'.repeat(60_000)) },
    },
  ])('of $title is malformed', ({ stored }) => {
    expect(decodeCertificate(stored)).toBeNull();
  });

  test('of any bytes decodes to a certificate or to null', () => {
    const text = fc.uint8Array({ maxLength: 60 }).map((bytes) => btoa(String.fromCharCode(...bytes)));
    fc.assert(
      fc.property(text, text, (derivedRows, proof) => {
        const decoded = decodeCertificate({ derivedRows, proof });
        if (decoded !== null) expect(decodeCertificate(encodeCertificate(decoded))).not.toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('cannot be made with a numerator of %d', (numerator) => {
    const proof = { multipliers: [{ row: 0, numerator }], derivedMultipliers: [] };
    expect(() => encodeCertificate({ derivedRows: [], proof })).toThrow('cannot be stored');
  });
});

describe('a certificate that is too large', () => {
  const model = syntheticTick({ requests: 2000, seed: 8 });
  const derivedRows = heavyCovers(model, 120);
  const frozen = new Uint8Array(model.columnCount);
  const at = { stage: 0, frozen };
  const multipliers = [...model.rhs.keys()].map((row) => ({ row, numerator: ONE + row }));
  const derivedMultipliers = [...derivedRows.keys()].map((derived) => ({
    derived,
    numerator: ONE * derived,
  }));
  const whole: StageCertificate = {
    derivedRows,
    proof: { multipliers, derivedMultipliers },
    frozenDigest: '',
  };
  const boundWith = (certificate: StageCertificate): bigint => {
    const check = boundOf(model, { ...at, certificate });
    if (!check.ok) throw new Error(JSON.stringify(check));
    return check.bound;
  };

  test('loses the rows that nothing prices, and no more when that is enough', () => {
    const trimmed = trimCertificate(model, at, { certificate: whole });
    expect(derivedRows.length).toBeGreaterThan(60);
    expect(trimmed.derivedRows).toEqual(derivedRows.slice(1));
    expect(boundWith(trimmed)).toBe(boundWith(whole));
  });

  test('keeps the dearest derived rows that fit, and says nothing false', () => {
    const bytesMax = storedBytes(whole) / 2;
    const trimmed = trimCertificate(model, at, { certificate: whole, bytesMax });
    expect(storedBytes(trimmed)).toBeLessThanOrEqual(bytesMax);
    expect(trimmed.derivedRows.length).toBeGreaterThan(0);
    expect(trimmed.derivedRows.length).toBeLessThan(derivedRows.length - 1);
    const price = (row: DerivedRow): number => derivedRows.indexOf(row) * row.rhs;
    const dropped = derivedRows.filter((row) => !trimmed.derivedRows.includes(row));
    const leastKept = Math.min(...trimmed.derivedRows.map(price));
    expect(Math.max(...dropped.map(price))).toBeLessThanOrEqual(leastKept);
    expect(boundWith(trimmed)).toBeGreaterThan(0n);
  });

  test('gives up its tree for the best leaf, then base rows, down to nothing', () => {
    const leaf = { multipliers: [], derivedMultipliers: [] };
    const tree = {
      ...whole,
      proof: { column: 0, zero: leaf, one: { column: 5, zero: leaf, one: whole.proof } },
    };
    const sizes = [3 / 4, 1 / 4, 1 / 100].map((part) => Math.ceil(storedBytes(tree) * part));
    for (const bytesMax of [...sizes, 50]) {
      const trimmed = trimCertificate(model, at, { certificate: tree, bytesMax });
      expect(storedBytes(trimmed)).toBeLessThanOrEqual(bytesMax);
      expect(boundWith(trimmed)).toBeGreaterThanOrEqual(0n);
    }
  });

  test('stays above the optimum, whatever is left', () => {
    fc.assert(
      fc.property(fc.noBias(aRandomModel), draws, (small, draw) => {
        const beside = { stage: 1, frozen: new Uint8Array(small.columnCount) };
        const holds = (row: DerivedRow): boolean =>
          boundOf(small, {
            ...beside,
            certificate: {
              derivedRows: [row],
              proof: { multipliers: [], derivedMultipliers: [] },
              frozenDigest: '',
            },
          }).ok;
        const rows = Array.from({ length: 6 }, () => aCover(small, draw)).filter(holds);
        const spec = { stage: 1, derivedRows: rows, branchings: draw(3) };
        const certificate = aRandomCertificate(small, draw, spec);
        const bytesMax = 50 + draw(100);
        const trimmed = trimCertificate(small, beside, { certificate, bytesMax });
        expect(storedBytes(trimmed)).toBeLessThanOrEqual(bytesMax);
        const check = boundOf(small, { ...beside, certificate: trimmed });
        expect(check.ok && check.bound >= BigInt(naiveBest(small, 1, beside.frozen))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
