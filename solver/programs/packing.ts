// Recognises a packing program and states it as the solver's Model: all rows `<=` with whole coefficients >= 0, whole columns with bounds.
// Invariant: a grant of the model is a point of the program with the same worth, and the model's optimum is the program's.
// Columns may be shifted to 0 or seen from their upper bound, so that covering programs count too. Called by solveProgram.ts.
import { type Model, ModelBuilder, ModelError } from '../model.ts';
import { cliquesOf } from './cliques.ts';
import { packingRows } from './packingRows.ts';
import { type Program, wholeObjective, wholeWorth } from './program.ts';

export interface PackingForm {
  readonly model: Model;
  /** Model column -> the program's column that it steps. */
  readonly columnOf: Int32Array;
  readonly pointOf: (granted: Uint8Array) => Float64Array;
  /** The program's objective at a value, or a bound, of the model. */
  readonly objectiveAt: (value: number) => number;
}

export type Packing =
  | { readonly kind: 'packing'; readonly form: PackingForm }
  | { readonly kind: 'infeasible'; readonly why: string }
  | { readonly kind: 'unbounded'; readonly why: string }
  /** `why` completes "it is no packing program: ...". */
  | { readonly kind: 'other'; readonly why: string };

/** Up to here, units of a column are columns of their own, which presolve counts as one shape; beyond, they are 1, 2, 4, ... units. */
const COPIES_MAX = 64;
const MODEL_COLUMNS_MAX = 500_000;

export function packingOf(program: Program): Packing {
  const continuous = program.integer.indexOf(0);
  if (continuous >= 0) return other(`column ${program.columnNames[continuous]} is continuous`);
  const rows = packingRows(program);
  if (rows.kind !== 'rows') return rows;
  const base = baseOf(program, rows.direction);
  const gains = gainsOf(program, base, rows.direction);
  if (gains === null) return other('the objective has more digits than can be counted in whole numbers');
  const units = unitsOf(program, rows, gains.whole);
  const unlimited = units.indexOf(Number.POSITIVE_INFINITY);
  if (unlimited >= 0)
    return { kind: 'unbounded', why: `nothing limits column ${program.columnNames[unlimited]}` };
  return stated({ rows, base, gains, units });
}

type PackedRows = Extract<ReturnType<typeof packingRows>, { kind: 'rows' }>;

interface Gains {
  /** Column -> worth of a step away from its base, in the model's own unit. */
  readonly whole: readonly number[];
  readonly objectiveAt: (value: number) => number;
}

interface Stated {
  readonly rows: PackedRows;
  /** Where a column stands that is not granted. */
  readonly base: Float64Array;
  readonly gains: Gains;
  readonly units: Float64Array;
}

function other(why: string): Packing {
  return { kind: 'other', why };
}

/** Columns of rows have the bound (packingRows saw to it); one without any bound may stand anywhere. */
function baseOf({ lower, upper }: Program, direction: Int8Array): Float64Array {
  return lower.map((low, j) => {
    const bound = direction[j] === 1 ? low : upper[j]!;
    return Number.isFinite(bound) ? bound : 0;
  });
}

/** Null where the worth of the base, or what it is counted in, cannot be held. */
function gainsOf(program: Program, base: Float64Array, direction: Int8Array): Gains | null {
  const counted = wholeObjective(program);
  const worth = counted && wholeWorth(counted, base);
  if (counted === null || worth === null) return null;
  const sense = program.sense === 'maximise' ? 1 : -1;
  return {
    whole: counted.coefficients.map((c, j) => sense * direction[j]! * c + 0),
    objectiveAt: (value) => (worth + sense * value) / counted.scale + 0,
  };
}

/** Column -> how many steps away from its base can pay: none where a step is worth nothing, for it never makes room. */
function unitsOf(program: Program, { rows }: PackedRows, gains: readonly number[]): Float64Array {
  const units = Float64Array.from(gains, (gain, j) => {
    const { lower, upper } = program;
    // Without any bound, the objective has no end on either side of 0.
    const isFree = !Number.isFinite(lower[j]!) && !Number.isFinite(upper[j]!);
    return gain > 0 || (isFree && gain !== 0) ? upper[j]! - lower[j]! : 0;
  });
  for (const { columns, coefficients, room } of rows) {
    for (const [e, j] of columns.entries())
      units[j] = Math.min(units[j]!, Math.floor(room / coefficients[e]!));
  }
  return units;
}

function stated({ rows: { rows, direction }, base, gains, units }: Stated): Packing {
  const live = rows.map((row) => ({
    ...row,
    entries: Array.from(row.columns, (j, e) => [j, row.coefficients[e]!] as const).filter(
      ([j]) => units[j]! > 0,
    ),
  }));
  const { group, covered } = cliquesOf(live, units);
  const builder = new ModelBuilder();
  const columns: { readonly of: number; readonly units: number }[] = [];
  const firstColumn = new Map<number, number[]>();
  const add = (j: number, step: number): void => {
    const column = builder.addColumn(gains.whole[j]! * step);
    columns.push({ of: j, units: step });
    const list = firstColumn.get(j);
    if (list) list.push(column);
    else firstColumn.set(j, [column]);
  };
  try {
    for (const members of group) {
      for (const steps of members.length === 1 ? stepsOf(units[members[0]!]!) : [1]) {
        builder.addGroup(0);
        for (const j of members) add(j, steps);
        if (columns.length > MODEL_COLUMNS_MAX) return other(`more than ${MODEL_COLUMNS_MAX} units`);
      }
    }
    for (const [at, { name, room, entries }] of live.entries()) {
      if (covered[at] === 1 || entries.length === 0) continue;
      const row = builder.addRow(name, room);
      for (const [j, coefficient] of entries)
        for (const column of firstColumn.get(j)!)
          builder.addEntry(row, column, coefficient * columns[column]!.units);
    }
    const pointOf = (granted: Uint8Array): Float64Array => {
      const point = base.slice();
      for (const [column, { of, units: steps }] of columns.entries())
        if (granted[column] === 1) point[of] = point[of]! + direction[of]! * steps;
      return point;
    };
    return {
      kind: 'packing',
      form: {
        model: builder.build(),
        columnOf: Int32Array.from(columns, ({ of }) => of),
        pointOf,
        objectiveAt: gains.objectiveAt,
      },
    };
  } catch (error) {
    if (error instanceof ModelError) return other(`its numbers are too large together (${error.message})`);
    throw error;
  }
}

/** Steps that add up to every number from 0 to `units`. */
function stepsOf(units: number): number[] {
  if (units <= COPIES_MAX) return new Array<number>(units).fill(1);
  const steps: number[] = [];
  let left = units;
  for (let step = 1; left > 0; step *= 2) {
    steps.push(Math.min(step, left));
    left -= steps.at(-1)!;
  }
  return steps;
}
