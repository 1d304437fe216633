// `npm run bench:tick`: processor time of a tick by step, over how many wait and how many arrive; the solver apart.
// Invariant: stdout carries the result alone, one JSON document; the histories are seeded, so that only the times differ between two runs.

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createInProcessSolver } from '../solver/node.ts';
import { type Machine, machine, mean, median, rounded } from './figures.ts';
import { choice, wholeNumber } from './options.ts';
import { SCENES, type Scene, type SceneName, sceneOf } from './tickScenes.ts';
import { STEPS, type TickWork, TickWorld } from './tickWorld.ts';

interface CaseFigures {
  readonly scene: SceneName;
  readonly waiting: number;
  readonly arrivals: number;
  readonly ticks: number;
  readonly pending: number;
  readonly columns: number;
  /** Processor time of this process a tick in the mean, collector and compiler included: what a busy machine disturbs least. */
  readonly cpuMs: number;
  /** Medians of a tick, the solver left out of `totalMs`. */
  readonly totalMs: number;
  readonly stepsMs: Readonly<Record<string, number>>;
  /** Where few ticks have most of the work, as after leases that end together. */
  readonly means: {
    readonly totalMs: number | null;
    readonly solverMs: number | null;
    readonly columns: number | null;
  };
  readonly recordBytes: number;
  readonly commitBytes: number;
  /** Of the last tick's record: two runs of one case that differ in it have not measured the same history. */
  readonly digest: string;
  /** After the run, with everything that is not reachable collected. */
  readonly heapMegabytes: number;
}

const { values } = parseArgs({
  options: {
    scene: { type: 'string', default: 'few' },
    waiting: { type: 'string', default: '500' },
    arrivals: { type: 'string', default: '50' },
    ticks: { type: 'string', default: '30' },
    'warm-up': { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const scene = choice('--scene', values.scene, SCENES);
const ticks = wholeNumber('--ticks', values.ticks);
const warmUp = wholeNumber('--warm-up', values['warm-up']);
const seed = wholeNumber('--seed', values.seed);
const waitings = values.waiting.split(',').map((text) => wholeNumber('--waiting', text));
const arrivalsOfTick = values.arrivals
  .split(',')
  .map((text) => (text === '0' ? 0 : wholeNumber('--arrivals', text)));

const TICK_MS = 100;
const ARRIVALS_MOST = 2000;

async function measure(made: Scene, waiting: number, arrivals: number): Promise<CaseFigures> {
  const solver = createInProcessSolver();
  const world = new TickWorld(made.configuration, { solver, tickMs: TICK_MS });
  await world.tick(made.before());
  for (let left = waiting; left > 0; left -= ARRIVALS_MOST)
    await world.tick(Array.from({ length: Math.min(left, ARRIVALS_MOST) }, () => made.waiter()));
  const works: TickWork[] = [];
  let from = process.cpuUsage();
  for (let turn = 0; turn < warmUp + ticks; turn++) {
    if (turn === warmUp) from = process.cpuUsage();
    const work = await world.tick([made.nudge(), ...Array.from({ length: arrivals }, () => made.arrival())]);
    if (work !== null && turn >= warmUp) works.push(work);
  }
  const used = process.cpuUsage(from);
  await solver.close();
  const of = (figure: (work: TickWork) => number): number => rounded(median(works.map(figure)) ?? Number.NaN);
  return {
    scene,
    waiting,
    arrivals,
    ticks: works.length,
    pending: of(({ pending }) => pending),
    columns: of(({ columns }) => columns),
    cpuMs: rounded((used.user + used.system) / 1000 / ticks),
    totalMs: of(({ totalMs }) => totalMs),
    stepsMs: Object.fromEntries(STEPS.map((step) => [step, of(({ steps }) => steps[step])])),
    means: {
      totalMs: mean(works.map(({ totalMs }) => totalMs)),
      solverMs: mean(works.map(({ steps }) => steps.solver)),
      columns: mean(works.map(({ columns }) => columns)),
    },
    recordBytes: of(({ recordBytes }) => recordBytes),
    commitBytes: of(({ commitBytes }) => commitBytes),
    digest: world.state.tickDigest,
    heapMegabytes: heapOf(world),
  };
}

/** `held` is what the figure is of: reachable until here. */
function heapOf(held: TickWorld): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed } = process.memoryUsage();
  return held.now > 0 ? rounded(heapUsed / 1e6) : Number.NaN;
}

const before: Machine = machine();
const cases: CaseFigures[] = [];
for (const waiting of waitings)
  for (const arrivals of arrivalsOfTick) {
    process.stderr.write(`${scene}: ${waiting} wait, ${arrivals} arrive a tick\n`);
    cases.push(await measure(await sceneOf(scene, seed), waiting, arrivals));
  }
process.stdout.write(`${JSON.stringify({ bench: 'tick', seed, machine: before, cases }, null, 1)}\n`);
