// What is counted of a run, worked out by hand; and series and samples on their own.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseline } from '../../../simulations/baselines/catalogue.ts';
import { simulate } from '../../../simulations/baselines/engine.ts';
import type { Job } from '../../../simulations/job.ts';
import { jain, leastOfMost } from '../../../simulations/metrics/fairness.ts';
import { pictureOf } from '../../../simulations/metrics/picture.ts';
import { Recorder } from '../../../simulations/metrics/recorder.ts';
import { Sample } from '../../../simulations/metrics/sample.ts';
import { Series } from '../../../simulations/metrics/series.ts';
import { jobsOf } from '../jobs.ts';

const PRICED = { pools: [{ id: 'cpu', kind: 'cpu', capacity: 10, priceMinor: 36 }] };

async function recorded(jobs: readonly Job[]): Promise<Recorder> {
  const recorder = new Recorder(PRICED);
  await simulate({ jobs, ...baseline('fcfs', { capacity: PRICED, quotas: [] }), observer: recorder });
  return recorder;
}

it('waits, slowdowns, use, shares, cost and deadlines of three jobs', async () => {
  const recorder = await recorded(
    jobsOf(
      { at: 0, run: 100, units: 10 },
      { at: 50, run: 5, units: 5, department: 'b', deadlineMs: 60_000 },
      { at: 60, run: 100, units: 5, department: 'b', deadlineMs: 200_000 },
      { at: 60, run: 1, units: 11 },
    ),
  );
  const metrics = recorder.metrics('drained');
  expect(metrics).toMatchObject({
    jobs: 4,
    finished: 3,
    unfinished: 0,
    dropped: 1,
    droppedBy: { 'larger than the capacity': 1 },
    waitMeanSeconds: 30,
    waitP50Seconds: 40,
    waitP95Seconds: 50,
    waitMaxSeconds: 50,
    // 1, (50 + 5) / 10 with the bound at 10 s, and (40 + 100) / 100.
    boundedSlowdownMean: expect.closeTo((1 + 5.5 + 1.4) / 3, 5),
    makespanSeconds: 200,
    utilisation: (1000 + 25 + 500) / 2000,
    deadlineMisses: 1,
    // 1,525 units x seconds at 36 an hour.
    costMinor: 15,
    jainIndex: expect.closeTo((0.5 + 0.2625) ** 2 / (2 * (0.25 + 0.2625 ** 2)), 5),
  });
  expect(metrics.departments).toMatchObject({ a: { jobs: 2 }, b: { jobs: 2, waitP95Seconds: 50 } });
});

it('a budget runs out when what was spent passes it, and lasts where it does not', async () => {
  // Ten units at 36 an hour each are 360 an hour: 3,600 in ten.
  const jobs = jobsOf({ at: 0, run: 36_000, units: 10 });
  const recorder = new Recorder(PRICED, [
    { department: 'a', minor: 1800 },
    { department: 'b', minor: 5 },
  ]);
  await simulate({ jobs, ...baseline('fcfs', { capacity: PRICED, quotas: [] }), observer: recorder });
  const { a, b } = recorder.metrics('drained').budgets;
  expect(a).toEqual({ budgetMinor: 1800, spentMinor: 3600, runOutSeconds: 18_000 });
  expect(b).toEqual({ budgetMinor: 5, spentMinor: 0, runOutSeconds: null });
});

it('who is taken back and starts again waits once, and its lost work is counted', async () => {
  const [job] = jobsOf({ at: 0, run: 30, units: 4 }) as [Job];
  const recorder = new Recorder(PRICED);
  recorder.submitted(job, 0);
  recorder.started(job, [0], 10_000);
  recorder.preempted(job, [0], 25_000);
  expect([...recorder.waiting]).toEqual([job]);
  recorder.started(job, [0], 60_000);
  recorder.ended(job, [0], 90_000);
  expect(recorder.metrics('drained')).toMatchObject({
    preemptions: 1,
    workLostSeconds: 15,
    waitMaxSeconds: 10,
    finished: 1,
    unfinished: 0,
    utilisation: (4 * 45) / (10 * 90),
  });
});

it('who never starts ages until the end', () => {
  const [job] = jobsOf({ at: 0, run: 30, units: 4 }) as [Job];
  const recorder = new Recorder(PRICED);
  recorder.submitted(job, 0);
  expect(recorder.metrics('horizon', 500_000)).toMatchObject({ unfinished: 1, starvationAgeSeconds: 500 });
});

it('a picture has no more points than can be seen', async () => {
  const many = jobsOf(...Array.from({ length: 2000 }, (_, i) => ({ at: i * 500, run: 400, units: 7 })));
  const { utilisation, waitQuantiles, runs } = pictureOf(await recorded(many));
  expect(utilisation[0]!.values.length).toBeLessThanOrEqual(256);
  const mean = utilisation[0]!.values.reduce((a, b) => a + b, 0) / utilisation[0]!.values.length;
  expect(mean).toBeCloseTo(0.56, 1);
  expect(waitQuantiles).toHaveLength(101);
  expect(runs.length).toBeLessThanOrEqual(1500);
});

describe('fairness', () => {
  it('is 1 when all have the same, and 1/n when one has all', () => {
    expect([jain([2, 2, 2]), jain([1, 0, 0, 0]), jain([]), jain([0, 0])]).toEqual([1, 0.25, 1, 1]);
    expect([leastOfMost([1, 4]), leastOfMost([]), leastOfMost([0, 0])]).toEqual([0.25, 1, 1]);
  });
});

it('quantiles are those of the sorted sample, nearest rank', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 3000 }), (values) => {
      const sample = new Sample();
      for (const value of values) sample.add(value);
      const sorted = values.toSorted((a, b) => a - b);
      for (const share of [0.5, 0.95, 1]) {
        const [found] = sample.quantiles(share) as [number];
        const below = sorted.filter((value) => value <= found).length;
        expect(below).toBeGreaterThanOrEqual(Math.ceil(share * values.length));
        expect(sorted.includes(found)).toBe(true);
      }
    }),
    { seed: 2, numRuns: 50 },
  );
});

it('a series keeps its integral however often it is widened', () => {
  const series = new Series();
  let area = 0;
  for (let i = 0; i < 400; i++) {
    const [from, to, value] = [i * 777_000, i * 777_000 + 500_000, (i % 7) + 1];
    series.add(from, to, value);
    area += (to - from) * value;
  }
  const { widthMs, values } = series.means(400 * 777_000);
  expect(values.length).toBeLessThanOrEqual(512);
  const last = 400 * 777_000 - (values.length - 1) * widthMs;
  const sum = values.reduce(
    (total, value, i) => total + value * (i === values.length - 1 ? last : widthMs),
    0,
  );
  expect(sum).toBeCloseTo(area, 0);
});
