// The planner: targets as words, the smallest size of one pool and of two against sizes tried one by one, and what growth does to it.
import { describe, expect, it } from 'vitest';
import { baseline } from '../../../simulations/baselines/catalogue.ts';
import { simulate } from '../../../simulations/baselines/engine.ts';
import type { Capacity } from '../../../simulations/job.ts';
import type { Metrics } from '../../../simulations/metrics/metrics.ts';
import { Recorder } from '../../../simulations/metrics/recorder.ts';
import { planCapacity } from '../../../simulations/planner/plan.ts';
import { meets, TargetError, targetsOf } from '../../../simulations/planner/targets.ts';
import { demandOf } from '../../../simulations/shake.ts';
import { Chance } from '../../../simulations/world/chance.ts';
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
    expect(targetsOf('p95-wait=10m, utilisation=40%,slowdown=2.5')).toEqual([
      { name: 'p95-wait', bound: 600 },
      { name: 'utilisation', bound: 0.4 },
      { name: 'slowdown', bound: 2.5 },
    ]);
  });

  it.each(['wait=3', 'p95-wait=3', 'p95-wait=40%', 'utilisation=2h', 'slowdown=3s', ''])(
    'refuse %j',
    (text) => {
      expect(() => targetsOf(text)).toThrow(TargetError);
    },
  );
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
  expect(bottleneck).toBe('cpu');
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
