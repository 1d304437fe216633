// Who used the processors: the process that decides, those of the API and the relay where they are others, solver children, database, generator, and everybody else on the machine.
// Invariant: read from /proc, so on Linux alone; elsewhere there is no figure. Called by serverWindow.ts and memory.ts.

import { readdirSync, readFileSync } from 'node:fs';
import { rounded } from './figures.ts';

/** Processor seconds a second. `elsewhere` above 0.1 or so means that the machine was not ours. */
export interface ProcessorShares {
  readonly scheduler: number;
  readonly api: number;
  readonly relay: number;
  readonly solver: number;
  readonly database: number;
  readonly generator: number;
  readonly elsewhere: number;
}

/** The unit of /proc: USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

interface Usage {
  readonly scheduler: number;
  readonly api: number;
  readonly relay: number;
  readonly solver: number;
  readonly database: number;
  readonly generator: number;
  readonly machine: number;
}

export interface Watched {
  readonly server: number;
  /** Processes of the API beside the one that decides. */
  readonly edges: readonly number[];
  readonly relay: number | null;
  readonly database: number | null;
}

/** Answers what closes the measurement; null where there is no /proc. */
export function watchProcessors(of: Watched): () => ProcessorShares | null {
  const before = usage(of);
  const startedMs = performance.now();
  return () => {
    const after = usage(of);
    if (before === null || after === null) return null;
    const seconds = (performance.now() - startedMs) / 1000;
    const share = (name: keyof Usage): number => (after[name] - before[name]) / TICKS_A_SECOND / seconds;
    const ours =
      share('scheduler') +
      share('api') +
      share('relay') +
      share('solver') +
      share('database') +
      share('generator');
    return {
      scheduler: rounded(share('scheduler')),
      api: rounded(share('api')),
      relay: rounded(share('relay')),
      solver: rounded(share('solver')),
      database: rounded(share('database')),
      generator: rounded(share('generator')),
      elsewhere: rounded(Math.max(0, share('machine') - ours)),
    };
  };
}

interface Process {
  readonly parent: number;
  readonly ticks: number;
}

function usage({ server, edges, relay, database }: Watched): Usage | null {
  if (process.platform !== 'linux') return null;
  const all = processes();
  const sums = { scheduler: 0, api: 0, relay: 0, solver: 0, database: 0, generator: 0 };
  for (const [pid, { ticks }] of all) {
    if (pid === process.pid) sums.generator += ticks;
    else if (edges.includes(pid)) sums.api += ticks;
    else if (pid === relay) sums.relay += ticks;
    else if (pid === server) sums.scheduler += ticks;
    else if (database !== null && descends(all, pid, database)) sums.database += ticks;
    else if (descends(all, pid, server)) sums.solver += ticks;
  }
  return { ...sums, machine: busyTicks() };
}

export function processes(): ReadonlyMap<number, Process> {
  const all = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const found = readProcess(name);
    if (found) all.set(Number(name), found);
  }
  return all;
}

/** proc_pid_stat(5): the name in brackets may hold anything, so fields are counted from its end. Null: it has just ended. */
function readProcess(pid: string): Process | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
    };
  } catch {
    return null;
  }
}

export function descends(all: ReadonlyMap<number, Process>, pid: number, ancestor: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent) {
    if (at === ancestor) return true;
  }
  return false;
}

/** All processors together, without idling and waiting for disks. */
function busyTicks(): number {
  const [user, nice, system, , , irq, softIrq, steal] = (
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return [user, nice, system, irq, softIrq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0);
}
