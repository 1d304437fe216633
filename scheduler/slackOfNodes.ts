// What a plan leaves free on every node, and whether bundles still fit there. The checker's own arithmetic and its own search.
// Invariant: shares nothing with formulate/; every take is given back, so that one slack serves many questions. Called by conservation.ts.

import { lookupOf } from './domain/lookup.ts';
import { nodesOf } from './domain/nodes.ts';
import type { Plan } from './domain/plan.ts';
import type { Claim } from './domain/request.ts';
import type { Snapshot } from './snapshot.ts';
import { missingLabel } from './tally.ts';

/** Claims that must sit on one node, and the pools that they were put on. */
export interface SlackBundle {
  readonly claims: readonly { readonly claim: Claim; readonly pool: string }[];
}

interface Left {
  readonly id: string;
  readonly set: string;
  readonly model: string | undefined;
  readonly gpus: number[];
  cpu: number;
  memory: number;
}

interface Sizes {
  gpu: number;
  cpu: number;
  memory: number;
}

export class NodeSlack {
  readonly #snapshot: Snapshot;
  readonly #left: Left[] = [];

  constructor(snapshot: Snapshot, plan: Plan) {
    this.#snapshot = snapshot;
    const byId = new Map<string, Left>();
    for (const [id, { set, group }] of nodesOf(snapshot.configuration).nodes) {
      const use = snapshot.nodes.use.get(id);
      const left = {
        id,
        set: set.id,
        model: group.model,
        gpus: Array.from({ length: group.gpus }, (_, gpu) => 1000 - (use?.gpuMilli[gpu] ?? 0)),
        cpu: group.cpuMilli - (use?.cpuMilli ?? 0),
        memory: group.memoryMiB - (use?.memoryMiB ?? 0),
      };
      this.#left.push(left);
      byId.set(id, left);
    }
    for (const { kind, quantity, node, gpus = [] } of plan.assignments.flatMap((one) => one.allocations)) {
      const left = node === undefined ? undefined : byId.get(node);
      if (left === undefined) continue;
      for (const gpu of gpus) left.gpus[gpu]! -= gpus.length === 1 ? quantity : 1000;
      if (kind === 'cpu') left.cpu -= quantity;
      if (kind === 'memory') left.memory -= quantity;
    }
  }

  /** Whether all of them fit at once, each on some node of its pools' set. `spend` is asked before each node; false ends the search. */
  fit(bundles: readonly SlackBundle[], spend: () => boolean): boolean {
    const [bundle, ...others] = bundles;
    if (bundle === undefined) return true;
    const sizes = sizesOf(bundle);
    for (const left of this.#left) {
      if (!spend()) return false;
      if (sizes.cpu > left.cpu || sizes.memory > left.memory || !this.#answers(left, bundle)) continue;
      for (const gpus of choicesOfGpus(left, sizes.gpu)) {
        move(left, sizes, { gpus, sign: -1 });
        const found = this.fit(others, spend);
        move(left, sizes, { gpus, sign: 1 });
        if (found) return true;
      }
    }
    return false;
  }

  #answers({ set, model }: Left, { claims }: SlackBundle): boolean {
    const { pools } = lookupOf(this.#snapshot.configuration);
    return claims.every(({ claim, pool: id }) => {
      const pool = pools.get(id);
      if (pool?.nodes?.set !== set) return false;
      const own = model === undefined ? pool : { ...pool, labels: { ...pool.labels, model } };
      return missingLabel(own, claim.selector) === null;
    });
  }
}

function sizesOf({ claims }: SlackBundle): Sizes {
  const sizes = { gpu: 0, cpu: 0, memory: 0 };
  for (const { claim } of claims) sizes[claim.kind as keyof Sizes] += claim.quantity;
  return sizes;
}

/** The GPUs that the bundle could take: of a share one GPU of each fill, of whole ones the first that are free. */
function choicesOfGpus({ gpus }: Left, milli: number): number[][] {
  if (milli === 0) return [[]];
  if (milli >= 1000) {
    const whole = gpus.flatMap((units, gpu) => (units === 1000 ? [gpu] : [])).slice(0, milli / 1000);
    return whole.length === milli / 1000 ? [whole] : [];
  }
  const seen = new Set<number>();
  return gpus.flatMap((units, gpu) => {
    if (units < milli || seen.has(units)) return [];
    seen.add(units);
    return [[gpu]];
  });
}

function move(left: Left, sizes: Sizes, how: { gpus: readonly number[]; sign: 1 | -1 }): void {
  for (const gpu of how.gpus) left.gpus[gpu]! += how.sign * Math.min(1000, sizes.gpu);
  left.cpu += how.sign * sizes.cpu;
  left.memory += how.sign * sizes.memory;
}
