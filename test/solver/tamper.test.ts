// A thousand falsified answers and more: each is refused, or what it then says is true by the definition and was never a lie.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  boundOf,
  checkSolution,
  type DerivedRow,
  gapOf,
  type Model,
  type Proof,
  type ProofLeaf,
  type Solution,
  type StageCertificate,
  type StageOutcome,
  solveWithoutEngine,
} from '../../solver/index.ts';
import { naiveIsTrue } from '../support/naiveClaims.ts';
import { aRandomModel } from '../support/randomModel.ts';
import { aCover, aRandomCertificate } from '../support/randomProof.ts';
import { seededDraw } from '../support/syntheticTick.ts';

type Draw = (most: number) => number;
type Claims = Pick<Solution, 'granted' | 'stages'>;
/** Null where the answer has nothing of that kind to falsify. */
type Tampering = (claims: Claims, draw: Draw, model: Model) => Claims | null;

const FROM = { engine: 'highs', engineBuild: 'none', fault: 'crash' } as const;
const NOTHING: ProofLeaf = { multipliers: [], derivedMultipliers: [] };

/** A greedy plan whose bounds are proved by covers, branchings and multipliers of chance. */
function anAnswer(model: Model, draw: Draw): Claims {
  const { granted, stages } = solveWithoutEngine(model, FROM);
  return {
    granted,
    stages: stages.map((outcome) => {
      const { stage, value } = outcome;
      const frozen = granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
      const holds = (row: DerivedRow): boolean =>
        boundOf(model, {
          stage,
          frozen,
          certificate: { derivedRows: [row], proof: NOTHING, frozenDigest: '' },
        }).ok;
      // As tight as it holds, so that one less is false.
      const tightest = (row: DerivedRow): DerivedRow => {
        let rhs = 0;
        while (!holds({ ...row, rhs })) rhs++;
        return { ...row, rhs };
      };
      const covers = Array.from({ length: 5 }, () => aCover(model, draw));
      const derivedRows = covers.filter(({ columns }) => columns.length > 0).map(tightest);
      const certificate = aRandomCertificate(model, draw, { stage, derivedRows, branchings: draw(2) });
      const check = boundOf(model, { stage, frozen, certificate });
      if (!check.ok) throw new Error(`a true certificate fails: ${JSON.stringify(check)}`);
      const bound = Number(check.bound);
      return { ...outcome, bound, gap: gapOf(bound, value), certificate };
    }),
  };
}

function inStage(
  change: (outcome: StageOutcome, draw: Draw, model: Model) => Partial<StageOutcome> | null,
): Tampering {
  return ({ granted, stages }, draw, model) => {
    const at = draw(stages.length - 1);
    const changed = change(stages[at]!, draw, model);
    return (
      changed && {
        granted,
        stages: stages.map((outcome, i) => (i === at ? { ...outcome, ...changed } : outcome)),
      }
    );
  };
}

function inCertificate(
  change: (certificate: StageCertificate, draw: Draw, model: Model) => Partial<StageCertificate> | null,
): Tampering {
  return inStage(({ certificate }, draw, model) => {
    const changed = change(certificate, draw, model);
    return changed && { certificate: { ...certificate, ...changed } };
  });
}

function inDerivedRow(
  change: (row: DerivedRow, draw: Draw, model: Model) => Partial<DerivedRow> | null,
): Tampering {
  return inCertificate(({ derivedRows }, draw, model) => {
    if (derivedRows.length === 0) return null;
    const at = draw(derivedRows.length - 1);
    const changed = change(derivedRows[at]!, draw, model);
    return changed && { derivedRows: derivedRows.map((row, i) => (i === at ? { ...row, ...changed } : row)) };
  });
}

/** In the first leaf down a path of chance that has what is to be changed. */
function inLeaf(change: (leaf: ProofLeaf, draw: Draw) => ProofLeaf | null): Tampering {
  const within = (proof: Proof, draw: Draw): Proof | null => {
    if (!('column' in proof)) return change(proof, draw);
    const side = draw(1) === 0 ? 'zero' : 'one';
    const changed = within(proof[side], draw);
    return changed && { ...proof, [side]: changed };
  };
  return inCertificate(({ proof }, draw) => {
    const changed = within(proof, draw);
    return changed && { proof: changed };
  });
}

function inMultiplier(change: (numerator: number, draw: Draw) => number): Tampering {
  return inLeaf((leaf, draw) => {
    const { multipliers } = leaf;
    if (multipliers.length === 0) return null;
    const at = draw(multipliers.length - 1);
    const changed = multipliers.map((one, i) =>
      i === at ? { ...one, numerator: change(one.numerator, draw) } : one,
    );
    return { ...leaf, multipliers: changed };
  });
}

const bumped = (numbers: Int32Array, at: number, by: number): Int32Array =>
  numbers.map((number, i) => (i === at ? number + by : number));

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'a multiplier raised': inMultiplier((numerator, draw) => numerator + 2 ** 20 + draw(2 ** 22)),
  'a multiplier lowered': inMultiplier((numerator, draw) => Math.max(0, numerator - 2 ** 20 - draw(2 ** 20))),
  'a multiplier below zero': inMultiplier((numerator) => -1 - numerator),
  'a multiplier with a fraction': inMultiplier((numerator) => numerator + 0.5),
  'a multiplier of another row': inLeaf((leaf) => {
    const [first, ...rest] = leaf.multipliers;
    return first === undefined ? null : { ...leaf, multipliers: [{ ...first, row: first.row + 1 }, ...rest] };
  }),
  'a multiplier of no row': inLeaf((leaf) => ({
    ...leaf,
    multipliers: [...leaf.multipliers, { row: 99, numerator: 1 }],
  })),
  'a multiplier twice': inLeaf((leaf) =>
    leaf.multipliers[0] ? { ...leaf, multipliers: [...leaf.multipliers, leaf.multipliers[0]] } : null,
  ),
  'a price of no derived row': inLeaf((leaf) => ({
    ...leaf,
    derivedMultipliers: [...leaf.derivedMultipliers, { derived: 9, numerator: 1 }],
  })),
  'a derived coefficient raised': inDerivedRow(({ coefficients }, draw) => ({
    coefficients: bumped(coefficients, draw(coefficients.length - 1), 1 + draw(3)),
  })),
  'a derived right side lowered': inDerivedRow(({ rhs }, draw) => ({ rhs: rhs - 1 - draw(2) })),
  'derived columns swapped': inDerivedRow(({ columns }) =>
    columns.length < 2 ? null : { columns: columns.toReversed() },
  ),
  'a derived column added': inDerivedRow(({ columns, coefficients }, _, model) => {
    const others = [...model.group.keys()].filter((j) => !columns.includes(j));
    const column = others[0];
    if (column === undefined) return null;
    const all = [...columns.entries()].map(([i, j]): [number, number] => [j, coefficients[i]!]);
    all.push([column, 2]);
    all.sort(([a], [b]) => a - b);
    return { columns: Int32Array.from(all, ([j]) => j), coefficients: Int32Array.from(all, ([, a]) => a) };
  }),
  'a derived row of another base row': inDerivedRow(({ row }, _, model) => ({
    row: (row + 1) % model.rowCount,
  })),
  'one side of a branching alone': inCertificate(({ proof }, draw) =>
    'column' in proof ? { proof: draw(1) === 0 ? proof.zero : proof.one } : null,
  ),
  'both sides of a branching swapped': inCertificate(({ proof }) =>
    'column' in proof ? { proof: { ...proof, zero: proof.one, one: proof.zero } } : null,
  ),
  'a branching on another column': inCertificate(({ proof }, draw, model) =>
    'column' in proof
      ? { proof: { ...proof, column: (proof.column + 1 + draw(2)) % model.columnCount } }
      : null,
  ),
  'a value raised': inStage(({ value }, draw) => ({ value: value + 1 + draw(9) })),
  'a value and its gap': inStage(({ value, bound }) => ({ value: value + 1, gap: gapOf(bound, value + 1) })),
  'a bound lowered': inStage(({ bound, value }) => (bound === value ? null : { bound: value, gap: 0 })),
  'a bound raised': inStage(({ bound, value }) => ({ bound: bound + 1, gap: gapOf(bound + 1, value) })),
  'a gap of nothing': inStage(({ gap }) => (gap === 0 ? null : { gap: 0 })),
  'a stage left out': ({ granted, stages }) => ({ granted, stages: stages.slice(1) }),
  'stages swapped': ({ granted, stages }) =>
    stages.length < 2 ? null : { granted, stages: stages.toReversed() },
  'a grant added': ({ granted, stages }, draw) => {
    const free = [...granted.keys()].filter((j) => granted[j] === 0);
    return free.length === 0 ? null : { granted: granted.with(free[draw(free.length - 1)]!, 1), stages };
  },
  'a grant taken away': ({ granted, stages }, draw) => {
    const given = [...granted.keys()].filter((j) => granted[j] === 1);
    return given.length === 0 ? null : { granted: granted.with(given[draw(given.length - 1)]!, 0), stages };
  },
  'a grant that is no bit': ({ granted, stages }, draw) => ({
    granted: granted.with(draw(granted.length - 1), 2),
    stages,
  }),
};

test('what is falsified is refused, or is true by the definition', () => {
  const seen = new Map(Object.keys(TAMPERINGS).map((title) => [title, { refused: 0, stillTrue: 0 }]));
  const models = fc.sample(fc.noBias(aRandomModel), { numRuns: 500, seed: 20_261_126 });
  for (const [number, model] of models.entries()) {
    const seeded = seededDraw(number);
    const draw: Draw = (most) => seeded(0, Math.max(0, most));
    const truth = anAnswer(model, draw);
    expect(checkSolution(model, truth)).toEqual({ ok: true });
    expect(naiveIsTrue(model, truth)).toBe(true);
    for (const [title, tamper] of Object.entries(TAMPERINGS)) {
      const falsified = tamper(truth, draw, model);
      if (falsified === null) continue;
      if (!checkSolution(model, falsified).ok) seen.get(title)!.refused++;
      else {
        expect(naiveIsTrue(model, falsified), `${title}, model ${number}`).toBe(true);
        seen.get(title)!.stillTrue++;
      }
    }
  }
  const counts = [...seen.values()];
  expect(counts.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(1000);
  for (const [title, { refused }] of seen) expect(refused, title).toBeGreaterThan(5);
  // Whoever claims something else of the plan, or names what is not there, is never let through.
  for (const title of [
    'a multiplier below zero',
    'a multiplier with a fraction',
    'a multiplier of no row',
    'a multiplier twice',
    'a price of no derived row',
    'derived columns swapped',
    'a value raised',
    'a value and its gap',
    'a bound lowered',
    'a bound raised',
    'a gap of nothing',
    'a stage left out',
    'stages swapped',
    'a derived right side lowered',
    'a grant added',
    'a grant taken away',
    'a grant that is no bit',
  ])
    expect(seen.get(title), title).toMatchObject({ stillTrue: 0 });
});
