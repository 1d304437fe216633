// Synthetic ticks as the solver sees them: pools, datasets, review windows, nested accounts, quotas with cohorts that lend.
// Invariant: a seed is a model, on every machine. Used by bench/engines.ts, and by solver tests through test/support.
import { type Model, ModelBuilder } from '../solver/index.ts';

export interface SyntheticTick {
  readonly requests: number;
  readonly seed: number;
  /** Demand over capacity, about. */
  readonly demandRatio?: number;
  /** Distinct values a request's worth may take; 0 draws a worth of its own for each (no shapes to merge). */
  readonly worthLevels?: number;
  /** Strict classes; requests are spread over them evenly. */
  readonly stages?: number;
}

const DEPARTMENTS = 20;
const COHORT_DEPARTMENTS = 5;
const GPU_POOLS = 8;
const CPU_POOLS = 8;
const DATASETS = 50;
const WINDOWS = 40;
const REQUESTS_PER_AGENT = 5;

/** mulberry32: 32-bit integer arithmetic only, so the same everywhere. */
export function seededDraw(seed: number): (least: number, most: number) => number {
  let state = seed >>> 0;
  return (least, most) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return least + (((t ^ (t >>> 14)) >>> 0) % (most - least + 1));
  };
}

type Draw = ReturnType<typeof seededDraw>;

export function syntheticTick(tick: SyntheticTick): Model {
  const draw = seededDraw(tick.seed);
  const builder = new ModelBuilder();
  const rows = addRows(builder, { ...tick, draw });
  for (let r = 0; r < tick.requests; r++) addRequest(builder, { tick, rows, draw });
  return builder.build();
}

interface Rows {
  readonly gpu: readonly number[];
  readonly cpu: readonly number[];
  readonly datasets: readonly number[];
  readonly windows: readonly number[];
  readonly agents: readonly number[];
  readonly accounts: readonly number[];
  readonly organisation: number;
  readonly quota: readonly number[];
  readonly guaranteed: readonly number[];
}

function addRows(
  builder: ModelBuilder,
  { requests, demandRatio = 1.5, draw }: SyntheticTick & { draw: Draw },
): Rows {
  const family = (name: string, count: number, rhs: () => number): number[] =>
    Array.from({ length: count }, (_, i) => builder.addRow(`${name}/${i}`, Math.max(1, Math.round(rhs()))));
  /** Half to one and a half times the fair part of the demand, so that some rows bind hard and some hardly. */
  const about = (demand: number, count: number) => (): number =>
    (demand / demandRatio / count) * (draw(50, 150) / 100);
  // Means of the draws in addRequest: half the requests ask 2.7 GPUs, all ask 18 CPUs; both cost money.
  const gpuDemand = requests * 0.5 * 2.7;
  const money = requests * (0.5 * 2.7 * 30 + 18);
  const gpu = family('capacity/gpu', GPU_POOLS, about(gpuDemand, GPU_POOLS));
  const cpu = family('capacity/cpu', CPU_POOLS, about(requests * 18, CPU_POOLS));
  const datasets = family('dataset', DATASETS, () => draw(1, Math.max(2, Math.round(requests / 60))));
  const windows = family('review', WINDOWS, about(requests * 0.1, WINDOWS));
  const agents = family('account/agent', Math.ceil(requests / REQUESTS_PER_AGENT), () => draw(300, 3000));
  const accounts = family('account/department', DEPARTMENTS, about(money, DEPARTMENTS));
  const organisation = builder.addRow('account/organisation', Math.round(money));
  const quota = family('quota/limit', DEPARTMENTS, about(gpuDemand * 1.3, DEPARTMENTS));
  const guaranteed = family('quota/guaranteed', DEPARTMENTS, about(gpuDemand * 0.6, DEPARTMENTS));
  const lent = Math.round((gpuDemand * 0.2) / demandRatio / (DEPARTMENTS / COHORT_DEPARTMENTS));
  const cohorts = family('quota/cohort', DEPARTMENTS / COHORT_DEPARTMENTS, () => lent);
  guaranteed.forEach((row, department) => {
    const excess = builder.addExcess(row, Math.round(gpuDemand));
    builder.useExcess(cohorts[Math.floor(department / COHORT_DEPARTMENTS)]!, excess, 1);
  });
  return { gpu, cpu, datasets, windows, agents, accounts, organisation, quota, guaranteed };
}

function addRequest(
  builder: ModelBuilder,
  { tick, rows, draw }: { tick: SyntheticTick; rows: Rows; draw: Draw },
): void {
  const department = draw(0, DEPARTMENTS - 1);
  const agent = draw(0, rows.agents.length - 1);
  const gpus = draw(0, 1) === 1 ? [1, 1, 1, 2, 2, 4, 8][draw(0, 6)]! : 0;
  const cpus = [1, 2, 4, 8, 16, 32, 64][draw(0, 6)]!;
  const dataset = draw(0, 9) < 4 ? draw(0, DATASETS - 1) : null;
  const reviewed = draw(0, 9) === 0;
  const levels = tick.worthLevels ?? 0;
  const age = levels === 0 ? draw(80, 120) : 80 + Math.round((40 / levels) * draw(0, levels - 1));
  const worth = [1, 2, 4, 8][draw(0, 3)]! * (gpus * 20 + cpus + 5) * age;
  builder.addGroup(draw(0, (tick.stages ?? 1) - 1));
  const seen = new Set<string>();
  for (let rank = draw(1, 4), option = 0; option < rank; option++) {
    const gpu = gpus > 0 ? draw(0, GPU_POOLS - 1) : -1;
    const cpu = draw(0, CPU_POOLS - 1);
    const window = reviewed ? draw(0, WINDOWS - 1) : -1;
    if (seen.has(`${gpu},${cpu},${window}`)) continue;
    seen.add(`${gpu},${cpu},${window}`);
    const column = builder.addColumn(Math.max(1, Math.round(worth * (1 - 0.03 * option))));
    // A pool has one price, as a catalogue does: requests of one kind stay alike.
    const price = gpus * (24 + ((gpu * 5) % 13)) + cpus;
    if (gpu >= 0) {
      builder.addEntry(rows.gpu[gpu]!, column, gpus);
      builder.addEntry(rows.quota[department]!, column, gpus);
      builder.addEntry(rows.guaranteed[department]!, column, gpus);
    }
    builder.addEntry(rows.cpu[cpu]!, column, cpus);
    if (dataset !== null) builder.addEntry(rows.datasets[dataset]!, column, 1);
    if (window >= 0) builder.addEntry(rows.windows[window]!, column, 1);
    builder.addEntry(rows.agents[agent]!, column, price);
    builder.addEntry(rows.accounts[department]!, column, price);
    builder.addEntry(rows.organisation, column, price);
  }
}
