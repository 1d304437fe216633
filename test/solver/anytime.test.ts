// The stage loop: how stages are answered, what a spent budget leaves, and that the same model gives the same bytes.
import { beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import {
  boundOf,
  checkSolution,
  type Engine,
  type Proof,
  type ProofLeaf,
  solve,
  solveTrivially,
} from '../../solver/index.ts';
import { aModel } from '../support/aModel.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

const PLENTY = { unitsMax: 10_000_000 };
const gpu = (units: number, worth = 10) => ({ worth, needs: { gpu: units } });

describe('stages', () => {
  test('a model without columns is answered with nothing', () => {
    const solution = solve(aModel({ rows: { gpu: 1 }, groups: [] }), highs, {
      engine: 'highs',
      budget: PLENTY,
    });
    expect(solution).toMatchObject({ termination: 'complete', engineCalled: false, stages: [] });
  });

  test('one that fits nothing, one that fits whole and one that must choose are told apart', () => {
    const model = aModel({
      rows: { gpu: 8, h100: 0 },
      groups: [
        { stage: 0, options: [gpu(1, 9), gpu(1, 12)], times: 2 },
        { stage: 1, options: [{ worth: 5, needs: { h100: 1 } }] },
        { stage: 2, options: [gpu(4, 10)], times: 2 },
        { stage: 2, options: [gpu(3, 9)], times: 2 },
      ],
    });
    const solution = solve(model, highs, { engine: 'highs', budget: PLENTY });
    expect(solution.stages.map(({ stage, method, value }) => ({ stage, method, value }))).toEqual([
      { stage: 0, method: 'fits', value: 24 },
      { stage: 1, method: 'empty', value: 0 },
      { stage: 2, method: 'exact', value: 18 },
    ]);
    expect([...solution.granted]).toEqual([0, 1, 0, 1, 0, 0, 0, 1, 1]);
    expect(solveTrivially(model, { engine: 'highs', engineBuild: highs.build })).toBeNull();
  });

  test('a choice of the LP that leaves room for nothing is undone, and the best plan proved by a small tree', () => {
    // The LP takes the 6 and four fifths of a 5; whole, that is 13. Both fives are worth 20.
    const model = aModel({
      rows: { gpu: 10 },
      groups: [{ options: [gpu(6, 13)] }, { options: [gpu(5, 10)], times: 2 }],
    });
    const solution = solve(model, highs, { engine: 'highs', budget: PLENTY });
    expect(solution.stages[0]).toMatchObject({ method: 'exact', value: 20, bound: 20 });
    expect([...solution.granted]).toEqual([0, 1, 1]);
  });

  test('what is more than a small tree can close is branched all the same, for its bound', () => {
    const groups = Array.from({ length: 48 }, (_, i) => {
      const [a, b] = [11 + ((i * 37) % 23), 7 + ((i * 53) % 19)];
      return { options: [{ worth: 3 * (a + b) + ((i * 29) % 7), needs: { gpu: a, cpu: b } }] };
    });
    const model = aModel({ rows: { gpu: 240, cpu: 180 }, groups });
    const solution = solve(model, highs, { engine: 'highs', budget: PLENTY });
    expect(checkSolution(model, solution)).toEqual({ ok: true });
    const [stage] = solution.stages;
    expect('column' in stage!.certificate.proof).toBe(true);
    // The same proof without its branchings: the multipliers of its worst leaf, of all plans.
    const leafOf = (proof: Proof): ProofLeaf => ('column' in proof ? leafOf(proof.zero) : proof);
    const alone = { ...stage!.certificate, proof: leafOf(stage!.certificate.proof) };
    const check = boundOf(model, { stage: 0, frozen: new Uint8Array(48), certificate: alone });
    expect(check.ok && Number(check.bound)).toBeGreaterThan(stage!.bound);
    // Small work, small tree: a bound that holds too.
    const little = solve(model, highs, { engine: 'highs', budget: { unitsMax: 20_000 } });
    expect(checkSolution(model, little)).toEqual({ ok: true });
    expect(little.stages[0]!.bound).toBeGreaterThanOrEqual(stage!.bound);
  });

  test('an earlier class is served before a worthier later one', () => {
    const model = aModel({
      rows: { gpu: 4 },
      groups: [
        { stage: 1, options: [gpu(4, 1000)] },
        { stage: 0, options: [gpu(1, 1)] },
      ],
    });
    expect([...solve(model, highs, { engine: 'highs', budget: PLENTY }).granted]).toEqual([0, 1]);
  });

  test('asking one engine for the answer of another is a bug', () => {
    const model = aModel({ rows: {}, groups: [] });
    expect(() => solve(model, highs, { engine: 'exhaustive', budget: PLENTY })).toThrow(/exhaustive/);
  });
});

describe('a work limit', () => {
  const model = syntheticTick({ requests: 150, seed: 5, stages: 2 });

  test.each([1, 300, 3_000])('of %d units leaves a feasible, maximal plan with a true bound', (unitsMax) => {
    const solution = solve(model, highs, { engine: 'highs', budget: { unitsMax } });
    expect(solution.termination).toBe('workLimit');
    expect(solution.fault).toBeNull();
    expect(solution.stages.map(({ ended }) => ended)).toContain('workLimit');
    expect(checkSolution(model, solution)).toEqual({ ok: true });
  });

  test('of nothing leaves every stage to the greedy plan', () => {
    const solution = solve(model, highs, { engine: 'highs', budget: { unitsMax: 0 } });
    expect(solution).toMatchObject({ termination: 'workLimit', engineCalled: false, work: { lpCalls: 0 } });
    expect(solution.stages.map(({ method }) => method)).toEqual(['greedy', 'greedy']);
    expect(checkSolution(model, solution)).toEqual({ ok: true });
  });

  test('that is spent in the first stage still records the work of each', () => {
    const { stages, work } = solve(model, highs, { engine: 'highs', budget: { unitsMax: 6_000 } });
    expect(stages[0]!.work.lpCalls).toBeGreaterThan(0);
    expect(stages[1]!.work).toEqual(work);
  });
});

test('an engine that fails is a fault said aloud, with a plan all the same', () => {
  const broken: Engine = {
    ...highs,
    openLp: (program) => ({
      ...highs.openLp(program),
      run: () => ({ stopped: 'failed', primal: null, multipliers: null, simplexIterations: 0 }),
    }),
  };
  const model = syntheticTick({ requests: 80, seed: 6 });
  const solution = solve(model, broken, { engine: 'highs', budget: PLENTY });
  expect(solution).toMatchObject({ termination: 'fault', fault: 'refused' });
  expect(solution.stages[0]!.method).toBe('greedy');
  expect(checkSolution(model, solution)).toEqual({ ok: true });
});

test('an engine that invents points and multipliers cannot make a false bound or an infeasible plan', () => {
  const liar: Engine = {
    ...highs,
    openLp: (program) => ({
      ...highs.openLp(program),
      run: () => ({
        stopped: 'optimal',
        primal: program.upper.map((upper) => Math.min(upper, 5)),
        multipliers: new Float64Array(program.rowCount + 1000).fill(123.456),
        simplexIterations: 1,
      }),
    }),
    solveMip: (program) => ({ stopped: 'optimal', primal: new Float64Array(program.columnCount).fill(1) }),
  };
  const model = syntheticTick({ requests: 80, seed: 7 });
  const solution = solve(model, liar, { engine: 'highs', budget: PLENTY });
  expect(checkSolution(model, solution)).toEqual({ ok: true });
});
