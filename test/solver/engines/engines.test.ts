// All engines under one contract, and against each other on random programs.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createExhaustiveEngine } from '../../../solver/engines/exhaustive.ts';
import { engineBuildOf, loadEngine } from '../../../solver/engines/load.ts';
import type { Engine, LinearProgram } from '../../../solver/index.ts';
import { aProgram, engineContract } from '../../contract/engine.ts';

engineContract('highs', async () => (await loadEngine('highs'))!);
engineContract('glpk', async () => (await loadEngine('glpk'))!);
engineContract('exhaustive', async () => createExhaustiveEngine());

const coefficient = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }));
const randomProgram: fc.Arbitrary<LinearProgram> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }))
  .chain(([columns, rows]) =>
    fc.record({
      objective: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: columns, maxLength: columns }),
      rows: fc.array(fc.array(coefficient, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
      rowUpper: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: rows, maxLength: rows }),
      upper: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: columns, maxLength: columns }),
    }),
  )
  .map(aProgram);

const LIMITS = { simplexIterationsMax: 100_000, nodesMax: 10_000 };

function objectiveAt(program: LinearProgram, point: Float64Array): number {
  return program.objective.reduce((sum, c, j) => sum + c * point[j]!, 0);
}

describe('engines against each other', () => {
  let highs: Engine;
  let glpk: Engine;
  const exhaustive = createExhaustiveEngine();
  beforeAll(async () => {
    highs = (await loadEngine('highs'))!;
    glpk = (await loadEngine('glpk'))!;
  });

  test('random programs have one LP optimum and one integer optimum', () => {
    fc.assert(
      fc.property(randomProgram, (program) => {
        for (const answerOf of [
          (engine: Engine) => engine.solveLp(program, LIMITS),
          (engine: Engine) => engine.solveMip(program, LIMITS),
        ]) {
          const want = objectiveAt(program, answerOf(exhaustive).primal!);
          for (const engine of [highs, glpk])
            expect(objectiveAt(program, answerOf(engine).primal!)).toBeCloseTo(want, 5);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('an iteration limit stops HiGHS and leaves valid multipliers or none', () => {
    const program = aProgram({
      objective: [9, 8, 7, 6],
      rows: [
        [3, 4, 2, 1],
        [2, 1, 4, 3],
        [1, 3, 1, 5],
      ],
      rowUpper: [5, 5, 5],
      upper: [1, 1, 1, 1],
    });
    const answer = highs.solveLp(program, { simplexIterationsMax: 1 });
    expect(answer.stopped).toBe('workLimit');
    expect(answer.primal).toBeNull();
    expect(answer.simplexIterations).toBe(1);
    expect(answer.multipliers?.every((price) => price >= 0) ?? true).toBe(true);
  });

  test('an oracle refuses what it cannot enumerate', () => {
    const columns = 40;
    const program = aProgram({
      objective: Array.from({ length: columns }, (_, j) => 100 + (j % 7)),
      rows: [Array.from({ length: columns }, (_, j) => 100 + ((j * 3) % 11))],
      rowUpper: [2000],
      upper: new Array<number>(columns).fill(1),
    });
    expect(exhaustive.solveMip(program, LIMITS)).toEqual({ stopped: 'failed', primal: null });
  });
});

describe('engines by name', () => {
  test('the build of HiGHS carries its version and the digest of its WebAssembly', async () => {
    expect(await engineBuildOf('highs')).toMatch(/^highs \d+\.\d+\.\d+ wasm:[0-9a-f]{12}$/);
  });
});
