// One department asks what general solvers are slow at: the tick is answered within its budget, and the others get what they would have got.
// hard.long.ts has two hundred such ticks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formulate, newMemo, TICK_BUDGET } from '../../scheduler/index.ts';
import type { SolverService } from '../../solver/index.ts';
import { createSolverProcess } from '../../solver/node.ts';
import { HARD_KINDS, hardSnapshot, hardTick, isHard } from '../support/hardModels.ts';
import { besideHard } from '../support/hardService.ts';

let solver: SolverService;
beforeAll(async () => {
  solver = await createSolverProcess({ watchdogMs: 60_000 });
});
afterAll(() => solver.close());

describe('a hard department', () => {
  it.each(HARD_KINDS.map((kind, n) => ({ kind, tick: hardTick(n) })))(
    'of $kind takes nothing from the others, and no more work than a tick has',
    async ({ tick }) => {
      const { solution, othersValue, unitsLeast } = await besideHard(tick, solver);
      expect(solution).toMatchObject({ fault: null, engineCalled: true });
      expect(othersValue.without).toBeGreaterThan(0);
      expect(othersValue.with).toBeGreaterThanOrEqual(0.999 * othersValue.without);
      expect(unitsLeast).toBeLessThanOrEqual(TICK_BUDGET.unitsMax);
    },
  );

  it.each(['symmetric bins', 'market split'])(
    'takes nothing from the others either when it asks seven times as often: %s',
    async (kind) => {
      const crowd = { ...hardTick(HARD_KINDS.indexOf(kind)), hardRequests: 400 };
      const { solution, othersValue } = await besideHard(crowd, solver);
      expect(solution.fault).toBeNull();
      expect(othersValue.with).toBeGreaterThanOrEqual(0.999 * othersValue.without);
    },
  );

  it('competes with nobody: no row has columns of it and of others', () => {
    for (const [n] of HARD_KINDS.entries()) {
      const { model, columns } = formulate(hardSnapshot(hardTick(n)), newMemo());
      const hard = columns.map((meaning) => meaning.type === 'request' && isHard(meaning.request));
      for (let row = 0; row < model.rowCount; row++) {
        const own = [...model.indices.subarray(model.starts[row]!, model.starts[row + 1]!)];
        expect(new Set(own.filter((j) => j < columns.length).map((j) => hard[j])).size).toBeLessThan(2);
      }
      expect(hard.filter(Boolean).length).toBeGreaterThan(20);
    }
  });
});
