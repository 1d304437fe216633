// The restricted core: the requests that the linear program was undecided about and those whose price is nearest to zero, the rest as it
// said. Invariant: a proposal of counts; plan.ts grants what fits. Called by component.ts. Core: Balas and Zemel (1980), for several rows
// Puchinger, Raidl and Pferschy (2010).
import { dive } from './dive.ts';
import type { Engine } from './engines/engine.ts';
import { type Plan, type Planner, WHOLE_TOLERANCE } from './plan.ts';
import { type Program, restrict } from './program.ts';
import type { Meter } from './work.ts';

export interface CoreQuestion {
  readonly engine: Engine;
  readonly program: Program;
  readonly planner: Planner;
  /** Options by falling price, to fill with. */
  readonly order: Int32Array;
  readonly meter: Meter;
}

/** Shapes by how little the relaxation is decided about them. */
export interface Doubt {
  /** Fractional shapes first, then by distance of the price from zero relative to the worth. */
  readonly shapes: Int32Array;
  readonly fractional: number;
}

export function doubtOf(program: Program, point: Float64Array, prices: Float64Array): Doubt {
  const { shapeCount, shapeStarts, objective } = program;
  const score = new Float64Array(shapeCount);
  let fractional = 0;
  for (let s = 0; s < shapeCount; s++) {
    let nearest = Number.POSITIVE_INFINITY;
    let worth = 1;
    let whole = true;
    for (let q = shapeStarts[s]!; q < shapeStarts[s + 1]!; q++) {
      nearest = Math.min(nearest, Math.abs(prices[q]!));
      worth = Math.max(worth, objective[q]!);
      if (point[q]! - Math.floor(point[q]! + WHOLE_TOLERANCE) > WHOLE_TOLERANCE) whole = false;
    }
    score[s] = whole ? nearest / worth : -1;
    if (!whole) fractional++;
  }
  const shapes = Int32Array.from(score.keys()).sort((a, b) => score[a]! - score[b]! || a - b);
  return { shapes, fractional };
}

/** Dives into the program with all shapes but these held at `stands` (option -> count); the plan of the whole program, or null. */
export function solveCore(
  { engine, program, planner, order, meter }: CoreQuestion,
  shapes: Int32Array,
  stands: Float64Array | Int32Array,
): Plan | null {
  const inCore = new Uint8Array(program.shapeCount);
  for (const s of shapes) inCore[s] = 1;
  const open = new Uint8Array(program.columnCount);
  const fixed = new Int32Array(program.columnCount);
  for (let q = 0; q < program.columnCount; q++) {
    const shape = program.shapeOf[q]!;
    open[q] = inCore[shape]!;
    const count = Math.floor(stands[q]! + WHOLE_TOLERANCE);
    // Of a shape of many, the last granted group is what is in doubt.
    fixed[q] = open[q] === 1 ? Math.max(0, count - 1) : count;
  }
  const core = restrict(program, fixed, open);
  if (core.program.columnCount === 0) return null;
  const answer = dive(engine, core.program, meter);
  if (answer === null) return null;
  const wanted = fixed.slice();
  for (let q = 0; q < core.optionOf.length; q++) {
    const option = core.optionOf[q]!;
    wanted[option] = wanted[option]! + answer.counts[q]!;
  }
  return planner.build(order, wanted);
}
