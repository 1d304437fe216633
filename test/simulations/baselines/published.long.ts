// All lists of openb over ten seeds against the artifact of the FGD paper, and the production tick on the whole KTH log against EASY.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runScheduler } from '../../../simulations/compare.ts';
import { readSwf } from '../../../simulations/traces/swf.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { cpus } from '../jobs.ts';
import { DATA, packed, published } from './packed.ts';

const LISTS = [
  'default',
  'cpu050',
  'cpu100',
  'gpushare40',
  'gpushare60',
  'gpuspec10',
  'gpuspec33',
  'multigpu20',
  'multigpu30',
];

it.skipIf(!existsSync(join(DATA, 'openb'))).each(LISTS)(
  '%s: BestFit and FGD within half a point of the published means over ten seeds',
  async (list) => {
    const { bestFit, fgd } = await packed(list, 10);
    const want = { bestFit: published(list, '05-BestFit'), fgd: published(list, '06-FGD') };
    console.log(JSON.stringify({ list, bestFit, fgd, want }));
    expect(Math.abs(bestFit - want.bestFit)).toBeLessThan(0.5);
    expect(Math.abs(fgd - want.fgd)).toBeLessThan(0.5);
  },
);

const KTH = join(DATA, 'swf', 'KTH-SP2-1996-2.1-cln.swf.gz');

it.skipIf(!existsSync(KTH))('the whole KTH log: slowdown and p99 wait no worse than under EASY', async () => {
  const { jobs } = await readSwf(
    createInterface({ input: createReadStream(KTH).pipe(createGunzip()) }),
    'KTH',
  );
  const solver = createInProcessSolver();
  const common = {
    jobsOf: () => jobs,
    capacity: cpus(100),
    quotas: [],
    seed: null,
    solver,
    digest: sha256,
    watch: { pause: async () => {}, stopped: () => false },
    progress: () => {},
  };
  const easy = await runScheduler({ ...common, scheduler: 'easy' });
  const annona = await runScheduler({ ...common, scheduler: 'annona' });
  await solver.close();
  console.log(JSON.stringify({ easy: easy.metrics, annona: { ...annona.metrics, departments: {} } }));
  expect(annona.metrics.end).toBe('drained');
  expect(annona.metrics.finished).toBe(jobs.length);
  expect(annona.metrics.boundedSlowdownMean).toBeLessThanOrEqual(easy.metrics.boundedSlowdownMean);
  expect(annona.metrics.waitP99Seconds).toBeLessThanOrEqual(easy.metrics.waitP99Seconds);
});
