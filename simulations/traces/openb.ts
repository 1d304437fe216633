// Reader of the Alibaba 2023 GPU cluster trace ("openb"): a node list and a pod list, as CSV.
// Source of the format: hkust-adsl/kubernetes-scheduler-simulator; `gpu_milli` counts only where one GPU is asked (a fraction of it).
// Invariant: a pod that cannot be read is counted with its reason, never silently left out.

import { type CsvRow, readCsv, TraceError, wholeNumber } from './csv.ts';

export interface OpenbModel {
  readonly model: string;
  readonly nodes: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly gpuMilli: number;
  /** Largest single node, so that a pod is offered only to models that have a node for it. */
  readonly largest: { readonly cpuMilli: number; readonly memoryMiB: number; readonly gpuMilli: number };
}

/** What a pod asks for. */
export interface OpenbSize {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  /** Thousandths of a GPU, over all GPUs of the pod: below 1000 a share of one GPU, else whole ones. */
  readonly gpuMilli: number;
  /** GPU models it may run on; empty means any. */
  readonly models: readonly string[];
}

export interface OpenbPod extends OpenbSize {
  readonly createdSeconds: number;
  readonly durationSeconds: number;
}

export interface OpenbPods {
  readonly pods: readonly OpenbPod[];
  /** Reason -> how many lines. */
  readonly dropped: ReadonlyMap<string, number>;
}

const NODE_COLUMNS = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'];
/** Columns that a size is read from; `gpu_spec` may be absent. */
export const SIZE_COLUMNS = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'];
const POD_COLUMNS = [...SIZE_COLUMNS, 'gpu_spec', 'creation_time', 'deletion_time'];

/** Nodes summed by GPU model, in order of name. Nodes without a GPU are the model "none". */
export async function readOpenbNodes(lines: AsyncIterable<string>, name: string): Promise<OpenbModel[]> {
  const models = new Map<string, OpenbModel>();
  for await (const row of readCsv(lines, { name, columns: NODE_COLUMNS })) {
    const cpuMilli = wholeNumber(row.field('cpu_milli'));
    const memoryMiB = wholeNumber(row.field('memory_mib'));
    const gpus = wholeNumber(row.field('gpu'));
    if (cpuMilli === null || memoryMiB === null || gpus === null)
      throw new TraceError(`${name}:${row.line}: cpu, memory and gpu must be whole numbers`);
    const model = row.field('model') || 'none';
    const gpuMilli = gpus * 1000;
    const before = models.get(model);
    models.set(model, {
      model,
      nodes: (before?.nodes ?? 0) + 1,
      cpuMilli: (before?.cpuMilli ?? 0) + cpuMilli,
      memoryMiB: (before?.memoryMiB ?? 0) + memoryMiB,
      gpuMilli: (before?.gpuMilli ?? 0) + gpuMilli,
      largest: {
        cpuMilli: Math.max(before?.largest.cpuMilli ?? 0, cpuMilli),
        memoryMiB: Math.max(before?.largest.memoryMiB ?? 0, memoryMiB),
        gpuMilli: Math.max(before?.largest.gpuMilli ?? 0, gpuMilli),
      },
    });
  }
  return [...models.values()].sort((a, b) => (a.model < b.model ? -1 : 1));
}

/** Null: one of its numbers is no whole number. */
export function sizeOf(row: CsvRow): OpenbSize | null {
  const [cpuMilli, memoryMiB, gpus, gpuMilli] = SIZE_COLUMNS.slice(1).map((column) =>
    wholeNumber(row.field(column)),
  );
  if (cpuMilli == null || memoryMiB == null || gpus == null || gpuMilli == null) return null;
  return {
    name: row.field('name'),
    cpuMilli,
    memoryMiB,
    gpuMilli: gpus === 1 ? gpuMilli : gpus * 1000,
    models: row
      .field('gpu_spec')
      .split('|')
      .filter((model) => model !== ''),
  };
}

/** Pods in order of creation. */
export async function readOpenbPods(lines: AsyncIterable<string>, name: string): Promise<OpenbPods> {
  const pods: OpenbPod[] = [];
  const dropped = new Map<string, number>();
  const drop = (why: string): void => void dropped.set(why, (dropped.get(why) ?? 0) + 1);
  for await (const row of readCsv(lines, { name, columns: POD_COLUMNS })) {
    const size = sizeOf(row);
    const [created, deleted] = ['creation_time', 'deletion_time'].map((column) =>
      wholeNumber(row.field(column)),
    );
    if (size === null) {
      drop('a size is no whole number');
    } else if (created == null || deleted == null) {
      drop('no creation or deletion time');
    } else if (deleted <= created) {
      drop('deleted before it was created');
    } else {
      pods.push({
        ...size,
        createdSeconds: created,
        durationSeconds: deleted - created,
      });
    }
  }
  pods.sort((a, b) => a.createdSeconds - b.createdSeconds || (a.name < b.name ? -1 : 1));
  return { pods, dropped };
}

/** Models with a node that could hold the pod whole. */
export function modelsFor(pod: OpenbPod, models: readonly OpenbModel[]): OpenbModel[] {
  return models.filter(
    ({ model, largest }) =>
      (pod.models.length === 0 || pod.models.includes(model)) &&
      pod.gpuMilli <= largest.gpuMilli &&
      pod.cpuMilli <= largest.cpuMilli &&
      pod.memoryMiB <= largest.memoryMiB,
  );
}
