// Small models whose optimum is known: drawn by seed, and solved by trying everything, straight from the definition of a model.
// Invariant: shares nothing with the method but the type of a model. Used by test/solver/oracle.test.ts.
import { createExhaustiveEngine } from '../../solver/engines/exhaustive.ts';
import { type LinearProgram, type Model, ModelBuilder } from '../../solver/index.ts';
import { naiveCost } from './naiveSolver.ts';
import { seededDraw } from './syntheticTick.ts';

const exhaustive = createExhaustiveEngine();

/** The best value of a stage beside frozen grants. */
export function oracleBest(model: Model, stage: number, frozen: Uint8Array): number {
  const program = stageProgram(model, stage, frozen);
  const { primal } = exhaustive.solveMip(program, { nodesMax: Number.MAX_SAFE_INTEGER });
  if (primal === null) throw new Error('too large for the oracle');
  const value = primal.reduce((sum, x, j) => sum + x * program.objective[j]!, 0);
  return Math.round(value + naiveCost(model, frozen));
}

/** The stage's columns and every excess; rows of the model less what is frozen, and a row for each group. */
function stageProgram(model: Model, stage: number, frozen: Uint8Array): LinearProgram {
  const own = [...model.group.keys()].filter((j) => model.stage[model.group[j]!] === stage);
  const excesses = [...model.excessUpper.keys()];
  const numberOf = new Map([...own, ...excesses.map((k) => model.columnCount + k)].map((j, at) => [j, at]));
  const room = [...model.rhs, ...model.stage.keys().map(() => 1)];
  const entries = [...numberOf].map((): [row: number, value: number][] => []);
  for (let row = 0; row < model.rowCount; row++) {
    for (let e = model.starts[row]!; e < model.starts[row + 1]!; e++) {
      const column = model.indices[e]!;
      const at = numberOf.get(column);
      if (at !== undefined) entries[at]!.push([row, model.values[e]!]);
      else if (frozen[column] === 1) room[row] = room[row]! - model.values[e]!;
    }
  }
  for (const [at, j] of own.entries()) entries[at]!.push([model.rowCount + model.group[j]!, 1]);
  const starts = [0];
  for (const of of entries) starts.push(starts.at(-1)! + of.length);
  return {
    columnCount: numberOf.size,
    rowCount: room.length,
    objective: Float64Array.from([
      ...own.map((j) => model.objective[j]!),
      ...excesses.map((k) => -model.excessCost[k]!),
    ]),
    upper: Float64Array.from([...own.map(() => 1), ...model.excessUpper]),
    integer: Uint8Array.from([...own.map(() => 1), ...excesses.map(() => 0)]),
    rowLower: new Float64Array(room.length).fill(Number.NEGATIVE_INFINITY),
    rowUpper: Float64Array.from(room),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(entries.flat(), ([row]) => row),
    values: Float64Array.from(entries.flat(), ([, value]) => value),
  };
}

/** Ways to choose one option or none in every group that trying them all may take. */
const CHOICES_MAX = 40_000;
/** More columns than the method proves by its own tree, where there are many options a group. */
const OPTIONS = [1, 2, 4, 8] as const;

/** Tight rows over groups of one size each seed, in one or two stages; every third seed has an excess that costs and is limited further on. */
export function aSmallModel(seed: number): Model {
  const draw = seededDraw(seed);
  const options = OPTIONS[draw(0, OPTIONS.length - 1)]!;
  const groups = Math.floor(Math.log(CHOICES_MAX) / Math.log(options + 1));
  const stages = draw(1, 2);
  const rowCount = draw(2, 5);
  const largest = [3, 10, 100][draw(0, 2)]!;
  const builder = new ModelBuilder();
  const rows = Array.from({ length: rowCount }, (_, i) =>
    builder.addRow(`row/${i}`, Math.round((groups * largest * draw(10, 45)) / 200)),
  );
  const cost = seed % 3 === 0 ? addExcess(builder, { rows, draw, upper: groups * largest }) : 0;
  for (let group = 0; group < groups; group++) {
    builder.addGroup(draw(0, stages - 1));
    // Alike in every other seed, so that shapes merge.
    const alike = seed % 2 === 0 && group % 2 === 1 ? seededDraw(seed + 7) : draw;
    for (let option = 0; option < options; option++) addColumn(builder, { rows, draw: alike, largest, cost });
  }
  return builder.build();
}

interface Parts {
  readonly rows: readonly number[];
  readonly draw: ReturnType<typeof seededDraw>;
}

/** Of the first row, into the last. Says what a unit costs. */
function addExcess(builder: ModelBuilder, { rows, draw, upper }: Parts & { upper: number }): number {
  const cost = draw(0, 2);
  const excess = builder.addExcess(rows[0]!, upper, cost);
  builder.useExcess(rows.at(-1)!, excess, draw(1, 2));
  return cost;
}

function addColumn(
  builder: ModelBuilder,
  { rows, draw, largest, cost }: Parts & { largest: number; cost: number },
): void {
  const needs = rows.map(() => (draw(0, 2) === 0 ? 0 : draw(1, largest)));
  const worth = needs.reduce((sum, of) => sum + of, 0) * draw(8, 12) + draw(1, 9);
  const column = builder.addColumn(worth + cost * needs[0]!);
  for (const [i, of] of needs.entries()) builder.addEntry(rows[i]!, column, of);
}
