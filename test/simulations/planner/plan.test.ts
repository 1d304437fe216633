// The planner: targets as words, the smallest size of one pool and of two against sizes tried one by one, and what growth does to it.
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { baseline } from '../../../simulations/baselines/catalogue.ts';
import { simulate } from '../../../simulations/baselines/engine.ts';
import { runScheduler } from '../../../simulations/compare.ts';
import type { Capacity } from '../../../simulations/job.ts';
import type { Metrics } from '../../../simulations/metrics/metrics.ts';
import { Recorder } from '../../../simulations/metrics/recorder.ts';
import { planCapacity } from '../../../simulations/planner/plan.ts';
import { meets, TargetError, targetsOf } from '../../../simulations/planner/targets.ts';
import { demandOf } from '../../../simulations/shake.ts';
import { Chance } from '../../../simulations/world/chance.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { cpus, jobsOf } from '../jobs.ts';

const chance = new Chance(3);
const day = jobsOf(
  ...Array.from({ length: 200 }, (_, i) => ({
    at: i * 60,
    run: chance.between(60, 900),
    units: chance.between(1, 6),
  })),
);

async function evaluate(capacity: Capacity, demandPercent: number): Promise<Metrics> {
  const recorder = new Recorder(capacity);
  const jobs = demandOf(day, demandPercent);
  const end = await simulate({ jobs, ...baseline('fcfs', { capacity, quotas: [] }), observer: recorder });
  return recorder.metrics(end);
}

describe('targets', () => {
  it('are bounds with units', () => {
    expect(targetsOf('p95-wait=10m,p95-wait@a=1h,budget@a=900, utilisation=40%,slowdown=2.5')).toEqual([
      { name: 'p95-wait', bound: 600 },
      { name: 'p95-wait', department: 'a', bound: 3600 },
      { name: 'budget', department: 'a', bound: 900 },
      { name: 'utilisation', bound: 0.4 },
      { name: 'slowdown', bound: 2.5 },
    ]);
  });

  it.each([
    'wait=3',
    'p95-wait=3',
    'p95-wait=40%',
    'utilisation=2h',
    'slowdown=3s',
    'p99-wait@a=3s',
    'budget=3s',
    '',
  ])('refuse %j', (text) => {
    expect(() => targetsOf(text)).toThrow(TargetError);
  });
});

it('the smallest pool that meets them is the one that trying each size finds', async () => {
  const targets = targetsOf('p95-wait=5m');
  const bounds = new Map([['cpu', { least: 6, most: 64 }]]);
  const { recommended, frontier, points, sensitivity, months, bottleneck } = await planCapacity({
    capacity: cpus(20),
    bounds,
    targets,
    evaluate,
    growthPercent: 10,
  });
  let smallest = 6;
  while (!meets(await evaluate(cpus(smallest), 100), targets)) smallest += 1;
  expect(recommended?.units).toEqual({ cpu: smallest });
  expect(recommended?.isMet).toBe(true);
  expect(points.some(({ units, isMet }) => units.cpu === smallest - 1 && !isMet)).toBe(true);
  expect(bottleneck).toEqual({ pool: 'cpu', by: 'use', prices: {} });
  const waits = frontier.map(({ metrics }) => metrics.waitP95Seconds);
  expect(waits).toEqual(waits.toSorted((a, b) => b - a));
  const [less, more] = sensitivity.map((one) => one.recommended!.units.cpu!);
  expect(less).toBeLessThan(smallest);
  expect(more).toBeGreaterThan(smallest);
  expect(months.at(-1)?.point.isMet).toBe(false);
});

it('of two pools the dearer is made small, and the targets are met by both together', async () => {
  const capacity: Capacity = {
    pools: [
      { id: 'cheap', kind: 'cpu', capacity: 10, priceMinor: 1 },
      { id: 'dear', kind: 'cpu', capacity: 10, priceMinor: 5 },
    ],
  };
  const bounds = new Map(['cheap', 'dear'].map((id) => [id, { least: 0, most: 40 }]));
  const { recommended } = await planCapacity({
    capacity,
    bounds,
    targets: targetsOf('p95-wait=5m'),
    evaluate,
  });
  expect(recommended?.units.dear).toBe(0);
  expect(recommended?.costPerHourMinor).toBe(recommended?.units.cheap);
});

it('says when nothing within the bounds is enough', async () => {
  const bounds = new Map([['cpu', { least: 6, most: 7 }]]);
  const found = await planCapacity({
    capacity: cpus(7),
    bounds,
    targets: targetsOf('p95-wait=1s'),
    evaluate,
  });
  expect(found).toMatchObject({ recommended: null, months: [], bottleneck: null });
  expect(found.points).toHaveLength(1);
});

it('a department that may wait less needs more, and spending is a bound from above', async () => {
  const bounds = new Map([['cpu', { least: 6, most: 64 }]]);
  const priced = { pools: [{ id: 'cpu', kind: 'cpu', capacity: 20, priceMinor: 100 }] };
  const smallest = async (text: string) =>
    (await planCapacity({ capacity: priced, bounds, targets: targetsOf(text), evaluate })).recommended;
  const loose = await smallest('p95-wait=30m');
  const tight = await smallest('p95-wait=30m,p95-wait@a=1m');
  expect(tight!.units.cpu).toBeGreaterThan(loose!.units.cpu!);
  const spent = loose!.metrics.costMinor;
  expect(await smallest(`p95-wait=30m,budget=${spent - 1}`)).toBeNull();
  expect((await smallest(`p95-wait=30m,budget@a=${spent}`))?.units).toEqual(loose!.units);
});

it('the scarce pool is the one whose units have a price in the ticks', async () => {
  const solver = createInProcessSolver();
  const capacity: Capacity = {
    pools: [
      { id: 'cpu', kind: 'cpu', capacity: 40 },
      { id: 'gpu', kind: 'gpu', capacity: 2 },
    ],
  };
  const claims = [
    { kind: 'cpu', quantity: 20 },
    { kind: 'gpu', quantity: 1 },
  ];
  const mostGpu = jobsOf(
    ...Array.from({ length: 12 }, (_, i) => ({
      at: i,
      run: 300,
      units: 1,
      claims: i % 2 === 0 ? claims : [{ kind: 'gpu', quantity: 1 }],
    })),
  );
  const watch = { pause: async () => {}, stopped: () => false };
  const run = (of: typeof mostGpu) =>
    runScheduler({
      scheduler: 'annona',
      jobsOf: () => of,
      capacity,
      quotas: [],
      seed: null,
      solver,
      digest: sha256,
      watch,
      progress: () => {},
    });
  const { metrics } = await run(mostGpu);
  const prices = metrics.solver!.priceByPool;
  expect(prices.gpu).toBeGreaterThan(prices.cpu ?? 0);
  const plan = await planCapacity({
    capacity,
    bounds: new Map([
      ['cpu', { least: 40, most: 40 }],
      ['gpu', { least: 2, most: 2 }],
    ]),
    targets: targetsOf('p95-wait=1d'),
    evaluate: async () => (await run(mostGpu)).metrics,
  });
  expect(plan.bottleneck).toMatchObject({ pool: 'gpu', by: 'price' });
});
