// Diving: fix the fractional columns nearest to one, solve again from where the last run ended, cut, and fill greedily on the way.
// Invariant: fixed columns fit together in exact integers, so every linear program on the way has a point. Called by core.ts.
import { pricesAt } from './lagrangian.ts';
import type { LiveProgram } from './live.ts';
import { Load } from './load.ts';
import { type Plan, Planner, WHOLE_TOLERANCE } from './plan.ts';
import type { Meter } from './work.ts';

/** Share of the fractional columns fixed a step: the largest ones; below this value a column is fixed only when it is the first. */
const FIXED_SHARE = 0.15;
const FIXED_LEAST = 0.6;
const ROOT_ROUNDS = 12;
/** The first rounds often only move the point along a face. */
const ROUNDS_LEAST = 3;
const ROOT_CUTS = 60;
const CUTS_A_STEP = 20;
/** A round of cuts that lowers the objective by less than this share of the whole bound is the last, after the first four. */
const FALL_LEAST = 2e-5;
const STEPS_MAX = 60;

export interface CutLimits {
  readonly meter: Meter;
  readonly rounds: number;
  /** Of the whole that this is a part of. */
  readonly bound: number;
}

export interface DiveLimits {
  readonly meter: Meter;
  /** Of the whole that this is a part of. */
  readonly bound: number;
  /** A plan that is worth no more than this is of no use. */
  readonly cutoff: number;
}

/** The best plan met on the way down, null when the engine gave nothing. */
export function dive(live: LiveProgram, limits: DiveLimits): Plan | null {
  return new Dive(live, limits).run();
}

/** Rounds of cuts until they stop moving the objective. False when the engine did not come to an optimum. */
export function cutRounds(live: LiveProgram, { meter, rounds, bound }: CutLimits): boolean {
  for (let round = 0; round < rounds && !meter.isSpent; round++) {
    const before = live.objective;
    if (live.cut(ROOT_CUTS) === 0) return true;
    if (live.run() !== 'optimal') return false;
    if (round >= ROUNDS_LEAST && before - live.objective < bound * FALL_LEAST) return true;
  }
  return true;
}

class Dive {
  readonly #live: LiveProgram;
  readonly #planner: Planner;
  /** What is fixed so far, as a load and as lower bounds. */
  readonly #load: Load;
  readonly #lower: Int32Array;
  readonly #closed: Uint8Array;
  readonly #limits: DiveLimits;
  #best: Plan | null = null;

  constructor(live: LiveProgram, limits: DiveLimits) {
    this.#live = live;
    this.#limits = limits;
    this.#planner = new Planner(live.program);
    this.#load = new Load(live.program);
    this.#lower = new Int32Array(live.program.columnCount);
    this.#closed = new Uint8Array(live.program.columnCount);
  }

  run(): Plan | null {
    const live = this.#live;
    const { meter, bound, cutoff } = this.#limits;
    if (live.run() !== 'optimal') return null;
    if (!cutRounds(live, { meter, bound, rounds: ROOT_ROUNDS })) return this.#best;
    for (let step = 0; step < STEPS_MAX && !meter.isSpent; step++) {
      const order = this.#order();
      this.#consider(this.#planner.build(order, live.point));
      if (live.objective < Math.max(cutoff, this.#best!.value) + 1 - WHOLE_TOLERANCE) break;
      // Cuts of this point and columns fixed by it, then one run for both.
      live.cut(CUTS_A_STEP);
      if (!this.#fixSome(order)) break;
      if (live.run() !== 'optimal') break;
    }
    return this.#best;
  }

  #consider(plan: Plan): void {
    if (this.#best === null || plan.value > this.#best.value) this.#best = plan;
  }

  /** Options by value at the point, then by price. */
  #order(): Int32Array {
    const { point, program, cutter, multipliers } = this.#live;
    const prices = pricesAt(program, cutter.cuts, multipliers);
    const fraction = point.map((x) => x - Math.floor(x + WHOLE_TOLERANCE));
    return Int32Array.from(point.keys()).sort(
      (a, b) => fraction[b]! - fraction[a]! || prices[b]! - prices[a]! || a - b,
    );
  }

  /** False when no column is fractional, or none of those that are fits. */
  #fixSome(order: Int32Array): boolean {
    const { point, program } = this.#live;
    const isFractional = (q: number): boolean =>
      point[q]! - Math.floor(point[q]! + WHOLE_TOLERANCE) > WHOLE_TOLERANCE;
    let fractional = 0;
    for (const q of order) if (isFractional(q)) fractional++;
    const most = Math.max(1, Math.ceil(fractional * FIXED_SHARE));
    const touched = new Uint8Array(program.shapeCount);
    let fixed = 0;
    let closedNow = 0;
    for (const q of order) {
      if (fixed >= most) break;
      if (!isFractional(q) || touched[program.shapeOf[q]!] === 1) continue;
      const up = Math.floor(point[q]! + WHOLE_TOLERANCE) + 1;
      if (fixed > 0 && point[q]! - up + 1 < FIXED_LEAST) break;
      touched[program.shapeOf[q]!] = 1;
      if (this.#raise(q, up)) fixed++;
      else {
        this.#closed[q] = 1;
        closedNow++;
      }
    }
    if (fixed + closedNow === 0) return false;
    this.#bound();
    return true;
  }

  /** Raises the lower bound as far as it fits beside what is fixed. */
  #raise(q: number, to: number): boolean {
    const more = to - this.#lower[q]!;
    const added = more > 0 ? this.#load.addMost(q, more) : 0;
    this.#lower[q] = this.#lower[q]! + added;
    return added > 0;
  }

  /** What no longer fits beside the fixed ones is out: the linear program would take a part of it. */
  #bound(): void {
    const { program } = this.#live;
    const options: number[] = [];
    const lower: number[] = [];
    const upper: number[] = [];
    const taken = new Int32Array(program.shapeCount);
    for (let q = 0; q < program.columnCount; q++) {
      taken[program.shapeOf[q]!] = taken[program.shapeOf[q]!]! + this.#lower[q]!;
    }
    for (let q = 0; q < program.columnCount; q++) {
      const shape = program.shapeOf[q]!;
      if (taken[shape]! >= program.multiplicity[shape]! || !this.#load.fits(q)) this.#closed[q] = 1;
      if (this.#closed[q] === 0 && this.#lower[q] === 0) continue;
      options.push(q);
      lower.push(this.#lower[q]!);
      const room = program.multiplicity[shape]! - taken[shape]!;
      upper.push(this.#closed[q] === 1 ? this.#lower[q]! : this.#lower[q]! + room);
    }
    this.#live.fix(options, lower, upper);
  }
}
