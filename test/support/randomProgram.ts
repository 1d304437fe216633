// Small programs of every kind that a file can hold, for properties. Used by tests of solver/files, solver/programs and solver/conflict.
import fc from 'fast-check';
import type { Program } from '../../solver/index.ts';

export interface RandomProgram {
  readonly columns: readonly {
    readonly objective: number;
    readonly lower: number;
    readonly upper: number;
    readonly integer: boolean;
  }[];
  readonly rows: readonly {
    readonly coefficients: readonly number[];
    readonly lower: number;
    readonly upper: number;
  }[];
  readonly sense: Program['sense'];
  readonly offset: number;
}

const INFINITE = Number.POSITIVE_INFINITY;

export function programFrom({ columns, rows, sense, offset }: RandomProgram): Program {
  const entries = rows.map(({ coefficients }) =>
    columns.flatMap((_, j) => ((coefficients[j] ?? 0) === 0 ? [] : [[j, coefficients[j]!] as const])),
  );
  const starts = Int32Array.from({ length: rows.length + 1 }, (_, i) =>
    entries.slice(0, i).reduce((sum, row) => sum + row.length, 0),
  );
  return {
    name: 'random',
    sense,
    offset,
    columnNames: columns.map((_, j) => `x${j}`),
    objective: Float64Array.from(columns, ({ objective }) => objective),
    lower: Float64Array.from(columns, ({ lower }) => lower),
    upper: Float64Array.from(columns, ({ upper }) => upper),
    integer: Uint8Array.from(columns, ({ integer }) => Number(integer)),
    rowNames: rows.map((_, i) => `r${i}`),
    rowLower: Float64Array.from(rows, ({ lower }) => lower),
    rowUpper: Float64Array.from(rows, ({ upper }) => upper),
    starts,
    indices: Int32Array.from(entries.flat(), ([j]) => j),
    values: Float64Array.from(entries.flat(), ([, value]) => value),
  };
}

const sides = fc
  .tuple(
    fc.constantFrom('L', 'G', 'E', 'R', 'N'),
    fc.integer({ min: -6, max: 12 }),
    fc.integer({ min: 1, max: 6 }),
  )
  .map(([kind, side, range]) => ({
    lower: kind === 'L' || kind === 'N' ? -INFINITE : side,
    upper: kind === 'G' || kind === 'N' ? INFINITE : kind === 'R' ? side + range : side,
  }));

const senses = fc.constantFrom<Program['sense']>('maximise', 'minimise');

/** Whole columns between narrow bounds, so that every point can be tried. */
export const aWholeProgram: fc.Arbitrary<Program> = fc
  .record({
    columns: fc.array(
      fc
        .record({
          objective: fc.integer({ min: -9, max: 9 }),
          lower: fc.integer({ min: -2, max: 2 }),
          width: fc.integer({ min: 0, max: 3 }),
        })
        .map(({ objective, lower, width }) => ({ objective, lower, upper: lower + width, integer: true })),
      { minLength: 1, maxLength: 5 },
    ),
    rows: fc.array(
      fc
        .tuple(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 5, maxLength: 5 }), sides)
        .map(([coefficients, side]) => ({ coefficients, ...side })),
      { maxLength: 4 },
    ),
    sense: senses,
    offset: fc.integer({ min: -20, max: 20 }),
  })
  .map(programFrom);

const hundredths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);

/** Packing and covering in disguise: shifted, seen from upper bounds, scaled, with rows that say "at most one". */
export const aPackingProgram: fc.Arbitrary<Program> = fc
  .record({
    columns: fc.array(
      fc.record({
        objective: hundredths(-3, 9),
        lower: fc.integer({ min: -1, max: 1 }),
        width: fc.constantFrom(1, 1, 1, 2, 3),
        flipped: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    rows: fc.array(
      fc.record({
        coefficients: fc.array(fc.oneof(fc.constant(0), fc.constant(1), hundredths(0, 4)), {
          minLength: 6,
          maxLength: 6,
        }),
        room: hundredths(-1, 7),
        negated: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    sense: senses,
    offset: fc.integer({ min: -5, max: 5 }),
  })
  .map(({ columns, rows, sense, offset }) =>
    programFrom({
      columns: columns.map(({ objective, lower, width }) => ({
        objective,
        lower,
        upper: lower + width,
        integer: true,
      })),
      rows: rows.map(({ coefficients, room, negated }) => {
        // What the row has where every column stands at its base, in hundredths so that sums stay whole.
        const base = columns.reduce((sum, { lower, width, flipped }, j) => {
          const value = Math.round(coefficients[j]! * 100);
          return sum + (flipped ? -value * (lower + width) : value * lower);
        }, 0);
        const side = (base + Math.round(room * 100)) / 100;
        const signed = columns.map(({ flipped }, j) => (flipped === negated ? 1 : -1) * coefficients[j]!);
        return negated
          ? { coefficients: signed, lower: -side, upper: INFINITE }
          : { coefficients: signed, lower: -INFINITE, upper: side };
      }),
      sense,
      offset,
    }),
  );

/** Anything that a file can say, continuous and unbounded columns too. Not meant to be solved by trying. */
export const anyProgram: fc.Arbitrary<Program> = fc
  .record({
    columns: fc.array(
      fc
        .record({
          objective: hundredths(-9, 9),
          bounds: fc.constantFrom<readonly [number, number]>(
            [0, INFINITE],
            [-INFINITE, INFINITE],
            [-INFINITE, 4],
            [-INFINITE, -4],
            [2, INFINITE],
            [-3, 7],
            [0, 1],
            [0, 0],
            [5, 5],
            [-7, -2],
          ),
          integer: fc.boolean(),
        })
        .map(({ objective, bounds: [lower, upper], integer }) => ({ objective, lower, upper, integer })),
      { minLength: 1, maxLength: 6 },
    ),
    rows: fc.array(
      fc
        .tuple(fc.array(hundredths(-5, 5), { minLength: 6, maxLength: 6 }), sides)
        .map(([coefficients, side]) => ({ coefficients, ...side })),
      { maxLength: 5 },
    ),
    sense: senses,
    offset: fc.integer({ min: -20, max: 20 }),
  })
  .map(programFrom);
