// `npm run -s sim:faults`: so many seeds of a simulated cluster under faults, each one history, and what of its promises any of them broke.
// Invariant: stdout carries the result alone (one JSON document with --json, or one seed's story), progress goes to stderr; exit code 1 for
// a broken promise, or for a seed that is not the same history twice.

import { parseArgs } from 'node:util';
import { sha256 } from '../adapters/system/digest.ts';
import { type RunReport, runSeed } from '../simulations/index.ts';
import { createInProcessSolver } from '../solver/node.ts';
import { machine } from './figures.ts';
import { wholeNumber } from './options.ts';

const HELP = `Usage: npm run -s sim:faults -- [options]

  --seeds 1000   histories, a seed each
  --from 1       the first seed
  --json         one JSON document
  --seed N       one seed: what came of it
  --trace        with --seed: its whole story, line by line

  npm run -s sim:faults -- --from 1 --seeds 100000 --json
  npm run -s sim:faults -- --seed 7 --trace
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
/** Failing seeds that are told in full; the rest are counted. */
const TOLD_MOST = 10;
const PROGRESS_EVERY = 100;

const solver = createInProcessSolver();
const run = (seed: number, isStoryKept = false): Promise<RunReport> =>
  runSeed(seed, { solver, digest: sha256, isStoryKept });

function tell({ seed, digest, findings }: RunReport): void {
  for (const { promise, what } of findings.slice(0, TOLD_MOST))
    process.stderr.write(`seed ${seed}  ${promise}: ${what}\n`);
  process.stderr.write(
    `seed ${seed}  digest ${digest}; again: npm run -s sim:faults -- --seed ${seed} --trace\n`,
  );
}

async function runMany(): Promise<boolean> {
  const seeds = wholeNumber('--seeds', values.seeds);
  const from = wholeNumber('--from', values.from);
  const sums = { ticks: 0, requests: 0, leases: 0, epochs: 0, faults: 0, virtualMs: 0 };
  const failed: { seed: number; digest: string; replays: boolean; findings: RunReport['findings'] }[] = [];
  const startedMs = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const report = await run(seed);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
    if (report.findings.length > 0) {
      const again = await run(seed);
      failed.push({
        seed,
        digest: report.digest,
        replays: again.digest === report.digest,
        findings: report.findings,
      });
      if (failed.length <= TOLD_MOST) tell(report);
    }
    const done = seed - from + 1;
    if (done % PROGRESS_EVERY === 0)
      process.stderr.write(`${done}/${seeds} seeds, ${failed.length} failed\n`);
  }
  const msPerSeed = Math.round(((performance.now() - startedMs) / seeds) * 10) / 10;
  const result = { simulation: 'faults', from, seeds, failed, msPerSeed, sums, machine: machine() };
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else
    process.stdout.write(
      `${seeds} seeds from ${from}: ${failed.length} failed, ${msPerSeed} ms each; ${JSON.stringify(sums)}\n`,
    );
  return failed.length === 0;
}

async function runOne(seed: number): Promise<boolean> {
  const report = await run(seed, values.trace);
  const again = await run(seed);
  const { story, ...rest } = report;
  for (const line of story) process.stdout.write(`${line}\n`);
  if (values.json) process.stdout.write(`${JSON.stringify(rest)}\n`);
  else process.stdout.write(`${JSON.stringify(rest, null, 2)}\n`);
  if (again.digest !== report.digest) process.stderr.write(`seed ${seed} is not the same history twice\n`);
  if (report.findings.length > 0) tell(report);
  return report.findings.length === 0 && again.digest === report.digest;
}

const isKept = values.seed === undefined ? await runMany() : await runOne(wholeNumber('--seed', values.seed));
await solver.close();
process.exitCode = isKept ? 0 : 1;
