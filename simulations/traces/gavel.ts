// Reader of Gavel's job streams (Narayanan et al., OSDI 2020): tab-separated, 7 fields or the 10 of its physical runs; and of its throughputs.
// Invariant: a job runs for its steps at the throughput measured for its type on one model of GPU; without one it is counted, not guessed.
// Called by read.ts.

import { JobList, type Trace } from '../job.ts';
import { TraceError } from './csv.ts';

/** Job type and GPUs -> steps a second on one model. */
export type Throughputs = ReadonlyMap<string, number>;

/** Positions of steps, GPUs and arrival, by the number of fields. */
const LAYOUTS: Readonly<Record<number, { steps: number; gpus: number; arrival: number }>> = {
  7: { steps: 4, arrival: 5, gpus: 6 },
  10: { steps: 5, gpus: 6, arrival: 9 },
};

export async function readGavel(
  lines: AsyncIterable<string>,
  name: string,
  throughputs: Throughputs,
): Promise<Trace> {
  const list = new JobList();
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    const fields = text.split('\t');
    const layout = LAYOUTS[fields.length];
    if (layout === undefined)
      throw new TraceError(`${name}:${line}: ${fields.length} fields where a job has 7 or 10`);
    const [steps, gpus, arrival] = [layout.steps, layout.gpus, layout.arrival].map((at) =>
      Number(fields[at]),
    );
    if (!isAmount(steps) || !isAmount(gpus) || !isAmount(arrival))
      throw new TraceError(`${name}:${line}: steps, GPUs and arrival must be numbers`);
    addJob(list, { name: `gavel-${line}`, type: fields[0]!, steps, gpus, arrival }, throughputs);
  }
  return list.trace('gavel', null);
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

function addJob(
  list: JobList,
  job: { name: string; type: string; steps: number; gpus: number; arrival: number },
  throughputs: Throughputs,
): void {
  const { name, type, steps, gpus, arrival } = job;
  const rate = throughputs.get(`${type}/${gpus}`);
  const runMs = rate === undefined ? 0 : Math.round((steps / rate) * 1000);
  if (rate === undefined) list.drop('no throughput is known of its type');
  else if (runMs <= 0 || gpus === 0) list.drop('ran no time');
  else
    list.add({
      name,
      submitMs: Math.round(arrival * 1000),
      runMs,
      estimateMs: runMs,
      claims: [{ kind: 'gpu', quantity: gpus }],
      models: [],
      department: 'gavel',
      agent: type.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
      rank: 0,
    });
}

/** Of `simulation_throughputs.json`: model -> "('type', gpus)" -> "null" (alone) -> steps a second. Throws `TraceError`. */
export function gavelThroughputs(document: unknown, model: string, name: string): Map<string, number> {
  const models = recordOf(document, name);
  const types = models[model];
  if (types === undefined)
    throw new TraceError(`${name}: no GPU model ${model}; found ${Object.keys(models).join(', ')}`);
  const rates = new Map<string, number>();
  for (const [key, beside] of Object.entries(recordOf(types, name))) {
    const found = /^\('(.+)', (\d+)\)$/.exec(key);
    const alone = recordOf(beside, name).null;
    if (found !== null && typeof alone === 'number' && alone > 0) rates.set(`${found[1]}/${found[2]}`, alone);
  }
  return rates;
}

function recordOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new TraceError(`${name}: not the JSON of throughputs`);
}
