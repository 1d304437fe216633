// The pods of the openb trace as jobs that sit on one machine whole. Invariant: the trace knows no departments; they are derived, twelve of
// them, by a hash of the pod's name. Called by read.ts.

import { JobList, type Trace } from '../job.ts';
import { readOpenbPods } from './openb.ts';

const DEPARTMENTS = 12;

/** Kinds `gpu` (thousandths), `cpu` (thousandths) and `memory` (MiB). Nobody was told an estimate: the run time stands for it. */
export async function readOpenbJobs(lines: AsyncIterable<string>, name: string): Promise<Trace> {
  const { pods, dropped } = await readOpenbPods(lines, name);
  const list = new JobList();
  for (const pod of pods) {
    const runMs = pod.durationSeconds * 1000;
    const claims = [
      { kind: 'gpu', quantity: pod.gpuMilli },
      { kind: 'cpu', quantity: pod.cpuMilli },
      { kind: 'memory', quantity: pod.memoryMiB },
    ].filter(({ quantity }) => quantity > 0);
    const department = `department-${String((hashOf(pod.name) % DEPARTMENTS) + 1).padStart(2, '0')}`;
    list.add({
      name: pod.name,
      submitMs: pod.createdSeconds * 1000,
      runMs,
      estimateMs: runMs,
      claims,
      models: pod.models,
      department,
      agent: `${department}-agent`,
      rank: 0,
    });
  }
  for (const [why, count] of dropped) for (let i = 0; i < count; i++) list.drop(why);
  return list.trace('openb', null);
}

/** FNV-1a on 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
