// Random tiny models for fast-check: groups that repeat (so that shapes merge), two stages, excess rows and cohorts over them.
// Invariant: every model passes the builder. Used by property tests of solver/.
import fc from 'fast-check';
import { type Model, ModelBuilder } from '../../solver/index.ts';

interface OptionDraft {
  readonly objective: number;
  /** Coefficient per row, 0 for none. */
  readonly coefficients: readonly number[];
}

interface RowDraft {
  readonly rhs: number;
  /** Null: a plain row. Else an excess with this upper bound and these coefficients in later rows. */
  readonly excess: { readonly upper: number; readonly cost: number; readonly uses: readonly number[] } | null;
}

interface ModelDraft {
  readonly rows: readonly RowDraft[];
  readonly kinds: readonly (readonly OptionDraft[])[];
  readonly groups: readonly { readonly kind: number; readonly stage: number }[];
}

const ROWS = 5;

const option: fc.Arbitrary<OptionDraft> = fc.record({
  objective: fc.integer({ min: 1, max: 40 }),
  coefficients: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 })), {
    minLength: ROWS,
    maxLength: ROWS,
  }),
});

const row: fc.Arbitrary<RowDraft> = fc.record({
  rhs: fc.integer({ min: 0, max: 14 }),
  excess: fc.option(
    fc.record({
      upper: fc.integer({ min: 0, max: 8 }),
      cost: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 })),
      uses: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: ROWS, maxLength: ROWS }),
    }),
    { nil: null, freq: 2 },
  ),
});

const draft: fc.Arbitrary<ModelDraft> = fc.record({
  rows: fc.array(row, { minLength: ROWS, maxLength: ROWS }),
  kinds: fc.array(fc.array(option, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 }),
  groups: fc.array(fc.record({ kind: fc.nat(3), stage: fc.nat(1) }), { minLength: 1, maxLength: 8 }),
});

export const aRandomModel: fc.Arbitrary<Model> = draft.map(buildDraft);

function buildDraft({ rows, kinds, groups }: ModelDraft): Model {
  const builder = new ModelBuilder();
  const rowIndices = rows.map(({ rhs, excess }, i) => {
    // Every second defining row starts below zero, up to its upper bound: the empty plan already needs an excess.
    const start = excess !== null && rhs % 2 === 1 ? -Math.min(rhs, excess.upper) : rhs;
    return builder.addRow(`row/${i}`, start + carriedInto(rows, i));
  });
  rows.forEach(({ excess }, i) => {
    if (excess === null) return;
    const handle = builder.addExcess(rowIndices[i]!, excess.upper, excess.cost);
    excess.uses.forEach((coefficient, later) => {
      if (later > i) builder.useExcess(rowIndices[later]!, handle, coefficient);
    });
  });
  const costs = dearestCosts(rows);
  for (const { kind, stage } of groups) {
    builder.addGroup(stage);
    for (const { objective, coefficients } of kinds[kind % kinds.length]!) {
      // Every grant is worth at least 1 after the dearest excess that it may cause.
      const dearest = coefficients.reduce((sum, a, i) => sum + a * (costs[i] ?? 0), 0);
      const column = builder.addColumn(objective + dearest);
      coefficients.forEach((coefficient, i) => {
        builder.addEntry(rowIndices[i]!, column, coefficient);
      });
    }
  }
  return builder.build();
}

/** Row -> what a unit over it costs at most, through every excess that it raises. */
function dearestCosts(rows: readonly RowDraft[]): number[] {
  const costs = new Array<number>(rows.length).fill(0);
  for (let i = rows.length - 1; i >= 0; i--) {
    const { cost = 0, uses = [] } = rows[i]!.excess ?? {};
    costs[i] = uses.reduce((sum, a, later) => sum + (later > i ? a * costs[later]! : 0), cost);
    if (rows[i]!.excess === null) costs[i] = 0;
  }
  return costs;
}

/** Room for what earlier excesses carry into a row in the empty plan, so that the empty plan always holds. */
function carriedInto(rows: readonly RowDraft[], row: number): number {
  let carried = 0;
  rows.slice(0, row).forEach(({ rhs, excess }) => {
    if (excess !== null && rhs % 2 === 1) carried += Math.min(rhs, excess.upper) * excess.uses[row]!;
  });
  return carried;
}
