// The most memory that the processes of a server held together, its database apart.
// Invariant: read from /proc, so on Linux alone; elsewhere there is no figure. Called by kueueRun.ts.

import { readFileSync } from 'node:fs';
import { descends, processes, type Watched } from './processors.ts';

/** Each look has the kernel walk the pages of every process: some milliseconds of one core. */
const LOOK_MS = 1000;

export interface PeakMemory {
  /** Resident sets added up: what two processes share, as the text of Node, counts twice. */
  readonly megabytes: number;
  /** Proportional sets added up: what n processes share counts a share of n in each. The peak of its own. */
  readonly ownMegabytes: number;
  readonly processes: number;
}

/** Answers what ends the watch; null where there is no /proc. */
export function watchMemory(of: Pick<Watched, 'server' | 'database'>): () => PeakMemory | null {
  if (process.platform !== 'linux') return () => null;
  let peak = held(of);
  const look = (): void => {
    const now = held(of);
    peak = {
      megabytes: Math.max(peak.megabytes, now.megabytes),
      ownMegabytes: Math.max(peak.ownMegabytes, now.ownMegabytes),
      processes: Math.max(peak.processes, now.processes),
    };
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

function held({ server, database }: Pick<Watched, 'server' | 'database'>): PeakMemory {
  const all = processes();
  const sums = { resident: 0, proportional: 0, processes: 0 };
  for (const pid of all.keys()) {
    if (!descends(all, pid, server)) continue;
    if (database !== null && descends(all, pid, database)) continue;
    const sets = setsOf(pid);
    if (sets === null) continue;
    sums.resident += sets.resident;
    sums.proportional += sets.proportional;
    sums.processes += 1;
  }
  const megabytes = (kibibytes: number): number => Math.round((kibibytes * 1024) / 1e6);
  return {
    megabytes: megabytes(sums.resident),
    ownMegabytes: megabytes(sums.proportional),
    processes: sums.processes,
  };
}

/** proc_pid_smaps_rollup(5), KiB. Null: it has just ended. */
function setsOf(pid: number): { resident: number; proportional: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const set = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
    return { resident: set('Rss'), proportional: set('Pss') };
  } catch {
    return null;
  }
}
