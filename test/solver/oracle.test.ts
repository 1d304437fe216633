// The solver beside the oracle on a thousand small models: the optimum lies between value and proven bound, and is the value wherever it says so.
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import { checkSolution, type Engine, type Model, type StageOutcome, solve } from '../../solver/index.ts';
import { naiveBest } from '../support/naiveSolver.ts';
import { aSmallModel, oracleBest } from '../support/oracle.ts';

const MODELS = 1000;
/** Every fourth model is cut off early, so that there are gaps to be true about. */
const budgetOf = (seed: number) => ({ unitsMax: seed % 4 === 1 ? 300 : 1_000_000 });
/** Twelve seconds of work, on a machine that may be busy with other things. */
const PATIENT_MS = 300_000;

let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

interface Compared extends StageOutcome {
  readonly seed: number;
  readonly best: number;
}

function compare(seed: number): Compared[] {
  const model = aSmallModel(seed);
  const solution = solve(model, highs, { engine: 'highs', budget: budgetOf(seed) });
  if (!checkSolution(model, solution).ok) throw new Error(`seed ${seed}: the checker refuses the answer`);
  return solution.stages.map((outcome) => ({
    ...outcome,
    seed,
    best: oracleBest(model, outcome.stage, frozenBefore(model, solution.granted, outcome.stage)),
  }));
}

function frozenBefore(model: Model, granted: Uint8Array, stage: number): Uint8Array {
  return granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
}

describe('on a thousand small models', () => {
  it(
    'the optimum is at most what is proved, and at least what is reached',
    () => {
      const all = Array.from({ length: MODELS }, (_, seed) => compare(seed)).flat();
      const told = ({ seed, stage }: Compared): string => `seed ${seed}, stage ${stage}`;
      expect(all.filter(({ bound, best }) => bound < best).map(told)).toEqual([]);
      expect(all.filter(({ value, best }) => value > best).map(told)).toEqual([]);
      const proved = all.filter(({ gap, method }) => gap === 0 || method === 'exact');
      expect(proved.filter(({ value, best }) => value !== best).map(told)).toEqual([]);
      // Every way to answer is among them.
      expect(new Set(all.map(({ method }) => method))).toEqual(
        new Set(['empty', 'fits', 'exact', 'lp', 'core', 'greedy']),
      );
      expect(proved.length).toBeGreaterThan(MODELS / 2);
      expect(all.length - proved.length).toBeGreaterThan(MODELS / 100);
    },
    PATIENT_MS,
  );
});

describe('the oracle', () => {
  it('agrees with the definition written out', () => {
    for (let seed = 0; seed < 200; seed++) {
      const model = aSmallModel(seed);
      // The definition written out takes minutes on more.
      if (model.groupCount > 7) continue;
      const nothing = new Uint8Array(model.columnCount);
      expect(oracleBest(model, 0, nothing), `seed ${seed}`).toBe(naiveBest(model, 0, nothing));
    }
  });
});
