// Capacity over time: what pools hold by plan (steps, once or again and again) and what outages take from them, at hours or by chance.
// Invariant: one plan and one seed are one sequence of changes, made as it is asked for; no pool ever has less than nothing.
// Called by ../baselines/engine.ts and liveRun.ts.

import { EventHeap } from '../baselines/heap.ts';
import { Chance } from './chance.ts';

/** Planned: who runs may end; nobody new starts beyond it. */
export interface PoolSchedule {
  readonly pool: string;
  readonly steps: readonly { readonly atSeconds: number; readonly capacity: number }[];
  /** After which the steps begin again; absent: they happen once. */
  readonly repeatSeconds?: number;
}

/** What ran on the lost units is lost with them. */
export interface Outage {
  readonly pool: string;
  readonly atSeconds: number;
  readonly seconds: number;
  /** Absent: all of them. */
  readonly units?: number;
}

/** Of each of these pools by itself; the time from a return to the next loss is uniform between 0 and twice its mean. */
export interface RandomOutages {
  readonly pools: readonly string[];
  readonly meanSecondsBetween: number;
  readonly seconds: { readonly least: number; readonly most: number };
  /** Of the pool's units; absent: 100. */
  readonly percent?: number;
}

export interface CapacityPlan {
  readonly schedules?: readonly PoolSchedule[];
  readonly outages?: readonly Outage[];
  readonly random?: readonly RandomOutages[];
}

export interface CapacityChange {
  /** By its number among the pools of the run. */
  readonly pool: number;
  readonly capacity: number;
  /** The units failed: whoever sat on them runs no more. */
  readonly isLoss: boolean;
}

interface Source {
  readonly pool: number;
  /** What happens at its next instant, and when it comes again; null: never. */
  readonly happen: (at: number) => { readonly isLoss: boolean; readonly nextAt: number | null };
}

interface Standing {
  planned: number;
  lost: number;
}

/** Serves one run. */
export class Timeline {
  readonly #sources: Source[] = [];
  readonly #heap = new EventHeap();
  readonly #standing: readonly Standing[];

  /** @throws when the plan names a pool that there is not: whoever reads plans has checked them. */
  constructor(
    plan: CapacityPlan,
    pools: readonly { readonly id: string; readonly capacity: number }[],
    seed: number,
  ) {
    this.#standing = pools.map(({ capacity }) => ({ planned: capacity, lost: 0 }));
    const numberOf = (id: string): number => {
      const number = pools.findIndex((pool) => pool.id === id);
      if (number < 0) throw new Error(`no pool ${id}`);
      return number;
    };
    for (const schedule of plan.schedules ?? []) this.#addSchedule(numberOf(schedule.pool), schedule);
    for (const { pool, atSeconds, seconds, units } of plan.outages ?? []) {
      const number = numberOf(pool);
      const lost = Math.min(units ?? Number.POSITIVE_INFINITY, pools[number]!.capacity);
      this.#addOutage(number, lost, {
        firstAt: atSeconds * 1000,
        lastsMs: () => seconds * 1000,
        gapMs: () => null,
      });
    }
    // Another stream than that of the workload, or each would follow from the other.
    const chance = new Chance(seed ^ 0x5f356495);
    for (const rule of plan.random ?? [])
      for (const id of rule.pools) {
        const number = numberOf(id);
        const lost = Math.ceil((pools[number]!.capacity * (rule.percent ?? 100)) / 100);
        const own = new Chance(chance.below(0x7fffffff) + 1);
        const { meanSecondsBetween, seconds } = rule;
        const gapMs = (): number => 1000 * Math.max(1, own.below(2 * meanSecondsBetween + 1));
        const lastsMs = (): number => 1000 * own.between(seconds.least, seconds.most);
        this.#addOutage(number, lost, { firstAt: gapMs(), lastsMs, gapMs });
      }
  }

  /** Infinity: nothing changes any more. */
  get nextAt(): number {
    return this.#heap.nextAt;
  }

  /** All that changes at the next instant; of one pool once, with what it then has. */
  pop(): CapacityChange[] {
    const at = this.#heap.nextAt;
    const lost = new Map<number, boolean>();
    while (this.#heap.nextAt === at) {
      const number = this.#heap.pop();
      const { pool, happen } = this.#sources[number]!;
      const { isLoss, nextAt } = happen(at);
      lost.set(pool, isLoss || lost.get(pool) === true);
      if (nextAt !== null) this.#heap.push(nextAt, number);
    }
    return [...lost].map(([pool, isLoss]) => ({ pool, capacity: this.#capacityOf(pool), isLoss }));
  }

  #capacityOf(pool: number): number {
    const { planned, lost } = this.#standing[pool]!;
    return Math.max(0, planned - lost);
  }

  #add(source: Source, firstAt: number): void {
    this.#heap.push(firstAt, this.#sources.push(source) - 1);
  }

  #addSchedule(pool: number, { steps, repeatSeconds }: PoolSchedule): void {
    const standing = this.#standing[pool]!;
    for (const { atSeconds, capacity } of steps) {
      const happen = (at: number): ReturnType<Source['happen']> => {
        standing.planned = capacity;
        return { isLoss: false, nextAt: repeatSeconds === undefined ? null : at + repeatSeconds * 1000 };
      };
      this.#add({ pool, happen }, atSeconds * 1000);
    }
  }

  /** Lost and back again, for as long as another gap follows. */
  #addOutage(
    pool: number,
    units: number,
    { firstAt, lastsMs, gapMs }: { firstAt: number; lastsMs: () => number; gapMs: () => number | null },
  ): void {
    const standing = this.#standing[pool]!;
    let isOut = false;
    const happen = (at: number): ReturnType<Source['happen']> => {
      isOut = !isOut;
      standing.lost += isOut ? units : -units;
      const waitMs = isOut ? lastsMs() : gapMs();
      return { isLoss: isOut, nextAt: waitMs === null ? null : at + waitMs };
    };
    this.#add({ pool, happen }, firstAt);
  }
}
