// What is free: pools by kind and model. Invariant: no pool goes below nothing or above its capacity; integers only.
// Called by the baselines through `Room`; nodes.ts is the same over machines.

import type { Capacity, Job, JobClaim, SimulatedPool } from '../job.ts';

/** Of pools, the pool of each claim; of machines, the machine and its GPUs. */
export type Placement = readonly number[];

export interface Room {
  /** Where the job could start now; null: nowhere. Takes nothing. */
  find(job: Job): Placement | null;
  take(job: Job, placement: Placement): void;
  give(job: Job, placement: Placement): void;
  copy(): Room;
  /** Whether an empty room would hold it. */
  everFits(job: Job): boolean;
  /** The pool has so many units from now on. Answers how many less are free than nothing; 0: what is held fits. */
  resize(pool: number, capacity: number): number;
}

/** `first`: the first pool with room; `best`: the one that is left fullest. */
export type PoolChoice = 'first' | 'best';

export class PoolRoom implements Room {
  readonly #pools: readonly SimulatedPool[];
  readonly #choice: PoolChoice;
  readonly #free: number[];
  /** What they have now. */
  readonly #capacities: number[];
  /** Kind -> its pools, by their numbers. */
  readonly #byKind: ReadonlyMap<string, readonly number[]>;

  constructor({ pools }: Capacity, choice: PoolChoice, as?: PoolRoom) {
    this.#pools = pools;
    this.#choice = choice;
    this.#free = as === undefined ? pools.map(({ capacity }) => capacity) : [...as.#free];
    this.#capacities = as === undefined ? [...this.#free] : [...as.#capacities];
    this.#byKind = as === undefined ? poolsByKind(pools) : as.#byKind;
  }

  find(job: Job): Placement | null {
    const { claims } = job;
    if (claims.length === 1) {
      const pool = this.#poolFor(job, 0);
      return pool < 0 ? null : [pool];
    }
    const found: number[] = [];
    for (let i = 0; i < claims.length; i++) {
      const pool = this.#poolFor(job, i);
      if (pool < 0) break;
      this.#free[pool]! -= claims[i]!.quantity;
      found.push(pool);
    }
    for (const [i, pool] of found.entries()) this.#free[pool]! += claims[i]!.quantity;
    return found.length === claims.length ? found : null;
  }

  take({ claims, name }: Job, placement: Placement): void {
    for (let i = 0; i < claims.length; i++) {
      const pool = placement[i]!;
      const left = this.#free[pool]! - claims[i]!.quantity;
      if (left < 0) throw new Error(`${name} takes more of ${this.#pools[pool]?.id} than is free`);
      this.#free[pool] = left;
    }
  }

  give({ claims, name }: Job, placement: Placement): void {
    for (let i = 0; i < claims.length; i++) {
      const pool = placement[i]!;
      const left = this.#free[pool]! + claims[i]!.quantity;
      if (left > this.#capacities[pool]!) throw new Error(`${name} gives back what it never had`);
      this.#free[pool] = left;
    }
  }

  copy(): PoolRoom {
    return new PoolRoom({ pools: this.#pools }, this.#choice, this);
  }

  everFits(job: Job): boolean {
    return new PoolRoom({ pools: this.#pools }, this.#choice).find(job) !== null;
  }

  resize(pool: number, capacity: number): number {
    this.#free[pool]! += capacity - this.#capacities[pool]!;
    this.#capacities[pool] = capacity;
    return Math.max(0, -this.#free[pool]!);
  }

  #poolFor({ claims, models }: Job, claim: number): number {
    const { kind, quantity, labels } = claims[claim]!;
    let chosen = -1;
    for (const pool of this.#byKind.get(kind) ?? []) {
      const free = this.#free[pool]!;
      if (free < quantity || !allows(this.#pools[pool]!, models, labels)) continue;
      if (this.#choice === 'first') return pool;
      if (chosen < 0 || free < this.#free[chosen]!) chosen = pool;
    }
    return chosen;
  }
}

/** A pool without a model is of every model. */
function allows(
  { model, labels = {} }: SimulatedPool,
  models: readonly string[],
  wanted: JobClaim['labels'],
): boolean {
  if (models.length > 0 && model !== undefined && !models.includes(model)) return false;
  if (wanted === undefined) return true;
  return Object.entries(wanted).every(([label, value]) => [labels[label]].flat().includes(value));
}

function poolsByKind(pools: readonly SimulatedPool[]): Map<string, number[]> {
  const kinds = new Map<string, number[]>();
  for (const [number, { kind }] of pools.entries()) kinds.set(kind, [...(kinds.get(kind) ?? []), number]);
  return kinds;
}
