// The clash: what is told has no point, and without any one part of it there is one. By an engine, and by trying every point.
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Ask,
  type Conflict,
  conflictOf,
  type Program,
  type ProgramEngines,
  readProgram,
} from '../../solver/index.ts';
import { programEngines } from '../../solver/node.ts';
import { naiveOutcome } from '../support/naiveProgram.ts';
import { aWholeProgram } from '../support/randomProgram.ts';

type SearchEngine = NonNullable<Awaited<ReturnType<ProgramEngines['search']>>>;
let highs: SearchEngine;
beforeAll(async () => {
  highs = (await programEngines().search('highs'))!;
});

const LIMITS = { seconds: null, nodes: 10_000, start: null };
/** Questions that the engine unanswered of, or gave up, since it was last seen to answer. */
let unanswered = 0;
const ask: Ask = (program) => {
  const { ended } = highs.search(program, LIMITS);
  if (ended === 'infeasible') return 'infeasible';
  if (ended === 'optimal' || ended === 'unbounded') return 'feasible';
  unanswered++;
  return 'unknown';
};

/** Told as it is by the engine: a program that has a point, or not, answers as soon as another is there. */
async function anotherLoads(): Promise<void> {
  const simple = lp('max x\nst\n a: x <= 4\nend');
  await vi.waitFor(() => expect(ask(simple)).toBe('feasible'), { timeout: 20_000 });
  unanswered = 0;
}

function lp(text: string): Program {
  const read = readProgram(text, 'lp');
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read.program;
}

/** The program with nothing but what was told. */
function only(
  program: Program,
  { rows, bounds, needsWhole }: Pick<Conflict, 'rows' | 'bounds' | 'needsWhole'>,
): Program {
  const has = (column: number, side: string): boolean =>
    bounds.some((bound) => bound.column === column && bound.side === side);
  const isKept = (i: number): boolean => rows.includes(i);
  return {
    ...program,
    objective: new Float64Array(program.objective.length),
    integer: needsWhole ? program.integer : new Uint8Array(program.integer.length),
    lower: program.lower.map((low, j) => (has(j, 'lower') ? low : Number.NEGATIVE_INFINITY)),
    upper: program.upper.map((high, j) => (has(j, 'upper') ? high : Number.POSITIVE_INFINITY)),
    rowLower: program.rowLower.map((low, i) => (isKept(i) ? low : Number.NEGATIVE_INFINITY)),
    rowUpper: program.rowUpper.map((high, i) => (isKept(i) ? high : Number.POSITIVE_INFINITY)),
  };
}

function namesIn(program: Program, conflict: Conflict): string[] {
  return [
    ...conflict.rows.map((row) => program.rowNames[row]!),
    ...conflict.bounds.map(({ column, side }) => `${program.columnNames[column]} ${side}`),
  ];
}

describe('a clash', () => {
  it.each([
    [
      'two rows among many',
      'max x\nst\n a: x + y <= 4\n b: x + y >= 5\n c: x <= 9\n d: y <= 9\n e: x - y <= 3\nend',
      ['a', 'b'],
      false,
    ],
    [
      'a row and bounds',
      'max x\nst\n a: x + y >= 3\n b: x <= 7\nbounds\n x <= 1\n y <= 1\nend',
      ['a', 'x upper', 'y upper'],
      false,
    ],
    ['whole numbers', 'max x\nst\n a: 2 x + 2 y = 3\n b: x + y <= 9\nbin\n x y\nend', ['a'], true],
    [
      'three rows in a ring',
      'max x\nst\n a: x - y >= 1\n b: y - z >= 1\n c: z - x >= 1\n d: x + y + z <= 30\nend',
      ['a', 'b', 'c'],
      false,
    ],
  ])('of %s', (_, text, want, needsWhole) => {
    const program = lp(text);
    const conflict = conflictOf(program, ask)!;
    expect(namesIn(program, conflict)).toEqual(want);
    expect(conflict).toMatchObject({ needsWhole, irreducible: true });
  });

  it('cannot be found where there is a point', () => {
    expect(conflictOf(lp('max x\nst\n a: x <= 4\nend'), ask)).toBeNull();
  });

  it('of random programs is irreducible', async () => {
    let found = 0;
    let sure = 0;
    await fc.assert(
      fc.asyncProperty(aWholeProgram, async (program) => {
        fc.pre(naiveOutcome(program).kind === 'infeasible');
        found++;
        if (unanswered > 0) await anotherLoads();
        const conflict = conflictOf(program, ask)!;
        expect(ask(only(program, conflict))).toBe('infeasible');
        // A question that the engine unanswered of has no answer: what it was about is told as well.
        if (!conflict.irreducible) {
          expect(unanswered).toBeGreaterThan(0);
          return;
        }
        sure++;
        const isNeeded = (without: Pick<Conflict, 'rows' | 'bounds' | 'needsWhole'>): void =>
          expect(ask(only(program, without))).not.toBe('infeasible');
        for (const row of conflict.rows)
          isNeeded({ ...conflict, rows: conflict.rows.filter((other) => other !== row) });
        for (const bound of conflict.bounds)
          isNeeded({ ...conflict, bounds: conflict.bounds.filter((other) => other !== bound) });
        if (conflict.needsWhole) isNeeded({ ...conflict, needsWhole: false });
      }),
      { numRuns: 60 },
    );
    expect(found).toBeGreaterThanOrEqual(60);
    expect(sure).toBeGreaterThan(0.9 * found);
  });

  it('is told where the engine dies of a question, and the next program has another engine', async () => {
    const program = lp(
      'min\n obj: - x0 + 5 x1 + 7 x2 + 8 x3 + 6 x4\nst\n r0: 5 x0 - 3 x1 - 4 x3 - 3 x4 = 1\n r1: 5 x0 + 3 x1 + 5 x2 - 3 x3 + 2 x4 = 11\n' +
        'bounds\n 0 <= x0 <= 1\n x1 = 1\n 0 <= x2 <= 2\n 0 <= x3 <= 3\n -1 <= x4 <= 2\ngen\n x0 x1 x2 x3 x4\nend',
    );
    const before = unanswered;
    const conflict = conflictOf(program, ask)!;
    expect(ask(only(program, conflict))).toBe('infeasible');
    expect(conflict.irreducible).toBe(unanswered === before);
    await anotherLoads();
    expect(ask(lp('max x\nst\n a: x <= 4\nend'))).toBe('feasible');
  });

  it('is told as reducible where a question is too hard', () => {
    const program = lp('max x\nst\n a: x + y <= 4\n b: x + y >= 5\n c: x <= 9\nend');
    let asked = 0;
    const conflict = conflictOf(program, (part) => {
      asked++;
      return asked > 1 && part.rowNames.length < 2 ? 'unknown' : ask(part);
    });
    expect(conflict).toMatchObject({ rows: [0, 1], irreducible: false, questions: asked });
  });

  it('of a thousand rows takes far fewer questions than rows', () => {
    const rows = [...Array(1000).keys()].map((i) => ` r${i}: x${i % 50} + x${(i * 7 + 1) % 50} <= ${10 + i}`);
    const program = lp(`max x0\nst\n${rows.join('\n')}\n bad: x3 + x4 >= 500\n worse: x3 + x4 <= 400\nend`);
    const conflict = conflictOf(program, ask)!;
    expect(conflict.rows.length).toBeLessThanOrEqual(4);
    expect(conflict.questions).toBeLessThan(200);
  });
});
