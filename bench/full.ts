// `npm run bench:full`: PostgreSQL, Redis, three Kafka brokers, two API processes, one that decides and one that relays: from submit to record consumed.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr; exit code 1 for a lost request.

import { parseArgs } from 'node:util';
import { machine } from './figures.ts';
import { type FullOptions, runFull } from './fullRun.ts';
import { wholeNumber } from './options.ts';
import { printFull } from './reportFull.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '25' },
    'warm-up': { type: 'string', default: '15' },
    streams: { type: 'string', default: '2000' },
    standing: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    'loop-open': { type: 'string', default: '1000' },
    'loop-batch': { type: 'string', default: '50' },
    'loop-warm-up': { type: 'string', default: '2' },
    'loop-seconds': { type: 'string', default: '10' },
  },
});
const options: FullOptions = {
  http: {
    profile: 'steady',
    edge: 'process',
    ratePerSecond: wholeNumber('--rate', values.rate),
    seconds: wholeNumber('--seconds', values.seconds),
    warmUpSeconds: wholeNumber('--warm-up', values['warm-up']),
    surgeSeconds: 0,
    streams: wholeNumber('--streams', values.streams),
    standing: wholeNumber('--standing', values.standing),
    seed: wholeNumber('--seed', values.seed),
  },
  loop: {
    open: wholeNumber('--loop-open', values['loop-open']),
    batch: wholeNumber('--loop-batch', values['loop-batch']),
    warmUpSeconds: wholeNumber('--loop-warm-up', values['loop-warm-up']),
    seconds: wholeNumber('--loop-seconds', values['loop-seconds']),
  },
};
const kafkaBrokers = (process.env.KAFKA_BROKERS ?? '').split(',').filter((broker) => broker !== '');
const redisUrl = process.env.REDIS_URL;
if (kafkaBrokers.length === 0 || !redisUrl)
  throw new Error('KAFKA_BROKERS and REDIS_URL name no services; npm run bench:full starts some');

const before = machine();
const run = await runFull(options, { redisUrl, kafkaBrokers }, (line) => process.stderr.write(`${line}\n`));
const result = {
  bench: 'full',
  options,
  brokers: kafkaBrokers.length,
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  bars: run.bars,
  run,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else printFull(result, (line) => process.stdout.write(`${line}\n`));
process.exitCode = run.bars.lostRequests?.met ? 0 : 1;
