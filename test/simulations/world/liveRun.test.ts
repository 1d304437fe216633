// Jobs through the production tick: who starts when on a small day, that the history may be forgotten, and that one workload is one digest.
import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../adapters/memory/store.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runScheduler } from '../../../simulations/compare.ts';
import type { Job } from '../../../simulations/job.ts';
import { capacityOfMachines } from '../../../simulations/job.ts';
import { shaken } from '../../../simulations/shake.ts';
import { Chance } from '../../../simulations/world/chance.ts';
import { EPOCH_MS, runLive } from '../../../simulations/world/liveRun.ts';
import { organisationOf } from '../../../simulations/world/organisation.ts';
import { World } from '../../../simulations/world/world.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { cpus, jobsOf, listener } from '../jobs.ts';

const solver = createInProcessSolver();
const watch = { pause: async () => {}, stopped: () => false };

async function live(jobs: readonly Job[], capacity = cpus(10)) {
  const organisation = organisationOf(jobs, capacity, sha256);
  const poolNumbers = new Map(organisation.configuration.pools.map(({ id }, i) => [id as string, i]));
  const observer = listener();
  const result = await runLive({ jobs, ...organisation, solver, digest: sha256, observer, poolNumbers });
  return { ...result, starts: observer.starts, dropped: observer.losses };
}

function randomDay(seed: number, count: number): readonly Job[] {
  const chance = new Chance(seed);
  return jobsOf(
    ...Array.from({ length: count }, (_, i) => {
      const run = chance.between(60, 5000);
      const estimate = run + chance.between(0, 4000);
      return {
        at: i * 300 + chance.below(300),
        run,
        estimate,
        units: chance.between(1, 10),
        agent: `u${i % 5}`,
      };
    }),
  );
}

it('starts what fits, waits for what ends early, and refuses what never fits', async () => {
  const {
    starts,
    end,
    dropped,
    solver: figures,
  } = await live(
    jobsOf(
      { at: 0, run: 100, estimate: 3600, units: 8 },
      { at: 10, run: 50, units: 8 },
      { at: 20, run: 50, units: 2 },
      { at: 30, run: 50, units: 11 },
    ),
  );
  expect({ starts, end, dropped }).toEqual({
    starts: { j0: 0, j2: 20, j1: 100 },
    end: 'drained',
    dropped: { j3: 'UNSATISFIABLE' },
  });
  expect(figures.ticks).toBeGreaterThan(3);
});

it('a long wide job starts although narrow ones keep coming', async () => {
  const narrow = Array.from({ length: 80 }, (_, i) => ({
    at: i * 300,
    run: 3000,
    units: 1,
    agent: `n${i % 7}`,
  }));
  const { starts } = await live(
    jobsOf({ at: 0, run: 3000, units: 9 }, { at: 10, run: 3000, units: 10 }, ...narrow),
  );
  // Its target wait is ten minutes; then a start is promised, and narrow ones that would end later do not start.
  expect(starts.j1).toBeLessThan(10_000);
  expect(Object.keys(starts)).toHaveLength(82);
});

it('pods sit on machines', async () => {
  const machines = [1, 2].map((i) => ({
    name: `m${i}`,
    gpus: 2,
    cpuMilli: 8000,
    memoryMiB: 1024,
    model: 'T4',
  }));
  const pod = (gpu: number) => ({
    claims: [
      { kind: 'gpu', quantity: gpu },
      { kind: 'cpu', quantity: 1000 },
    ],
    models: ['T4'],
  });
  const jobs = jobsOf(
    ...[2000, 1000, 500, 2000].map((gpu, i) => ({ at: i, run: 60, units: 1, ...pod(gpu) })),
  );
  const { starts } = await live(jobs, capacityOfMachines(machines));
  expect(starts).toEqual({ j0: 0, j1: 1, j2: 2, j3: 60 });
});

it('the same jobs are the same digest, other jobs another, and figures count every job', async () => {
  const jobs = randomDay(7, 60);
  const input = { capacity: cpus(10), quotas: [], solver, digest: sha256, watch, progress: () => {} };
  const run = (list: readonly Job[], seed: number | null) =>
    runScheduler({ ...input, scheduler: 'annona', jobsOf: (one) => shaken(list, one), seed });
  const [first, again, other] = [await run(jobs, null), await run(jobs, null), await run(jobs, 3)];
  expect(again).toEqual(first);
  expect(other.digest).not.toBe(first.digest);
  expect(first.metrics).toMatchObject({ end: 'drained', jobs: 60, finished: 60, dropped: 0, unfinished: 0 });
  expect(shaken(jobs, 3)).toEqual(shaken(jobs, 3));
});

it('a run that is stopped has the figures of what it has seen', async () => {
  let looks = 0;
  const stopping = { pause: async () => {}, stopped: () => ++looks > 2 };
  const input = { capacity: cpus(10), quotas: [], solver, digest: sha256, progress: () => {}, seed: null };
  const jobs = randomDay(8, 200);
  const { metrics } = await runScheduler({
    ...input,
    scheduler: 'annona',
    jobsOf: () => jobs,
    watch: stopping,
  });
  expect(metrics.end).toBe('stopped');
  expect(metrics.finished).toBeGreaterThan(0);
  expect(metrics.jobs).toBeLessThan(200);
});

it('forgetting the history leaves what a new leader loads', async () => {
  const jobs = jobsOf({ at: 0, run: 100, units: 8 }, { at: 0, run: 100, units: 8 });
  const { configuration, requestOf } = organisationOf(jobs, cpus(10), sha256);
  const states = [];
  for (const forgetEvery of [undefined, 1]) {
    const options = { configuration, solver, digest: sha256, startsAt: EPOCH_MS, committed: () => {} };
    const world = await World.open({ ...options, ...(forgetEvery && { forgetEvery }) });
    for (const [i, job] of jobs.entries()) {
      const id = `req_${String(i).padStart(26, '0')}` as Parameters<World['submit']>[0]['id'];
      await world.submit({ ...requestOf(job), id, clientRequestId: id, submittedAt: world.now });
    }
    await world.pass(1000);
    await world.pass(1000);
    states.push(await world.loaded());
  }
  expect(states[1]).toEqual(states[0]);
  expect(states[1]!.leases.size + states[1]!.requests.size).toBe(2);
  expect(createMemoryStore({ now: () => 0 }).dump().request).toEqual([]);
});

it('a look that was put off, and has nobody to look at any more, wakes nobody each millisecond', async () => {
  const { configuration } = organisationOf(jobsOf({ at: 0, run: 1, units: 1 }), cpus(10), sha256);
  const world = await World.open({
    configuration,
    solver,
    digest: sha256,
    startsAt: EPOCH_MS,
    committed: () => {},
  });
  await world.pass(0);
  const queue = { overtaken: new Map(), idle: new Map(), idleThrough: 0, turn: null, isForwardDue: false };
  const waiting = { ...queue, forwardAt: 0, isPutOff: true, quietUntil: world.now + 1000 };
  world.state.queue = waiting;
  expect(world.dueAt()).toBe(world.now + 1000);
  await world.pass(5000);
  expect(world.state.queue.isPutOff).toBe(true);
  expect(world.dueAt()).toBe(Number.POSITIVE_INFINITY);
});
