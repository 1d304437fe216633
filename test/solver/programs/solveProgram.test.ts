// Any program: the outcome of trying every point, whichever engine; every status with its reason; and engines that do not tell the truth.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Program,
  type ProgramAnswer,
  type ProgramEngineName,
  type ProgramEngines,
  type ProgramRequest,
  readProgram,
  solveProgram,
} from '../../../solver/index.ts';
import { programEngines } from '../../../solver/node.ts';
import { naiveOutcome } from '../../support/naiveProgram.ts';
import { aPackingProgram, aWholeProgram } from '../../support/randomProgram.ts';

const engines = programEngines();

function solved(
  program: Program,
  request: Partial<ProgramRequest> = {},
  from: ProgramEngines = engines,
): Promise<ProgramAnswer> {
  const asked = { engine: 'highs' as const, work: null, seconds: null, explain: false, ...request };
  return solveProgram(program, asked, { engines: from, elapsed: () => 0 });
}

function lp(text: string): Program {
  const read = readProgram(text, 'lp');
  if (!read.ok) throw new Error(JSON.stringify(read.problem));
  return read.program;
}

const NAMES: readonly ProgramEngineName[] = ['anytime', 'highs', 'glpk'];
const near = (value: number): unknown => expect.closeTo(value, 6);

describe.each(NAMES)('%s on programs whose every point can be tried', (engine) => {
  it('finds the optimum, or that there is no point', async () => {
    await fc.assert(
      fc.asyncProperty(aWholeProgram, async (program) => {
        const answer = await solved(program, { engine });
        const want = naiveOutcome(program);
        if (want.kind === 'infeasible') expect(answer.status).toBe('infeasible');
        else expect(answer).toMatchObject(expectedOf(answer, want.objective));
      }),
      { numRuns: 100 },
    );
  });

  it('is never wrong on packing programs', async () => {
    await fc.assert(
      fc.asyncProperty(aPackingProgram, async (program) => {
        const answer = await solved(program, { engine });
        const want = naiveOutcome(program);
        if (want.kind === 'infeasible') expect(answer.status).toBe('infeasible');
        else expect(answer).toMatchObject(expectedOf(answer, want.objective));
      }),
      { numRuns: 100 },
    );
  });

  /** Only the anytime method may stop short of the proof; its bound must hold then. */
  function expectedOf(answer: ProgramAnswer, optimum: number): object {
    if (answer.status !== 'feasible' || engine !== 'anytime')
      return { status: 'optimal', objective: near(optimum), bound: near(optimum), gap: 0 };
    const sign = Math.sign(answer.bound! - answer.objective!);
    expect(sign * (answer.bound! - optimum)).toBeGreaterThan(-1e-9);
    expect(sign * (optimum - answer.objective!)).toBeGreaterThan(-1e-9);
    return { boundFrom: 'certificate', checked: expect.any(String) };
  }
});

describe.each(NAMES)('%s on a program whose row keeps out every whole number', (engine) => {
  it('finds that there is no point', async () => {
    const program = lp(
      'max\n obj: 0 x\nst\n r: 5 x <= -1\n s: 5 x >= -2\nbounds\n -2 <= x <= 0\ngen\n x\nend',
    );
    expect(await solved(program, { engine })).toMatchObject({ status: 'infeasible' });
  });

  it.each([
    ['a fixed column', 'r: 11 <= 5 x + 2 y <= 12', '1 <= x <= 3\n y = 0'],
    ['another row', 'r: x + 4 y <= -4\n s: 11 <= 4 x + y <= 12', '1 <= x <= 4\n -2 <= y <= -1'],
  ])('finds that there is no point for the sake of %s', async (_what, rows, bounds) => {
    const program = lp(`max\n obj: 0 x + 0 y\nst\n ${rows}\nbounds\n ${bounds}\ngen\n x y\nend`);
    expect(await solved(program, { engine })).toMatchObject({ status: 'infeasible' });
  });
});

describe('programs that are nothing, or without end', () => {
  it.each([
    ['no columns', 'min\n obj: 7\nst\nend', { status: 'optimal', objective: 7, bound: 7 }],
    [
      'no rows',
      'max\n 2 x - y + 1\nst\nbounds\n x <= 3.5\n y >= -2\ngen\n x\nend'.replace(' y >= -2', ' -2 <= y <= 9'),
      { status: 'optimal', objective: 9 },
    ],
    ['no rows and no end', 'max\n 2 x\nst\nend', { status: 'unbounded', notes: ['nothing limits column x'] }],
    [
      'bounds that cross',
      'max\n x\nst\n r: x <= 9\nbounds\n 3 <= x <= 2\nend',
      { status: 'infeasible', notes: [expect.stringContaining('column x has no value')] },
    ],
    [
      'bounds without a whole number',
      'max\n x\nst\n r: x <= 9\nbounds\n 0.2 <= x <= 0.8\ngen\n x\nend',
      { status: 'infeasible', notes: [expect.stringContaining('no whole value')] },
    ],
    ['an empty row that excludes 0', 'max\n x\nst\n r: 0 x >= 1\n s: x <= 1\nend', { status: 'infeasible' }],
    ['a packing row below nothing', 'max\n x\nst\n r: x <= -1\nbin\n x\nend', { status: 'infeasible' }],
    ['an unbounded mixture', 'max\n x + y\nst\n r: x - y <= 1\ngen\n x\nend', { status: 'unbounded' }],
    ['an unbounded linear program', 'min\n -1 x\nst\n r: x - y <= 1\nend', { status: 'unbounded' }],
    [
      'a linear program without a point',
      'max\n x\nst\n r: x + y <= 1\n s: x + y >= 2\nend',
      { status: 'infeasible' },
    ],
    [
      'a linear program',
      'max\n 2 x + y\nst\n r: x + y <= 4\n s: x <= 2.5\nend',
      { status: 'optimal', objective: 6.5, bound: 6.5, boundFrom: 'engine' },
    ],
    [
      'no objective',
      'min\n obj:\nst\n r: x + y >= 2\ngen\n x y\nend',
      { status: 'optimal', objective: 0, gap: 0 },
    ],
  ])('%s', async (_, text, want) => {
    for (const engine of NAMES) expect(await solved(lp(text), { engine })).toMatchObject(want);
  });
});

const KNAPSACK = lp(
  'max 5 a + 4 b + 3 c\nst\n r: 2 a + 3 b + c <= 5\n s: 4 a + b + 2 c <= 11\n t: 3 a + 4 b + 2 c <= 8\nbounds\n a <= 9\n b <= 9\n c <= 9\ngen\n a b c\nend',
);
const MIXED = lp('max 3 x + 2 y\nst\n r: x + y <= 4\n s: x + 3 y <= 6.5\nbounds\n x <= 3\ngen\n x\nend');

describe('who answers, and whose bound it is', () => {
  it('the anytime method, with a certificate, where the program packs', async () => {
    expect(await solved(KNAPSACK, { engine: 'anytime' })).toMatchObject({
      engine: 'anytime',
      boundFrom: 'certificate',
      checked: 'exact',
    });
  });

  it('HiGHS in its place elsewhere, and says so', async () => {
    const answer = await solved(MIXED, { engine: 'anytime' });
    expect(answer).toMatchObject({ status: 'optimal', engine: 'highs', boundFrom: 'engine', objective: 11 });
    expect(answer.notes).toEqual([expect.stringContaining('no packing program (column y is continuous)')]);
  });

  it('nobody where the engine is not there', async () => {
    const none: ProgramEngines = { linear: engines.linear, search: async () => null };
    expect(await solved(MIXED, { engine: 'glpk' }, none)).toMatchObject({
      status: 'unknown',
      ended: 'fault',
      notes: ['the engine glpk is not installed'],
    });
  });
});

type SearchEngine = NonNullable<Awaited<ReturnType<ProgramEngines['search']>>>;
type Said = ReturnType<SearchEngine['search']>;

/** An engine that says this, whatever it is asked. */
function saying(said: Partial<Said>): ProgramEngines {
  const search = (): Said => ({
    ended: 'optimal',
    point: null,
    bound: null,
    nodes: 0,
    simplexIterations: 0,
    ...said,
  });
  return {
    linear: engines.linear,
    search: async () => ({ name: 'highs', build: 'scripted', countsNodes: true, search }),
  };
}

describe('an engine that is wrong', () => {
  it.each([
    [
      'a point that breaks a row',
      { point: Float64Array.of(9, 9), bound: 45 },
      { status: 'unknown', objective: null },
    ],
    [
      'a point outside its bounds is taken back into them',
      { point: Float64Array.of(3.0000001, 1), bound: 11 },
      { status: 'optimal', objective: 11 },
    ],
    [
      'a bound that its point passes',
      { point: Float64Array.of(3, 1), bound: 10 },
      { status: 'feasible', objective: 11, bound: null },
    ],
    [
      'a bound that is no number',
      { point: Float64Array.of(3, 1), bound: Number.NaN },
      { status: 'feasible', bound: null },
    ],
    [
      'a value that is no number',
      { point: Float64Array.of(Number.NaN, 1), bound: 11 },
      { status: 'unknown', objective: null, bound: 11 },
    ],
  ])('%s', async (_, said, want) => {
    expect(await solved(MIXED, {}, saying(said))).toMatchObject(want);
  });

  it('cannot call infeasible what has a point', async () => {
    const answer = await solved(KNAPSACK, {}, saying({ ended: 'infeasible' }));
    // The whole is proved before the engine is asked, or the point contradicts it.
    expect(answer.objective).toBe(13);
    expect(['optimal', 'feasible']).toContain(answer.status);
  });

  it('cannot make a packing plan worse', async () => {
    const hard = lp(
      `max ${[...Array(40).keys()].map((j) => `${7 + ((j * 37) % 23)} x${j}`).join(' + ')}\nst\n${[
        0, 1, 2, 3, 4,
      ]
        .map(
          (i) =>
            ` r${i}: ${[...Array(40).keys()].map((j) => `${5 + ((j * 29 + i * 17) % 31)} x${j}`).join(' + ')} <= 300`,
        )
        .join('\n')}\nbin\n ${[...Array(40).keys()].map((j) => `x${j}`).join(' ')}\nend`,
    );
    const own = await solved(hard, { engine: 'anytime' });
    const answer = await solved(
      hard,
      {},
      saying({ ended: 'timeLimit', point: new Float64Array(40), bound: 1e6 }),
    );
    // Beside an engine the method has all of the work, alone a part of it: what it proves may be more.
    expect(answer.boundFrom).toBe('certificate');
    expect(answer.objective).toBeGreaterThanOrEqual(own.objective!);
    expect(answer.bound).toBeLessThanOrEqual(own.bound!);
  });
});

describe('limits', () => {
  it('of nodes end HiGHS with the best so far, the same every time', async () => {
    const text =
      `max ${[...Array(60).keys()].map((j) => `${50 + ((j * 37) % 41)} x${j}`).join(' + ')}\nst\n${[
        0, 1, 2, 3, 4, 5,
      ]
        .map(
          (i) =>
            ` r${i}: ${[...Array(60).keys()].map((j) => `${40 + ((j * 29 + i * 53) % 47)} x${j}`).join(' + ')} >= ${900 + i}`,
        )
        .join(
          '\n',
        )}\n e: x0 + x1 = 1\nbin\n ${[...Array(60).keys()].map((j) => `x${j}`).join(' ')}\nend`.replace(
        'max',
        'min',
      );
    const answers = await Promise.all([1, 2].map(() => solved(lp(text), { work: 1 })));
    expect(answers[0]).toMatchObject({ status: 'feasible', ended: 'workLimit', boundFrom: 'engine' });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('of no work at all leave the greedy plan and a bound', async () => {
    const answer = await solved(KNAPSACK, { engine: 'anytime', work: 0 });
    expect(answer).toMatchObject({
      boundFrom: 'certificate',
      checked: 'exact',
      objective: expect.any(Number),
    });
  });
});
