// A column that is granted whatever it costs, beside every plan there is: the proved bound is above the best that has it, and a core of all
// that is left finds that best.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../../solver/engines/load.ts';
import { boundGranting, checkPlan, type Engine, forcing, type Model, solve } from '../../solver/index.ts';
import { aCertificate, aModel, aPlan } from '../support/aModel.ts';
import { naiveBest, naiveCost, naiveFeasible } from '../support/naiveSolver.ts';
import { aSmallModel } from '../support/oracle.ts';
import { aRandomModel } from '../support/randomModel.ts';

let highs: Engine;
beforeAll(async () => {
  highs = (await loadEngine('highs'))!;
});

function frozenBefore(model: Model, granted: Uint8Array, stage: number): Uint8Array {
  return granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
}

/** The best value of the stage over plans that grant the column, by trying them all; null when none does. */
function bestWith(model: Model, { column, frozen }: { column: number; frozen: Uint8Array }): number | null {
  const kept = frozen.slice();
  kept[column] = 1;
  if (!naiveFeasible(model, kept)) return null;
  const group = model.group[column]!;
  const others = { ...model, stage: model.stage.map((stage, g) => (g === group ? -1 : stage)) };
  const own = model.objective[column]! - (naiveCost(model, kept) - naiveCost(model, frozen));
  return own + naiveBest(others, model.stage[group]!, kept);
}

function check(
  model: Model,
  { unitsMax = 1_000_000, groupsMost = 100 } = {},
): { columns: number; tight: number } {
  const options = { engine: 'highs', budget: { unitsMax } } as const;
  const { granted, stages } = solve(model, highs, options);
  const seen = { columns: 0, tight: 0 };
  for (const { stage, certificate } of stages) {
    const frozen = frozenBefore(model, granted, stage);
    const coreOf = forcing(model, { stage, granted, certificate, groupsMost });
    for (const column of model.group.keys()) {
      if (model.stage[model.group[column]!] !== stage) continue;
      const best = bestWith(model, { column, frozen });
      const proved = boundGranting(model, { stage, frozen, certificate }, column);
      const forced = coreOf(column);
      expect(forced === null).toBe(best === null);
      expect(proved.ok).toBe(true);
      if (forced === null || best === null || !proved.ok) continue;
      expect(Number(proved.bound)).toBeGreaterThanOrEqual(best);
      const plan = forced.whole(solve(forced.model, highs, options).granted);
      const found = checkPlan(model, plan);
      expect(found.ok).toBe(true);
      expect(plan[column]).toBe(1);
      if (found.ok) expect(found.values.get(stage)).toBeLessThanOrEqual(best);
      for (const [j, entry] of frozen.entries()) if (entry === 1) expect(plan[j]).toBe(1);
      seen.columns += 1;
      if (found.ok && found.values.get(stage) === best) seen.tight += 1;
    }
  }
  return seen;
}

describe('a column that is granted whatever it costs', () => {
  it('is worth no more with the rest than is proved, and the program of the rest finds what it is worth', () => {
    const seen = { columns: 0, tight: 0 };
    fc.assert(
      fc.property(aRandomModel, (model) => {
        const { columns, tight } = check(model);
        seen.columns += columns;
        seen.tight += tight;
      }),
      { numRuns: 150 },
    );
    expect(seen.columns).toBeGreaterThan(60);
    // At most 30 columns are proved by a tree: what is found is the best.
    expect(seen.tight).toBe(seen.columns);
  });

  it('has a plan with it whatever the core leaves out, and seldom a worse one', () => {
    const seen = { columns: 0, tight: 0 };
    fc.assert(
      fc.property(aRandomModel, fc.integer({ min: 0, max: 3 }), (model, groupsMost) => {
        const { columns, tight } = check(model, { groupsMost });
        seen.columns += columns;
        seen.tight += tight;
      }),
      { numRuns: 100 },
    );
    expect(seen.tight).toBeGreaterThan(seen.columns / 2);
  });

  it('holds with derived rows, excesses that cost, and answers that were cut off', () => {
    let columns = 0;
    for (const seed of [3, 5, 9, 13, 21, 29])
      columns += check(smaller(seed), { unitsMax: seed % 4 === 1 ? 300 : 1_000_000 }).columns;
    expect(columns).toBeGreaterThan(40);
  });

  it('lowers the bound by what its rows cost above its own worth', () => {
    const options = [
      { worth: 7, needs: { room: 3 } },
      { worth: 5, needs: { room: 2 } },
    ];
    const model = aModel({
      rows: { room: 3 },
      groups: [{ options: [{ worth: 12, needs: { room: 3 } }] }, { options }],
    });
    const certificate = aCertificate([{ row: 0, numerator: 4 * 2 ** 20 }]);
    const stage = { stage: 0, frozen: aPlan(model, []), certificate };
    const bound = (column: number) => boundGranting(model, stage, column);
    // 12 without it; 7 - 12 and 5 - 8 are what its columns are short of their rows' prices.
    expect([bound(0), bound(1), bound(2)].map((each) => each.ok && each.bound)).toEqual([12n, 7n, 9n]);
  });

  it('has no bound where it fits in no plan', () => {
    const model = aModel({
      rows: { room: 3 },
      groups: [
        { options: [{ worth: 1, needs: { room: 2 } }] },
        { stage: 1, options: [{ worth: 1, needs: { room: 2 } }] },
      ],
    });
    const frozen = aPlan(model, [0]);
    const at = { stage: 1, frozen, certificate: aCertificate() };
    expect(boundGranting(model, at, 1)).toEqual({ ok: true, bound: null });
    const { certificate } = at;
    expect(forcing(model, { stage: 1, granted: frozen, certificate, groupsMost: 9 })(1)).toBeNull();
  });
});

/** A small model with few enough groups for trying everything once a column. */
function smaller(seed: number): Model {
  const model = aSmallModel(seed);
  const groups = Math.min(model.groupCount, 6);
  const columns = [...model.group.keys()].filter((j) => model.group[j]! < groups).length;
  const starts = [0];
  const entries: [number, number][] = [];
  for (let row = 0; row < model.rowCount; row++) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const j = model.indices[e]!;
      if (j < columns) entries.push([j, model.values[e]!]);
      else if (j >= model.columnCount) entries.push([j - model.columnCount + columns, model.values[e]!]);
    }
    starts.push(entries.length);
  }
  return {
    ...model,
    columnCount: columns,
    groupCount: groups,
    group: model.group.slice(0, columns),
    stage: model.stage.slice(0, groups),
    objective: model.objective.slice(0, columns),
    rhs: model.rhs.map((rhs) => Math.ceil((rhs * groups) / model.groupCount)),
    starts: Int32Array.from(starts),
    indices: Int32Array.from(entries, ([j]) => j),
    values: Float64Array.from(entries, ([, value]) => value),
  };
}
