// What is free on equal nodes of one pool, for jobs that may take several: as few nodes as hold a job, and none of them in part but the last
// (consolidated placement: Jeon et al., USENIX ATC 2019; Hu et al., SC 2021). Invariant: as room.ts. Called by catalogue.ts.

import type { Capacity, Job } from '../job.ts';
import type { Placement, Room } from './room.ts';

/** Placements are the pool's number, 0, and then pairs of node and units. */
export class ConsolidatedRoom implements Room {
  readonly #perNode: number;
  readonly #free: number[];

  constructor(capacity: Capacity, free?: readonly number[]) {
    const { units, perNode } = nodesOf(capacity);
    this.#perNode = perNode;
    this.#free = free === undefined ? Array.from({ length: units / perNode }, () => perNode) : [...free];
  }

  find(job: Job): Placement | null {
    const units = unitsOf(job);
    // A job that fits on one node takes no whole one beside it, even if it fills it.
    const whole = units > this.#perNode ? Math.floor(units / this.#perNode) : 0;
    const placement = [0];
    for (let node = 0; node < this.#free.length && placement.length < 1 + 2 * whole; node++)
      if (this.#free[node] === this.#perNode) placement.push(node, this.#perNode);
    if (placement.length < 1 + 2 * whole) return null;
    const rest = units - whole * this.#perNode;
    if (rest === 0) return placement;
    const last = this.#fullest(rest, placement);
    return last < 0 ? null : [...placement, last, rest];
  }

  take(job: Job, placement: Placement): void {
    this.#change(job, placement, -1);
  }

  give(job: Job, placement: Placement): void {
    this.#change(job, placement, 1);
  }

  copy(): ConsolidatedRoom {
    const capacity = this.#perNode * this.#free.length;
    const pool = { id: '', kind: '', capacity, unitsPerNode: this.#perNode };
    return new ConsolidatedRoom({ pools: [pool] }, this.#free);
  }

  everFits(job: Job): boolean {
    return unitsOf(job) <= this.#perNode * this.#free.length;
  }

  resize(): number {
    throw new Error('nodes that a job takes several of neither come nor go');
  }

  /** The node that is left fullest, of those that are not taken yet; -1: none has so many. */
  #fullest(units: number, taken: Placement): number {
    let chosen = -1;
    for (let node = 0; node < this.#free.length; node++) {
      const free = this.#free[node]!;
      if (free < units || (chosen >= 0 && free >= this.#free[chosen]!)) continue;
      if (free === this.#perNode && isTaken(taken, node)) continue;
      chosen = node;
    }
    return chosen;
  }

  #change({ name }: Job, placement: Placement, sign: 1 | -1): void {
    for (let i = 1; i < placement.length; i += 2) {
      const node = placement[i]!;
      const left = this.#free[node]! + sign * placement[i + 1]!;
      if (left < 0 || left > this.#perNode) throw new Error(`${name} leaves ${left} free on node ${node}`);
      this.#free[node] = left;
    }
  }
}

function isTaken(placement: Placement, node: number): boolean {
  for (let i = 1; i < placement.length; i += 2) if (placement[i] === node) return true;
  return false;
}

function nodesOf({ pools }: Capacity): { units: number; perNode: number } {
  const [pool, ...others] = pools;
  const perNode = pool?.unitsPerNode;
  if (pool === undefined || perNode === undefined || others.length > 0)
    throw new Error('nodes that a job takes several of are those of one pool alone');
  if (pool.capacity % perNode !== 0)
    throw new Error(`${pool.capacity} units are no whole nodes of ${perNode}`);
  return { units: pool.capacity, perNode };
}

function unitsOf({ name, claims }: Job): number {
  if (claims.length !== 1) throw new Error(`${name} claims several kinds of nodes that are of one`);
  return claims[0]!.quantity;
}
