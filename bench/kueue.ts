// `npm run bench:kueue`: the baseline of Kueue's scheduler performance test, workload by workload, over HTTP on a database that keeps everything.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr; exit code 1 for a lost request or a broken promise.

import { parseArgs } from 'node:util';
import { machine } from './figures.ts';
import { type KueueOptions, runKueue } from './kueueRun.ts';
import { MINIMUM_RUN_SECONDS } from './kueueWorkloads.ts';
import { wholeNumber } from './options.ts';
import { printKueue } from './reportKueue.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    scale: { type: 'string', default: '100' },
    'limit-seconds': { type: 'string', default: '400' },
    'minimum-run-seconds': { type: 'string', default: String(MINIMUM_RUN_SECONDS) },
  },
});
const options: KueueOptions = {
  scalePercent: wholeNumber('--scale', values.scale),
  limitSeconds: wholeNumber('--limit-seconds', values['limit-seconds']),
  minimumRunSeconds:
    values['minimum-run-seconds'] === '0'
      ? 0
      : wholeNumber('--minimum-run-seconds', values['minimum-run-seconds']),
};
if (options.scalePercent > 100) throw new RangeError('--scale is in per cent of the workloads, 100 at most');

const before = machine();
const run = await runKueue(options, (line) => process.stderr.write(`${line}\n`));
const result = {
  bench: 'kueue',
  options,
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  bars: run.bars,
  run,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else printKueue(result, (line) => process.stdout.write(`${line}\n`));
process.exitCode = run.bars.lostRequests?.met && run.bars.promisesViolated?.met ? 0 : 1;
