// A program's linear relaxation, kept alive while cuts are added and columns fixed. Invariant: lives within one solve and is disposed by
// who made it; cuts may be separated in a larger program of which this one is what sifting left. Called by bounding.ts, dive.ts and tree.ts.
import { basisFrom, type Standing, standingFrom } from './basis.ts';
import { CoverCuts, type Cut } from './cuts.ts';
import type { Engine, LiveLp, LpAnswer } from './engines/engine.ts';
import type { Multipliers } from './lagrangian.ts';
import type { Program } from './program.ts';
import { MULTIPLIER_ONE, numeratorsOf, type Relaxation, relax } from './relaxation.ts';
import type { Meter } from './work.ts';

/** Where the live program sits in a larger one, whose rows the cuts come from. */
export interface Within {
  /** Option of the live program -> option of the larger one, rising. */
  readonly optionOf: Int32Array;
  /** Option of the larger program -> count that stands. */
  readonly fixed: Int32Array;
}

export interface Surroundings {
  readonly meter: Meter;
  /** Whose cuts are rows here: of the larger program where there is one. Its own, when absent. */
  readonly cutter?: CoverCuts;
  readonly within?: Within | null;
  /** Cuts that are known to hold, in this program's own options. */
  readonly cuts?: readonly Cut[];
}

export class LiveProgram {
  readonly program: Program;
  readonly cutter: CoverCuts;
  /** Option -> value at the last optimal run. */
  point: Float64Array;
  /** Objective of the last optimal run, in units of the program's. */
  objective = Number.NaN;
  /** Prices of the last run that had any. */
  multipliers: Multipliers;
  readonly #relaxation: Relaxation;
  readonly #lp: LiveLp;
  readonly #meter: Meter;
  readonly #within: Within | null;
  #rowCount: number;
  #entryCount: number;
  #cutsAdded = 0;

  constructor(engine: Engine, program: Program, { meter, cutter, within, cuts = [] }: Surroundings) {
    this.program = program;
    this.cutter = cutter ?? new CoverCuts(program, meter);
    this.#within = within ?? null;
    this.#meter = meter;
    this.#relaxation = relax(program);
    this.#lp = engine.openLp(this.#relaxation.lp);
    this.#rowCount = this.#relaxation.lp.rowCount;
    this.#entryCount = this.#relaxation.lp.rows.length;
    this.point = new Float64Array(program.columnCount);
    this.multipliers = { rows: new Float64Array(program.rowCount), cuts: new Float64Array(0) };
    this.cutter.adopt(cuts);
    this.addCuts();
  }

  /** Where the next run starts. */
  startFrom(standing: Standing): void {
    const { shapeRow } = this.#relaxation;
    this.#lp.startFrom(basisFrom(standing, this.program, { shapeRow, cutCount: this.#cutsAdded }));
  }

  /** Where the last run ended, null when the engine tells none. */
  standing(): Standing | null {
    const basis = this.#lp.basis();
    return basis && standingFrom(basis, this.program, this.#relaxation.shapeRow);
  }

  dispose(): void {
    this.#lp.dispose();
  }

  /** Answers the program as it stands, under what is left of the work. */
  run(): LpAnswer['stopped'] {
    const size = { rowCount: this.#rowCount, entryCount: this.#entryCount };
    const answer = this.#lp.run({ simplexIterationsMax: this.#meter.iterationsLeft(size) });
    this.#meter.lpCall(size, answer.simplexIterations);
    if (answer.multipliers !== null)
      this.multipliers = this.#multipliersOf(answer.multipliers, answer.primal);
    if (answer.primal === null) return answer.stopped === 'optimal' ? 'failed' : answer.stopped;
    this.point = this.#pointOf(answer.primal);
    this.objective = this.#objectiveOf(answer.primal);
    return answer.stopped;
  }

  /** Cuts off the point by at most `most` covers; says how many. */
  cut(most: number): number {
    const added = this.cutter.separate(this.#within === null ? this.point : this.pointWithin(), most);
    this.addCuts();
    return added;
  }

  /** Brings in every cut of the pool that is not a row yet. */
  addCuts(): void {
    const cuts = this.cutter.cuts.slice(this.#cutsAdded);
    if (cuts.length === 0) return;
    this.#cutsAdded += cuts.length;
    this.#addRows(cuts.map((cut) => (this.#within === null ? cut : localCut(cut, this.#within))));
  }

  /** Option `q` may only take counts between lower and upper from now on. Options rise. */
  fix(options: readonly number[], lower: readonly number[], upper: readonly number[]): void {
    this.#lp.changeBounds(Int32Array.from(options), Float64Array.from(lower), Float64Array.from(upper));
  }

  #addRows(cuts: readonly Pick<Cut, 'options' | 'coefficients' | 'rhs'>[]): void {
    const starts = new Int32Array(cuts.length + 1);
    for (let c = 0; c < cuts.length; c++) starts[c + 1] = starts[c]! + cuts[c]!.options.length;
    const columns = new Int32Array(starts[cuts.length]!);
    const values = new Float64Array(columns.length);
    for (let c = 0; c < cuts.length; c++) {
      columns.set(cuts[c]!.options, starts[c]!);
      values.set(cuts[c]!.coefficients, starts[c]!);
    }
    this.#lp.addRows({ starts, columns, values, upper: Float64Array.from(cuts, ({ rhs }) => rhs) });
    this.#rowCount += cuts.length;
    this.#entryCount += columns.length;
  }

  #multipliersOf(multipliers: Float64Array, primal: Float64Array | null): Multipliers {
    const { lp, objectiveScale } = this.#relaxation;
    const rows = numeratorsOf(this.program, this.#relaxation, { multipliers, primal });
    const cuts = new Float64Array(this.#cutsAdded);
    for (let c = 0; c < cuts.length; c++) {
      const price = multipliers[lp.rowCount + c]! * objectiveScale * MULTIPLIER_ONE;
      cuts[c] = Math.min(Math.max(0, Math.round(price)), Number.MAX_SAFE_INTEGER);
    }
    return { rows, cuts };
  }

  #pointOf(primal: Float64Array): Float64Array {
    const { columnCount, shapeOf, multiplicity } = this.program;
    const point = new Float64Array(columnCount);
    for (let q = 0; q < columnCount; q++) {
      const x = primal[q]!;
      // What is not a number between the bounds is no news from a sane engine.
      point[q] = x > 0 ? Math.min(x, multiplicity[shapeOf[q]!]!) : 0;
    }
    return point;
  }

  #objectiveOf(primal: Float64Array): number {
    const { lp, objectiveScale } = this.#relaxation;
    let sum = 0;
    for (let j = 0; j < lp.columnCount; j++) sum += lp.objective[j]! * primal[j]!;
    return sum * objectiveScale;
  }

  /** The point of the larger program. */
  pointWithin(): Float64Array {
    const { optionOf, fixed } = this.#within!;
    const point = Float64Array.from(fixed);
    for (let q = 0; q < optionOf.length; q++) point[optionOf[q]!] = point[optionOf[q]!]! + this.point[q]!;
    return point;
  }
}

/** A cut of the larger program over the options that are left, with the room that the fixed ones leave. */
export function localCut(
  { options, coefficients, rhs }: Cut,
  { optionOf, fixed }: Within,
): Omit<Cut, 'row' | 'through'> {
  const columns: number[] = [];
  const values: number[] = [];
  let room = rhs;
  let q = 0;
  for (let i = 0; i < options.length; i++) {
    const option = options[i]!;
    room -= coefficients[i]! * fixed[option]!;
    while (q < optionOf.length && optionOf[q]! < option) q++;
    if (q === optionOf.length || optionOf[q] !== option) continue;
    columns.push(q);
    values.push(coefficients[i]!);
  }
  return { options: Int32Array.from(columns), coefficients: Int32Array.from(values), rhs: room };
}
