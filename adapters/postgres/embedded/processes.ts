// Which process is which. Invariant: a process is named by its pid and its start, so that a reused pid is never
// taken for the process that had it before, and a zombie counts as gone. Called by all of this folder.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that was alive when it was looked at. `born` is opaque: equal text, same process. */
export interface ProcessRef {
  pid: number;
  born: string;
}

/** What a child process may see of our environment: nothing of PG*, so a user's PGPORT or PGOPTIONS cannot reach it. */
export const CHILD_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

const POLL_MS = 10;

/**
 * The live process with this pid; undefined if there is none or it is a zombie. `kill(pid, 0)` would not do: it
 * succeeds on zombies, and a container whose first process is Node never reaps an orphan.
 */
export function findProcess(pid: number): ProcessRef | undefined {
  const born = process.platform === 'linux' ? bornOnLinux(pid) : bornElsewhere(pid);
  return born === undefined ? undefined : { pid, born };
}

export function isAlive(ref: ProcessRef): boolean {
  return findProcess(ref.pid)?.born === ref.born;
}

/** Reads `<pid> <born>`, the form in which owners and watchdogs are written down. */
export function parseProcess(line: string): ProcessRef | undefined {
  const match = /^(\d+) (.+)$/.exec(line);
  return match ? { pid: Number(match[1]), born: match[2]! } : undefined;
}

/** Resolves to true once the process is gone, to false when the signal aborts first. */
export async function awaitGone(ref: ProcessRef, signal: AbortSignal): Promise<boolean> {
  while (isAlive(ref)) {
    if (signal.aborted) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** The arguments of a process, program first; undefined if they cannot be read. */
export function commandLine(pid: number): string[] | undefined {
  if (process.platform === 'linux') {
    return readText(`/proc/${pid}/cmdline`)?.split('\0').filter(Boolean);
  }
  return psColumn(pid, 'command=')?.split(' ');
}

function bornOnLinux(pid: number): string | undefined {
  // Fields 3 (state) and 22 (start in ticks since boot) of proc(5); the name before them may hold spaces and brackets.
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(') ') + 2).split(' ');
  const state = fields?.[0];
  const startTicks = fields?.[19];
  if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  // Ticks count from boot, and a machine that boots the same way twice can give the same pid the same tick.
  return `${readText('/proc/sys/kernel/random/boot_id')?.trim()}:${startTicks}`;
}

function bornElsewhere(pid: number): string | undefined {
  const state = psColumn(pid, 'state=');
  if (state === undefined || state.startsWith('Z')) return undefined;
  return psColumn(pid, 'lstart=');
}

function psColumn(pid: number, column: string): string | undefined {
  try {
    const out = execFileSync('ps', ['-o', column, '-p', String(pid)], {
      env: CHILD_ENVIRONMENT,
      encoding: 'utf8',
    });
    // One space between words: the watchdog reads the same columns through a shell, which folds them.
    return out.trim() === '' ? undefined : out.trim().replace(/\s+/g, ' ');
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
