// The bound of a program and the point of its relaxation: of a large one prices in counted steps first, then the linear program, then lifted
// covers over what its prices leave in doubt, and the multipliers that prove most. Invariant: whatever the engine says, the multipliers handed on are those whose own bound is least. Called by component.ts.
import { ascend } from './ascent.ts';
import { restrictStanding, type Standing, standingNear, widenStanding, worthiest } from './basis.ts';
import { CoverCuts, type Cut } from './cuts.ts';
import { cutRounds } from './dive.ts';
import type { Engine } from './engines/engine.ts';
import { boundAt, type Multipliers, pricesAt } from './lagrangian.ts';
import { LiveProgram } from './live.ts';
import { type Program, type Restriction, restrict } from './program.ts';
import { type Sieve, sieveAt, widen } from './sifting.ts';
import type { Meter } from './work.ts';

export interface Bounding {
  readonly cuts: readonly Cut[];
  readonly multipliers: Multipliers;
  /** Option -> price at the multipliers. */
  readonly prices: Float64Array;
  /** In doubles: a guide, never published. */
  readonly bound: number;
  /** Option -> value at the last optimal point, or near one; null when the engine came to none. */
  readonly point: Float64Array | null;
  /** Where the relaxation stood at that point. */
  readonly standing: Standing | null;
  /** Numerators per row without any cut, of a program large enough to be sifted: where a later solve may start. */
  readonly rowPrices: Float64Array | null;
  readonly failed: boolean;
}

export interface BoundingOptions {
  readonly meter: Meter;
  /** Numerators per row of a solve before, null for a cold start. */
  readonly start: Float64Array | null;
  /** Value of a plan that is known. */
  readonly known: number;
}

/** Rounds of cuts: of the first program that is cut, and of one that was widened after. */
const ROUNDS_MAX = 12;
const ROUNDS_AGAIN = 2;
/** Below this a linear program with its cuts costs less than the passes that sift it. */
const SIFTED_SHAPES_LEAST = 300;
/** Below this the linear program is answered nearly as soon as prices in steps; prices of a solve before save nothing there either. */
const STEPPED_SHAPES_LEAST = 700;
const STEPS_MAX = 400;
/** Of the work that is left: a linear program that is cut off finds better prices still. */
const STEPS_PART = 0.5;
/** Priced in at first: a tenth of the shapes, for a tenth is what changes between ticks. */
const PRICED_SHARE = 0.1;
const PRICED_LEAST = 200;
const PASSES_MAX = 6;
/** Relative to the bound: what the columns left out may still be worth when sifting ends. */
const SLACK_MOST = 1e-4;
/** Demand over capacity, as a mean over entries, up to which it pays to start from every shape at its worthiest option. */
const CROWDED = 3;

/** A bound that a plan can be looked for with, and what would tighten it. */
export interface Bounded {
  readonly bounding: Bounding;
  /** Of a large program the linear program, then its cuts: either takes longer than a plan, which a live tick wants first. Null: all is done. */
  tighten(): Bounding | null;
}

/** Whether a plan and a bound are worth having before any linear program has been answered. */
export function isLarge({ shapeCount }: Program): boolean {
  return shapeCount >= STEPPED_SHAPES_LEAST;
}

export function boundProgram(engine: Engine, program: Program, options: BoundingOptions): Bounded {
  const search = new BoundSearch(engine, program, options.meter);
  return { bounding: search.run(options), tighten: () => search.tighten() };
}

/** `again`: the sieve left out too much, and has been widened; `cut off`: by the work. */
type PassEnd = 'done' | 'again' | 'cut off' | 'failed';

class BoundSearch {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #meter: Meter;
  readonly #cutter: CoverCuts;
  readonly #best: BestMultipliers;
  #standing: Standing | null = null;
  #point: Float64Array | null = null;
  #rowPrices: Float64Array | null = null;
  /** Shapes that the prices leave in doubt. */
  #doubtful = 0;
  /** What `tighten` would do. */
  #next: 'doubt' | 'whole' | 'cuts' | 'nothing' = 'nothing';

  constructor(engine: Engine, program: Program, meter: Meter) {
    this.#engine = engine;
    this.#program = program;
    this.#meter = meter;
    this.#cutter = new CoverCuts(program, meter);
    this.#best = new BestMultipliers(program, this.#cutter.cuts);
  }

  /** Of a small program the linear program with its cuts, of a larger one without, of a large one prices in steps. */
  run({ start, known }: BoundingOptions): Bounding {
    if (this.#program.shapeCount < SIFTED_SHAPES_LEAST) return this.#found(this.#pass(null, ROUNDS_MAX));
    if (isLarge(this.#program)) {
      this.#ascend(start, known);
      this.#next = 'doubt';
      return this.#found('done');
    }
    const ended = this.#pass(null, 0);
    if (ended === 'done') this.#next = 'cuts';
    return this.#found(ended);
  }

  tighten(): Bounding | null {
    const step = this.#next;
    if (step === 'nothing' || this.#meter.isSpent) return null;
    this.#next = 'nothing';
    if (step === 'cuts') return this.#found(this.#passesWithCuts());
    const ended = step === 'doubt' ? this.#passInDoubt() : this.#pass(null, 0);
    if (step === 'doubt' && (ended === 'done' || ended === 'again')) this.#next = 'whole';
    // A plan between the whole linear program and its cuts was worth less than it took.
    return this.#found(step === 'whole' && ended === 'done' ? this.#passesWithCuts() : ended);
  }

  /** The linear program over what is in doubt alone: a vertex that is as good a guide, for a third of the work. */
  #passInDoubt(): PassEnd {
    return this.#pass(this.#sieveAt(Math.max(PRICED_LEAST, 2 * this.#doubtful)), 0);
  }

  /** Sifted at the prices of the whole linear program. */
  #passesWithCuts(): PassEnd {
    const most = Math.max(PRICED_LEAST, Math.round(this.#program.shapeCount * PRICED_SHARE));
    return this.#passes(this.#sieveAt(most), ROUNDS_MAX);
  }

  #ascend(start: Float64Array | null, known: number): void {
    const meter = this.#meter.share(STEPS_PART);
    const ascent = ascend({ program: this.#program, start, known, steps: STEPS_MAX, meter });
    this.#best.consider({ rows: ascent.rows, cuts: new Float64Array(0) });
    this.#rowPrices = ascent.rows;
    this.#point = ascent.point;
    this.#doubtful = ascent.doubtful;
    this.#standing = standingNear(this.#program, ascent);
  }

  #found(ended: PassEnd): Bounding {
    return {
      ...this.#best.found,
      point: this.#point,
      standing: this.#standing,
      rowPrices: this.#rowPrices,
      failed: ended === 'failed',
    };
  }

  #sieveAt(most: number): Sieve {
    return sieveAt(this.#program, this.#best.found.prices, most);
  }

  #passes(sieve: Sieve, rounds: number): PassEnd {
    for (let pass = 0; pass < PASSES_MAX && !this.#meter.isSpent; pass++) {
      const ended = this.#pass(sieve, pass === 0 ? rounds : Math.min(rounds, ROUNDS_AGAIN));
      if (ended !== 'again') return ended;
    }
    return this.#meter.isSpent ? 'cut off' : 'done';
  }

  /** One linear program over what the sieve leaves, and rounds of cuts. */
  #pass(sieve: Sieve | null, rounds: number): PassEnd {
    const restriction = sieve && restrict(this.#program, sieve, 'priced');
    const live = new LiveProgram(this.#engine, restriction?.program ?? this.#program, {
      meter: this.#meter,
      cutter: this.#cutter,
      within: restriction && { optionOf: restriction.optionOf, fixed: sieve!.fixed.slice() },
    });
    try {
      this.#start(live, restriction);
      const stopped = live.run();
      let prices = this.#best.consider(live.multipliers);
      if (stopped !== 'optimal') return stopped === 'failed' ? 'failed' : 'cut off';
      if (sieve === null && this.#program.shapeCount >= SIFTED_SHAPES_LEAST && this.#cutter.cuts.length === 0)
        this.#rowPrices = live.multipliers.rows;
      const isWhole =
        rounds === 0 || cutRounds(live, { meter: this.#meter, rounds, bound: this.#best.found.bound });
      if (rounds > 0) prices = this.#best.consider(live.multipliers);
      this.#keep(live, restriction, sieve);
      if (!isWhole) return 'cut off';
      if (sieve === null) return 'done';
      return widen(this.#program, sieve, prices) > SLACK_MOST * this.#best.found.bound ? 'again' : 'done';
    } finally {
      live.dispose();
    }
  }

  #start(live: LiveProgram, restriction: Restriction | null): void {
    const standing = this.#standing;
    if (standing !== null && restriction !== null) {
      const cuts = [...this.#cutter.cuts.keys()];
      live.startFrom(restrictStanding(standing, this.#program, { restriction, cuts }));
    } else if (standing !== null) live.startFrom(standing);
    else if (restriction === null && crowding(this.#program) < CROWDED)
      live.startFrom(worthiest(this.#program));
  }

  #keep(live: LiveProgram, restriction: Restriction | null, sieve: Sieve | null): void {
    const standing = live.standing();
    if (restriction === null || sieve === null) {
      this.#point = live.point;
      this.#standing = standing;
      return;
    }
    this.#point = live.pointWithin();
    this.#standing = standing && widenStanding(standing, this.#program, { restriction, fixed: sieve.fixed });
  }
}

/** Mean over entries of what the worthiest options would take of their row, over its room. */
function crowding(program: Program): number {
  const use = new Float64Array(program.rowCount);
  const entries = new Float64Array(program.rowCount);
  for (let s = 0; s < program.shapeCount; s++) {
    let best = program.shapeStarts[s]!;
    for (let q = best + 1; q < program.shapeStarts[s + 1]!; q++)
      if (program.objective[q]! > program.objective[best]!) best = q;
    for (let e = program.starts[best]!; e < program.starts[best + 1]!; e++) {
      use[program.rows[e]!] = use[program.rows[e]!]! + program.values[e]! * program.multiplicity[s]!;
      entries[program.rows[e]!] = entries[program.rows[e]!]! + 1;
    }
  }
  let sum = 0;
  let count = 0;
  for (let i = 0; i < program.rowCount; i++) {
    if (program.definedBy[i]! >= 0 || program.rhs[i]! <= 0) continue;
    sum += (entries[i]! * use[i]!) / program.rhs[i]!;
    count += entries[i]!;
  }
  return count === 0 ? 0 : sum / count;
}

/** None at all are valid too. */
class BestMultipliers {
  readonly #program: Program;
  readonly #cuts: readonly Cut[];
  #found: Pick<Bounding, 'cuts' | 'multipliers' | 'prices' | 'bound'>;

  constructor(program: Program, cuts: readonly Cut[]) {
    this.#program = program;
    this.#cuts = cuts;
    const multipliers = { rows: new Float64Array(program.rowCount), cuts: new Float64Array(0) };
    const bound = boundAt(program, cuts, { multipliers, prices: program.objective });
    this.#found = { cuts, multipliers, prices: program.objective, bound };
  }

  get found(): Pick<Bounding, 'cuts' | 'multipliers' | 'prices' | 'bound'> {
    return this.#found;
  }

  /** Keeps them if they prove more; the prices at them. */
  consider(multipliers: Multipliers): Float64Array {
    const prices = pricesAt(this.#program, this.#cuts, multipliers);
    const bound = boundAt(this.#program, this.#cuts, { multipliers, prices });
    if (bound < this.#found.bound) this.#found = { cuts: this.#cuts, multipliers, prices, bound };
    return prices;
  }
}
