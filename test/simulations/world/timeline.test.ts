// Capacity over time: steps that repeat, outages that add up, chance that follows from the seed alone; and what a loss does to those who run.
import { expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runScheduler, type SchedulerName } from '../../../simulations/compare.ts';
import type { Capacity } from '../../../simulations/job.ts';
import { type CapacityPlan, Timeline } from '../../../simulations/world/timeline.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { cpus, jobsOf } from '../jobs.ts';

const POOLS = [{ id: 'cpu', capacity: 10 }];

function first(count: number, plan: CapacityPlan, seed = 1): (readonly [at: number, capacity: number])[] {
  const timeline = new Timeline(plan, POOLS, seed);
  const seen: (readonly [number, number])[] = [];
  while (seen.length < count && timeline.nextAt !== Number.POSITIVE_INFINITY) {
    const at = timeline.nextAt / 1000;
    for (const { capacity } of timeline.pop()) seen.push([at, capacity]);
  }
  return seen;
}

it('repeats its steps, and takes what is out from what is planned', () => {
  const steps = [
    { atSeconds: 0, capacity: 10 },
    { atSeconds: 60, capacity: 4 },
  ];
  const plan = {
    schedules: [{ pool: 'cpu', steps, repeatSeconds: 100 }],
    outages: [{ pool: 'cpu', atSeconds: 50, seconds: 30, units: 3 }],
  };
  const want = [
    [0, 10],
    [50, 7],
    [60, 1],
    [80, 4],
    [100, 10],
    [160, 4],
  ];
  expect(first(6, plan)).toEqual(want);
});

it('draws outages from the seed alone, and gives all units back each time', () => {
  const random = [{ pools: ['cpu'], meanSecondsBetween: 100, seconds: { least: 5, most: 20 }, percent: 50 }];
  const [one, again, other] = [first(8, { random }), first(8, { random }), first(8, { random }, 2)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one.map(([, capacity]) => capacity)).toEqual([5, 10, 5, 10, 5, 10, 5, 10]);
});

const solver = createInProcessSolver();
async function metricsOf(scheduler: SchedulerName, capacity: Capacity) {
  const jobs = jobsOf(
    { at: 0, run: 1000, units: 6 },
    { at: 10, run: 1000, units: 4 },
    { at: 20, run: 100, units: 10 },
  );
  const watch = { pause: async () => {}, stopped: () => false };
  const common = { quotas: [], seed: null, solver, digest: sha256, watch, progress: () => {} };
  return (await runScheduler({ scheduler, jobsOf: () => jobs, capacity, ...common })).metrics;
}

it.each(['fcfs', 'easy', 'annona'] as const)(
  'under %s whoever sat on lost units begins again, the latest to start first, and all drains',
  async (scheduler) => {
    const plan = { outages: [{ pool: 'cpu', atSeconds: 500, seconds: 100, units: 3 }] };
    const metrics = await metricsOf(scheduler, { ...cpus(10), plan });
    expect(metrics).toMatchObject({ end: 'drained', finished: 3, preemptions: 1, workLostSeconds: 490 });
    // The second begins again at 600 at the earliest, the third needs all ten units.
    expect(metrics.makespanSeconds).toBe(1700);
    expect(metrics.utilisation).toBeCloseTo((6 * 1000 + 4 * 490 + 4 * 1000 + 10 * 100) / (17_000 - 300), 4);
  },
);

it.each(['fcfs', 'annona'] as const)(
  'under %s a planned step takes nobody down, and a pool that never comes back is told as stuck',
  async (scheduler) => {
    const step = { schedules: [{ pool: 'cpu', steps: [{ atSeconds: 500, capacity: 5 }] }] };
    const metrics = await metricsOf(scheduler, { ...cpus(10), plan: step });
    expect(metrics).toMatchObject({ end: 'stuck', finished: 2, unfinished: 1, preemptions: 0 });
    const blinking = { ...cpus(10), plan: { schedules: [{ ...step.schedules[0]!, repeatSeconds: 900 }] } };
    expect((await metricsOf(scheduler, blinking)).end).toBe('stuck');
  },
);
