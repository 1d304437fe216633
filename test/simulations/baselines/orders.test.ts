// Who starts when under each order, on days small enough to be worked out by hand; and that no order takes more than there is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASELINES, baseline } from '../../../simulations/baselines/catalogue.ts';
import { simulate } from '../../../simulations/baselines/engine.ts';
import type { Job } from '../../../simulations/job.ts';
import { cpus, jobsOf, listener, play } from '../jobs.ts';

/** A long one that leaves 2 of 10 free, one that needs 8, and three that could pass it. */
const day = () =>
  jobsOf(
    { at: 0, run: 100, units: 8 },
    { at: 1, run: 10, units: 8 },
    { at: 2, run: 50, units: 2 },
    { at: 3, run: 200, units: 1 },
    { at: 4, run: 5, units: 2 },
  );

describe('orders with one queue', () => {
  it('first come, first served: nobody passes', async () => {
    expect((await play('fcfs', day(), cpus(10))).starts).toEqual({
      j0: 0,
      j1: 100,
      j2: 100,
      j3: 110,
      j4: 110,
    });
  });

  it('EASY: who ends before the head can start passes it, and who fits beside it then', async () => {
    const { starts } = await play('easy', day(), cpus(10));
    // j3 runs beyond 100, and fits beside the 8 of j1 then; j4 waits for the end of j2.
    expect(starts).toEqual({ j0: 0, j1: 100, j2: 2, j3: 52, j4: 110 });
  });

  it('EASY goes by what was told, and looks again when a run ends early', async () => {
    const jobs = jobsOf(
      { at: 0, run: 20, estimate: 100, units: 8 },
      { at: 1, run: 10, units: 8 },
      { at: 2, run: 50, units: 2 },
    );
    expect((await play('easy', jobs, cpus(10))).starts).toEqual({ j0: 0, j1: 20, j2: 2 });
  });

  it('shortest first: the order is that of the estimates', async () => {
    const { starts } = await play('sjf', day(), cpus(10));
    expect(starts).toEqual({ j0: 0, j1: 100, j2: 100, j3: 110, j4: 4 });
  });
});

describe('orders that pass over', () => {
  it('serve by rank, within quotas', async () => {
    const jobs = jobsOf(
      { at: 0, run: 10, units: 10 },
      { at: 1, run: 10, units: 4, rank: 1, department: 'b' },
      { at: 2, run: 10, units: 4, rank: 0 },
      { at: 3, run: 10, units: 4, rank: 0 },
    );
    const quotas = [{ department: 'a', kind: 'cpu', most: 10 }];
    const free = await play('priority', jobs, cpus(10), quotas);
    expect(free.starts).toEqual({ j0: 0, j1: 20, j2: 10, j3: 10 });
    const tight = await play('priority', jobs.slice(1).map(moved), cpus(10), [{ ...quotas[0]!, most: 7 }]);
    expect(tight.starts).toEqual({ j1: 1, j2: 2, j3: 12 });
  });

  it('DRF serves the department with the least dominant share', async () => {
    const jobs = jobsOf(
      { at: 0, run: 10, units: 10 },
      ...[1, 2, 3].map((at) => ({ at, run: 10, units: 3, department: 'a' })),
      { at: 4, run: 10, units: 3, department: 'b' },
    );
    expect((await play('drf', jobs, cpus(10))).starts).toEqual({ j0: 0, j1: 10, j4: 10, j2: 10, j3: 20 });
  });
});

const moved = (job: Job, index: number): Job => ({ ...job, index });

it('who could never fit is dropped, and told why', async () => {
  const { dropped, end } = await play('fcfs', jobsOf({ at: 0, run: 1, units: 11 }), cpus(10));
  expect({ dropped, end }).toEqual({ dropped: { j0: 'larger than the capacity' }, end: 'drained' });
});

it('a run that waits for what never comes is stuck, and one with a horizon ends at it', async () => {
  const jobs = jobsOf({ at: 0, run: 50, units: 10 }, { at: 1, run: 1, units: 1 });
  const quotas = [{ department: 'a', kind: 'cpu', most: 0 }];
  expect((await play('priority', jobs, cpus(10), quotas)).end).toBe('stuck');
  const run = { ...baseline('fcfs', { capacity: cpus(10), quotas: [] }), observer: listener() };
  expect(await simulate({ jobs, ...run, untilMs: 40_000 })).toBe('horizon');
});

it.each(BASELINES)('%s never takes more than there is, and ends everything', async (name) => {
  const aJob = fc.record({
    at: fc.integer({ min: 0, max: 60 }),
    run: fc.integer({ min: 1, max: 40 }),
    units: fc.integer({ min: 1, max: 10 }),
    extra: fc.integer({ min: 0, max: 30 }),
    department: fc.constantFrom('a', 'b'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(aJob, { maxLength: 30 }), async (list) => {
      const jobs = jobsOf(...list.map(({ extra, ...one }) => ({ ...one, estimate: one.run + extra })));
      let used = 0;
      let most = 0;
      const units = (job: Job): number => job.claims[0]!.quantity;
      const observer = {
        ...listener(),
        started: (job: Job) => {
          used += units(job);
          most = Math.max(most, used);
        },
        ended: (job: Job) => {
          used -= units(job);
        },
      };
      const end = await simulate({
        jobs,
        ...baseline(name, { capacity: cpus(10), quotas: [], jobs }),
        observer,
      });
      expect({ end, used, isWithin: most <= 10 }).toEqual({ end: 'drained', used: 0, isWithin: true });
    }),
    { seed: 1, numRuns: 60 },
  );
});

it('takes as few nodes as hold a job, the last one the fullest that has room', async () => {
  const capacity = { pools: [{ id: 'cpu', kind: 'cpu', capacity: 24, unitsPerNode: 8 }] };
  const jobs = jobsOf(
    { at: 0, run: 100, units: 3 },
    { at: 1, run: 100, units: 12 },
    { at: 2, run: 50, units: 5 },
    { at: 3, run: 10, units: 4 },
    { at: 4, run: 10, units: 16 },
    { at: 5, run: 10, units: 25 },
  );
  const { starts, dropped } = await play('fcfs', jobs, capacity);
  // The rest of j1 lies beside j0, so that j2 has the third node, and j3 room when j2 has ended; two whole nodes are free when j1 has.
  expect(starts).toEqual({ j0: 0, j1: 1, j2: 2, j3: 52, j4: 101 });
  expect(dropped).toEqual({ j5: 'larger than the capacity' });
});
