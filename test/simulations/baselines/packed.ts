// Lists of openb packed by BestFit and FGD, and what the artifact of the FGD paper says of them. Called by published.test.ts and published.long.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BEST_FIT, fgd as fgdChoice, typicalSizes } from '../../../simulations/baselines/fgd.ts';
import { NodeRoom } from '../../../simulations/baselines/nodeRoom.ts';
import { readOpenbMachines, readOpenbSizes } from '../../../simulations/traces/openbNodes.ts';
import { Chance } from '../../../simulations/world/chance.ts';
import { lines } from '../jobs.ts';
import { arrivalOrder, packedPercent, packingJobs } from './packing.ts';

export const DATA = process.env.ANNONA_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const text = (name: string): string => readFileSync(join(DATA, 'openb', name), 'utf8');

/** Mean per cent of the GPUs that are held, over seeds from 1. */
export async function packed(list: string, seeds: number): Promise<{ bestFit: number; fgd: number }> {
  const nodes = text('openb_node_list_gpu_node.csv');
  const machines = await readOpenbMachines(lines(...nodes.split(/\r?\n/)), 'nodes');
  const pods = text(`openb_pod_list_${list}.csv`);
  const jobs = packingJobs(await readOpenbSizes(lines(...pods.split(/\r?\n/)), list));
  const typical = typicalSizes(jobs);
  const sum = { bestFit: 0, fgd: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const order = arrivalOrder(jobs, machines, new Chance(seed));
    sum.bestFit += packedPercent(order, machines, new NodeRoom(machines, BEST_FIT));
    sum.fgd += packedPercent(order, machines, new NodeRoom(machines, fgdChoice(typical)));
  }
  return { bestFit: sum.bestFit / seeds, fgd: sum.fgd / seeds };
}

/** Mean of the artifact's seeds. */
export function published(list: string, policy: string): number {
  const [header = '', ...rows] = text('expected_gpu_alloc_pct.csv').trim().split(/\r?\n/);
  const column = header.split(',').indexOf('alloc_at_demand_130');
  const found = rows
    .map((row) => row.split(','))
    .filter(([workload, name]) => workload === `openb_pod_list_${list}` && name === policy)
    .map((fields) => Number(fields[column]));
  return found.reduce((a, b) => a + b, 0) / found.length;
}
