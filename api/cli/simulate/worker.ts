// A thread that runs simulations: reads the workload itself, once, and answers task by task. Started by runs.ts alone.

import { parentPort, workerData } from 'node:worker_threads';
import { runOne, type WorkerNews, type WorkerOrder } from './runs.ts';
import { loadWorkload, type WorkloadSpec } from './workload.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a thread of annona simulate');
const stopping = new AbortController();
const spec = workerData as WorkloadSpec;
const loading = loadWorkload(spec);

port.on('message', (order: WorkerOrder) => {
  if (order === 'stop') {
    stopping.abort();
    return;
  }
  const { task, run } = order;
  const tell = (news: WorkerNews): void => port.postMessage(news);
  const progress = (submitted: number): void => tell({ type: 'progress', task, submitted });
  const answered = loading
    .then((workload) => runOne({ spec, workload }, run, { signal: stopping.signal, progress }))
    .then((result) => tell({ type: 'result', task, result }));
  // Thrown out of the thread, so that its parent's error event has it.
  answered.catch((error: unknown) =>
    queueMicrotask(() => {
      throw error;
    }),
  );
});
