// `npm run -s study:philly`: the study of docs/business-case.md, Annona against FIFO and greedy quota scheduling on two weeks of Philly's log, with
// EASY and shortest first beside them. `--json` for docs/runs/philly.json; `--estimates exact`: everybody knows how long they run;
// `--seeds 1,2,3`: with each, every submit moves by up to a minute.
// Invariant: all schedulers are told the same and counted by the same recorder; figures depend on the log alone.
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { sha256 } from '../adapters/system/digest.ts';
import {
  type Metrics,
  type RunResult,
  readTrace,
  runScheduler,
  type SchedulerName,
  shaken,
} from '../simulations/index.ts';
import { createInProcessSolver } from '../solver/node.ts';
import { mean, rounded } from './figures.ts';
import { choice, wholeNumber } from './options.ts';
import { capacityOf, quotasOf, SLICE_MS, type Slice, sliceOf } from './phillySlice.ts';

/** The log's first submit, which readers count from. */
const EPOCH = Date.UTC(2017, 8, 7, 3, 58, 57);
const COMPARED = ['fcfs', 'priority', 'easy', 'sjf', 'annona'] as const satisfies readonly SchedulerName[];
/** What the published table has; as many as the two weeks ask for, in whole nodes of eight; an eighth and a fifth less than that. */
const CAPACITIES = '432,344,304,272';
/** Load 1: where the seeds run. */
const GPUS = 344;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    estimates: { type: 'string', default: 'derived' },
    schedulers: { type: 'string', default: COMPARED.join(',') },
    seeds: { type: 'string', default: '' },
    gpus: { type: 'string', default: CAPACITIES },
  },
});
const estimates = choice('--estimates', values.estimates, ['derived', 'exact']);
const schedulers = listOf(values.schedulers).map((name) => choice('--schedulers', name, COMPARED));
const seeds = listOf(values.seeds).map((text) => wholeNumber('--seeds', text));
const capacities = listOf(values.gpus).map((text) => wholeNumber('--gpus', text));
const file = join(
  process.env.ANNONA_DATA ?? join(import.meta.dirname, '../../shared/data'),
  'philly/philly.csv.gz',
);
if (!existsSync(file)) {
  process.stderr.write('no philly data in $ANNONA_DATA; docs/data.md says where it comes from\n');
  process.exit(1);
}
const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
const { jobs: log } = await readTrace({ name: 'philly', lines });
const slice = sliceOf(log, { epoch: EPOCH, estimates });
const solver = createInProcessSolver();

interface Row {
  readonly scheduler: SchedulerName;
  readonly gpus: number;
  readonly seed: number | null;
  /** Wait and run, mean of all jobs. */
  readonly completionHours: number;
  readonly waitMeanHours: number;
  readonly waitP95Hours: number;
  readonly waitMaxHours: number;
  readonly boundedSlowdown: number;
  /** Of the GPUs in the two weeks of submits. */
  readonly used: number;
  readonly finished: number;
  readonly waitMeanHoursBy: Readonly<Record<string, number>>;
  readonly usedByKind: Metrics['utilisationByKind'];
  readonly budgetDaysBy: Readonly<Record<string, number | null>>;
  readonly digest: string;
}

async function run(scheduler: SchedulerName, gpus: number, seed: number | null): Promise<Row> {
  process.stderr.write(`${scheduler} on ${gpus} GPUs${seed === null ? '' : `, seed ${seed}`}\n`);
  const result = await runScheduler({
    scheduler,
    seed,
    jobsOf: (one) => shaken(slice.jobs, one),
    capacity: capacityOf(slice, gpus),
    quotas: quotasOf(gpus),
    budgets: slice.budgets,
    solver,
    digest: sha256,
    watch: { pause: async () => {}, stopped: () => false },
    progress: () => {},
  });
  const { metrics } = result;
  if (metrics.finished !== slice.jobs.length)
    throw new Error(`${scheduler} on ${gpus} GPUs finished ${metrics.finished} of ${slice.jobs.length} jobs`);
  const budgets = Object.entries(metrics.budgets);
  return {
    ...{ scheduler, gpus, seed },
    completionHours: hours(metrics.waitMeanSeconds + slice.meanRunSeconds),
    waitMeanHours: hours(metrics.waitMeanSeconds),
    waitP95Hours: hours(metrics.waitP95Seconds),
    waitMaxHours: hours(metrics.waitMaxSeconds),
    boundedSlowdown: rounded(metrics.boundedSlowdownMean),
    used: usedInSlice(result),
    finished: metrics.finished,
    waitMeanHoursBy: Object.fromEntries(
      Object.entries(metrics.departments).map(([name, { waitMeanSeconds }]) => [
        name,
        hours(waitMeanSeconds),
      ]),
    ),
    usedByKind: metrics.utilisationByKind,
    budgetDaysBy: Object.fromEntries(
      budgets.map(([name, { runOutSeconds }]) => [
        name,
        runOutSeconds === null ? null : rounded(runOutSeconds / 86_400),
      ]),
    ),
    digest: result.digest,
  };
}

/** From the bins of the picture: the last one, of a few hours, counts by the part of it that lies before the end. */
function usedInSlice({ picture }: RunResult): number {
  const { widthMs, values: shares } = picture.utilisation.find(({ name }) => name === 'gpu')!;
  const area = shares.reduce((sum, share, bin) => {
    const withinMs = Math.max(0, Math.min(widthMs, SLICE_MS - bin * widthMs));
    return sum + share * withinMs;
  }, 0);
  return rounded(area / SLICE_MS);
}

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

function hours(seconds: number): number {
  return rounded(seconds / 3600);
}

const NAMES = [
  'completionHours',
  'waitMeanHours',
  'waitP95Hours',
  'waitMaxHours',
  'boundedSlowdown',
] as const;

function print({ jobs, gpuHours }: Slice, seeded: readonly Row[], sized: readonly Row[]): void {
  const load = (gpuHours / ((GPUS * SLICE_MS) / 3_600_000)) * 100;
  const about = `${jobs.length} jobs, ${Math.round(gpuHours)} GPU-hours`;
  console.log(`${about}, ${load.toFixed(0)} % of ${GPUS} GPUs in two weeks`);
  if (seeded.length > 0) printTable(`${GPUS} GPUs, means of seeds ${seeds.join(', ')}`, seeded);
  for (const gpus of capacities)
    printTable(
      `${gpus} GPUs, the log as it is`,
      sized.filter((row) => row.gpus === gpus),
    );
}

function printTable(title: string, rows: readonly Row[]): void {
  const heads = ['completion h', 'mean wait h', 'p95 h', 'longest h', 'slowdown', 'used'];
  console.log(`\n| ${title} | ${heads.join(' | ')} |\n|---|${'---|'.repeat(heads.length)}`);
  for (const scheduler of schedulers) {
    const own = rows.filter((row) => row.scheduler === scheduler);
    const figures = NAMES.map((name) => mean(own.map((row) => row[name])));
    const used = mean(own.map((row) => row.used * 100));
    console.log(`| ${scheduler} | ${figures.map(shown).join(' | ')} | ${shown(used)} % |`);
  }
}

function shown(figure: number | null): string {
  return figure === null ? '–' : figure.toFixed(2);
}

const seeded: Row[] = [];
const sized: Row[] = [];
for (const scheduler of schedulers) {
  for (const seed of seeds) seeded.push(await run(scheduler, GPUS, seed));
  for (const gpus of capacities) sized.push(await run(scheduler, gpus, null));
}
await solver.close();
const { jobs, gpuHours, meanRunSeconds } = slice;
const about = {
  estimates,
  jobs: jobs.length,
  gpuHours: Math.round(gpuHours),
  meanRunHours: hours(meanRunSeconds),
};
if (values.json) console.log(JSON.stringify({ ...about, seeded, sized }, null, 1));
else print(slice, seeded, sized);
