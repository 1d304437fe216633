// `npm run bench:http`: how long an agent waits for its first Decision while 2,000 streams listen and the pools are nearly full.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr; exit code 1 for a lost request.

import { parseArgs } from 'node:util';
import { machine, medianBars } from './figures.ts';
import { type HttpOptions, type HttpRun, runHttp } from './httpRun.ts';
import { choice, wholeNumber } from './options.ts';
import { printHttp } from './report.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    profile: { type: 'string', default: 'steady' },
    edge: { type: 'string', default: 'process' },
    repeat: { type: 'string', default: '1' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '25' },
    'surge-seconds': { type: 'string', default: '10' },
    streams: { type: 'string', default: '2000' },
    standing: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
  },
});
const options: HttpOptions = {
  profile: choice('--profile', values.profile, ['steady', 'surge', 'both']),
  edge: choice('--edge', values.edge, ['process', 'inside']),
  ratePerSecond: wholeNumber('--rate', values.rate),
  seconds: wholeNumber('--seconds', values.seconds),
  warmUpSeconds: wholeNumber('--warm-up', values['warm-up']),
  surgeSeconds: wholeNumber('--surge-seconds', values['surge-seconds']),
  streams: wholeNumber('--streams', values.streams),
  standing: wholeNumber('--standing', values.standing),
  seed: wholeNumber('--seed', values.seed),
};
const repeat = wholeNumber('--repeat', values.repeat);

const before = machine();
const runs: HttpRun[] = [];
for (let i = 0; i < repeat; i++) {
  runs.push(await runHttp(options, (line) => process.stderr.write(`${i + 1}/${repeat}  ${line}\n`)));
}
const result = {
  bench: 'http',
  options,
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  bars: medianBars(runs.map(({ bars }) => bars)),
  runs,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else printHttp(result, (line) => process.stdout.write(`${line}\n`));
process.exitCode = runs.every(({ bars }) => bars.lostRequests?.met) ? 0 : 1;
