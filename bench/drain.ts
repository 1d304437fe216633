// `npm run bench:drain`: 10,000 requests at once; how many durable Decisions a second, beside what the database could do at all.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr; exit code 1 for a lost request.

import { parseArgs } from 'node:util';
import { type DrainOptions, type DrainRun, runDrain } from './drainRun.ts';
import { machine, medianBars } from './figures.ts';
import { wholeNumber } from './options.ts';
import { printDrain } from './report.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    repeat: { type: 'string', default: '1' },
    requests: { type: 'string', default: '10000' },
    batch: { type: 'string', default: '500' },
  },
});
const options: DrainOptions = {
  requests: wholeNumber('--requests', values.requests),
  batch: wholeNumber('--batch', values.batch),
};
const repeat = wholeNumber('--repeat', values.repeat);

const before = machine();
const runs: DrainRun[] = [];
for (let i = 0; i < repeat; i++) {
  runs.push(await runDrain(options, (line) => process.stderr.write(`${i + 1}/${repeat}  ${line}\n`)));
}
const result = {
  bench: 'drain',
  options,
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  bars: medianBars(runs.map(({ bars }) => bars)),
  runs,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else printDrain(result, (line) => process.stdout.write(`${line}\n`));
process.exitCode = runs.every(({ bars }) => bars.lostRequests?.met) ? 0 : 1;
