// What is GLPK's own: absence, counted blocks, a clock on trees, an instance that aborts, memory, and the same bytes in other processes.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { type Glpk, loadGlpkEngine } from '../../../solver/engines/glpk.ts';
import { engineBuildOf, loadEngine, type Resolve } from '../../../solver/engines/load.ts';
import { checkSolution, type Engine, isReplayable, solve } from '../../../solver/index.ts';
import { relax } from '../../../solver/relaxation.ts';
import { aProgram } from '../../contract/engine.ts';
import { allImports } from '../../house/imports.ts';
import { readTree } from '../../house/tree.ts';
import { aComponent } from '../../support/aComponent.ts';
import { syntheticTick } from '../../support/syntheticTick.ts';

const absent: Resolve = (specifier) => {
  throw Object.assign(new Error(`Cannot find module '${specifier}'`), { code: 'MODULE_NOT_FOUND' });
};
const glpk = async (): Promise<Engine> => (await loadEngine('glpk'))!;
const asking = (unitsMax: number) => ({ engine: 'glpk' as const, budget: { unitsMax } });
const KNAPSACK = aProgram({ objective: [5, 4], rows: [[2, 3]], rowUpper: [4], upper: [1, 1] });
const NO_LIMIT = { simplexIterationsMax: 20_000, nodesMax: 200 };

describe('an installation without the package', () => {
  test('has no engine and no build', async () => {
    expect(await loadEngine('glpk', absent)).toBeNull();
    expect(await engineBuildOf('glpk', absent)).toBeNull();
  });

  test('is told apart from one that is broken', async () => {
    const broken: Resolve = () => {
      throw Object.assign(new Error('denied'), { code: 'EACCES' });
    };
    await expect(loadEngine('glpk', broken)).rejects.toThrow('denied');
  });
});

test('nothing needs the package: it is named once, on demand, behind no door', () => {
  const tree = readTree(join(import.meta.dirname, '../../..'));
  const named = allImports(tree, (path) => !path.startsWith('test/')).filter(({ specifier }) =>
    specifier.startsWith('glpk.js'),
  );
  expect(named.map(({ from, kind, specifier }) => ({ from, kind, specifier }))).toEqual([
    { from: 'solver/engines/load.ts', kind: 'dynamic', specifier: 'glpk.js/node' },
  ]);
});

test('its build carries the version and the digest of its WebAssembly', async () => {
  expect(await engineBuildOf('glpk')).toMatch(/^glpk \d+\.\d+\.\d+ wasm:[0-9a-f]{12}$/);
  expect((await glpk()).build).toBe(await engineBuildOf('glpk'));
});

describe('its limits', () => {
  test.each([1, 2, 3, 50, 399, 1000])('an LP is granted no more than %i iterations', async (most) => {
    const { program } = aComponent(syntheticTick({ requests: 2000, seed: 3 }));
    const answer = (await glpk()).solveLp(relax(program).lp, { simplexIterationsMax: most });
    expect(answer.stopped).toBe('workLimit');
    expect(answer.simplexIterations).toBeLessThanOrEqual(most);
    expect(answer.simplexIterations).toBeGreaterThanOrEqual(most === 1 ? 0 : most / 2);
  });

  test('a solve that its work cuts short has what proves a bound, and is replayable', async () => {
    const model = syntheticTick({ requests: 2000, seed: 3 });
    const solution = solve(model, await glpk(), asking(10_000));
    expect(solution).toMatchObject({ termination: 'workLimit', fault: null, engineCalled: true });
    expect(checkSolution(model, solution)).toEqual({ ok: true });
    expect(isReplayable(solution)).toBe(true);
  });

  test('a solve that grew a tree of its own is not replayable, one of another engine is', () => {
    const work = { simplexIterations: 9, lpCalls: 1, mipCalls: 1, dpCells: 0 };
    expect(isReplayable({ engine: 'glpk', work })).toBe(false);
    expect(isReplayable({ engine: 'glpk', work: { ...work, mipCalls: 0 } })).toBe(true);
    expect(isReplayable({ engine: 'highs', work })).toBe(true);
  });

  test('a tree that does not close ends by its clock, with the point that it has', async () => {
    const columns = 120;
    const numbers = Array.from({ length: columns }, (_, j) => 1000 + ((j * 7919) % 997));
    const program = aProgram({
      objective: numbers,
      rows: [0, 1, 2, 3].map((i) => numbers.map((n, j) => n + ((j * (i + 3) * 31) % 211))),
      rowUpper: [30_011, 30_029, 30_047, 30_059],
      upper: new Array<number>(columns).fill(1),
    });
    const answer = (await glpk()).solveMip(program, NO_LIMIT);
    expect(answer.stopped).toBe('workLimit');
    expect(answer.primal).not.toBeNull();
  });
});

describe('an instance that aborts', () => {
  /** The real package, whose every first instance hands GLPK a problem that it aborts on. */
  async function aborting(): Promise<{ engine: Engine; made: () => number }> {
    const { default: create } = await import('glpk.js/node');
    let made = 0;
    const engine = await loadGlpkEngine({
      build: 'glpk test',
      create: async () => {
        const instance = (await create()) as unknown as Glpk;
        made += 1;
        if (made > 1) return instance;
        const nothing = { direction: 2, name: 'worth', vars: [] };
        return {
          ...instance,
          solve: (problem, options) =>
            instance.solve(
              { ...problem, objective: nothing, subjectTo: [], bounds: [], generals: [] },
              options,
            ),
        };
      },
    });
    return { engine, made: () => made };
  }

  test('is a failure, and a fresh one answers the next question', async () => {
    const { engine, made } = await aborting();
    expect(engine.solveLp(KNAPSACK, NO_LIMIT)).toEqual({
      stopped: 'failed',
      primal: null,
      multipliers: null,
      simplexIterations: 0,
    });
    expect(engine.solveMip(KNAPSACK, NO_LIMIT)).toEqual({ stopped: 'failed', primal: null });
    await expect.poll(made).toBe(2);
    await expect.poll(() => engine.solveMip(KNAPSACK, NO_LIMIT).stopped).toBe('optimal');
  });
});

test('a thousand solves need no more memory than the first three hundred', async () => {
  const engine = await glpk();
  const models = [1, 2, 3, 4].map((seed) => syntheticTick({ requests: 100, seed }));
  const round = (solves: number): number => {
    for (let n = 0; n < solves; n++) solve(models[n % 4]!, engine, asking(n % 3 === 0 ? 600 : 2_000));
    // WebAssembly memory counts as external: it only ever grows, a page of 64 KiB at the least.
    return process.memoryUsage().rss;
  };
  // Until then V8 still finds the size of its own heap.
  const early = round(300);
  const late = round(700);
  expect(late - early).toBeLessThan(64 * 2 ** 20);
});

test('five processes come to the same bytes where only counted work limits', async () => {
  const script = new URL('./lpDigest.ts', import.meta.url).pathname;
  const digests = await Promise.all(
    [1, 2, 3, 4, 5].map(async () => {
      const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      return (await text(child.stdout)).trim();
    }),
  );
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(digests).size).toBe(1);
});
