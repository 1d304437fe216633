// Exchanges: put one more grant into a full plan, take out what stands in its way, fill up again, and keep the result when it is worth it.
// Invariant: the plan handed back is feasible, maximal and never worth less than the one handed in; moves are drawn from a fixed seed and
// counted, so that the same question has the same answer. Called by component.ts, between and after the dives.
import { type Draw, drawFrom } from './draw.ts';
import { Ledger } from './ledger.ts';
import type { Plan, Planner } from './plan.ts';
import type { Program } from './program.ts';
import type { Meter } from './work.ts';

export interface ExchangeQuestion {
  readonly program: Program;
  readonly planner: Planner;
  /** All options, to build the plan that is handed back and fill it up. */
  readonly order: Int32Array;
  /** Shapes whose grants may change; all others stay as the plan has them. */
  readonly shapes: Int32Array;
  /** Option -> price at the multipliers of the bound: what a grant of it is worth beyond what it takes from others. */
  readonly prices: Float64Array;
  readonly plan: Plan;
  readonly moves: number;
  /** Questions with other seeds take other ways. */
  readonly seed: number;
  readonly meter: Meter;
}

/*
 * A plan that no single grant improves is left by worse ones, accepted the less readily the later (threshold accepting: Dueck and
 * Scheuer 1990; the limit falls in a straight line, as logarithms differ between machines). What leaves a full row is the grant of least
 * price there, blurred by chance: at prices of a relaxation with cuts the grants in doubt are worth about nothing, so few are dear.
 */

/** First limit of a loss, and the blur, as parts of what an option is worth on average. */
const LOSS_ACCEPTED = 0.1;
const BLUR = 0.4;
/** An option that the prices refuse by more than this part of its worth is not tried. */
const REFUSED_BY = 0.3;
/** Cells that a move costs, and each option in its filling pass, about: in units of `Meter.cells`. A move of ten options takes 2 microseconds. */
const CELLS_PER_MOVE = 1000;
const CELLS_PER_OPTION = 4;

export function exchange(question: ExchangeQuestion): Plan {
  const search = new Exchange(question);
  return search.run(question);
}

class Exchange {
  readonly #program: Program;
  readonly #prices: Float64Array;
  readonly #ledger: Ledger;
  /** In order of falling price. */
  readonly #options: Int32Array;
  /** Row -> options that can give way in it. */
  readonly #inRow: readonly Int32Array[];
  readonly #worth: number;
  /** Option -> the move that took it out last. */
  readonly #outSince: Int32Array;
  /** Options and changes of the move under way. */
  readonly #log: number[] = [];
  readonly #draw: Draw;

  constructor({ program, shapes, prices, plan, seed }: ExchangeQuestion) {
    this.#draw = drawFrom(Math.imul(seed, 0x9e3779b1));
    this.#program = program;
    this.#prices = prices;
    this.#ledger = new Ledger(program, plan.counts);
    this.#options = optionsOf(program, { shapes, prices, counts: plan.counts });
    this.#inRow = rowsOf(program, this.#options);
    this.#outSince = new Int32Array(program.columnCount);
    let worth = 0;
    for (const q of this.#options) worth += program.objective[q]!;
    this.#worth = worth / Math.max(1, this.#options.length);
  }

  run({ plan, moves, meter, planner, order }: ExchangeQuestion): Plan {
    if (this.#options.length === 0) return plan;
    let best = plan.value;
    let bestCounts = plan.counts;
    for (let move = 1; move <= moves && !meter.isSpent; move++) {
      meter.cells(CELLS_PER_MOVE + this.#options.length * CELLS_PER_OPTION);
      const before = this.#ledger.value;
      if (!this.#change(move)) {
        this.#undo();
        continue;
      }
      this.#fill(move);
      const gain = this.#ledger.value - before;
      const limit = this.#worth * LOSS_ACCEPTED * (1 - move / moves);
      if (gain < 0 && -gain >= limit * this.#draw()) this.#undo();
      else if (this.#ledger.value > best) {
        best = this.#ledger.value;
        bestCounts = this.#ledger.counts.slice();
      }
      this.#log.length = 0;
    }
    if (best <= plan.value) return plan;
    // Built anew, because only sums that never fell are exact beyond doubt.
    const built = planner.build(order, bestCounts);
    return built.value > plan.value ? built : plan;
  }

  /** One option more, or one fewer where its shape has no more groups. False: something that may not give way is in its way. */
  #change(move: number): boolean {
    const { shapeOf, shapeStarts, multiplicity } = this.#program;
    const { counts, taken } = this.#ledger;
    const q = this.#options[Math.floor(this.#draw() * this.#options.length)]!;
    const shape = shapeOf[q]!;
    if (counts[q]! >= multiplicity[shape]!) {
      this.#takeOut(q, move);
      return true;
    }
    if (taken[shape]! >= multiplicity[shape]!) {
      let other = shapeStarts[shape]!;
      while (other === q || counts[other] === 0) other++;
      this.#put(other, -1);
    }
    this.#put(q, 1);
    return this.#makeRoom(q, move);
  }

  #makeRoom(entered: number, move: number): boolean {
    const { broken } = this.#ledger;
    while (broken.length > 0) {
      const row = broken.pop()!;
      while (this.#ledger.isBroken(row)) {
        const q = this.#cheapestIn(row, entered);
        if (q < 0) return false;
        this.#takeOut(q, move);
      }
    }
    return true;
  }

  #cheapestIn(row: number, entered: number): number {
    const options = this.#inRow[row]!;
    const { counts } = this.#ledger;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < options.length; i++) {
      const q = options[i]!;
      if (counts[q] === 0 || q === entered) continue;
      const price = this.#prices[q]! + this.#draw() * this.#worth * BLUR;
      if (price < least) {
        least = price;
        best = q;
      }
    }
    return best;
  }

  /** By falling price, now and then from anywhere in that order on; what the move took out stays out. */
  #fill(move: number): void {
    const { shapeOf, multiplicity } = this.#program;
    const { taken, broken } = this.#ledger;
    const options = this.#options;
    const from = this.#draw() < 1 / 3 ? Math.floor(this.#draw() * options.length) : 0;
    for (let i = 0; i < options.length; i++) {
      const q = options[from + i < options.length ? from + i : from + i - options.length]!;
      if (this.#outSince[q] === move || taken[shapeOf[q]!]! >= multiplicity[shapeOf[q]!]!) continue;
      if (!this.#ledger.mayFit(q)) continue;
      this.#put(q, 1);
      if (broken.length === 0) continue;
      this.#ledger.put(q, -1);
      this.#log.length -= 2;
      broken.length = 0;
    }
  }

  #takeOut(q: number, move: number): void {
    this.#put(q, -1);
    this.#outSince[q] = move;
  }

  #put(q: number, count: number): void {
    this.#ledger.put(q, count);
    this.#log.push(q, count);
  }

  #undo(): void {
    for (let i = this.#log.length - 2; i >= 0; i -= 2) this.#ledger.put(this.#log[i]!, -this.#log[i + 1]!);
    this.#log.length = 0;
    this.#ledger.broken.length = 0;
  }
}

function optionsOf(
  program: Program,
  { shapes, prices, counts }: { shapes: Int32Array; prices: Float64Array; counts: Int32Array },
): Int32Array {
  const options: number[] = [];
  for (const shape of shapes) {
    for (let q = program.shapeStarts[shape]!; q < program.shapeStarts[shape + 1]!; q++) {
      if (counts[q]! > 0 || prices[q]! > -REFUSED_BY * program.objective[q]!) options.push(q);
    }
  }
  return Int32Array.from(options.sort((a, b) => prices[b]! - prices[a]! || a - b));
}

/** Options by the rows that they enter, also through the excesses that they raise. */
function rowsOf(program: Program, options: Int32Array): Int32Array[] {
  const { starts, rows, rowCount, definedBy, useStarts, useRows } = program;
  const inRow: number[][] = Array.from({ length: rowCount }, () => []);
  const enter = (row: number, q: number): void => {
    const there = inRow[row]!;
    if (there[there.length - 1] === q) return;
    there.push(q);
    const k = definedBy[row]!;
    if (k >= 0) for (let u = useStarts[k]!; u < useStarts[k + 1]!; u++) enter(useRows[u]!, q);
  };
  for (const q of options) for (let e = starts[q]!; e < starts[q + 1]!; e++) enter(rows[e]!, q);
  return inRow.map((there) => Int32Array.from(there));
}
