// The bench's world on a handful of machines: ticks fill them, the judge agrees, and equal runs are equal.
import { afterAll, expect, it } from 'vitest';
import { type Placement, packingFault } from '../../bench/packingCheck.ts';
import { PackingWorld } from '../../bench/packingWorld.ts';
import type { OpenbMachine, OpenbSize } from '../../simulations/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';

const solver = createInProcessSolver();
afterAll(() => solver.close());

const machines: OpenbMachine[] = [1, 2, 3, 4].map((n) => ({
  name: `n${n}`,
  gpus: n,
  cpuMilli: n * 8000,
  memoryMiB: 1000,
  model: n < 3 ? 'T4' : 'V100',
}));
const pods: OpenbSize[] = Array.from({ length: 40 }, (_, n) => ({
  name: `p${n}`,
  cpuMilli: 500 * (1 + (n % 4)),
  memoryMiB: 10 * (n % 3),
  gpuMilli: [300, 1000, 500, 2000, 0, 700][n % 6]!,
  models: n % 5 === 0 ? ['V100'] : [],
}));
const files = {
  nodes: [
    'sn,cpu_milli,memory_mib,gpu,model',
    ...machines.map(({ name, cpuMilli, memoryMiB, gpus, model }) =>
      [name, cpuMilli, memoryMiB, gpus, model].join(),
    ),
  ].join('\n'),
  pods: [
    'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec',
    ...pods.map(({ name, cpuMilli, memoryMiB, gpuMilli, models }) =>
      [
        name,
        cpuMilli,
        memoryMiB,
        Math.ceil(gpuMilli / 1000),
        Math.min(1000, gpuMilli),
        models.join('|'),
      ].join(),
    ),
  ].join('\n'),
};

async function packed(size: number): Promise<Placement[]> {
  const world = new PackingWorld(machines, solver);
  const placements: Placement[] = [];
  for (let i = 0; i < pods.length; i += size)
    placements.push(...(await world.tick(pods.slice(i, i + size))).placements);
  return placements;
}

it.each([1, 7, 40])('packs %i pods a tick as the judge allows, and nearly all of the GPUs', async (size) => {
  const placements = await packed(size);
  expect(packingFault(files, placements)).toBeNull();
  const held = placements.reduce((sum, { pod }) => sum + pods.find(({ name }) => name === pod)!.gpuMilli, 0);
  expect(held).toBeGreaterThan(9000);
  expect(await packed(size)).toEqual(placements);
});
