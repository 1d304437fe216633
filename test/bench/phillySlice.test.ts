// The slice of the study: who is in it, what is derived of a name, and how large the derived pools are.
import { expect, it } from 'vitest';
import { capacityOf, quotasOf, SLICE_MS, sliceOf } from '../../bench/phillySlice.ts';
import { jobsOf } from '../simulations/jobs.ts';

const MONDAY = Date.UTC(2017, 9, 23);
const HOUR = 3600;
const log = (count: number, units: number) =>
  jobsOf(
    ...Array.from({ length: count }, (_, i) => ({
      at: i,
      run: 2 * HOUR,
      units,
      department: '6214e9',
      name: `philly-${i}`,
      claims: [{ kind: 'gpu', quantity: units }],
    })),
  );

it('takes the two weeks of the five clusters, from the instant of the log on', () => {
  const jobs = jobsOf(
    { at: 0, run: HOUR, units: 1, department: '6214e9' },
    { at: HOUR, run: HOUR, units: 1, department: '6214e9' },
    { at: HOUR, run: HOUR, units: 1, department: '795a4c' },
    { at: HOUR + SLICE_MS / 1000, run: HOUR, units: 1, department: 'ee9e8c' },
  );
  const slice = sliceOf(jobs, { epoch: MONDAY - HOUR * 1000, estimates: 'exact' });
  expect(slice.jobs.map(({ name, index, submitMs }) => [name, index, submitMs])).toEqual([['j1', 0, 0]]);
  expect(slice).toMatchObject({
    gpuHours: 1,
    meanRunSeconds: HOUR,
    budgets: [{ department: '6214e9', minor: 90 }],
  });
});

it('derives seats, reviewers and estimates of the name alone, and none below the run time', () => {
  const [small, large] = [1, 8].map(
    (units) => sliceOf(log(600, units), { epoch: MONDAY, estimates: 'derived' }).jobs,
  );
  for (const [i, job] of small!.entries()) {
    const kinds = job.claims.map(({ kind }) => kind);
    expect(large![i]!.claims.map(({ kind }) => kind)).toEqual([...kinds, 'review']);
    expect(large![i]!.estimateMs).toBe(job.estimateMs);
  }
  const perCent = new Set(small!.map(({ estimateMs, runMs }) => (100 * estimateMs) / runMs));
  expect([...perCent].sort((a, b) => a - b)).toEqual([100, 150, 200, 300, 500, 1000]);
  const first = small!.filter(({ claims }) => claims[1]!.kind === 'dataset-a').length;
  expect(Math.abs(first / 600 - 0.5)).toBeLessThan(0.07);
  expect(
    sliceOf(log(9, 1), { epoch: MONDAY, estimates: 'exact' }).jobs.every(
      (job) => job.estimateMs === job.runMs,
    ),
  ).toBe(true);
});

it('has twice the seats that are asked for on average, and quotas in the parts of the published table', () => {
  const slice = sliceOf(log(600, 8), { epoch: MONDAY, estimates: 'derived' });
  const { pools } = capacityOf(slice, 344);
  expect(pools[0]).toMatchObject({ kind: 'gpu', capacity: 344 });
  // 600 runs of two hours in 336 hours, twice.
  expect(pools.find(({ kind }) => kind === 'review')?.capacity).toBe(Math.ceil((2 * 600 * 2) / 336));
  expect(
    quotasOf(216)
      .map(({ department, most }) => [department, most])
      .toSorted(),
  ).toEqual([
    ['103959', 16],
    ['11cb48', 20],
    ['2869ce', 36],
    ['6214e9', 48],
    ['ee9e8c', 96],
  ]);
});
