// Past use fades by half in every half-life, and it does not matter how often anybody looks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accrue, pastUnits } from '../../scheduler/fairness.ts';
import type { State } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aState, HOUR, NOW } from '../support/builders.ts';

const HALF_LIFE = 32 * 3600;

function holding(gpus: number): State {
  const configuration = aConfiguration().pool(aPool('gpu-a').gpu(1000)).build();
  const state = aState({ ...configuration, fairness: { halfLifeSeconds: HALF_LIFE } }).build();
  state.quotaUse.set('research/gpu', gpus);
  return state;
}

/** The state looked at at these instants, holding what `use` says from each on. */
function pass(state: State, instants: readonly number[], use: (at: number) => number): number {
  for (const at of instants) {
    state.pastUse = accrue(state, at);
    state.quotaUse.set('research/gpu', use(at));
  }
  return pastUnits(state.pastUse).get('research/gpu') ?? 0;
}

/** On the hour, which is a step. */
const START = Math.floor(NOW / HOUR) * HOUR;

describe('past use', () => {
  it('of who holds 100 for one half-life is 50, for two 75', () => {
    const always = () => 100;
    expect(pass(holding(100), [START, START + HALF_LIFE * 1000], always)).toBe(49);
    expect(pass(holding(100), [START, START + 2 * HALF_LIFE * 1000], always)).toBe(74);
  });

  it('halves in a half-life when nothing is held any more', () => {
    const until = START + 20 * HALF_LIFE * 1000;
    const state = holding(100);
    const held = pass(state, [START, until], (at) => (at < until ? 100 : 0));
    expect(held).toBe(99);
    expect(pass(state, [until + HALF_LIFE * 1000], () => 0)).toBe(49);
    expect(pass(state, [until + 12 * HALF_LIFE * 1000], () => 0)).toBe(0);
  });

  it('comes to what is held, and not beyond', () => {
    expect(pass(holding(777), [START, START + 4000 * HOUR], () => 777)).toBeLessThanOrEqual(777);
    expect(pass(holding(777), [START, START + 4000 * HOUR], () => 777)).toBeGreaterThanOrEqual(776);
  });

  it('is the same however often it is looked at', () => {
    const steps = fc.array(
      fc.record({ ms: fc.nat({ max: 40 * HOUR }), use: fc.nat({ max: 2_000_000_000 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(steps, fc.array(fc.nat({ max: 400 * HOUR }), { maxLength: 20 }), (changes, looks) => {
        const instants = changes.map((_, i) =>
          changes.slice(0, i + 1).reduce((at, { ms }) => at + ms, START),
        );
        const end = instants.at(-1)! + 100 * HOUR;
        const useAt = (at: number): number => {
          const last = instants.findLastIndex((instant) => instant <= at);
          return last < 0 ? 5 : changes[last]!.use;
        };
        const few = [START, ...instants, end];
        const many = [...few, ...looks.map((ms) => START + ms)]
          .filter((at) => at <= end)
          .sort((a, b) => a - b);
        const a = holding(5);
        const b = holding(5);
        pass(a, few, useAt);
        pass(b, many, useAt);
        expect(b.pastUse).toEqual(a.pastUse);
      }),
      { numRuns: 200 },
    );
  });

  it('does not take long over an outage of years', () => {
    const state = holding(3);
    expect(pass(state, [START, START + 50 * 366 * 24 * HOUR], () => 3)).toBeGreaterThanOrEqual(2);
  });

  it('begins with the first tick that counts it', () => {
    expect(accrue(holding(3), START)).toEqual({ atSeconds: START / 1000, stepSeconds: 3600, levels: [] });
  });
});
