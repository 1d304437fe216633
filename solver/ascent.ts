// Prices in counted steps and without a linear program: the volume algorithm (Barahona and Anbil 2000) on the rows' Lagrangian dual.
// Invariant: only +, -, *, / on doubles in a fixed order, so that the same program has the same prices on every machine; any prices are
// valid, and what they prove is for lagrangian.ts to say. Called by bounding.ts.
import { Load } from './load.ts';
import type { Program } from './program.ts';
import { MULTIPLIER_ONE } from './relaxation.ts';
import type { Meter } from './work.ts';

export interface AscentQuestion {
  readonly program: Program;
  /** Numerator per row to start from, null for prices of 0. */
  readonly start: Float64Array | null;
  readonly steps: number;
  /** Value of a plan that is known: the prices can prove no less. */
  readonly known: number;
  readonly meter: Meter;
}

export interface Ascent {
  /** Numerator per row. */
  readonly rows: Float64Array;
  /** Option -> count, averaged over the steps: near a point of the linear program, feasible only nearly. */
  readonly average: Float64Array;
  /** Option -> count: the average where it is in doubt, else the whole number that it is near, as far as that fits. */
  readonly point: Float64Array;
  /** Shapes with an option in doubt. */
  readonly doubtful: number;
}

/**
 * Weight of the newest answer in the averages. After 400 steps from nothing, 0.2 with a patience of 5 was up to 4 % above the least bound that
 * any setting found (10,000 requests, backlog 20) and 0.12 with 10 up to 0.16 %; these two at most 0.06 % over nine instances.
 */
const NEWEST = 0.15;
/** Step: this part of (bound - known) / |direction|^2; less after so many steps in vain, more after one that led on. */
const STRIDE_FIRST = 1;
/** From prices of a solve before: a whole one leads away from them, and shrinks more slowly than the bound comes to rest, 1 % too high. */
const STRIDE_WARM = 0.05;
const STRIDE_MOST = 2;
const STRIDE_GROWTH = 1.1;
const STRIDE_SHRINKING = 0.7;
const PATIENCE = 8;
/** The bound has come to rest when so many steps in a row lowered it by less than this part. */
const REST_STEPS = 60;
const REST_FALL = 1e-4;
/** An entry costs about a cell of a table: most of one pass for the prices, and of a choice a second for the use. */
const CELLS_PER_ENTRY = 1;
/** Prices of an excess this near to zero, relative to its cost, are zero: it may take any value. */
const ZERO_PRICE = 1e-9;

/** Prices that minimise the bound nearly: 400 steps from nothing come within 0.1 % of the linear program's, 200 within 0.5-5 %. */
export function ascend({ program, start, steps, known, meter }: AscentQuestion): Ascent {
  const ascending = new Ascending(program, start, known);
  const cells = CELLS_PER_ENTRY * (program.rows.length + program.columnCount + program.rowCount);
  for (let step = 0; step < steps && !ascending.isAtRest && !meter.isSpent; step++) {
    meter.cells(cells);
    ascending.step();
  }
  const { best, average } = ascending;
  return { rows: best.map(numeratorOf), average, ...pointNear(program, average) };
}

/** An average this near to a whole number is decided. */
const DECIDED = 0.1;

/** Its whole parts fit together, so that a core can hold them fixed. */
function pointNear(program: Program, average: Float64Array): Pick<Ascent, 'point' | 'doubtful'> {
  const load = new Load(program);
  const left = program.multiplicity.slice();
  const point = new Float64Array(program.columnCount);
  const doubtful = new Set<number>();
  const order = Int32Array.from(point.keys()).sort((a, b) => average[b]! - average[a]! || a - b);
  for (const q of order) {
    const wanted = Math.floor(average[q]! + DECIDED);
    const shape = program.shapeOf[q]!;
    const count = wanted > 0 ? load.addMost(q, Math.min(wanted, left[shape]!)) : 0;
    left[shape] = left[shape]! - count;
    const rest = count < wanted ? 0.5 : average[q]! - wanted;
    if (rest > DECIDED) doubtful.add(shape);
    point[q] = count + (rest > DECIDED ? rest : 0);
  }
  return { point, doubtful: doubtful.size };
}

function numeratorOf(price: number): number {
  return Math.min(Math.round(price * MULTIPLIER_ONE), Number.MAX_SAFE_INTEGER);
}

class Ascending {
  /** Row -> price, of the least bound so far. */
  readonly best: Float64Array;
  readonly average: Float64Array;
  readonly #program: Program;
  readonly #known: number;
  /** Row -> 1 / room, so that a step moves every row's price by what is too much of its room. */
  readonly #scale: Float64Array;
  readonly #prices: Float64Array;
  /** Row -> what the newest answer takes of it, and the average of that. */
  readonly #use: Float64Array;
  readonly #averageUse: Float64Array;
  readonly #direction: Float64Array;
  /** Shape -> option of the newest answer, -1 for none. */
  readonly #choice: Int32Array;
  #bound: number;
  #stride: number;
  #inVain = 0;
  #restBound: number;
  #restSteps = 0;

  constructor(program: Program, start: Float64Array | null, known: number) {
    this.#program = program;
    this.#known = known;
    this.#stride = start === null ? STRIDE_FIRST : STRIDE_WARM;
    this.#scale = program.rhs.map((room) => 1 / Math.max(1, room));
    this.best = new Float64Array(program.rowCount);
    if (start !== null) for (let i = 0; i < start.length; i++) this.best[i] = start[i]! / MULTIPLIER_ONE;
    this.#prices = new Float64Array(program.rowCount);
    this.#use = new Float64Array(program.rowCount);
    this.#direction = new Float64Array(program.rowCount);
    this.#choice = new Int32Array(program.shapeCount);
    this.average = new Float64Array(program.columnCount);
    this.#evenOut(this.best);
    this.#bound = this.#answer(this.best);
    this.#restBound = this.#bound;
    this.#averageUse = this.#use.slice();
    this.#mix(1);
  }

  get isAtRest(): boolean {
    return this.#restSteps >= REST_STEPS;
  }

  step(): void {
    const { rowCount, rhs } = this.#program;
    let square = 0;
    for (let i = 0; i < rowCount; i++) {
      let slack = (rhs[i]! - this.#averageUse[i]!) * this.#scale[i]!;
      if (slack > 0 && this.best[i] === 0) slack = 0;
      this.#direction[i] = slack;
      square += slack * slack;
    }
    const stride = square > 0 ? (this.#stride * Math.max(1, this.#bound - this.#known)) / square : 0;
    for (let i = 0; i < rowCount; i++) {
      const moved = this.best[i]! - stride * this.#direction[i]! * this.#scale[i]!;
      this.#prices[i] = Math.max(moved, 0);
    }
    this.#carryTies();
    this.#evenOut(this.#prices);
    const bound = this.#answer(this.#prices);
    this.#mix(NEWEST);
    this.#judge(bound);
  }

  #judge(bound: number): void {
    this.#restSteps++;
    if (bound >= this.#bound) {
      this.#inVain++;
      if (this.#inVain < PATIENCE) return;
      this.#stride *= STRIDE_SHRINKING;
      this.#inVain = 0;
      return;
    }
    if (this.#leadsOn()) this.#stride = Math.min(STRIDE_MOST, this.#stride * STRIDE_GROWTH);
    this.#bound = bound;
    this.best.set(this.#prices);
    this.#inVain = 0;
    if (this.#restBound - bound < REST_FALL * bound) return;
    this.#restBound = bound;
    this.#restSteps = 0;
  }

  /** Whether the newest answer still points the way that the step went. */
  #leadsOn(): boolean {
    const { rowCount, rhs } = this.#program;
    let product = 0;
    for (let i = 0; i < rowCount; i++)
      product += (rhs[i]! - this.#use[i]!) * this.#scale[i]! * this.#direction[i]!;
    return product > 0;
  }

  /** The best answer at the prices, and the bound that it is. */
  #answer(prices: Float64Array): number {
    const { rowCount, rhs, shapeCount, shapeStarts, multiplicity, objective } = this.#program;
    const { starts, rows, values } = this.#program;
    const use = this.#use.fill(0);
    let bound = 0;
    for (let i = 0; i < rowCount; i++) bound += prices[i]! * rhs[i]!;
    for (let s = 0; s < shapeCount; s++) {
      let best = 0;
      let choice = -1;
      const end = shapeStarts[s + 1]!;
      for (let q = shapeStarts[s]!; q < end; q++) {
        let worth = objective[q]!;
        for (let e = starts[q]!; e < starts[q + 1]! && worth > best; e++)
          worth -= prices[rows[e]!]! * values[e]!;
        if (worth > best) {
          best = worth;
          choice = q;
        }
      }
      this.#choice[s] = choice;
      if (choice < 0) continue;
      const count = multiplicity[s]!;
      bound += best * count;
      for (let e = starts[choice]!; e < starts[choice + 1]!; e++)
        use[rows[e]!] = use[rows[e]!]! + count * values[e]!;
    }
    this.#carryExcesses(prices);
    return bound;
  }

  /** An excess at a price of zero may be anything: it takes what is too much of its defining row, and is felt where it is used. */
  #carryExcesses(prices: Float64Array): void {
    const { excessCount, rowCount, definedBy, rhs, excessUpper } = this.#program;
    const { useStarts, useRows, useValues } = this.#program;
    const use = this.#use;
    if (excessCount === 0) return;
    for (let i = 0; i < rowCount; i++) {
      const k = definedBy[i]!;
      if (k < 0 || use[i]! <= rhs[i]!) continue;
      const cost = this.#costOf(k, prices);
      if (prices[i]! < cost - ZERO_PRICE * (1 + cost)) continue;
      const excess = Math.min(excessUpper[k]!, use[i]! - rhs[i]!);
      use[i] = use[i]! - excess;
      for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++)
        use[useRows[u]!] = use[useRows[u]!]! + useValues[u]! * excess;
    }
  }

  /** A defining row whose price stopped at what its excess costs goes along when that moves: else a row of excesses alone is never raised. */
  #carryTies(): void {
    const { excessCount, definingRow } = this.#program;
    for (let k = excessCount - 1; k >= 0; k--) {
      const row = definingRow[k]!;
      const before = this.#costOf(k, this.best);
      if (this.best[row]! < before * (1 - ZERO_PRICE)) continue;
      const moved = this.#prices[row]! + this.#costOf(k, this.#prices) - before;
      this.#prices[row] = Math.max(moved, 0);
    }
  }

  /** What a unit of the excess costs, also in the rows that use it. */
  #costOf(k: number, prices: Float64Array): number {
    const { excessCost, useStarts, useRows, useValues } = this.#program;
    let cost = excessCost[k]!;
    for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++) cost += prices[useRows[u]!]! * useValues[u]!;
    return cost;
  }

  /** An excess that is worth more than it costs would be charged at its upper bound: its defining row's price stops there. Later rows first. */
  #evenOut(prices: Float64Array): void {
    const { excessCount, definingRow } = this.#program;
    for (let k = excessCount - 1; k >= 0; k--) {
      const cost = this.#costOf(k, prices);
      if (prices[definingRow[k]!]! > cost) prices[definingRow[k]!] = cost;
    }
  }

  /** Averages over the answers, the newest with this weight. */
  #mix(newest: number): void {
    const { rowCount, shapeCount, columnCount, multiplicity } = this.#program;
    for (let i = 0; i < rowCount; i++)
      this.#averageUse[i] = newest * this.#use[i]! + (1 - newest) * this.#averageUse[i]!;
    for (let q = 0; q < columnCount; q++) this.average[q] = this.average[q]! * (1 - newest);
    for (let s = 0; s < shapeCount; s++) {
      const choice = this.#choice[s]!;
      if (choice >= 0) this.average[choice] = this.average[choice]! + newest * multiplicity[s]!;
    }
  }
}
