// Where the processes of a test run keep what need not last: compiled code, and the folders of databases and of commands.
// Invariant: nothing here changes what a test proves; kill -9 loses no page that was written, on a disk or in memory. Called by
// test/vitest.config.ts; the long runs keep their data on the disk, as their figures are of one.
import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the packages that it was compiled from: `npm ci` empties both. */
export const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/compiled');

const MEMORY = '/dev/shm';

/** A whole run keeps under 3 GB there at a time; the rest is for whoever else uses it. */
const ROOM_BYTES = 6 * 1024 ** 3;

/**
 * The environment of the test files and of what they start. A server compiles what another has compiled: of 2 s of a start's processor
 * time 1.3 s were that. And a new PostgreSQL waits for the disk a thousand times: 4.8 s there, 1.3 s in memory.
 */
export function environmentOfTests(): Record<string, string> {
  const { TMPDIR, NODE_COMPILE_CACHE: cache = COMPILE_CACHE } = process.env;
  const folder = TMPDIR ?? (hasRoomInMemory() ? MEMORY : undefined);
  return { NODE_COMPILE_CACHE: cache, ...(folder === undefined ? {} : { TMPDIR: folder }) };
}

/** Linux alone has it, and a container often too little of it, or no leave to run a program from it. */
function hasRoomInMemory(): boolean {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    const [, , type, flags] = mounts.findLast((line) => line.split(' ')[1] === MEMORY)?.split(' ') ?? [];
    const { bavail, bsize } = statfsSync(MEMORY);
    return type === 'tmpfs' && !flags?.split(',').includes('noexec') && bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}
