// The bound of a program and the point of its relaxation: linear program, lifted covers, and the multipliers that prove most.
// Invariant: whatever the engine says, the multipliers handed on are those whose own bound is least. Called by component.ts.
import type { Cut } from './cuts.ts';
import { cutRounds } from './dive.ts';
import type { Engine } from './engines/engine.ts';
import { boundAt, type Multipliers, pricesAt } from './lagrangian.ts';
import { LiveProgram } from './live.ts';
import type { Program } from './program.ts';
import type { Meter } from './work.ts';

export interface Bounding {
  readonly cuts: readonly Cut[];
  readonly multipliers: Multipliers;
  /** Option -> price at the multipliers. */
  readonly prices: Float64Array;
  /** In doubles: a guide, never published. */
  readonly bound: number;
  /** Option -> value at the last optimal point, null when the engine came to none. */
  readonly point: Float64Array | null;
  readonly failed: boolean;
}

const ROUNDS_MAX = 12;

export function boundProgram(engine: Engine, program: Program, meter: Meter): Bounding {
  const live = new LiveProgram(engine, program, { meter });
  try {
    const best = new BestMultipliers(program, live.cutter.cuts);
    const stopped = live.run();
    best.consider(live.multipliers);
    if (stopped !== 'optimal') return { ...best.bounding(null), failed: stopped === 'failed' };
    cutRounds(live, meter, ROUNDS_MAX);
    best.consider(live.multipliers);
    return { ...best.bounding(live.point), failed: false };
  } finally {
    live.dispose();
  }
}

/** None at all are valid too. */
class BestMultipliers {
  readonly #program: Program;
  readonly #cuts: readonly Cut[];
  #multipliers: Multipliers;
  #prices: Float64Array;
  #bound: number;

  constructor(program: Program, cuts: readonly Cut[]) {
    this.#program = program;
    this.#cuts = cuts;
    this.#multipliers = { rows: new Float64Array(program.rowCount), cuts: new Float64Array(0) };
    this.#prices = program.objective;
    this.#bound = boundAt(program, cuts, { multipliers: this.#multipliers, prices: this.#prices });
  }

  consider(multipliers: Multipliers): void {
    const prices = pricesAt(this.#program, this.#cuts, multipliers);
    const bound = boundAt(this.#program, this.#cuts, { multipliers, prices });
    if (!(bound < this.#bound)) return;
    this.#multipliers = multipliers;
    this.#prices = prices;
    this.#bound = bound;
  }

  bounding(point: Float64Array | null): Omit<Bounding, 'failed'> {
    return {
      cuts: this.#cuts,
      multipliers: this.#multipliers,
      prices: this.#prices,
      bound: this.#bound,
      point,
    };
  }
}
