// `npm run rig:failover`: rounds of each way to lose the leader, and how long callers went without a decision.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr. Exit code 1 when a bar is missed.

import { parseArgs } from 'node:util';
import { machine } from '../../bench/figures.ts';
import { failoverRig, LOSSES, type Loss, type Round } from './failover.ts';

/** Milliseconds from the request to its decision, at the 99th percentile. */
const BARS: Readonly<Record<Loss, number>> = { killed: 1000, stopped: 3000, cutOff: 3000, graceful: 500 };

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '10' },
    loss: { type: 'string', multiple: true, default: [...LOSSES] },
  },
});
const rounds = Number(values.rounds);
const losses = LOSSES.filter((loss) => values.loss.includes(loss));
if (!Number.isSafeInteger(rounds) || rounds < 1 || losses.length !== values.loss.length) {
  process.stderr.write(`--rounds is a whole number from 1, --loss of ${LOSSES.join(', ')}\n`);
  process.exit(2);
}

const before = machine();
const rig = await failoverRig();
const done: Round[] = [];
try {
  for (const loss of losses) {
    for (let i = 1; i <= rounds; i += 1) {
      const round = await rig.round(loss);
      done.push(round);
      process.stderr.write(`${loss} ${i}/${rounds}: ${round.decisionMs.toFixed(0)} ms\n`);
    }
  }
} finally {
  await rig.cleanUp();
}
const figures = losses.map((loss) => figuresOf(loss));
const result = {
  rig: 'failover',
  options: { rounds, losses },
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  figures,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else
  for (const { loss, p50Ms, p99Ms, maxMs, barMs, met } of figures)
    process.stdout.write(
      `${loss}: p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms; bar ${barMs} ms ${met ? 'met' : 'missed'}\n`,
    );
process.exitCode = figures.every(({ met }) => met) ? 0 : 1;

function figuresOf(loss: Loss) {
  const sorted = done
    .filter((round) => round.loss === loss)
    .map(({ decisionMs }) => Math.round(decisionMs))
    .sort((a, b) => a - b);
  // Nearest rank: of fewer than a hundred rounds the 99th percentile is the worst.
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;
  const p99Ms = at(0.99);
  return {
    loss,
    p50Ms: at(0.5),
    p99Ms,
    maxMs: at(1),
    barMs: BARS[loss],
    met: p99Ms < BARS[loss],
    allMs: sorted,
  };
}
