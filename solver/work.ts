// Counted work: what was done, and how much of it a step may still do. Invariant: counts alone, no clock, so that a replay stops where the
// first run did. Passed down by anytime.ts to everything that asks an engine or fills a table.
import type { Work, WorkBudget } from './solution.ts';

/**
 * Prices in units, about a microsecond each on the machine they were measured on (2 cores at 2.5 GHz, HiGHS in WebAssembly): an LP call
 * pays for its set-up by entries, an iteration by rows. What matters is that they grow as time does, not that they are right.
 */
const UNITS_PER_LP_CALL = 1000;
const UNITS_PER_ENTRY = 0.05;
const UNITS_PER_ITERATION = 4;
const UNITS_PER_ITERATION_ROW = 0.01;
const UNITS_PER_CELL = 0.002;
const UNITS_PER_MIP_CALL = 5_000;

/** An engine takes a 32-bit count. */
const ITERATIONS_MAX = 2 ** 31 - 1;

/** What any model may work, however small: where every column counts, a linear program's set-up is most of it. */
const UNITS_LEAST = 30_000;

/** The units that a budget grants a model with so many columns. */
export function unitsFor({ unitsMax, unitsPerColumn }: WorkBudget, columnCount: number): number {
  if (unitsPerColumn === undefined) return unitsMax;
  return Math.min(unitsMax, UNITS_LEAST + unitsPerColumn * columnCount);
}

export interface ProgramSize {
  readonly rowCount: number;
  readonly entryCount: number;
}

export class Meter {
  readonly #counts = { simplexIterations: 0, lpCalls: 0, mipCalls: 0, dpCells: 0 };
  readonly #parent: Meter | null;
  readonly #unitsMax: number;
  #units = 0;

  constructor(unitsMax: number, parent: Meter | null = null) {
    this.#unitsMax = unitsMax;
    this.#parent = parent;
  }

  get work(): Work {
    return { ...this.#counts };
  }

  get left(): number {
    const own = this.#unitsMax - this.#units;
    return this.#parent === null ? own : Math.min(own, this.#parent.left);
  }

  get isSpent(): boolean {
    return this.left <= 0;
  }

  /** A part of what is left, for a step that must leave the rest to others. What it does not use stays. */
  share(part: number): Meter {
    return new Meter(Math.max(0, this.left * part), this);
  }

  /** Iterations of a program of this size that what is left pays for, at least one. */
  iterationsLeft(size: ProgramSize): number {
    const setUp = UNITS_PER_LP_CALL + UNITS_PER_ENTRY * size.entryCount;
    return Math.min(ITERATIONS_MAX, Math.max(1, Math.floor((this.left - setUp) / perIteration(size))));
  }

  lpCall(size: ProgramSize, simplexIterations: number): void {
    const units =
      UNITS_PER_LP_CALL + UNITS_PER_ENTRY * size.entryCount + perIteration(size) * simplexIterations;
    this.#spend(units, { lpCalls: 1, simplexIterations });
  }

  mipCall(): void {
    this.#spend(UNITS_PER_MIP_CALL, { mipCalls: 1 });
  }

  cells(count: number): void {
    this.#spend(UNITS_PER_CELL * count, { dpCells: count });
  }

  #spend(units: number, counts: Partial<Work>): void {
    this.#units += units;
    this.#counts.simplexIterations += counts.simplexIterations ?? 0;
    this.#counts.lpCalls += counts.lpCalls ?? 0;
    this.#counts.mipCalls += counts.mipCalls ?? 0;
    this.#counts.dpCells += counts.dpCells ?? 0;
    if (this.#parent !== null) this.#parent.#spend(units, counts);
  }
}

function perIteration({ rowCount }: ProgramSize): number {
  return UNITS_PER_ITERATION + UNITS_PER_ITERATION_ROW * rowCount;
}
