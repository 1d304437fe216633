// Prices in counted steps: near the linear program's, the same every time, never beyond the work there is.
import { beforeAll, describe, expect, test } from 'vitest';
import { ascend } from '../../solver/ascent.ts';
import { standingNear } from '../../solver/basis.ts';
import { loadEngine } from '../../solver/engines/load.ts';
import { type Engine, solve } from '../../solver/index.ts';
import { boundAt, pricesAt } from '../../solver/lagrangian.ts';
import { LiveProgram } from '../../solver/live.ts';
import { Load } from '../../solver/load.ts';
import { Meter } from '../../solver/work.ts';
import { aComponent } from '../support/aComponent.ts';
import { syntheticTick } from '../support/syntheticTick.ts';

let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

const model = syntheticTick({ requests: 1000, seed: 4 });
const { program } = aComponent(model);
const unlimited = (): Meter => new Meter(Number.MAX_SAFE_INTEGER);
const ascent = ascend({ program, start: null, steps: 400, known: 0, meter: unlimited() });

function bound(rows: Float64Array): number {
  const multipliers = { rows, cuts: new Float64Array(0) };
  return boundAt(program, [], { multipliers, prices: pricesAt(program, [], multipliers) });
}

/** Iterations of the linear program, and its objective. */
function answered(start: 'nothing' | 'near'): { iterations: number; objective: number } {
  const meter = unlimited();
  const live = new LiveProgram(highs, program, { meter });
  try {
    if (start === 'near') live.startFrom(standingNear(program, ascent));
    expect(live.run()).toBe('optimal');
    return { iterations: meter.work.simplexIterations, objective: live.objective };
  } finally {
    live.dispose();
  }
}

describe('prices in steps', () => {
  test('prove within half a hundredth what the linear program proves, and no more than it', () => {
    const { objective } = answered('nothing');
    expect(bound(ascent.rows)).toBeGreaterThanOrEqual(objective * (1 - 1e-9));
    expect(bound(ascent.rows)).toBeLessThanOrEqual(objective * 1.005);
  });

  test('are the same for the same program, and whole numbers that a certificate can hold', () => {
    const again = ascend({ program, start: null, steps: 400, known: 0, meter: unlimited() });
    expect(again).toEqual(ascent);
    for (const numerator of ascent.rows) {
      expect(Number.isSafeInteger(numerator)).toBe(true);
      expect(numerator).toBeGreaterThanOrEqual(0);
    }
  });

  test('prove from prices of before no less than those did', () => {
    const on = ascend({ program, start: ascent.rows, steps: 20, known: 0, meter: unlimited() });
    expect(bound(on.rows)).toBeLessThanOrEqual(bound(ascent.rows) + 1);
  });

  test('end where the work does', () => {
    const meter = new Meter(100);
    ascend({ program, start: null, steps: 400, known: 0, meter });
    const { dpCells } = meter.work;
    const step = program.rows.length + program.columnCount + program.rowCount;
    expect(dpCells).toBeGreaterThan(0);
    expect(dpCells * 0.002).toBeLessThanOrEqual(100 + step * 0.002);
  });

  test('leave a point whose whole parts fit together', () => {
    const load = new Load(program);
    for (let q = 0; q < program.columnCount; q++) {
      const whole = Math.floor(ascent.point[q]!);
      if (whole > 0) expect(load.addMost(q, whole)).toBe(whole);
    }
    expect(ascent.doubtful).toBeGreaterThan(0);
  });

  test('leave a vertex from which the linear program takes fewer iterations, to the same objective', () => {
    const [cold, near] = [answered('nothing'), answered('near')];
    expect(near.iterations).toBeLessThan(cold.iterations * 0.75);
    expect(Math.abs(near.objective - cold.objective)).toBeLessThanOrEqual(cold.objective * 1e-6);
  });
});

test('the first plan and proof that a large solve tells are older than its first linear program', () => {
  const told: { lpCalls: number; granted: number }[] = [];
  const progress = ({ work, granted }: { work: { lpCalls: number }; granted: readonly number[] }): void =>
    void told.push({ lpCalls: work.lpCalls, granted: granted.length });
  const solution = solve(model, highs, { engine: 'highs', budget: { unitsMax: 60_000 }, progress });
  expect(told[0]!.lpCalls).toBe(0);
  expect(told[0]!.granted).toBeGreaterThan(0);
  expect(told.filter(({ lpCalls }) => lpCalls === 0).length).toBeGreaterThanOrEqual(2);
  expect(solution.fault).toBeNull();
});
