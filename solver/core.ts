// The restricted core: the requests that the linear program was undecided about and those whose price is nearest to zero, the rest as it
// said. Invariant: a proposal of counts; plan.ts grants what fits. Called by component.ts. Core: Balas and Zemel (1980), for several rows
// Puchinger, Raidl and Pferschy (2010).
import { restrictStanding } from './basis.ts';
import type { Bounding } from './bounding.ts';
import type { Cut } from './cuts.ts';
import { dive } from './dive.ts';
import type { Engine } from './engines/engine.ts';
import { LiveProgram, localCut } from './live.ts';
import { type Plan, type Planner, WHOLE_TOLERANCE } from './plan.ts';
import { type Program, type Restriction, restrict } from './program.ts';
import type { Meter } from './work.ts';

export interface CoreQuestion {
  readonly engine: Engine;
  readonly program: Program;
  readonly bounding: Bounding;
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

export interface CoreChoice {
  readonly shapes: Int32Array;
  /** Option -> count at which the rest is held. */
  readonly stands: Float64Array | Int32Array;
  /** Value of the best plan so far. */
  readonly best: number;
}

/** Dives into the program with all shapes but these held at `stands` (option -> count); the plan of the whole program, or null. */
export function solveCore(question: CoreQuestion, { shapes, stands, best }: CoreChoice): Plan | null {
  const { program, planner, order } = question;
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
  const core = restrict(program, { fixed, open }, 'whole');
  if (core.program.columnCount === 0) return null;
  const answer = diveInto(question, core, { fixed, best });
  if (answer === null) return null;
  const wanted = fixed.slice();
  for (let q = 0; q < core.optionOf.length; q++) {
    const option = core.optionOf[q]!;
    wanted[option] = wanted[option]! + answer.counts[q]!;
  }
  return planner.build(order, wanted);
}

/** The core starts where the whole stood, with the cuts that were worth something there. */
function diveInto(
  { engine, program, bounding, meter }: CoreQuestion,
  core: Restriction,
  { fixed, best }: { fixed: Int32Array; best: number },
): Plan | null {
  const { indices, cuts } = cutsWithin(bounding, core, { program, fixed });
  const live = new LiveProgram(engine, core.program, { meter, cuts });
  try {
    const { standing } = bounding;
    if (standing !== null)
      live.startFrom(restrictStanding(standing, program, { restriction: core, cuts: indices }));
    return dive(live, { meter, bound: bounding.bound, cutoff: best - core.fixedValue });
  } finally {
    live.dispose();
  }
}

function cutsWithin(
  { cuts, multipliers }: Bounding,
  core: Restriction,
  { program, fixed }: { program: Program; fixed: Int32Array },
): { indices: number[]; cuts: Cut[] } {
  const rowHere = new Int32Array(program.rowCount).fill(-1);
  for (let i = 0; i < core.rowOf.length; i++) rowHere[core.rowOf[i]!] = i;
  const indices: number[] = [];
  const kept: Cut[] = [];
  for (let c = 0; c < multipliers.cuts.length; c++) {
    const row = rowHere[cuts[c]!.row]!;
    if (multipliers.cuts[c] === 0 || row < 0) continue;
    const local = localCut(cuts[c]!, { optionOf: core.optionOf, fixed });
    if (local.options.length === 0) continue;
    indices.push(c);
    kept.push({ row, through: [], ...local });
  }
  return { indices, cuts: kept };
}
