// `npm run bench:solver`: ticks with real rows, from 100 to 10,000 requests, solved as a live tick solves them: certified gap against time.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr; exit code 1 when the checker refuses
// an answer, never because a bar was missed.
import { parseArgs } from 'node:util';
import { createInProcessSolver, engineAbsence } from '../solver/node.ts';
import { machine } from './figures.ts';
import { type BestKnown, readBestKnown, searchBestKnown } from './instances/bestKnown.ts';
import type { InstanceOf } from './instances/instance.ts';
import { choice, wholeNumber } from './options.ts';
import { Rival } from './rivals/rival.ts';
import { barsOf } from './solverBars.ts';
import { printSolver } from './solverReport.ts';
import { type InstanceFigures, processorMs, runInstance } from './solverRun.ts';

const HELP = `Usage: npm run -s bench:solver -- [options]

  --json                one JSON document instead of a table
  --requests 100,500    sizes (default 100,200,500,1000,2000,5000,10000)
  --backlog 1.5,20      demand over free capacity (default 0.8,1.5,3,20,100; from 20 on 90 % is leased)
  --seeds 5             instances of each (default 5)
  --engine highs        highs or glpk
  --units 1000000       work budget of a solve
  --clock wall          wall, or processor: time that this process had, on a machine that does other things; without rivals
  --no-rivals           without HiGHS and GLPK alone
  --quick               sizes 100,500,2000, backlog 1.5 and 20, one seed, no rivals
  --best-known SECONDS  search for best known values with HiGHS instead, so long each; goes on where it stopped

  npm run -s bench:solver -- --requests 500 --backlog 1.5,3 --seeds 3 --no-rivals
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    requests: { type: 'string' },
    backlog: { type: 'string' },
    seeds: { type: 'string' },
    engine: { type: 'string', default: 'highs' },
    clock: { type: 'string', default: 'wall' },
    units: { type: 'string', default: '1000000' },
    'no-rivals': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'best-known': { type: 'string' },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const sizes = (values.requests ?? (values.quick ? '100,500,2000' : '100,200,500,1000,2000,5000,10000'))
  .split(',')
  .map((text) => wholeNumber('--requests', text));
const backlogs = (values.backlog ?? (values.quick ? '1.5,20' : '0.8,1.5,3,20,100')).split(',').map(Number);
if (backlogs.some((backlog) => !(backlog > 0))) throw new RangeError('--backlog takes numbers above 0');
const seeds = wholeNumber('--seeds', values.seeds ?? (values.quick ? '1' : '5'));
const clock = choice('--clock', values.clock, ['wall', 'processor']);
const engine = values.engine === 'glpk' ? 'glpk' : 'highs';

/** From a backlog of 20 on the pools are nearly full: what is free is a tenth of them. */
const leasedPercentOf = (backlog: number): number => (backlog >= 20 ? 90 : 0);

/** Three strict classes are reported, not held to a bar: what a class has to itself is another problem each time. */
const CLASSES_SIZES = [500, 2000, 10_000];
const CLASSES_BACKLOGS = [1.5, 20];

function* instances(): Generator<InstanceOf> {
  for (const requests of sizes)
    for (const backlog of backlogs)
      for (let seed = 1; seed <= seeds; seed++)
        yield { seed, requests, family: 'mixed', backlog, leasedPercent: leasedPercentOf(backlog) };
  for (const requests of CLASSES_SIZES.filter((size) => sizes.includes(size)))
    for (const backlog of CLASSES_BACKLOGS.filter((of) => backlogs.includes(of)))
      for (let seed = 1; seed <= seeds; seed++)
        yield { seed, requests, family: 'classes', backlog, leasedPercent: leasedPercentOf(backlog) };
  if (!sizes.includes(10_000)) return;
  for (let seed = 1; seed <= seeds; seed++)
    yield { seed, requests: 10_000, family: 'shapes', backlog: 20, leasedPercent: 90 };
}

// A listener of `exit` ends the rivals: a signal must come to it.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

if (values['best-known'] !== undefined) {
  await searchBestKnown(
    [...instances()].filter(({ family }) => family !== 'classes'),
    wholeNumber('--best-known', values['best-known']),
    tell,
  );
  process.exit(0);
}

const rivals = new Map<string, Rival>();
if (!values['no-rivals'] && !values.quick && clock === 'wall') {
  rivals.set('highs', new Rival('highs'));
  const absence = await engineAbsence('glpk');
  if (absence === null) rivals.set('glpk', new Rival('glpk'));
  else tell(absence);
}
const solver = createInProcessSolver();
const tools = {
  solver,
  options: { engine, budget: { unitsMax: wholeNumber('--units', values.units) } },
  rivals,
  clock: clock === 'wall' ? () => performance.now() : processorMs,
} as const;
const before = machine();
const known: BestKnown = await readBestKnown();

// The first calls compile code and grow memory: nobody's time.
tell('warming up');
await runInstance(
  { seed: 99, requests: 500, family: 'mixed', backlog: 1.5, leasedPercent: 0 },
  { ...tools, rivals: new Map() },
);
const ticks: InstanceFigures[] = [];
const all = [...instances()];
for (const [i, instance] of all.entries()) {
  const figures = await runInstance(instance, tools);
  ticks.push(figures);
  const { cold, warm } = figures;
  tell(
    `${i + 1}/${all.length}  ${instance.family} R ${instance.requests} backlog ${instance.backlog} seed ${instance.seed}: ` +
      `cold ${cold.ms.toFixed(0)} ms gap ${(cold.gap * 100).toFixed(3)} %, warm ${warm.ms.toFixed(0)} ms gap ${(warm.gap * 100).toFixed(3)} %`,
  );
}
await solver.close();
for (const rival of rivals.values()) await rival.close();
const result = {
  bench: 'solver',
  engine,
  clock,
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  bars: barsOf(ticks, known),
  ticks,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else printSolver(result, (line) => process.stdout.write(`${line}\n`));
process.exitCode = ticks.every(({ cold, warm }) => cold.fault === null && warm.fault === null) ? 0 : 1;
