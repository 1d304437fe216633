// Proofs that the linear program alone cannot give: a derived row, a branching, an excess that costs. By hand-checkable arithmetic.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { boundOf, checkPlan, type Proof, type ProofLeaf, type StageCertificate } from '../../solver/index.ts';
import { aCertificate, aModel, aPlan } from '../support/aModel.ts';

const ONE = 2 ** 20;
const NOTHING: ProofLeaf = { multipliers: [], derivedMultipliers: [] };

/** Three groups of 2 units each in a row of 3: one grant at most, though the linear program would take one and a half. */
const TRIO = aModel({
  rows: { gpu: 3 },
  groups: [{ options: [{ worth: 10, needs: { gpu: 2 } }], times: 3 }],
});
const COVER = { row: 0, columns: Int32Array.of(0, 1, 2), coefficients: Int32Array.of(1, 1, 1), rhs: 1 };

function proved(certificate: Partial<StageCertificate>, frozen = new Uint8Array(3)) {
  const whole = { derivedRows: [], proof: NOTHING, frozenDigest: '', ...certificate };
  return boundOf(TRIO, { stage: 0, frozen, certificate: whole });
}

describe('a derived row', () => {
  test('proves what its base row cannot', () => {
    expect(proved({ proof: { ...NOTHING, multipliers: [{ row: 0, numerator: 5 * ONE }] } })).toEqual({
      ok: true,
      bound: 15n,
    });
    const proof = { ...NOTHING, derivedMultipliers: [{ derived: 0, numerator: 10 * ONE }] };
    expect(proved({ derivedRows: [COVER], proof })).toEqual({ ok: true, bound: 10n });
  });

  test.each([
    { title: 'a right side one lower', change: { rhs: 0 }, fault: 'notDerived' },
    {
      title: 'a coefficient one higher',
      change: { coefficients: Int32Array.of(1, 2, 1) },
      fault: 'notDerived',
    },
    { title: 'columns that do not rise', change: { columns: Int32Array.of(0, 2, 1) }, fault: 'malformed' },
    {
      title: 'a column that does not exist',
      change: { columns: Int32Array.of(0, 1, 3) },
      fault: 'malformed',
    },
    { title: 'a coefficient short', change: { coefficients: Int32Array.of(1, 1) }, fault: 'malformed' },
    { title: 'a coefficient of zero', change: { coefficients: Int32Array.of(1, 1, 0) }, fault: 'malformed' },
    { title: 'a fraction as its right side', change: { rhs: 1.5 }, fault: 'malformed' },
    { title: 'a base row that does not exist', change: { row: 1 }, fault: 'unknown' },
  ])('with $title is refused', ({ change, fault }) => {
    expect(proved({ derivedRows: [COVER, { ...COVER, ...change }] })).toEqual({
      ok: false,
      fault,
      of: 'derivedRow',
      at: 1,
    });
  });

  test('may say less than it could, and speak of columns that its base row does not hold', () => {
    const model = aModel({
      rows: { gpu: 3, cpu: 9 },
      groups: [
        { options: [{ worth: 10, needs: { gpu: 2 } }], times: 2 },
        { options: [{ worth: 1, needs: { cpu: 1 } }] },
      ],
    });
    const weak = { ...COVER, rhs: 2 };
    const certificate = { derivedRows: [weak], proof: NOTHING, frozenDigest: '' };
    expect(boundOf(model, { stage: 0, frozen: new Uint8Array(3), certificate })).toMatchObject({ ok: true });
    const strong = { ...certificate, derivedRows: [COVER] };
    expect(boundOf(model, { stage: 0, frozen: new Uint8Array(3), certificate: strong })).toMatchObject({
      fault: 'notDerived',
    });
  });

  test('needs no capacity small enough for a table', () => {
    const half = (Number.MAX_SAFE_INTEGER + 1) / 2;
    const model = aModel({
      rows: { money: Number.MAX_SAFE_INTEGER },
      groups: [{ options: [{ worth: 10, needs: { money: half } }], times: 3 }],
    });
    const proof = { ...NOTHING, derivedMultipliers: [{ derived: 0, numerator: 10 * ONE }] };
    const certificate = { derivedRows: [COVER], proof, frozenDigest: '' };
    expect(boundOf(model, { stage: 0, frozen: new Uint8Array(3), certificate })).toEqual({
      ok: true,
      bound: 10n,
    });
    const lighter = aModel({
      rows: { money: Number.MAX_SAFE_INTEGER },
      groups: [
        { options: [{ worth: 10, needs: { money: half } }], times: 2 },
        { options: [{ worth: 10, needs: { money: half - 1 } }] },
      ],
    });
    expect(boundOf(lighter, { stage: 0, frozen: new Uint8Array(3), certificate })).toMatchObject({
      fault: 'notDerived',
    });
  });

  test('that asks for too much work is refused, not worked through', () => {
    const model = aModel({
      rows: { gpu: 10_000 },
      groups: [{ options: [{ worth: 1, needs: { gpu: 1 } }], times: 10_001 }],
    });
    const columns = Int32Array.from({ length: 10_001 }, (_, j) => j);
    const derived = { row: 0, columns, coefficients: new Int32Array(10_001).fill(5), rhs: 50_000 };
    const certificate = { derivedRows: [derived], proof: NOTHING, frozenDigest: '' };
    expect(boundOf(model, { stage: 0, frozen: new Uint8Array(10_001), certificate })).toEqual({
      ok: false,
      fault: 'tooLarge',
      of: 'derivedRow',
      at: 0,
    });
  });
});

describe('a branching', () => {
  const branch = (column: number, zero: Proof, one: Proof): Proof => ({ column, zero, one });
  const price = (worth: number): ProofLeaf => ({
    ...NOTHING,
    multipliers: [{ row: 0, numerator: worth * ONE }],
  });

  test('proves the largest of its leaves', () => {
    // Column 0 in: a unit is left, and no other fits. Column 0 out: two of 2 in 3, at 10 a unit 30 - 0, at 5 a unit 15, at none 20.
    expect(proved({ proof: branch(0, price(5), NOTHING) })).toEqual({ ok: true, bound: 15n });
    expect(proved({ proof: branch(0, branch(1, NOTHING, NOTHING), NOTHING) })).toEqual({
      ok: true,
      bound: 10n,
    });
  });

  test('leaves out what its grants make impossible', () => {
    // Columns 0 and 1 together need 4 of 3: nothing is in that leaf, whatever it is priced at.
    const all = branch(0, branch(1, NOTHING, NOTHING), branch(1, NOTHING, price(0)));
    expect(proved({ proof: all })).toEqual({ ok: true, bound: 10n });
  });

  test('lets derived rows lose the room that its grants take', () => {
    const both = { derivedRows: [COVER] };
    const leaf = { ...NOTHING, derivedMultipliers: [{ derived: 0, numerator: 10 * ONE }] };
    expect(proved({ ...both, proof: branch(0, leaf, leaf) })).toEqual({ ok: true, bound: 10n });
  });

  test.each([
    { title: 'a column that does not exist', proof: branch(3, NOTHING, NOTHING), fault: 'unknown', at: 3 },
    {
      title: 'a column twice',
      proof: branch(0, branch(0, NOTHING, NOTHING), NOTHING),
      fault: 'notOpen',
      at: 0,
    },
  ])('on $title is refused', ({ proof, fault, at }) => {
    expect(proved({ proof })).toEqual({ ok: false, fault, of: 'column', at });
  });

  test('on the other option of a granted group, or on a column of another stage, is refused', () => {
    const model = aModel({
      rows: { gpu: 3 },
      groups: [
        { stage: 0, options: [{ worth: 9, needs: { gpu: 1 } }] },
        {
          stage: 1,
          options: [
            { worth: 9, needs: { gpu: 1 } },
            { worth: 8, needs: { gpu: 2 } },
          ],
        },
      ],
    });
    const check = (proof: Proof) =>
      boundOf(model, {
        stage: 1,
        frozen: aPlan(model, [0]),
        certificate: { derivedRows: [], proof, frozenDigest: '' },
      });
    expect(check(branch(1, NOTHING, branch(2, NOTHING, NOTHING)))).toMatchObject({ fault: 'notOpen', at: 2 });
    expect(check(branch(0, NOTHING, NOTHING))).toMatchObject({ fault: 'unknown', at: 0 });
  });

  test('of more leaves than the checker is ready for is refused, however deep or wide', () => {
    const model = aModel({
      rows: { gpu: 1 },
      groups: [{ options: [{ worth: 1, needs: { gpu: 1 } }], times: 2000 }],
    });
    let deep: Proof = NOTHING;
    let columns = 0;
    const wide = (depth: number): Proof =>
      depth === 0 ? NOTHING : branch(columns++, wide(depth - 1), wide(depth - 1));
    for (let j = 0; j < 2000; j++) deep = branch(j, deep, NOTHING);
    for (const proof of [deep, wide(10)]) {
      const certificate = { derivedRows: [], proof, frozenDigest: '' };
      const check = boundOf(model, { stage: 0, frozen: new Uint8Array(2000), certificate });
      expect(check.ok || check.fault).toBe(proof === deep ? 'tooLarge' : true);
    }
  });
});

describe('an excess that costs', () => {
  /** Two units free, each further one costs 4. */
  const model = aModel({
    rows: { share: 2 },
    excesses: [{ of: 'share', upper: 9, cost: 4, into: {} }],
    groups: [
      { stage: 0, options: [{ worth: 30, needs: { share: 3 } }] },
      { stage: 1, options: [{ worth: 20, needs: { share: 2 } }], times: 2 },
    ],
  });

  test('takes off a stage what the stage adds to it', () => {
    expect(checkPlan(model, aPlan(model, [0, 1]))).toEqual({
      ok: true,
      values: new Map([
        [0, 26],
        [1, 12],
      ]),
    });
  });

  test('bounds a stage from what the frozen grants already need', () => {
    const frozen = aPlan(model, [0]);
    // Without a price the next units look free; at its cost each group of 2 is worth 20 - 8.
    const price = [{ row: 0, numerator: 4 * ONE }];
    expect(boundOf(model, { stage: 1, frozen, certificate: aCertificate() })).toEqual({
      ok: true,
      bound: 40n,
    });
    expect(boundOf(model, { stage: 1, frozen, certificate: aCertificate(price) })).toEqual({
      ok: true,
      bound: 24n,
    });
    expect(boundOf(model, { stage: 2, frozen, certificate: aCertificate() })).toEqual({
      ok: true,
      bound: 0n,
    });
  });
});

test('the checker is at most 300 lines of code, and imports types alone', async () => {
  const source = await readFile(join(import.meta.dirname, '../../solver/verify.ts'), 'utf8');
  const lines = source.split('\n').map((line) => line.trim());
  expect(lines.filter((line) => line !== '' && !/^(\/\/|\/?\*)/.test(line)).length).toBeLessThanOrEqual(300);
  const imports = lines.filter((line) => /\bimport\b|\bfrom '/.test(line) && !line.startsWith('//'));
  expect(imports.filter((line) => !line.startsWith('import type '))).toEqual([]);
});
