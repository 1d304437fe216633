// Disciplines that pass over whoever does not fit: in order of arrival (as Kubernetes retries pods), by class under quotas, and by the
// dominant share of departments. Invariant: nothing waits that its order, its quota and the room would let start. Called through catalogue.ts.

import type { Job } from '../job.ts';
import type { Desk, Discipline } from './engine.ts';
import { Sorted } from './sorted.ts';

/** What one department may hold of one kind. */
export interface QuotaLimit {
  readonly department: string;
  readonly kind: string;
  readonly most: number;
}

export interface GreedyOptions {
  /** Who is tried first; ties by arrival. */
  readonly order: 'arrival' | 'rank';
  readonly quotas: readonly QuotaLimit[];
}

/** In order, each that fits and that its department's quota leaves room for. */
export class Greedy implements Discipline {
  readonly #queue: Sorted<Job>;
  readonly #quotas: Quotas;
  /** Came since units last came back, and were not tried yet: the others cannot have room where they had none. */
  #fresh: Job[] = [];

  constructor({ order, quotas }: GreedyOptions) {
    const byRank = order === 'rank';
    this.#queue = new Sorted((a, b) => (byRank ? a.rank - b.rank : 0) || a.index - b.index);
    this.#quotas = new Quotas(quotas);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  enqueue(job: Job): void {
    this.#queue.add(job);
    this.#fresh.push(job);
  }

  ended(job: Job): void {
    this.#quotas.give(job);
  }

  pass(_now: number, desk: Desk, freed: boolean): void {
    if (freed) this.#tryAll(desk);
    else
      for (const job of this.#fresh.toSorted((a, b) => a.rank - b.rank || a.index - b.index))
        if (this.#try(job, desk)) this.#queue.remove(job);
    this.#fresh = [];
  }

  #tryAll(desk: Desk): void {
    const failed = new Set<number>();
    for (let i = 0; i < this.#queue.size; ) {
      const job = this.#queue.at(i)!;
      if (!failed.has(job.shape) && this.#try(job, desk)) {
        this.#queue.removeAt(i);
        continue;
      }
      // Whoever only lacks quota says nothing of the others of its size.
      if (this.#quotas.allows(job)) failed.add(job.shape);
      i += 1;
    }
  }

  #try(job: Job, desk: Desk): boolean {
    if (!this.#quotas.allows(job)) return false;
    const placement = desk.room.find(job);
    if (placement === null) return false;
    this.#quotas.take(job);
    desk.start(job, placement);
    return true;
  }
}

class Quotas {
  readonly #most: ReadonlyMap<string, number>;
  readonly #held = new Map<string, number>();

  constructor(limits: readonly QuotaLimit[]) {
    this.#most = new Map(limits.map(({ department, kind, most }) => [`${department}/${kind}`, most]));
  }

  allows({ department, claims }: Job): boolean {
    if (this.#most.size === 0) return true;
    return claims.every(({ kind, quantity }) => {
      const key = `${department}/${kind}`;
      return (this.#held.get(key) ?? 0) + quantity <= (this.#most.get(key) ?? Number.POSITIVE_INFINITY);
    });
  }

  take(job: Job): void {
    this.#add(job, 1);
  }

  give(job: Job): void {
    this.#add(job, -1);
  }

  #add({ department, claims }: Job, sign: number): void {
    if (this.#most.size === 0) return;
    for (const { kind, quantity } of claims) {
      const key = `${department}/${kind}`;
      this.#held.set(key, (this.#held.get(key) ?? 0) + sign * quantity);
    }
  }
}

interface Tenant {
  readonly name: string;
  readonly queue: Sorted<Job>;
  readonly held: Map<string, number>;
  share: number;
}

/**
 * Dominant resource fairness: the department whose largest share of any kind is least goes next, with its oldest job that fits (Ghodsi et al.,
 * NSDI 2011; as there, a department whose next job does not fit is passed over).
 */
export class Drf implements Discipline {
  readonly #capacity: ReadonlyMap<string, number>;
  readonly #tenants = new Map<string, Tenant>();
  #waiting = 0;

  constructor(capacity: ReadonlyMap<string, number>) {
    this.#capacity = capacity;
  }

  get waiting(): number {
    return this.#waiting;
  }

  enqueue(job: Job): void {
    this.#tenantOf(job.department).queue.add(job);
    this.#waiting += 1;
  }

  ended(job: Job): void {
    this.#hold(this.#tenantOf(job.department), job, -1);
  }

  pass(_now: number, desk: Desk): void {
    const open = new Set([...this.#tenants.values()].filter(({ queue }) => queue.size > 0));
    while (open.size > 0) {
      const tenant = leastShare(open);
      const job = tenant.queue.at(0)!;
      const placement = desk.room.find(job);
      if (placement === null) {
        open.delete(tenant);
        continue;
      }
      tenant.queue.removeAt(0);
      this.#waiting -= 1;
      this.#hold(tenant, job, 1);
      desk.start(job, placement);
      if (tenant.queue.size === 0) open.delete(tenant);
    }
  }

  #tenantOf(name: string): Tenant {
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      const queue = new Sorted<Job>((a, b) => a.index - b.index);
      tenant = { name, queue, held: new Map(), share: 0 };
      this.#tenants.set(name, tenant);
    }
    return tenant;
  }

  #hold(tenant: Tenant, { claims }: Job, sign: number): void {
    for (const { kind, quantity } of claims)
      tenant.held.set(kind, (tenant.held.get(kind) ?? 0) + sign * quantity);
    tenant.share = 0;
    for (const [kind, units] of tenant.held)
      tenant.share = Math.max(tenant.share, units / (this.#capacity.get(kind) ?? 1));
  }
}

function leastShare(tenants: Iterable<Tenant>): Tenant {
  let least: Tenant | null = null;
  for (const tenant of tenants)
    if (
      least === null ||
      tenant.share < least.share ||
      (tenant.share === least.share && tenant.name < least.name)
    )
      least = tenant;
  return least!;
}
