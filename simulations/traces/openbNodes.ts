// The openb trace machine by machine, and its pods as sizes alone: what a packing needs, which some of its lists have no times for.
// Invariant: a line that cannot be read is refused with its number: a packing that left pods out would be no packing of the list.

import { readCsv, TraceError, wholeNumber } from './csv.ts';

export interface OpenbMachine {
  /** Its serial name in the trace. */
  readonly name: string;
  readonly gpus: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  /** Absent on machines without GPUs. */
  readonly model?: string;
}

export interface OpenbSize {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  /** Below 1000 a share of one GPU, else whole ones. */
  readonly gpuMilli: number;
  /** GPU models it may run on; empty means any. */
  readonly models: readonly string[];
}

/** In the order of the file. */
export async function readOpenbMachines(lines: AsyncIterable<string>, name: string): Promise<OpenbMachine[]> {
  const machines: OpenbMachine[] = [];
  const columns = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'];
  for await (const row of readCsv(lines, { name, columns })) {
    const [cpuMilli, memoryMiB, gpus] = ['cpu_milli', 'memory_mib', 'gpu'].map((column) =>
      wholeNumber(row.field(column)),
    );
    if (cpuMilli == null || memoryMiB == null || gpus == null)
      throw new TraceError(`${name}:${row.line}: cpu, memory and gpu must be whole numbers`);
    const model = row.field('model');
    machines.push({ name: row.field('sn'), gpus, cpuMilli, memoryMiB, ...(model !== '' && { model }) });
  }
  return machines;
}

/** In the order of the file. */
export async function readOpenbSizes(lines: AsyncIterable<string>, name: string): Promise<OpenbSize[]> {
  const sizes: OpenbSize[] = [];
  const columns = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'];
  for await (const row of readCsv(lines, { name, columns })) {
    const [cpuMilli, memoryMiB, gpus, gpuMilli] = columns
      .slice(1)
      .map((column) => wholeNumber(row.field(column)));
    if (cpuMilli == null || memoryMiB == null || gpus == null || gpuMilli == null)
      throw new TraceError(`${name}:${row.line}: a size is no whole number`);
    sizes.push({
      name: row.field('name'),
      cpuMilli,
      memoryMiB,
      gpuMilli: gpus === 1 ? gpuMilli : gpus * 1000,
      models: row
        .field('gpu_spec')
        .split('|')
        .filter((model) => model !== ''),
    });
  }
  return sizes;
}
