// The organisation that a trace's machines make.
import { expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { openbOrganisation } from '../../../api/roles/traceOrganisation.ts';
import type { OpenbModel } from '../../../simulations/index.ts';

const model = (name: string, gpus: number): OpenbModel => ({
  model: name,
  nodes: 2,
  cpuMilli: 128_000,
  memoryMiB: 512_000,
  gpuMilli: gpus * 1000,
  largest: { cpuMilli: 64_000, memoryMiB: 256_000, gpuMilli: gpus * 500 },
});
const made = (agents: number, ...models: readonly OpenbModel[]) =>
  openbOrganisation({ models, agents, digest: sha256 });

it('has a pool of GPUs, CPU and memory for each model, and none of GPUs where there is none', () => {
  const { pools } = made(1, model('V100M32', 4), model('none', 0));
  const wantPools = [
    ['gpu-v100m32', 'gpu', 'mGPU', 4000],
    ['cpu-v100m32', 'cpu', 'mCPU', 128_000],
    ['memory-v100m32', 'memory', 'MiB', 512_000],
    ['cpu-none', 'cpu', 'mCPU', 128_000],
    ['memory-none', 'memory', 'MiB', 512_000],
  ];
  expect(pools.map(({ id, kind, unit, capacity }) => [id, kind, unit, capacity])).toEqual(wantPools);
  expect(pools[0]?.labels).toEqual({ model: 'V100M32' });
});

it('has one set of nodes where its machines are given, equal ones in one group', () => {
  const node = { gpus: 2, cpuMilli: 64_000, memoryMiB: 1000, model: 'T4' };
  const machines = [
    { name: 'a', ...node },
    { name: 'b', gpus: 0, cpuMilli: 500, memoryMiB: 10 },
    { name: 'c', ...node },
  ];
  const { pools } = openbOrganisation({ models: [], machines, agents: 1, digest: sha256 });
  expect(pools.map(({ id, capacity }) => [id, capacity])).toEqual([
    ['gpu-nodes', 4000],
    ['cpu-nodes', 128_500],
    ['memory-nodes', 2010],
  ]);
  expect(pools[0]?.nodes?.groups).toEqual([
    { id: 't4-2g-64000-1000', count: 2, ...node },
    { id: 'none-0g-500-10', count: 1, gpus: 0, cpuMilli: 500, memoryMiB: 10 },
  ]);
});

it('spreads its agents evenly over twelve departments', () => {
  const { agents, departments } = made(30, model('T4', 2));
  expect(departments).toHaveLength(12);
  const sizes = departments.map(({ id }) => agents.filter(({ department }) => department === id).length);
  expect(sizes).toEqual([3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2]);
  expect(new Set(agents.map(({ id }) => id)).size).toBe(30);
});

it('is the same for the same trace and count, and has another revision otherwise', () => {
  const one = made(5, model('T4', 2));
  expect(made(5, model('T4', 2))).toEqual(one);
  expect(made(6, model('T4', 2)).revision).not.toBe(one.revision);
  expect(made(5, model('T4', 3)).revision).not.toBe(one.revision);
});
