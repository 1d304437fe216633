// What is free on machines, GPU by GPU: a job sits on one of them whole. Which one, the choice says: first fit, BestFit, or FGD.
// Invariant: as room.ts; a share of a GPU is one GPU's, whole GPUs are wholly free ones. Called by catalogue.ts.

import type { Job } from '../job.ts';
import type { OpenbMachine } from '../traces/openbNodes.ts';
import type { Placement, Room } from './room.ts';

export const GPU_MILLI = 1000;
/** No machine of the traces has more. */
export const GPUS_MOST = 8;

/** What a job takes of a machine. */
export interface NodeSize {
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly models: readonly string[];
}

/** One machine as it stands. */
export interface NodeView {
  readonly machine: OpenbMachine;
  cpuMilli: number;
  memoryMiB: number;
  /** Free thousandths of each GPU. */
  readonly gpus: number[];
}

/** How good it is to put the job here, and on which GPU where it takes a share of one: higher is better. */
export interface NodeChoice {
  score(node: NodeView, size: NodeSize): { readonly score: number; readonly gpu: number };
}

interface ScoreCache {
  readonly version: Int32Array;
  readonly score: Float64Array;
  readonly gpu: Int8Array;
}

export class NodeRoom implements Room {
  readonly #nodes: readonly NodeView[];
  readonly #choice: NodeChoice;
  /** Raised by each change of a machine, so that scores are counted anew only where something changed. */
  readonly #versions: Int32Array;
  readonly #caches = new Map<number, ScoreCache>();

  constructor(machines: readonly OpenbMachine[], choice: NodeChoice, nodes?: readonly NodeView[]) {
    this.#choice = choice;
    this.#nodes = nodes ?? machines.map(emptyNode);
    this.#versions = new Int32Array(machines.length).fill(1);
  }

  find(job: Job): Placement | null {
    const cache = this.#cacheOf(job);
    let best = -1;
    for (let i = 0; i < this.#nodes.length; i++) {
      if (cache.version[i] !== this.#versions[i]) this.#look(job, i, cache);
      const score = cache.score[i]!;
      if (score > Number.NEGATIVE_INFINITY && (best < 0 || score > cache.score[best]!)) best = i;
    }
    if (best < 0) return null;
    const { gpuMilli } = sizeOfJob(job);
    if (gpuMilli === 0) return [best];
    const node = this.#nodes[best]!;
    if (gpuMilli < GPU_MILLI) return [best, cache.gpu[best]!];
    return [best, ...wholeGpus(node).slice(0, gpuMilli / GPU_MILLI)];
  }

  take(job: Job, placement: Placement): void {
    this.#change(job, placement, -1);
  }

  give(job: Job, placement: Placement): void {
    this.#change(job, placement, 1);
  }

  copy(): NodeRoom {
    const nodes = this.#nodes.map((node) => ({ ...node, gpus: [...node.gpus] }));
    return new NodeRoom(
      nodes.map(({ machine }) => machine),
      this.#choice,
      nodes,
    );
  }

  resize(): never {
    throw new Error('machines have the capacity that they have');
  }

  everFits(job: Job): boolean {
    const size = sizeOfJob(job);
    return this.#nodes.some(({ machine }) => fits(emptyNode(machine), size));
  }

  #cacheOf({ shape }: Job): ScoreCache {
    let cache = this.#caches.get(shape);
    if (cache === undefined) {
      const count = this.#nodes.length;
      cache = {
        version: new Int32Array(count),
        score: new Float64Array(count),
        gpu: new Int8Array(count),
      };
      this.#caches.set(shape, cache);
    }
    return cache;
  }

  #look(job: Job, i: number, cache: ScoreCache): void {
    const node = this.#nodes[i]!;
    const size = sizeOfJob(job);
    cache.version[i] = this.#versions[i]!;
    const { score, gpu } = fits(node, size)
      ? this.#choice.score(node, size)
      : { score: Number.NEGATIVE_INFINITY, gpu: 0 };
    cache.score[i] = score;
    cache.gpu[i] = gpu;
  }

  #change(job: Job, [at, ...gpus]: Placement, sign: 1 | -1): void {
    const node = this.#nodes[at!]!;
    const { gpuMilli, cpuMilli, memoryMiB } = sizeOfJob(job);
    node.cpuMilli += sign * cpuMilli;
    node.memoryMiB += sign * memoryMiB;
    const each = Math.min(gpuMilli, GPU_MILLI);
    for (const gpu of gpus) node.gpus[gpu]! += sign * each;
    this.#versions[at!]! += 1;
    const isWhole = [node.cpuMilli, node.memoryMiB, ...node.gpus].every((left) => left >= 0);
    const isInBounds = node.cpuMilli <= node.machine.cpuMilli && node.gpus.every((left) => left <= GPU_MILLI);
    if (!isWhole || !isInBounds) throw new Error(`${job.name} breaks ${node.machine.name}`);
  }
}

const sizes = new WeakMap<Job, NodeSize>();

export function sizeOfJob(job: Job): NodeSize {
  let size = sizes.get(job);
  if (size === undefined) {
    const of = (kind: string): number =>
      job.claims.reduce((sum, claim) => sum + (claim.kind === kind ? claim.quantity : 0), 0);
    size = { gpuMilli: of('gpu'), cpuMilli: of('cpu'), memoryMiB: of('memory'), models: job.models };
    sizes.set(job, size);
  }
  return size;
}

function emptyNode(machine: OpenbMachine): NodeView {
  const { cpuMilli, memoryMiB, gpus } = machine;
  return { machine, cpuMilli, memoryMiB, gpus: Array.from({ length: gpus }, () => GPU_MILLI) };
}

export function fits(node: NodeView, { gpuMilli, cpuMilli, memoryMiB, models }: NodeSize): boolean {
  if (node.cpuMilli < cpuMilli || node.memoryMiB < memoryMiB) return false;
  if (models.length > 0 && !models.includes(node.machine.model ?? '')) return false;
  if (gpuMilli === 0) return true;
  if (gpuMilli < GPU_MILLI) return node.gpus.some((left) => left >= gpuMilli);
  return gpuMilli % GPU_MILLI === 0 && wholeGpus(node).length * GPU_MILLI >= gpuMilli;
}

function wholeGpus({ gpus }: NodeView): number[] {
  const whole: number[] = [];
  for (const [gpu, left] of gpus.entries()) if (left === GPU_MILLI) whole.push(gpu);
  return whole;
}

/** The GPU that a share leaves fullest. */
export function fullestGpu({ gpus }: NodeView, gpuMilli: number): number {
  let best = -1;
  for (const [gpu, left] of gpus.entries())
    if (left >= gpuMilli && (best < 0 || left < gpus[best]!)) best = gpu;
  return best;
}

/** The first machine that holds it. */
export const FIRST_FIT: NodeChoice = {
  score: (node, { gpuMilli }) => ({ score: 0, gpu: Math.max(0, fullestGpu(node, gpuMilli)) }),
};
