// What every engine must do, whatever it is made of. Objective, feasibility and multipliers are compared, never the point: optima tie.
// Invariant: programs small enough for an exhaustive engine. Run by test/solver/engines/engines.test.ts, once per engine.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, LinearProgram } from '../../solver/index.ts';

const NO_LIMIT = { simplexIterationsMax: 100_000, nodesMax: 10_000 };

/** Dense rows in, compressed columns out. */
export function aProgram(dense: {
  objective: number[];
  rows: number[][];
  rowUpper: number[];
  upper: number[];
  continuous?: number[];
}): LinearProgram {
  const columnCount = dense.objective.length;
  const entries = Array.from({ length: columnCount }, (_, j) =>
    dense.rows.flatMap((row, i) => (row[j] === 0 ? [] : [{ row: i, value: row[j]! }])),
  );
  const starts = [0];
  for (const column of entries) starts.push(starts.at(-1)! + column.length);
  return {
    columnCount,
    rowCount: dense.rows.length,
    objective: Float64Array.from(dense.objective),
    upper: Float64Array.from(dense.upper),
    integer: Uint8Array.from(dense.objective, (_, j) => (dense.continuous?.includes(j) ? 0 : 1)),
    rowLower: new Float64Array(dense.rows.length).fill(Number.NEGATIVE_INFINITY),
    rowUpper: Float64Array.from(dense.rowUpper),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(entries.flat(), (entry) => entry.row),
    values: Float64Array.from(entries.flat(), (entry) => entry.value),
  };
}

/** LP: 1, 1/2 and 4/3 of the columns; in whole numbers the first and one of the third. */
const KNAPSACKS = aProgram({
  objective: [10, 7, 6],
  rows: [
    [3, 2, 0],
    [0, 2, 3],
  ],
  rowUpper: [4, 5],
  upper: [1, 1, 2],
});

/** An excess: 2 x - e <= 1 and e <= 2 leave x at 1.5, or 1 in whole numbers. */
const EXCESS = aProgram({
  objective: [5, 0],
  rows: [
    [2, -1],
    [0, 1],
  ],
  rowUpper: [1, 2],
  upper: [4, Number.POSITIVE_INFINITY],
  continuous: [1],
});

/** The empty point is not feasible without an excess of 3. */
const STARTED = aProgram({
  objective: [5, 0],
  rows: [
    [1, -1],
    [0, 1],
  ],
  rowUpper: [-3, 5],
  upper: [9, Number.POSITIVE_INFINITY],
  continuous: [1],
});

/** Ties everywhere, a row of nothing, a column that may not move: degenerate at every vertex. */
const DEGENERATE = aProgram({
  objective: [2, 2, 2, 7],
  rows: [
    [1, 1, 0, 0],
    [0, 1, 1, 0],
    [1, 0, 1, 0],
    [1, 1, 1, 0],
    [0, 0, 0, 0],
  ],
  rowUpper: [0, 2, 2, 2, 0],
  upper: [1, 1, 2, 0],
});

const WITHOUT_ROWS = aProgram({ objective: [3, 1], rows: [], rowUpper: [], upper: [2, 1] });

/** What a residual may be: an excess is all that is left to decide. */
const CONTINUOUS = aProgram({
  objective: [4, 0],
  rows: [
    [2, -1],
    [0, 1],
  ],
  rowUpper: [1, 2],
  upper: [4, 2],
  continuous: [0, 1],
});

const IMPOSSIBLE = aProgram({
  objective: [1, 0],
  rows: [[1, -1]],
  rowUpper: [-3],
  upper: [1, 2],
  continuous: [1],
});

function objectiveAt(program: LinearProgram, point: Float64Array): number {
  return program.objective.reduce((sum, c, j) => sum + c * point[j]!, 0);
}

function leftSides(program: LinearProgram, point: Float64Array): number[] {
  const left = new Array<number>(program.rowCount).fill(0);
  for (let j = 0; j < program.columnCount; j++) {
    for (let e = program.starts[j]!; e < program.starts[j + 1]!; e++)
      left[program.rows[e]!]! += program.values[e]! * point[j]!;
  }
  return left;
}

function expectFeasible(program: LinearProgram, point: Float64Array): void {
  leftSides(program, point).forEach((left, row) => {
    expect(left).toBeLessThanOrEqual(program.rowUpper[row]! + 1e-6);
  });
  point.forEach((x, j) => {
    expect(x).toBeGreaterThanOrEqual(-1e-6);
    expect(x).toBeLessThanOrEqual(program.upper[j]! + 1e-6);
  });
}

/** Strong duality, with the upper bounds' own prices written out. */
function dualValue(program: LinearProgram, multipliers: Float64Array): number {
  let sum = multipliers.reduce((total, price, row) => total + price * program.rowUpper[row]!, 0);
  for (let j = 0; j < program.columnCount; j++) {
    let worth = program.objective[j]!;
    for (let e = program.starts[j]!; e < program.starts[j + 1]!; e++)
      worth -= multipliers[program.rows[e]!]! * program.values[e]!;
    if (worth > 1e-9) sum += worth * program.upper[j]!;
  }
  return sum;
}

/** A live program after each of its changes. */
function expectLive(engine: Engine): void {
  const live = engine.openLp(KNAPSACKS);
  expect(objectiveAt(KNAPSACKS, live.run(NO_LIMIT).primal!)).toBeCloseTo(21.5, 6);
  // Not both of the first two columns.
  live.addRows({
    starts: Int32Array.of(0, 2),
    columns: Int32Array.of(0, 1),
    values: Float64Array.of(1, 1),
    upper: Float64Array.of(1),
  });
  const cut = live.run(NO_LIMIT);
  expect(objectiveAt(KNAPSACKS, cut.primal!)).toBeCloseTo(20, 6);
  expect(cut.multipliers!.length).toBe(3);
  expect(Math.min(...cut.multipliers!)).toBeGreaterThanOrEqual(0);
  live.changeBounds(Int32Array.of(1, 2), Float64Array.of(1, 0), Float64Array.of(1, 2));
  const fixed = live.run(NO_LIMIT);
  expect(Math.abs(fixed.primal![0]!)).toBeLessThan(1e-6);
  expect(objectiveAt(KNAPSACKS, fixed.primal!)).toBeCloseTo(13, 6);
  const basis = live.basis();
  live.changeBounds(Int32Array.of(1), Float64Array.of(0), Float64Array.of(1));
  if (basis !== null) live.startFrom(basis);
  expect(objectiveAt(KNAPSACKS, live.run(NO_LIMIT).primal!)).toBeCloseTo(20, 6);
  live.dispose();
}

export function engineContract(name: string, load: () => Promise<Engine>): void {
  describe(`engine ${name}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await load();
    });

    test('says its name and a build', () => {
      expect(engine.name).toBe(name);
      expect(engine.build).toMatch(new RegExp(`^${name} `));
    });

    test.each([
      { title: 'two knapsacks', program: KNAPSACKS, wantLp: 21.5, wantMip: 16 },
      { title: 'an excess', program: EXCESS, wantLp: 7.5, wantMip: 5 },
      { title: 'an excess the empty point already needs', program: STARTED, wantLp: 10, wantMip: 10 },
      { title: 'a degenerate program', program: DEGENERATE, wantLp: 4, wantMip: 4 },
      { title: 'no row', program: WITHOUT_ROWS, wantLp: 7, wantMip: 7 },
      { title: 'no whole number', program: CONTINUOUS, wantLp: 6, wantMip: 6 },
    ])(
      '$title: LP and integer optimum, with multipliers that prove the LP',
      ({ program, wantLp, wantMip }) => {
        const lp = engine.solveLp(program, NO_LIMIT);
        expect(lp.stopped).toBe('optimal');
        expectFeasible(program, lp.primal!);
        expect(objectiveAt(program, lp.primal!)).toBeCloseTo(wantLp, 6);
        expect(Math.min(...lp.multipliers!)).toBeGreaterThanOrEqual(0);
        expect(dualValue(program, lp.multipliers!)).toBeCloseTo(wantLp, 6);
        const mip = engine.solveMip(program, NO_LIMIT);
        expect(mip.stopped).toBe('optimal');
        expectFeasible(program, mip.primal!);
        expect(objectiveAt(program, mip.primal!)).toBeCloseTo(wantMip, 6);
      },
    );

    test('an impossible program is a failure with no point', () => {
      expect(engine.solveLp(IMPOSSIBLE, NO_LIMIT)).toMatchObject({ stopped: 'failed', primal: null });
      expect(engine.solveMip(IMPOSSIBLE, NO_LIMIT)).toEqual({ stopped: 'failed', primal: null });
    });

    test('a live program answers rows and bounds that came later, wherever it is told to start', () => {
      expectLive(engine);
    });

    test('the same question gets the same bytes, also after other questions', () => {
      const want = engine.solveLp(KNAPSACKS, NO_LIMIT);
      engine.solveMip(EXCESS, NO_LIMIT);
      engine.solveLp(STARTED, NO_LIMIT);
      expect(engine.solveLp(KNAPSACKS, NO_LIMIT)).toEqual(want);
    });
  });
}
