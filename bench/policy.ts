// `npm run bench:policy`: evaluating, reloading and compiling policies, as one JSON object; `--json` is accepted and changes nothing.
// Invariant: every bar that is broken is named, and makes the exit code 1.

import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { wholeNumber } from './options.ts';
import { compileFigures } from './policyCompile.ts';
import { evaluationFigures } from './policyEvaluate.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '300' },
    compiles: { type: 'string', default: '10' },
  },
});
const load = loadavg().map((value) => Math.round(value * 100) / 100);
const evaluation = await evaluationFigures(wholeNumber('rounds', values.rounds));
const compile = await compileFigures(wholeNumber('compiles', values.compiles));
const { batchMs, reload, memory } = evaluation;
const bars: readonly (readonly [string, number, number])[] = [
  ['batch p50, ms', batchMs.p50, 6],
  ['batch p99, ms', batchMs.p99, 12],
  ['pages grown over all evaluations', memory.pagesLast - memory.pagesFirst, 0],
  ['delay of a tick while data is loaded, p50, ms', reload.meanwhileMs.p50 - reload.aloneMs.p50, 5],
  ['delay of the tick that takes it over, p50, ms', reload.behindMs.p50 - reload.aloneMs.p50, 5],
  ['build in Node, warm, p50, ms', compile.warm.build?.p50Ms ?? 0, 400],
];
const broken = bars
  .filter(([, value, most]) => value > most)
  .map(([name, value, most]) => `${name}: ${value} > ${most}`);
const machine = { node: process.version, cores: availableParallelism(), load };
process.stdout.write(`${JSON.stringify({ ...machine, evaluation, compile, broken })}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
