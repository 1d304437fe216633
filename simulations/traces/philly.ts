// Reader of the Microsoft Philly jobs by virtual cluster: timestamp, duration in seconds, GPUs, GPU time, cluster (Jeon et al., USENIX ATC
// 2019; the table is that of the artifact of Sia, SOSP 2023). Invariant: as csv.ts; what cannot run is counted. Called by read.ts.

import { JobList, type Trace } from '../job.ts';
import { readCsv, TraceError, wholeNumber } from './csv.ts';

export const PHILLY_COLUMNS = ['timestamp', 'duration', 'num_gpus', 'cluster'];

/** Kind of the pool: `gpu`. A department is a virtual cluster; nobody was told an estimate, so the run time stands for it. */
export async function readPhilly(lines: AsyncIterable<string>, name: string): Promise<Trace> {
  const list = new JobList();
  for await (const row of readCsv(lines, { name, columns: PHILLY_COLUMNS })) {
    const where = `${name}:${row.line}`;
    const submitMs = instantOf(row.field('timestamp'), where);
    const seconds = Number(row.field('duration') || Number.NaN);
    const gpus = wholeNumber(row.field('num_gpus'));
    const cluster = row.field('cluster');
    if (!Number.isFinite(seconds)) throw new TraceError(`${where}: duration is no number`);
    if (gpus === null) throw new TraceError(`${where}: num_gpus is no whole number`);
    const runMs = Math.round(seconds * 1000);
    if (runMs <= 0) list.drop('ran no time');
    else if (gpus === 0) list.drop('asks for no GPU');
    else
      list.add({
        name: `philly-${row.line}`,
        submitMs,
        runMs,
        estimateMs: runMs,
        claims: [{ kind: 'gpu', quantity: gpus }],
        models: [],
        department: cluster,
        agent: cluster,
        rank: 0,
      });
  }
  return list.trace('philly', null);
}

/** "2017-09-07 03:58:57", taken as UTC. */
function instantOf(text: string, where: string): number {
  const found = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text);
  if (found === null) throw new TraceError(`${where}: timestamp is no "year-month-day hour:minute:second"`);
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
