// The checker against the definition, on random tiny models: derived rows hold exactly where it says so, and no proof is below the optimum.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundOf, checkPlan, type DerivedRow, type Model, ModelBuilder } from '../../solver/index.ts';
import { naiveBest, naiveCost, naiveFeasible, naiveLeftSides } from '../support/naiveSolver.ts';
import { aRandomModel } from '../support/randomModel.ts';
import { aCover, aDerivedRow, aFreedRow, aRandomCertificate, draws } from '../support/randomProof.ts';

const STAGE = 1;

/** Grants of the first stage: every column that a coin picks and that fits. */
function someFrozen(model: Model, draw: (most: number) => number): Uint8Array {
  const frozen = new Uint8Array(model.columnCount);
  for (const [j, group] of model.group.entries()) {
    if (model.stage[group] === STAGE || draw(1) === 0) continue;
    frozen[j] = 1;
    if (!naiveFeasible(model, frozen)) frozen[j] = 0;
  }
  return frozen;
}

/** By trying every choice of one open column or none per group: does any that keeps within the base row's room pass the derived one? */
function holdsByTrying(model: Model, derived: DerivedRow, frozen: Uint8Array): boolean {
  const { left } = naiveLeftSides(model, frozen);
  const own = model.definingRow.indexOf(derived.row);
  const room = model.rhs[derived.row]! + (model.excessUpper[own] ?? 0) - left[derived.row]!;
  const weight = (j: number): number => {
    for (let e = model.starts[derived.row]!; e < model.starts[derived.row + 1]!; e++) {
      if (model.indices[e] === j) return model.values[e]!;
    }
    return 0;
  };
  const fits = (j: number): boolean => {
    const plan = frozen.slice();
    plan[j] = 1;
    return naiveFeasible(model, plan);
  };
  const groups = [...model.stage.keys()].filter((g) => model.stage[g] === STAGE);
  const passes = (at: number, most: number, worth: number): boolean => {
    if (most < 0) return false;
    if (worth > derived.rhs) return true;
    if (at === groups.length) return false;
    if (passes(at + 1, most, worth)) return true;
    return [...derived.columns.entries()].some(
      ([i, j]) =>
        model.group[j] === groups[at] &&
        fits(j) &&
        passes(at + 1, most - weight(j), worth + derived.coefficients[i]!),
    );
  };
  return !passes(0, room, 0);
}

describe('a derived row', () => {
  test.each([
    { title: 'any', make: aDerivedRow },
    { title: 'a cover', make: aCover },
  ])('is accepted exactly where no choice within the base row passes it: $title', ({ make }) => {
    const seen = { held: 0, failed: 0 };
    fc.assert(
      fc.property(fc.noBias(aRandomModel), draws, (model, draw) => {
        const frozen = someFrozen(model, draw);
        const derived = make(model, draw);
        const leaf = { multipliers: [], derivedMultipliers: [] };
        const certificate = { derivedRows: [derived], proof: leaf, frozenDigest: '' };
        const check = boundOf(model, { stage: STAGE, frozen, certificate });
        const wantHeld = holdsByTrying(model, derived, frozen);
        seen[wantHeld ? 'held' : 'failed']++;
        if (wantHeld) expect(check.ok).toBe(true);
        else expect(check).toEqual({ ok: false, fault: 'notDerived', of: 'derivedRow', at: 0 });
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.held, seen.failed)).toBeGreaterThan(20);
  });
});

/** By trying every plan of the stage: does any that keeps all rows pass the derived one? */
function isPassed(model: Model, derived: DerivedRow, frozen: Uint8Array): boolean {
  const groups = [...model.stage.keys()].filter((g) => model.stage[g] === STAGE);
  const coefficients = new Map(Array.from(derived.columns, (j, i) => [j, derived.coefficients[i]!]));
  const passes = (at: number, plan: Uint8Array, worth: number): boolean => {
    if (!naiveFeasible(model, plan)) return false;
    if (worth > derived.rhs) return true;
    if (at === groups.length) return false;
    if (passes(at + 1, plan, worth)) return true;
    return [...model.group.keys()].some((j) => {
      if (model.group[j] !== groups[at]) return false;
      const more = plan.slice();
      more[j] = 1;
      return passes(at + 1, more, worth + (coefficients.get(j) ?? 0));
    });
  };
  return passes(0, frozen.slice(), 0);
}

describe('a derived row that is freed of excesses', () => {
  test('is accepted only where no plan passes it', () => {
    const seen = { accepted: 0, refused: 0, telling: 0 };
    fc.assert(
      fc.property(fc.noBias(aRandomModel), draws, (model, draw) => {
        const derived = aFreedRow(model, draw);
        if (derived === null) return;
        const frozen = someFrozen(model, draw);
        const leaf = { multipliers: [], derivedMultipliers: [] };
        const certificate = { derivedRows: [derived], proof: leaf, frozenDigest: '' };
        const { ok } = boundOf(model, { stage: STAGE, frozen, certificate });
        seen[ok ? 'accepted' : 'refused']++;
        if (!ok) return;
        expect(isPassed(model, derived, frozen)).toBe(false);
        // One that the groups alone would not have kept says something.
        const most = new Map<number, number>();
        for (const [i, j] of derived.columns.entries())
          if (model.stage[model.group[j]!] === STAGE)
            most.set(model.group[j]!, Math.max(most.get(model.group[j]!) ?? 0, derived.coefficients[i]!));
        if ([...most.values()].reduce((sum, c) => sum + c, 0) > derived.rhs) seen.telling++;
      }),
      { numRuns: 4000 },
    );
    expect(Math.min(seen.accepted, seen.refused, seen.telling)).toBeGreaterThan(20);
  });

  test('is refused where its sums leave the exact numbers, though they come back', () => {
    // The column fits to the unit; a room that was rounded on the way to it is one short, and would say that nothing may be granted.
    const far = 2 ** 51;
    const builder = new ModelBuilder();
    builder.addGroup(STAGE);
    builder.addColumn(1);
    const above = builder.addRow('above', far);
    builder.addEntry(above, 0, far);
    const below = builder.addRow('below', -far);
    const room = Number.MAX_SAFE_INTEGER - 2;
    const bearing = builder.addRow('bearing', room);
    builder.addEntry(bearing, 0, room - far);
    const through = [builder.addExcess(above, 1), builder.addExcess(below, far)];
    for (const excess of through) builder.useExcess(bearing, excess, 1);
    const model = builder.build();
    expect(checkPlan(model, Uint8Array.of(1)).ok).toBe(true);
    const derived = {
      row: bearing,
      through: Int32Array.from(through),
      columns: Int32Array.of(0),
      coefficients: Int32Array.of(1),
      rhs: 0,
    };
    const leaf = { multipliers: [], derivedMultipliers: [] };
    const certificate = { derivedRows: [derived], proof: leaf, frozenDigest: '' };
    const check = boundOf(model, { stage: STAGE, frozen: new Uint8Array(1), certificate });
    expect(check).toEqual({ ok: false, fault: 'malformed', of: 'derivedRow', at: 0 });
  });
});

describe('a proof', () => {
  test('of derived rows, branchings and any multipliers is never below the optimum', () => {
    let trees = 0;
    fc.assert(
      fc.property(fc.noBias(aRandomModel), draws, (model, draw) => {
        const frozen = someFrozen(model, draw);
        const derivedRows = Array.from({ length: 4 }, () =>
          (draw(1) ? aCover : aDerivedRow)(model, draw),
        ).filter((derived) => holdsByTrying(model, derived, frozen));
        const certificate = aRandomCertificate(model, draw, {
          stage: STAGE,
          derivedRows,
          branchings: draw(3),
        });
        if ('column' in certificate.proof) trees++;
        const check = boundOf(model, { stage: STAGE, frozen, certificate });
        const wantAtLeast = naiveBest(model, STAGE, frozen);
        expect(check.ok && check.bound >= BigInt(wantAtLeast)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(trees).toBeGreaterThan(100);
  });

  test('that fixes every column proves the optimum itself', () => {
    fc.assert(
      fc.property(fc.noBias(aRandomModel), draws, (model, draw) => {
        const frozen = someFrozen(model, draw);
        const branchings = Number.MAX_SAFE_INTEGER;
        const whole = aRandomCertificate(model, () => 0, { stage: STAGE, derivedRows: [], branchings });
        const check = boundOf(model, { stage: STAGE, frozen, certificate: whole });
        if (!check.ok) expect(check.fault).toBe('tooLarge');
        else expect(check.bound).toBe(BigInt(naiveBest(model, STAGE, frozen)));
      }),
      { numRuns: 200 },
    );
  });
});

test("a plan's values are its objectives less the cost of what its stages add to the excesses", () => {
  let costly = 0;
  fc.assert(
    fc.property(fc.noBias(aRandomModel), draws, (model, draw) => {
      const first = someFrozen(model, draw);
      const plan = first.slice();
      for (const [j, group] of model.group.entries()) {
        if (model.stage[group] !== STAGE) continue;
        plan[j] = 1;
        if (!naiveFeasible(model, plan)) plan[j] = 0;
      }
      const worth = (granted: Uint8Array): number =>
        granted.reduce((sum, entry, j) => sum + entry * model.objective[j]!, 0) - naiveCost(model, granted);
      const check = checkPlan(model, plan);
      if (naiveCost(model, plan) > naiveCost(model, first)) costly++;
      expect(check.ok && (check.values.get(STAGE) ?? 0)).toBe(
        model.stage.includes(STAGE) ? worth(plan) - worth(first) : 0,
      );
    }),
    { numRuns: 1000 },
  );
  expect(costly).toBeGreaterThan(10);
});
