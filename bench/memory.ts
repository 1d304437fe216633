// The most memory that the processes of a server held together, its database apart.
// Invariant: read from /proc, so on Linux alone; elsewhere there is no figure. Called by kueueRun.ts.

import { readFileSync } from 'node:fs';
import { descends, processes, type Watched } from './processors.ts';

const LOOK_MS = 500;

export interface PeakMemory {
  /** The highest sum of resident sets: what two processes share, as the text of Node, counts twice. */
  readonly megabytes: number;
  /** At the end, proportional sets added up: what n processes share counts a part of n in each. */
  readonly ownMegabytesAtEnd: number;
  readonly processes: number;
}

/** Answers what ends the watch; null where there is no /proc. */
export function watchMemory(of: Pick<Watched, 'server' | 'database'>): () => PeakMemory | null {
  if (process.platform !== 'linux') return () => null;
  let peak = 0;
  let most = 0;
  const look = (): number[] => {
    const pids = pidsOf(of);
    peak = Math.max(peak, sum(pids, 'status', 'VmRSS'));
    most = Math.max(most, pids.length);
    return pids;
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    // Once only: for this the kernel walks all pages of a process, which meanwhile gets none.
    const own = sum(look(), 'smaps_rollup', 'Pss');
    return { megabytes: megabytes(peak), ownMegabytesAtEnd: megabytes(own), processes: most };
  };
}

function pidsOf({ server, database }: Pick<Watched, 'server' | 'database'>): number[] {
  const all = processes();
  return [...all.keys()].filter(
    (pid) => descends(all, pid, server) && !(database !== null && descends(all, pid, database)),
  );
}

/** proc_pid_status(5), proc_pid_smaps(5): KiB. A process that has just ended holds none. */
function sum(pids: readonly number[], file: string, name: string): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm');
  return pids.reduce((all, pid) => {
    try {
      return all + Number(line.exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] ?? 0);
    } catch {
      return all;
    }
  }, 0);
}

function megabytes(kibibytes: number): number {
  return Math.round((kibibytes * 1024) / 1e6);
}
