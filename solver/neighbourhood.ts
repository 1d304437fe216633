// Neighbourhoods of a plan: shapes that meet in a few scarce rows, to be decided anew together while all others stay.
// Invariant: drawn from a fixed seed. Called by component.ts; what is opened is solved by core.ts.
import { type Draw, drawFrom } from './draw.ts';
import { type Program, type RowEntries, rowEntries } from './program.ts';

/** Rows that a neighbourhood is drawn from, and shapes in it; the first few in doubt are in each. */
const ROWS_LEAST = 2;
const ROWS_MORE = 3;
const SHAPES_LEAST = 25;
const SHAPES_MORE = 30;
const DOUBTFUL = 10;
const SEED = 0x2545f491;

export class Neighbourhoods {
  readonly #program: Program;
  readonly #rows: RowEntries;
  /** Rows with a price and a hard limit. */
  readonly #scarce: readonly number[];
  readonly #doubtful: Int32Array;
  /** Shape -> place in the order of doubt. */
  readonly #rank: Int32Array;
  readonly #draw: Draw = drawFrom(SEED);

  /** `shapes`: all, by falling doubt. `prices`: of the rows. */
  constructor(program: Program, shapes: Int32Array, prices: Float64Array) {
    this.#program = program;
    this.#rows = rowEntries(program);
    this.#scarce = [...prices.keys()].filter((row) => prices[row]! > 0 && program.definedBy[row]! < 0);
    this.#doubtful = shapes.subarray(0, DOUBTFUL);
    this.#rank = new Int32Array(program.shapeCount);
    for (let i = 0; i < shapes.length; i++) this.#rank[shapes[i]!] = i;
  }

  /** Null: no row is scarce. */
  next(): Int32Array | null {
    if (this.#scarce.length === 0) return null;
    const distance = new Map<number, number>();
    const rowCount = ROWS_LEAST + Math.floor(this.#draw() * ROWS_MORE);
    const most = SHAPES_LEAST + Math.floor(this.#draw() * SHAPES_MORE);
    for (let n = 0; n < rowCount; n++) {
      const row = this.#scarce[Math.floor(this.#draw() * this.#scarce.length)]!;
      for (let e = this.#rows.starts[row]!; e < this.#rows.starts[row + 1]!; e++) {
        const shape = this.#program.shapeOf[this.#rows.options[e]!]!;
        if (!distance.has(shape)) distance.set(shape, this.#rank[shape]! * (0.5 + this.#draw()));
      }
    }
    const nearest = [...distance].sort((a, b) => a[1] - b[1] || a[0] - b[0]).slice(0, most);
    return Int32Array.from(new Set([...this.#doubtful, ...nearest.map(([shape]) => shape)]));
  }
}
