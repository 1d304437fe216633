// The packing experiment of the FGD paper's artifact: jobs one by one, none leaves, until they have asked for 130 % of the GPUs.
// Invariant: one seed, one order; the share of GPUs held at the end is counted from what was placed. Called by packed.ts.

import { GPU_MILLI } from '../../../simulations/baselines/nodeRoom.ts';
import type { Room } from '../../../simulations/baselines/room.ts';
import { type Job, Shapes } from '../../../simulations/job.ts';
import type { OpenbSize } from '../../../simulations/traces/openb.ts';
import type { OpenbMachine } from '../../../simulations/traces/openbNodes.ts';
import type { Chance } from '../../../simulations/world/chance.ts';

/** In per cent of all GPUs. */
const DEMAND_PERCENT = 130;

/** Pods as jobs that all come at once and never end; in the order of the list. */
export function packingJobs(sizes: readonly OpenbSize[]): Job[] {
  const shapes = new Shapes();
  return sizes.map(({ name, gpuMilli, cpuMilli, memoryMiB, models }, index): Job => {
    const claims = [
      { kind: 'gpu', quantity: gpuMilli },
      { kind: 'cpu', quantity: cpuMilli },
      { kind: 'memory', quantity: memoryMiB },
    ].filter(({ quantity }) => quantity > 0);
    const endless = { submitMs: 0, runMs: Number.MAX_SAFE_INTEGER, estimateMs: Number.MAX_SAFE_INTEGER };
    const who = { department: 'openb', agent: 'openb', rank: 0 };
    return { index, name, ...endless, claims, models, ...who, shape: shapes.of({ claims, models }) };
  });
}

/**
 * The list shuffled; while it asks for less than the demand, clones of jobs drawn at random follow; while it asks for more, jobs drawn at
 * random leave.
 */
export function arrivalOrder(jobs: readonly Job[], machines: readonly OpenbMachine[], chance: Chance): Job[] {
  const order = [...jobs];
  for (let i = order.length - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const wanted = (gpuMilliOfMachines(machines) * DEMAND_PERCENT) / 100;
  let asked = jobs.reduce((sum, job) => sum + gpuMilliOfJob(job), 0);
  while (asked > wanted) {
    const [gone] = order.splice(chance.below(order.length), 1);
    asked -= gpuMilliOfJob(gone!);
  }
  for (;;) {
    const clone = chance.pick(jobs);
    if (asked + gpuMilliOfJob(clone) > wanted) return order;
    asked += gpuMilliOfJob(clone);
    order.push(clone);
  }
}

/** Per cent of all GPUs that are held when each job had its turn. */
export function packedPercent(order: readonly Job[], machines: readonly OpenbMachine[], room: Room): number {
  let held = 0;
  for (const job of order) {
    const placement = room.find(job);
    if (placement === null) continue;
    room.take(job, placement);
    held += gpuMilliOfJob(job);
  }
  return (100 * held) / gpuMilliOfMachines(machines);
}

function gpuMilliOfJob({ claims }: Job): number {
  return claims.reduce((sum, { kind, quantity }) => sum + (kind === 'gpu' ? quantity : 0), 0);
}

function gpuMilliOfMachines(machines: readonly OpenbMachine[]): number {
  return machines.reduce((sum, { gpus }) => sum + gpus * GPU_MILLI, 0);
}
