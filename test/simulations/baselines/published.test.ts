// FCFS and EASY on real logs, and BestFit and FGD on one list of openb, against the figures in the data sets' description. All lists and seeds
// are in published.long.ts.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { type BaselineName, baseline } from '../../../simulations/baselines/catalogue.ts';
import { simulate } from '../../../simulations/baselines/engine.ts';
import { Recorder } from '../../../simulations/metrics/recorder.ts';
import { readPhilly } from '../../../simulations/traces/philly.ts';
import { readSwf } from '../../../simulations/traces/swf.ts';
import { cpus } from '../jobs.ts';
import { DATA, packed, published } from './packed.ts';

const SWF = join(DATA, 'swf');

/** Log, processors, jobs, and wait in seconds with bounded slowdown under FCFS and EASY. */
const LOGS = [
  ['KTH-SP2-1996-2.1-cln', 100, 27_992, [218_832, 4294.5], [6479.7, 86.96]],
  ['HPC2N-2002-2.1-cln', 240, 202_876, [16_189, 207.8], [11_057, 89.7]],
  ['LLNL-Thunder-2007-1.1-cln', 4008, 113_613, [8491, 255.7], [355.5, 4.52]],
  ['NASA-iPSC-1993-3.1-cln', 128, 18_066, [8.1, 1.026], [4.1, 1.012]],
  ['lublin_256', 256, 10_000, [2_388_444, 66_502], [97_156, 590.1]],
] as const;

it.skipIf(!existsSync(SWF)).each(LOGS)(
  '%s under FCFS and EASY is within a hundredth of the published waits and slowdowns',
  async (log, processors, wantJobs, fcfs, easy) => {
    const file = createReadStream(join(SWF, `${log}.swf.gz`)).pipe(createGunzip());
    const { jobs } = await readSwf(createInterface({ input: file }), log);
    expect(jobs).toHaveLength(wantJobs);
    const wanted: readonly (readonly [BaselineName, readonly [number, number]])[] = [
      ['fcfs', fcfs],
      ['easy', easy],
    ];
    for (const [name, [wait, slowdown]] of wanted) {
      const capacity = cpus(processors);
      const recorder = new Recorder(capacity);
      const end = await simulate({ jobs, ...baseline(name, { capacity, quotas: [] }), observer: recorder });
      const metrics = recorder.metrics(end);
      expect(metrics.end).toBe('drained');
      expect(Math.abs(metrics.waitMeanSeconds / wait - 1)).toBeLessThan(0.01);
      expect(Math.abs(metrics.boundedSlowdownMean / slowdown - 1)).toBeLessThan(0.01);
    }
  },
);

/** Virtual cluster, its nodes of eight GPUs cut to make load, jobs, and the mean wait in seconds under FIFO with consolidated placement. */
const CLUSTERS = [
  ['6214e9', 12, 41_226, 26_907],
  ['11cb48', 5, 16_091, 48_107],
  ['ee9e8c', 24, 1511, 60_753],
  ['2869ce', 9, 422, 87_181],
  ['103959', 4, 1934, 79_012],
] as const;

it.skipIf(!existsSync(join(DATA, 'philly')))(
  "Philly's clusters under FIFO with consolidated placement wait as published, within a hundredth",
  async () => {
    const file = createReadStream(join(DATA, 'philly', 'philly.csv.gz')).pipe(createGunzip());
    const { jobs } = await readPhilly(createInterface({ input: file }), 'philly');
    for (const [cluster, nodes, wantJobs, wait] of CLUSTERS) {
      const own = jobs.filter(({ department }) => department === cluster);
      expect(own).toHaveLength(wantJobs);
      const pool = { id: 'gpu', kind: 'gpu', capacity: nodes * 8, unitsPerNode: 8 };
      const capacity = { pools: [pool] };
      const recorder = new Recorder(capacity);
      const run = { jobs: own, ...baseline('fcfs', { capacity, quotas: [] }), observer: recorder };
      const { finished, waitMeanSeconds } = recorder.metrics(await simulate(run));
      expect(finished).toBe(wantJobs);
      expect(Math.abs(waitMeanSeconds / wait - 1)).toBeLessThan(0.01);
    }
  },
);

it.skipIf(!existsSync(join(DATA, 'openb')))(
  'BestFit and FGD pack the list multigpu30 as the artifact does, to half a point',
  async () => {
    const { bestFit, fgd } = await packed('multigpu30', 2);
    expect(Math.abs(bestFit - published('multigpu30', '05-BestFit'))).toBeLessThan(0.5);
    expect(Math.abs(fgd - published('multigpu30', '06-FGD'))).toBeLessThan(0.5);
    expect(fgd).toBeGreaterThan(bestFit + 1);
  },
);
