// Packing programs in every disguise: the model's optimum is the program's, point by point, and what is no packing program says why.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Packing, type Program, packingOf, readProgram } from '../../../solver/index.ts';
import { naiveHolds, naiveOutcome } from '../../support/naiveProgram.ts';
import { naiveBest, naiveFeasible } from '../../support/naiveSolver.ts';
import { aPackingProgram, aWholeProgram } from '../../support/randomProgram.ts';

function lp(text: string): Program {
  const read = readProgram(text, 'lp');
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read.program;
}

function formOf(program: Program): Extract<Packing, { kind: 'packing' }>['form'] {
  const packing = packingOf(program);
  if (packing.kind !== 'packing') throw new Error(JSON.stringify(packing));
  return packing.form;
}

/** The optimum of the form, by trying every grant. */
function bestOf(form: ReturnType<typeof formOf>): number {
  return form.objectiveAt(naiveBest(form.model, 0, new Uint8Array(form.model.columnCount)));
}

/** Decimals are sums of hundredths in one and products of doubles in the other. */
const same = (value: number): unknown => expect.closeTo(value, 9);

describe('a packing form', () => {
  it('has the optimum of its program, or says that there is none', () => {
    let packed = 0;
    fc.assert(
      fc.property(aPackingProgram, (program) => {
        const packing = packingOf(program);
        const want = naiveOutcome(program);
        if (packing.kind === 'infeasible') expect(want.kind).toBe('infeasible');
        else {
          if (packing.kind !== 'packing') throw new Error(JSON.stringify(packing));
          packed++;
          if (want.kind !== 'optimal') throw new Error('it is infeasible');
          expect(bestOf(packing.form)).toEqual(same(want.objective));
        }
      }),
      { numRuns: 500 },
    );
    expect(packed).toBeGreaterThan(100);
  });

  it('turns every grant into a point of the program with the same worth', () => {
    fc.assert(
      fc.property(aPackingProgram, fc.infiniteStream(fc.boolean()), (program, chance) => {
        const packing = packingOf(program);
        fc.pre(packing.kind === 'packing');
        const { model, pointOf, objectiveAt } = (packing as Extract<Packing, { kind: 'packing' }>).form;
        const granted = new Uint8Array(model.columnCount);
        let value = 0;
        for (let j = 0; j < granted.length; j++) {
          if (!chance.next().value) continue;
          granted[j] = 1;
          if (naiveFeasible(model, granted)) value += model.objective[j]!;
          else granted[j] = 0;
        }
        const point = pointOf(granted);
        expect(naiveHolds(program, [...point])).toBe(true);
        const objective = point.reduce((sum, x, j) => sum + x * program.objective[j]!, program.offset);
        expect(objectiveAt(value)).toEqual(same(objective));
      }),
      { numRuns: 300 },
    );
  });

  it('is never claimed for a program that has another optimum', () => {
    fc.assert(
      fc.property(aWholeProgram, (program) => {
        const packing = packingOf(program);
        const want = naiveOutcome(program);
        if (packing.kind === 'infeasible') expect(want.kind).toBe('infeasible');
        if (packing.kind === 'unbounded') throw new Error('every column is bounded');
        if (packing.kind === 'packing')
          expect(want).toEqual({ kind: 'optimal', objective: bestOf(packing.form) });
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a packing form makes of', () => {
  it('rows that allow one column: groups, without rows of their own', () => {
    const { model } = formOf(
      lp(
        'max 3 a + 2 b + 4 c + d\nst\n one: a + b + c <= 1\n two: 3 c + 2 d <= 4\n room: 2 a + b + 3 c + 2 d <= 4\nbin\n a b c d\nend',
      ),
    );
    expect([...model.group]).toEqual([0, 0, 0, 1]);
    expect(model.rowNames).toEqual(['two', 'room']);
  });

  it('a covering program: the complement of what it can leave out', () => {
    const program = lp('min 3 a + 2 b + 4 c\nst\n need: 2 a + b + 3 c >= 3\nbin\n a b c\nend');
    expect(bestOf(formOf(program))).toBe(4);
  });

  it('many units of one column: one column a unit, then powers of two', () => {
    const some = formOf(lp('max 2 x\nst\n r: 3 x <= 100\nbounds\n x <= 40\ngen\n x\nend'));
    expect([some.model.columnCount, some.pointOf(new Uint8Array(33).fill(1))]).toEqual([
      33,
      Float64Array.of(33),
    ]);
    const many = formOf(lp('max 2 x\nst\n r: x <= 1000\nbounds\n x <= 1000\ngen\n x\nend'));
    expect([...many.model.objective].map((worth) => worth / 2)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 256, 489,
    ]);
    expect(bestOf(many)).toBe(2000);
  });

  it('decimals: whole numbers over a power of ten', () => {
    const program = lp('max 0.25 a + 1.5 b\nst\n r: 0.1 a + 0.25 b <= 0.35\nbin\n a b\nend');
    const form = formOf(program);
    expect([[...form.model.objective], [...form.model.values], form.model.rhs[0]]).toEqual([
      [25, 150],
      [10, 25],
      35,
    ]);
    expect(bestOf(form)).toBe(1.75);
  });

  it('sides that the bounds keep already: nothing', () => {
    const form = formOf(lp('max a + b\nst\n r: 0 <= a + b <= 1\n s: a - b >= -1\nbin\n a b\nend'));
    expect(form.model.rowCount).toBe(0);
    expect(bestOf(form)).toBe(1);
  });
});

describe('what is no packing program says why', () => {
  it.each([
    ['max a + y\nst\n r: a + y <= 1\nbin\n a\nend', 'other', 'column y is continuous'],
    ['max a\nst\n r: a + b = 1\nbin\n a b\nend', 'other', 'row r is an equation'],
    ['max a\nst\n r: 1 <= a + b + c <= 2\nbin\n a b c\nend', 'other', 'row r has two sides'],
    [
      'max a\nst\n r: a - b <= 0\n s: a + b <= 1\nbin\n a b\nend',
      'other',
      'column b stands in rows with both signs',
    ],
    [
      'max a\nst\n r: a + 0.12345678901 b <= 1\nbin\n a b\nend',
      'other',
      'row r has more digits than can be counted in whole numbers',
    ],
    ['max a\nst\n r: a <= 4\nbounds\n a free\ngen\n a\nend', 'other', 'column a has no bound to start from'],
    [
      'max 9e15 a + 9e15 b\nst\n r: a + b <= 3\nbounds\n a <= 2\n b <= 2\ngen\n a b\nend',
      'other',
      expect.stringContaining('too large together'),
    ],
    [
      'max a\nst\n r: a + b <= -1\nbin\n a b\nend',
      'infeasible',
      'row r cannot be met, whatever its columns are',
    ],
    ['max a + b\nst\n r: b <= 1\ngen\n a b\nend', 'unbounded', 'nothing limits column a'],
  ])('%j is %s', (text, kind, why) => {
    expect(packingOf(lp(text))).toEqual({ kind, why });
  });
});
