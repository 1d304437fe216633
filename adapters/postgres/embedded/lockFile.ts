// Reads postmaster.pid, the file by which PostgreSQL says that a server has this data directory. Invariant: it is
// never removed by us, because its shared memory key is what keeps a second server off while backends of a killed
// one still run. Called by bringUp.ts, server.ts and index.ts.
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ProcessRef } from './processes.ts';
import { commandLine, findProcess } from './processes.ts';

/** `stale`: left by a server that is gone; `recycled`: its pid now belongs to some other program. */
export type Holder =
  | { kind: 'none' }
  | { kind: 'stale' }
  | { kind: 'recycled' }
  | { kind: 'live'; postmaster: ProcessRef; port: number; ready: boolean };

/** Above every pid that Linux (2^22) or macOS (99,999) hands out. */
const IMPOSSIBLE_PID = 2_147_483_646;

export function readHolder(dataDirectory: string): Holder {
  const lines = readLines(dataDirectory);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isSafeInteger(pid) || pid <= 0) return { kind: 'none' };
  const postmaster = findProcess(pid);
  if (postmaster === undefined) return pidIsTaken(pid) ? { kind: 'recycled' } : { kind: 'stale' };
  if (!servesFolder(pid, dataDirectory)) return { kind: 'recycled' };
  return { kind: 'live', postmaster, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * PostgreSQL refuses to start while the pid in its lock file is alive, whoever has that pid now. A pid that cannot
 * exist makes it judge by the shared memory key instead, which a foreign program does not hold.
 */
export function disownRecycledPid(dataDirectory: string): void {
  const lines = readLines(dataDirectory);
  if (lines === undefined) return;
  writeFileSync(
    join(dataDirectory, 'postmaster.pid'),
    [String(IMPOSSIBLE_PID), ...lines.slice(1)].join('\n'),
  );
}

/** A zombie is gone for us, yet still answers `kill(pid, 0)`, by which PostgreSQL judges. */
function pidIsTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In doubt yes: a live server taken for a stranger would lose its lock file and shut itself down. */
function servesFolder(pid: number, dataDirectory: string): boolean {
  const command = commandLine(pid);
  if (command !== undefined && basename(command[0] ?? '') !== 'postgres') return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dataDirectory;
  } catch {
    return true;
  }
}

function readLines(dataDirectory: string): string[] | undefined {
  try {
    return readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
