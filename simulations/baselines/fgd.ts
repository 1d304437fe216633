// BestFit and FGD on machines, as the artifact of Weng et al., "Beware of Fragmentation" (USENIX ATC 2023), has them.
// Invariant: integers decide; of equal scores the first machine is taken. Called by catalogue.ts.

import type { Job } from '../job.ts';
import {
  fullestGpu,
  GPU_MILLI,
  type NodeChoice,
  type NodeSize,
  type NodeView,
  sizeOfJob,
} from './nodeRoom.ts';

/** The largest machine that the artifact scales by. */
const CPU_MOST = 128_000;
const GPU_MOST = 8 * GPU_MILLI;
/** Scores are whole, 0 to 100: what lies between two of them is a tie, and the first machine has it. */
const SCORE_MOST = 100;

/** The machine that is left fullest: half by CPU, half by GPU, each as a part of the largest machine's. */
export const BEST_FIT: NodeChoice = {
  score(node, { gpuMilli, cpuMilli }) {
    const gpuLeft = gpuLeftOf(node) - gpuMilli;
    const cpuLeft = node.cpuMilli - cpuMilli;
    const whole = 2 * CPU_MOST * GPU_MOST;
    const left = cpuLeft * GPU_MOST + gpuLeft * CPU_MOST;
    const score = Math.floor((SCORE_MOST * (whole - left)) / whole);
    return { score, gpu: Math.max(0, fullestGpu(node, gpuMilli)) };
  },
};

export interface TypicalSize extends NodeSize {
  /** How many of the workload's jobs are of this size. */
  readonly count: number;
}

/** Of the workload, the sizes that make up so many per cent of it, most frequent first. */
const TYPICAL_PERCENT = 95;

export function typicalSizes(jobs: Iterable<Job>): TypicalSize[] {
  const counts = new Map<string, { size: NodeSize; count: number }>();
  let total = 0;
  for (const job of jobs) {
    const size = sizeOfJob(job);
    const key = [size.cpuMilli, size.gpuMilli, size.models.join('|')].join('/');
    const known = counts.get(key) ?? { size, count: 0 };
    known.count += 1;
    counts.set(key, known);
    total += 1;
  }
  const inOrder = [...counts].sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1));
  const typical: TypicalSize[] = [];
  let covered = 0;
  for (const [, { size, count }] of inOrder) {
    if (covered * 100 >= total * TYPICAL_PERCENT) break;
    typical.push({ ...size, count });
    covered += count;
  }
  return typical;
}

/**
 * Whole scores 51 to 99 of a sigmoid begin at these thousandths of a GPU: 1000 x ln(s / (100 - s)). Those below 50 mirror them.
 */
const SIGMOID_FROM = [
  40, 80, 120, 160, 201, 241, 282, 323, 364, 405, 447, 490, 532, 575, 619, 663, 708, 754, 800, 847, 895, 944,
  995, 1046, 1099, 1153, 1208, 1266, 1325, 1386, 1450, 1516, 1586, 1658, 1735, 1815, 1901, 1992, 2091, 2197,
  2314, 2442, 2587, 2752, 2944, 3178, 3476, 3892, 4595,
];

/** floor(100 / (1 + e^-x)) of a gain in thousandths of a GPU, `parts` times over. */
function sigmoidScore(gain: number, parts: number): number {
  const size = Math.abs(gain);
  let steps = 0;
  while (steps < SIGMOID_FROM.length && size >= SIGMOID_FROM[steps]! * parts) steps += 1;
  if (gain >= 0) return 50 + steps;
  // Just below a threshold's mirror lies the score under it, except on it.
  const isOnStep = steps > 0 && size === SIGMOID_FROM[steps - 1]! * parts;
  return 49 - steps + (isOnStep ? 1 : 0);
}

/** Fragmentation gradient descent: where the job adds the least to the GPU units that typical jobs could not use. */
export function fgd(typical: readonly TypicalSize[]): NodeChoice {
  const parts = typical.reduce((sum, { count }) => sum + count, 0);
  return {
    score(node, size) {
      const before = fragmentOf(node, typical);
      const scoreOf = (share: number): number =>
        sigmoidScore(before - fragmentOf(after(node, size, share), typical), parts);
      if (size.gpuMilli > 0 && size.gpuMilli < GPU_MILLI) return bestShare(node, size, scoreOf);
      return { score: scoreOf(-1), gpu: 0 };
    },
  };
}

function bestShare(
  { gpus }: NodeView,
  { gpuMilli }: NodeSize,
  scoreOf: (gpu: number) => number,
): { score: number; gpu: number } {
  let best = { score: Number.NEGATIVE_INFINITY, gpu: 0 };
  const tried = new Set<number>();
  for (const [gpu, left] of gpus.entries()) {
    if (left < gpuMilli || tried.has(left)) continue;
    tried.add(left);
    const score = scoreOf(gpu);
    if (score > best.score) best = { score, gpu };
  }
  return best;
}

/** `share`: the GPU that a share of one is taken from; negative: whole GPUs, the first that are free. */
function after(node: NodeView, { cpuMilli, gpuMilli }: NodeSize, share: number): NodeView {
  const gpus = [...node.gpus];
  if (share >= 0) gpus[share]! -= gpuMilli;
  else {
    let left = gpuMilli;
    for (const [gpu, free] of gpus.entries()) {
      if (left === 0) break;
      if (free !== GPU_MILLI) continue;
      gpus[gpu] = 0;
      left -= GPU_MILLI;
    }
  }
  return { ...node, cpuMilli: node.cpuMilli - cpuMilli, gpus };
}

/**
 * Sum over typical sizes m of count(m) x the free GPU thousandths that m cannot use here: all of them, where m does not fit or asks for no
 * GPU; else those of GPUs that are too full for it. Memory is no part of the measure.
 */
function fragmentOf(node: NodeView, typical: readonly TypicalSize[]): number {
  const free = gpuLeftOf(node);
  if (free === 0) return 0;
  let sum = 0;
  for (const size of typical) {
    const each = Math.min(size.gpuMilli, GPU_MILLI);
    const wanted = size.gpuMilli <= GPU_MILLI ? 1 : size.gpuMilli / GPU_MILLI;
    let able = 0;
    let unusable = 0;
    for (const left of node.gpus) {
      if (left >= each) able += 1;
      else unusable += left;
    }
    const isHosted =
      size.gpuMilli > 0 &&
      node.cpuMilli >= size.cpuMilli &&
      able >= wanted &&
      (size.models.length === 0 || size.models.includes(node.machine.model ?? ''));
    sum += size.count * (isHosted ? unusable : free);
  }
  return sum;
}

function gpuLeftOf({ gpus }: NodeView): number {
  let left = 0;
  for (const free of gpus) left += free;
  return left;
}
