// Reader of the Standard Workload Format: 18 fields a line, comments behind ";" (Feitelson, Tsafrir, Krakov: "Experience with using the
// Parallel Workloads Archive", 2014). Invariant: requested processors before allocated ones; estimate = max(requested time, run time), or the
// run time where none was requested. A line that is none is an error with its number; a job that did not run is counted. Called by read.ts.

import type { Capacity, Trace } from '../job.ts';
import { JobList } from '../job.ts';
import { TraceError } from './csv.ts';

const FIELDS = 18;
/** The Lublin generator of the archive writes 17: "think time" is missing at the end. */
const FIELDS_LEAST = 17;
const PROCESSORS = 'cpu';

/** Kind of the pool: `cpu`. Departments are the log's groups, agents its users. */
export async function readSwf(lines: AsyncIterable<string>, name: string): Promise<Trace> {
  const list = new JobList();
  let processors: number | null = null;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const trimmed = text.trim();
    if (trimmed === '') continue;
    if (trimmed.startsWith(';')) {
      processors = processorsOf(trimmed) ?? processors;
      continue;
    }
    addJob(list, fieldsOf(trimmed, `${name}:${line}`));
  }
  return list.trace('swf', processors === null ? null : cpuPool(processors));
}

/** One pool of so many processors. */
export function cpuPool(processors: number): Capacity {
  return { pools: [{ id: PROCESSORS, kind: PROCESSORS, capacity: processors }] };
}

function processorsOf(comment: string): number | null {
  const found = /^;\s*(?:MaxProcs|MaxNodes):\s*(\d+)/.exec(comment);
  return found === null ? null : Number(found[1]);
}

function fieldsOf(text: string, where: string): number[] {
  const fields = text.split(/\s+/).map(Number);
  if (fields.length > FIELDS || fields.length < FIELDS_LEAST)
    throw new TraceError(`${where}: ${fields.length} fields where a job has ${FIELDS}`);
  const bad = fields.findIndex((field) => !Number.isFinite(field));
  if (bad >= 0) throw new TraceError(`${where}: field ${bad + 1} is no number`);
  return fields;
}

function addJob(list: JobList, fields: readonly number[]): void {
  const at = (field: number): number => fields[field - 1] ?? -1;
  const [number, submit, run] = [at(1), at(2), at(4)];
  const units = at(8) > 0 ? at(8) : at(5);
  if (run <= 0) list.drop('ran no second');
  else if (units <= 0) list.drop('asks for no processor');
  else if (!Number.isInteger(units)) list.drop('asks for a part of a processor');
  else if (submit < 0) list.drop('no submit time');
  else
    list.add({
      name: `${number}`,
      submitMs: Math.round(submit * 1000),
      runMs: Math.round(run * 1000),
      estimateMs: Math.round(Math.max(at(9), run) * 1000),
      claims: [{ kind: PROCESSORS, quantity: units }],
      models: [],
      department: `group-${Math.max(0, at(13))}`,
      agent: `user-${Math.max(0, at(12))}`,
      rank: 0,
    });
}
