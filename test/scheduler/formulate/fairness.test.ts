// Fairness: where several departments want what is scarce, those that hold less go first, and nobody is refused what would stand idle.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulate, newMemo } from '../../../scheduler/formulate/index.ts';
import { arbitrarySnapshot } from '../../support/arbitrarySnapshot.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  nodeSet,
  type StateBuilder,
} from '../../support/builders.ts';
import { decider } from '../../support/decided.ts';
import { naiveCost } from '../../support/naiveSolver.ts';

const decide = decider();

const two = (weights: readonly [number, number] = [1, 1]) =>
  aConfiguration()
    .department('alpha', { weight: weights[0] })
    .agent('al')
    .department('beta', { weight: weights[1] })
    .agent('bo')
    .pool(aPool('gpu-a').gpu(30));

/** So many requests for so many GPUs each, of one agent a department. */
function wanting(state: StateBuilder, ...wishes: readonly (readonly [string, string, number, number])[]) {
  let number = 0;
  for (const [agent, department, count, gpus] of wishes)
    for (let i = 0; i < count; i++) state.request(aRequest(++number).gpu(gpus).by(agent, department));
  return state;
}

/** Department -> GPUs that the tick grants it. */
async function granted(state: StateBuilder): Promise<Record<string, number>> {
  const snapshot = state.snapshot();
  const { plan } = await decide(snapshot);
  const departments = new Map(snapshot.requests.map(({ request }) => [request.id, request.department]));
  const units: Record<string, number> = {};
  for (const { request, allocations } of plan.assignments)
    for (const { quantity } of allocations)
      units[departments.get(request)!] = (units[departments.get(request)!] ?? 0) + quantity;
  return units;
}

describe('departments with equal demand', () => {
  it('get equal parts, whoever came first', async () => {
    const state = wanting(aState(two()), ['al', 'alpha', 30, 1], ['bo', 'beta', 30, 1]);
    expect(await granted(state)).toEqual({ alpha: 15, beta: 15 });
  });

  it('end within one request of each other, whatever the size of the request', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 6 }), async (gpus, used) => {
        const state = wanting(aState(two()), ['al', 'alpha', 16, gpus], ['bo', 'beta', 16, gpus]);
        const { alpha = 0, beta = 0 } = await granted(state.used('gpu-a', used));
        expect(Math.abs(alpha - beta)).toBeLessThanOrEqual(gpus);
      }),
      { numRuns: 40 },
    );
  });

  it('are evened out when one holds more already', async () => {
    const state = wanting(aState(two()), ['al', 'alpha', 30, 1], ['bo', 'beta', 30, 1]);
    state.used('gpu-a', 10).quotaUse('alpha', 'gpu', 10);
    expect(await granted(state)).toEqual({ alpha: 5, beta: 15 });
  });

  it('are evened out when one held more in the past', async () => {
    const snapshot = wanting(aState(two()), ['al', 'alpha', 30, 1], ['bo', 'beta', 30, 1]).snapshot();
    const { plan } = await decide({ ...snapshot, pastUse: new Map([['alpha/gpu', 10]]) });
    const first = plan.assignments.filter(({ request }) => Number(request.slice(4)) <= 30);
    expect([first.length, plan.assignments.length]).toEqual([10, 30]);
  });

  it('get parts by their weights', async () => {
    const state = wanting(aState(two([2, 1])), ['al', 'alpha', 30, 1], ['bo', 'beta', 30, 1]);
    expect(await granted(state)).toEqual({ alpha: 20, beta: 10 });
  });
});

it('what a department gets never grows with what it holds, or held', async () => {
  const gets = async (held: number, past: number): Promise<number> => {
    const state = wanting(aState(two()), ['al', 'alpha', 12, 1], ['bo', 'beta', 12, 1]);
    const snapshot = state.used('gpu-a', 16).quotaUse('alpha', 'gpu', held).snapshot();
    const { plan } = await decide({ ...snapshot, pastUse: new Map([['alpha/gpu', past]]) });
    return plan.assignments.filter(({ request }) => Number(request.slice(4)) <= 12).length;
  };
  const amounts = fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 }), fc.nat({ max: 12 }));
  await fc.assert(
    fc.asyncProperty(amounts, async ([held, past, more]) => {
      const before = await gets(held, past);
      expect(await gets(held + more, past)).toBeLessThanOrEqual(before);
      expect(await gets(held, past + more)).toBeLessThanOrEqual(before);
    }),
    { numRuns: 20 },
  );
});

it('a department that holds more than its part still gets what nobody else wants', async () => {
  const state = wanting(aState(two()), ['al', 'alpha', 30, 1], ['bo', 'beta', 3, 1]);
  state.used('gpu-a', 10).quotaUse('alpha', 'gpu', 10);
  expect(await granted(state)).toEqual({ alpha: 17, beta: 3 });
});

describe('rows of fairness', () => {
  const rowsOf = (state: StateBuilder): string[] =>
    formulate(state.snapshot(), newMemo()).model.rowNames.filter((name) => name.startsWith('fairness/'));

  it('stand only where two departments want more than there is', () => {
    expect(rowsOf(wanting(aState(two()), ['al', 'alpha', 15, 1], ['bo', 'beta', 15, 1]))).toEqual([]);
    expect(rowsOf(wanting(aState(two()), ['al', 'alpha', 40, 1]))).toEqual([]);
    expect(rowsOf(wanting(aState(two()), ['al', 'alpha', 40, 1], ['bo', 'beta', 20, 1]))).toEqual([
      'fairness/alpha/gpu/0',
      'fairness/alpha/gpu/1',
      'fairness/beta/gpu/0',
    ]);
  });

  it('are none for a department that is beyond every break: its values are lower at once', () => {
    const state = wanting(aState(two()), ['al', 'alpha', 8, 1], ['bo', 'beta', 8, 1]);
    state.used('gpu-a', 26).quotaUse('alpha', 'gpu', 26);
    expect(rowsOf(state)).toEqual([]);
    const { model } = formulate(state.snapshot(), newMemo());
    // A GPU of 30 is 533 grains; three breaks take as many each.
    expect(model.objective[8]! - model.objective[0]!).toBe(3 * 533);
  });
});

it('every grant of every tick is worth at least 1 after whatever fairness takes', () => {
  let priced = 0;
  fc.assert(
    fc.property(arbitrarySnapshot, (snapshot) => {
      const { model } = formulate(snapshot, newMemo());
      if (model.excessCost.every((cost) => cost === 0)) return;
      priced += 1;
      // Convex: a column costs most when everything else is granted.
      const granted = new Uint8Array(model.columnCount).fill(1);
      const all = naiveCost(model, granted);
      for (let j = 0; j < model.columnCount; j++) {
        granted[j] = 0;
        expect(model.objective[j]! - (all - naiveCost(model, granted))).toBeGreaterThanOrEqual(1);
        granted[j] = 1;
      }
    }),
    { numRuns: 200 },
  );
  expect(priced).toBeGreaterThan(0);
});

it('departments that want bundles on nodes get equal parts as well', async () => {
  const configuration = aConfiguration()
    .department('alpha')
    .agent('al')
    .department('beta')
    .agent('bo')
    .pool(...nodeSet('hall', { id: 'n', count: 4, gpus: 4, cpuMilli: 32_000, memoryMiB: 4000 }));
  const state = aState(configuration);
  for (let n = 1; n <= 16; n++)
    state.request(
      aRequest(n)
        .bundle({ gpu: 2000, cpu: 1000 })
        .by(n <= 8 ? 'al' : 'bo', n <= 8 ? 'alpha' : 'beta'),
    );
  const { plan } = await decide(state.snapshot());
  const first = plan.assignments.filter(({ request }) => Number(request.slice(4)) <= 8);
  expect([first.length, plan.assignments.length]).toEqual([4, 8]);
});
