// The openb trace machine by machine, and its pods as sizes alone: what a packing needs, which some of its lists have no times for.
// Invariant: a line that cannot be read is refused with its number: a packing that left pods out would be no packing of the list.

import { readCsv, TraceError, wholeNumber } from './csv.ts';
import { type OpenbSize, SIZE_COLUMNS, sizeOf } from './openb.ts';

export interface OpenbMachine {
  /** Its serial name in the trace. */
  readonly name: string;
  readonly gpus: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  /** Absent on machines without GPUs. */
  readonly model?: string;
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
  for await (const row of readCsv(lines, { name, columns: SIZE_COLUMNS })) {
    const size = sizeOf(row);
    if (size === null) throw new TraceError(`${name}:${row.line}: a size is no whole number`);
    sizes.push(size);
  }
  return sizes;
}
