// How much of each pool is enough: simulations with less and less, pool by pool, until the targets are missed. Invariant: what is recommended
// was simulated and met them; each bisection ends beside a size that was simulated and missed them. Called by api/cli/plan.
//
// Waits fall with capacity but for ripples (a job more here is a gap less there), so a bisection finds a border, and not each one below it. With
// several pools the dearest is made small first, the others around it: a good plan, and not every good plan.

import type { Capacity, SimulatedPool } from '../job.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { meets, type Target } from './targets.ts';

export interface PlanInput {
  /** Pools as a start: their kinds, models and prices; capacities are searched. */
  readonly capacity: Capacity;
  /** By pool id; the least and most that may be had. */
  readonly bounds: ReadonlyMap<string, { readonly least: number; readonly most: number }>;
  readonly targets: readonly Target[];
  /** Simulates; `demandPercent` 100 is the trace as it is. */
  readonly evaluate: (capacity: Capacity, demandPercent: number) => Promise<Metrics>;
  /** Growth of demand a month, in per cent; absent: none is assumed. */
  readonly growthPercent?: number;
}

export interface PlanPoint {
  readonly units: Readonly<Record<string, number>>;
  readonly costPerHourMinor: number;
  readonly demandPercent: number;
  readonly isMet: boolean;
  readonly metrics: Metrics;
}

export interface Plan {
  /** Null: not even the most that may be had meets the targets. */
  readonly recommended: PlanPoint | null;
  /** Everything that was simulated with the demand as it is, cheapest first. */
  readonly points: readonly PlanPoint[];
  /** Of the points those that no other beats in cost and p95 wait together. */
  readonly frontier: readonly PlanPoint[];
  /** What would be recommended with so much demand. */
  readonly sensitivity: readonly { readonly demandPercent: number; readonly recommended: PlanPoint | null }[];
  /** The recommended capacity as demand grows, month by month until the targets are missed. */
  readonly months: readonly { readonly month: number; readonly point: PlanPoint }[];
  readonly bottleneck: Bottleneck | null;
}

/** What holds up the most at the recommendation. */
export interface Bottleneck {
  readonly pool: string;
  /** `price`: the mean dual value of its row in the tick's programs is the largest. `use`: no program had prices, and it was used most. */
  readonly by: 'price' | 'use';
  /** By pool, dearest first: what one more unit was worth, in points of the objective; empty where nothing was scarce, or nobody told. */
  readonly prices: Readonly<Record<string, number>>;
}

const SENSITIVITY_PERCENT = [80, 120] as const;
const MONTHS_MOST = 12;

export async function planCapacity(input: PlanInput): Promise<Plan> {
  const search = new Search(input);
  const recommended = await search.smallest(100);
  const points = search.pointsAt(100);
  const sensitivity = [];
  for (const demandPercent of SENSITIVITY_PERCENT)
    sensitivity.push({ demandPercent, recommended: await search.smallest(demandPercent) });
  return {
    recommended,
    points,
    frontier: frontierOf(points),
    sensitivity,
    months: recommended === null ? [] : await search.months(recommended),
    bottleneck: recommended === null ? null : bottleneckOf(recommended.metrics),
  };
}

class Search {
  readonly #input: PlanInput;
  readonly #known = new Map<string, PlanPoint>();

  constructor(input: PlanInput) {
    this.#input = input;
  }

  async smallest(demandPercent: number): Promise<PlanPoint | null> {
    const { capacity, bounds } = this.#input;
    const units = new Map(capacity.pools.map(({ id }) => [id, bounds.get(id)!.most]));
    let best = await this.#at(units, demandPercent);
    if (!best.isMet) return null;
    for (const { id } of dearestFirst(capacity.pools)) {
      let low = bounds.get(id)!.least - 1;
      let high = units.get(id)!;
      while (high - low > 1) {
        const middle = low + Math.floor((high - low) / 2);
        const point = await this.#at(new Map(units).set(id, middle), demandPercent);
        if (point.isMet) [high, best] = [middle, point];
        else low = middle;
      }
      units.set(id, high);
    }
    return best;
  }

  async months({ units }: PlanPoint): Promise<{ month: number; point: PlanPoint }[]> {
    const { growthPercent } = this.#input;
    if (growthPercent === undefined) return [];
    const months: { month: number; point: PlanPoint }[] = [];
    let demandPercent = 100;
    for (let month = 1; month <= MONTHS_MOST; month++) {
      demandPercent += (demandPercent * growthPercent) / 100;
      const point = await this.#at(new Map(Object.entries(units)), Math.round(demandPercent * 100) / 100);
      months.push({ month, point });
      if (!point.isMet) break;
    }
    return months;
  }

  /** Cheapest first. */
  pointsAt(demandPercent: number): PlanPoint[] {
    const points = [...this.#known.values()].filter((point) => point.demandPercent === demandPercent);
    return points.sort((a, b) => a.costPerHourMinor - b.costPerHourMinor || sizeOf(a) - sizeOf(b));
  }

  async #at(units: ReadonlyMap<string, number>, demandPercent: number): Promise<PlanPoint> {
    const { capacity, targets, evaluate } = this.#input;
    const key = JSON.stringify([demandPercent, [...units]]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const pools = capacity.pools.map((pool) => ({ ...pool, capacity: units.get(pool.id)! }));
    const metrics = await evaluate({ pools }, demandPercent);
    const costPerHourMinor = pools.reduce(
      (sum, { capacity: held, priceMinor = 0, pricePer = 1 }) => sum + (held * priceMinor) / pricePer,
      0,
    );
    const point: PlanPoint = {
      units: Object.fromEntries(units),
      costPerHourMinor,
      demandPercent,
      isMet: meets(metrics, targets),
      metrics,
    };
    this.#known.set(key, point);
    return point;
  }
}

function dearestFirst(pools: readonly SimulatedPool[]): SimulatedPool[] {
  const priceOf = ({ priceMinor = 0, pricePer = 1 }: SimulatedPool): number => priceMinor / pricePer;
  return pools.toSorted((a, b) => priceOf(b) - priceOf(a) || (a.id < b.id ? -1 : 1));
}

function sizeOf({ units }: PlanPoint): number {
  return Object.values(units).reduce((sum, count) => sum + count, 0);
}

/** By cost, or by units where nothing has a price. Who dropped somebody is on no frontier. */
function frontierOf(points: readonly PlanPoint[]): PlanPoint[] {
  const frontier: PlanPoint[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const { waitP95Seconds, dropped } = point.metrics;
    if (dropped > 0 || waitP95Seconds >= least) continue;
    frontier.push(point);
    least = waitP95Seconds;
  }
  return frontier;
}

function bottleneckOf({ utilisationByPool, solver }: Metrics): Bottleneck | null {
  const prices = solver?.priceByPool ?? {};
  const [dearest] = Object.entries(prices);
  if (dearest !== undefined && dearest[1] > 0) return { pool: dearest[0], by: 'price', prices };
  const pools = Object.entries(utilisationByPool).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return pools[0] === undefined ? null : { pool: pools[0][0], by: 'use', prices };
}
