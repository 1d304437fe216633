// What is free on the nodes while a tick hands them out: nodes with equal free parts are one class, so that 1,200 nodes are a few hundred.
// Invariant: every `take` fits on its node, GPU by GPU; equal inputs give equal spots. Called by seatPlanner.ts and room.ts.

import type { NodeId } from '../domain/ids.ts';
import {
  type BundleSize,
  bundleKey,
  GPU_MILLI,
  type NodeGroup,
  type NodeUse,
  type NodeView,
} from '../domain/nodes.ts';
import type { Units } from '../domain/quantity.ts';
import type { BundleCandidates, NodePart } from './bundles.ts';
import { type Mix, strandedOn } from './fragmentation.ts';

/** Where one bundle sits. */
export interface Spot {
  readonly node: NodeId;
  /** Indices of GPUs: one, whole or in part, or several, each whole. Empty without GPUs. */
  readonly gpus: readonly number[];
}

/** Nodes of a part of which nothing tells apart what is free. */
export interface FreeClass {
  readonly key: string;
  readonly part: NodePart;
  readonly cpuMilli: Units;
  readonly memoryMiB: Units;
  /** Free thousandths of each GPU, most first. */
  readonly gpus: readonly Units[];
  readonly whole: number;
  readonly gpuMilli: Units;
  /** The last one is taken first. */
  readonly nodes: FreeNode[];
  /** Of the mix in force; -1: not worked out. */
  stranded: number;
  /** Size -> the best that a bundle of it can do here. */
  readonly fits: Map<string, Fit | null>;
}

interface FreeNode {
  readonly id: NodeId;
  readonly part: NodePart;
  readonly gpus: Units[];
  cpuMilli: Units;
  memoryMiB: Units;
}

export interface Fit {
  readonly from: FreeClass;
  readonly size: BundleSize;
  /** What the GPU has free from which a share is taken; 0 for none. */
  readonly gpu: Units;
  /** Thousandths of GPUs that it strands, summed over the mix; less is better. */
  readonly strands: number;
}

export class Fleet {
  /** Every state that a node of the part was in or might come to be in. */
  readonly #classes = new Map<NodePart, Map<string, FreeClass>>();
  /** Those that have nodes. */
  readonly #live = new Map<NodePart, Set<FreeClass>>();
  readonly #nodes = new Map<NodeId, FreeNode>();
  #mix: Mix;

  constructor(parts: readonly NodePart[], { use, mix }: { use: NodeView['use']; mix: Mix }) {
    this.#mix = mix;
    for (const part of parts) {
      this.#classes.set(part, new Map());
      this.#live.set(part, new Set());
      // Of a group the nodes that nobody uses are of one class: the usual case, looked up once.
      const untouched = new Map<NodeGroup, FreeClass>();
      for (const { id, group } of part.nodes.toReversed()) {
        const held = use.get(id);
        const node = freeNode(part, { id, group, held });
        this.#nodes.set(id, node);
        const known = held === undefined ? untouched.get(group) : undefined;
        const free = known ?? this.#classOf(node);
        if (held === undefined) untouched.set(group, free);
        this.#put(node, free);
      }
    }
  }

  /** Another mix: what was worked out for the one before goes. */
  remix(mix: Mix): void {
    this.#mix = mix;
    for (const classes of this.#classes.values()) {
      for (const [key, free] of classes) {
        if (free.nodes.length === 0) classes.delete(key);
        free.stranded = -1;
        free.fits.clear();
      }
    }
  }

  /** Of all nodes of the parts the one where the bundle strands least; ties go to the class that came up first. */
  best(size: BundleSize, parts: readonly NodePart[]): Fit | null {
    const key = bundleKey(size);
    let best: Fit | null = null;
    for (const part of parts) {
      for (const free of this.#live.get(part) ?? []) {
        let fit = free.fits.get(key);
        if (fit === undefined) {
          fit = this.#fitIn(free, size);
          free.fits.set(key, fit);
        }
        if (fit !== null && (best === null || fit.strands < best.strands)) best = fit;
      }
    }
    return best;
  }

  /** Takes the best of the first tier that has room; null when none has. */
  seat({ bundle, tiers }: BundleCandidates): { readonly part: NodePart; readonly spot: Spot } | null {
    for (const { parts } of tiers) {
      const fit = this.best(bundle, parts);
      if (fit !== null) return { part: fit.from.part, spot: this.take(fit) };
    }
    return null;
  }

  take({ from, size, gpu }: Fit): Spot {
    const node = from.nodes.at(-1);
    if (node === undefined) throw new Error(`no node is left in ${from.key}`);
    this.#pull(node, from);
    const gpus = gpusFor(node, size.gpuMilli, gpu);
    this.#move(node, size, { gpus, sign: -1 });
    return { node: node.id, gpus };
  }

  /** Undoes a `take`. */
  giveBack({ node: id, gpus }: Spot, size: BundleSize): void {
    const node = this.#nodes.get(id)!;
    this.#pull(node, this.#classOf(node));
    this.#move(node, size, { gpus, sign: 1 });
  }

  /** Free classes of a part that have nodes. */
  classesOf(part: NodePart): Iterable<FreeClass> {
    return this.#live.get(part) ?? [];
  }

  #put(node: FreeNode, free = this.#classOf(node)): void {
    free.nodes.push(node);
    if (free.nodes.length === 1) this.#live.get(node.part)!.add(free);
  }

  #pull(node: FreeNode, free: FreeClass): void {
    free.nodes.splice(free.nodes.lastIndexOf(node), 1);
    if (free.nodes.length === 0) this.#live.get(node.part)!.delete(free);
  }

  #move(node: FreeNode, size: BundleSize, how: { gpus: readonly number[]; sign: 1 | -1 }): void {
    const share = how.gpus.length === 1 ? size.gpuMilli : GPU_MILLI;
    for (const gpu of how.gpus) node.gpus[gpu] = node.gpus[gpu]! + how.sign * share;
    node.cpuMilli += how.sign * size.cpuMilli;
    node.memoryMiB += how.sign * size.memoryMiB;
    this.#put(node);
  }

  #classOf(node: FreeNode): FreeClass {
    const { part, cpuMilli, memoryMiB } = node;
    return this.#class({
      part,
      cpuMilli,
      memoryMiB,
      gpus: node.gpus.filter((units) => units > 0).sort((a, b) => b - a),
    });
  }

  #class(free: Pick<FreeClass, 'part' | 'cpuMilli' | 'memoryMiB' | 'gpus'>): FreeClass {
    const key = `${free.cpuMilli}/${free.memoryMiB}/${free.gpus.join(',')}`;
    const classes = this.#classes.get(free.part)!;
    let known = classes.get(key);
    if (known === undefined) {
      const whole = free.gpus.filter((units) => units === GPU_MILLI).length;
      const gpuMilli = free.gpus.reduce((sum, units) => sum + units, 0);
      known = { ...free, key, whole, gpuMilli, nodes: [], stranded: -1, fits: new Map() };
      classes.set(key, known);
    }
    return known;
  }

  /** Tries a GPU of each fill for a share. Null where the bundle does not fit. */
  #fitIn(free: FreeClass, size: BundleSize): Fit | null {
    const { gpuMilli } = size;
    if (size.cpuMilli > free.cpuMilli || size.memoryMiB > free.memoryMiB) return null;
    if (gpuMilli >= GPU_MILLI) {
      const count = gpuMilli / GPU_MILLI;
      if (free.whole < count) return null;
      // Whole GPUs stand first.
      return this.#fitWith(free, size, { gpu: GPU_MILLI, left: free.gpus.toSpliced(0, count) });
    }
    if (gpuMilli === 0) return this.#fitWith(free, size, { gpu: 0, left: free.gpus });
    let best: Fit | null = null;
    let last = -1;
    for (let i = free.gpus.length - 1; i >= 0; i--) {
      const gpu = free.gpus[i]!;
      if (gpu < gpuMilli || gpu === last) continue;
      last = gpu;
      const fit = this.#fitWith(free, size, { gpu, left: free.gpus.with(i, gpu - gpuMilli) });
      if (best === null || fit.strands < best.strands) best = fit;
    }
    return best;
  }

  #fitWith(free: FreeClass, size: BundleSize, { gpu, left }: { gpu: Units; left: readonly Units[] }): Fit {
    let [whole, gpuMilli] = [0, 0];
    for (const units of left) {
      if (units === GPU_MILLI) whole += 1;
      gpuMilli += units;
    }
    const after = {
      part: free.part,
      cpuMilli: free.cpuMilli - size.cpuMilli,
      memoryMiB: free.memoryMiB - size.memoryMiB,
      gpus: left,
      whole,
      gpuMilli,
    };
    return { from: free, size, gpu, strands: strandedOn(after, this.#mix) - this.#strandedOn(free) };
  }

  #strandedOn(free: FreeClass): number {
    if (free.stranded < 0) free.stranded = strandedOn(free, this.#mix);
    return free.stranded;
  }
}

function freeNode(
  part: NodePart,
  { id, group, held }: { id: NodeId; group: NodeGroup; held: NodeUse | undefined },
): FreeNode {
  return {
    id,
    part,
    gpus: Array.from({ length: group.gpus }, (_, gpu) => Math.max(0, GPU_MILLI - (held?.gpuMilli[gpu] ?? 0))),
    cpuMilli: Math.max(0, group.cpuMilli - (held?.cpuMilli ?? 0)),
    memoryMiB: Math.max(0, group.memoryMiB - (held?.memoryMiB ?? 0)),
  };
}

function gpusFor(node: FreeNode, gpuMilli: Units, gpu: Units): number[] {
  if (gpuMilli === 0) return [];
  const count = Math.max(1, Math.floor(gpuMilli / GPU_MILLI));
  const chosen: number[] = [];
  for (let i = 0; i < node.gpus.length && chosen.length < count; i++)
    if (node.gpus[i] === gpu) chosen.push(i);
  if (chosen.length < count) throw new Error(`${node.id} lacks GPUs with ${gpu} free`);
  return chosen;
}
