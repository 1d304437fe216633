// `npm run bench:packing`: the openb GPU cluster packed by the production core, against the figures of the FGD paper's artifact.
// Invariant: every packing passes packingCheck.ts, which shares nothing with the product, before a figure of it is printed.
//
// The artifact's method (Weng et al., USENIX ATC 2023): pods are shuffled by a seed; while all of them ask for less than 130 % of the GPUs
// there are, clones of pods drawn at random follow, and while they ask for more, pods drawn at random leave. None ever ends.
// The seeds here shuffle otherwise than those of the artifact, whose random source is another: its mean over ten seeds is the comparison.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OpenbSize, readOpenbMachines, readOpenbSizes } from '../simulations/index.ts';
import { createInProcessSolver } from '../solver/node.ts';
import { type Random, seeded } from './chance.ts';
import { type Bar, bar, machine, mean, rounded } from './figures.ts';
import { wholeNumber } from './options.ts';
import { gpuMilliOf, type Placement, packingFault } from './packingCheck.ts';
import { PackingWorld } from './packingWorld.ts';

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
] as const;
type List = (typeof LISTS)[number];
const DEMAND = 1.3;
/** Points that a tick of 16 may lie below BestFit, which sees one pod at a time. */
const ALLOWANCE = 0.5;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1' },
    ticks: { type: 'string', default: '1,16,256' },
    lists: { type: 'string', default: LISTS.join(',') },
  },
});
const data = join(process.env.ANNONA_DATA ?? join(import.meta.dirname, '../../shared/data'), 'openb');
if (!existsSync(data)) {
  process.stderr.write('no openb data in $ANNONA_DATA; docs/data.md says where it comes from\n');
  process.exit(1);
}
const nodesText = readFileSync(join(data, 'openb_node_list_gpu_node.csv'), 'utf8');
const machines = await readOpenbMachines(linesOf(nodesText), 'openb_node_list_gpu_node.csv');
const gpuMilli = machines.reduce((sum, { gpus }) => sum + gpus * 1000, 0);
const solver = createInProcessSolver();

interface PackingRun {
  readonly list: List;
  readonly seed: number;
  /** Pods a tick; 0: all of them in one. */
  readonly tick: number;
  readonly pods: number;
  readonly granted: number;
  readonly gpuPercent: number;
  /** Of the largest tick. */
  readonly columns: number;
  readonly rows: number;
  readonly method: string;
  readonly worstGap: number;
  readonly worstTickMs: number;
  readonly formulateMs: number;
  readonly solveMs: number;
}

async function pack(list: List, seed: number, tick: number): Promise<PackingRun> {
  const podsText = readFileSync(join(data, `openb_pod_list_${list}.csv`), 'utf8');
  const pods = arrivals(await readOpenbSizes(linesOf(podsText), list), seeded(seed));
  const world = new PackingWorld(machines, solver);
  const placements: Placement[] = [];
  const worst = { columns: 0, rows: 0, method: 'empty', worstGap: 0, worstTickMs: 0 };
  const spent = { formulateMs: 0, solveMs: 0 };
  const size = tick === 0 ? pods.length : tick;
  for (let i = 0; i < pods.length; i += size) {
    const figures = await world.tick(pods.slice(i, i + size));
    placements.push(...figures.placements);
    if (figures.columns >= worst.columns) worst.method = figures.method;
    worst.columns = Math.max(worst.columns, figures.columns);
    worst.rows = Math.max(worst.rows, figures.rows);
    worst.worstGap = Math.max(worst.worstGap, figures.gap);
    worst.worstTickMs = Math.max(worst.worstTickMs, rounded(figures.formulateMs + figures.solveMs));
    spent.formulateMs += figures.formulateMs;
    spent.solveMs += figures.solveMs;
  }
  const fault = packingFault({ nodes: nodesText, pods: podsText }, placements);
  if (fault !== null) throw new Error(`${list}, seed ${seed}, ${tick} a tick: ${fault}`);
  return {
    list,
    seed,
    tick,
    pods: pods.length,
    granted: placements.length,
    gpuPercent: rounded((100 * gpuMilliOf(podsText, placements)) / gpuMilli),
    ...worst,
    formulateMs: rounded(spent.formulateMs),
    solveMs: rounded(spent.solveMs),
  };
}

/** The list in random order, with pods cloned or left out until it asks for `DEMAND` of the GPUs. */
function arrivals(pods: readonly OpenbSize[], random: Random): OpenbSize[] {
  const order = [...pods];
  const below = (most: number): number => Math.floor(random() * most);
  for (let i = order.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const wanted = DEMAND * gpuMilli;
  let asked = pods.reduce((sum, pod) => sum + pod.gpuMilli, 0);
  while (asked > wanted) {
    const [gone] = order.splice(below(order.length), 1);
    asked -= gone!.gpuMilli;
  }
  for (;;) {
    const pod = pods[below(pods.length)]!;
    if (asked + pod.gpuMilli > wanted) return order;
    asked += pod.gpuMilli;
    order.push(pod);
  }
}

/** Mean of the artifact's seeds, GPU allocation in per cent. */
function published(list: List, policy: string): number {
  const [header = '', ...lines] = readFileSync(join(data, 'expected_gpu_alloc_pct.csv'), 'utf8').split(
    /\r?\n/,
  );
  const column = header.split(',').indexOf('alloc_at_demand_130');
  const found = lines
    .map((line) => line.split(','))
    .filter(([workload, name]) => workload === `openb_pod_list_${list}` && name === policy)
    .map((fields) => Number(fields[column]));
  return mean(found) ?? Number.NaN;
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split(/\r?\n/);
}

const lists = LISTS.filter((list) => values.lists.split(',').includes(list));
const ticks = values.ticks
  .split(',')
  .filter(Boolean)
  .map((text) => wholeNumber('--ticks', text));
const before = machine();
const runs: PackingRun[] = [];
for (const list of lists) {
  for (let seed = 1; seed <= wholeNumber('--seeds', values.seeds); seed++) {
    for (const tick of [0, ...ticks]) {
      const run = await pack(list, seed, tick);
      runs.push(run);
      process.stderr.write(
        `${list} seed ${seed}, ${tick === 0 ? 'one batch' : `${tick} a tick`}: ${run.gpuPercent} % of the GPUs, ${run.granted} of ${run.pods} pods\n`,
      );
    }
  }
}
await solver.close();

const bars: Record<string, Bar> = {};
const comparison = lists.map((list) => {
  const [fgd, bestFit] = [published(list, '06-FGD'), published(list, '05-BestFit')];
  const of = (tick: number): number | null =>
    mean(runs.filter((run) => run.list === list && run.tick === tick).map(({ gpuPercent }) => gpuPercent));
  bars[`${list}: one batch, FGD`] = bar(of(0), 'atLeast', rounded(fgd));
  if (ticks.includes(16))
    bars[`${list}: 16 a tick, BestFit`] = bar(of(16), 'atLeast', rounded(bestFit - ALLOWANCE));
  const arrival = ticks.map((tick) => ({
    tick,
    gpuPercent: of(tick),
    againstFgd: rounded((of(tick) ?? Number.NaN) - fgd),
  }));
  return { list, fgd: rounded(fgd), bestFit: rounded(bestFit), batch: of(0), arrival };
});
if (values.json)
  process.stdout.write(`${JSON.stringify({ machine: before, demand: DEMAND, bars, comparison, runs })}\n`);
else {
  for (const { list, fgd, bestFit, batch, arrival } of comparison) {
    const inOrder = arrival.map(
      ({ tick, gpuPercent, againstFgd }) => `${tick} a tick ${gpuPercent} (${againstFgd})`,
    );
    process.stdout.write(`${list}: FGD ${fgd}, BestFit ${bestFit}; batch ${batch}; ${inOrder.join(', ')}\n`);
  }
  for (const [name, { value, limit, met }] of Object.entries(bars))
    process.stdout.write(`${met ? 'met    ' : 'missed '} ${name}: ${value} (at least ${limit})\n`);
}
