// What the processes of a server are forked with beside what this one was started with. Invariant: what the operator has set stays.
// Called by api/roles/forking.ts.

/**
 * glibc gives each thread that allocates an arena of its own, and gives back little of it: with two for all, a process of a server keeps 20 MiB
 * less (mallopt(3), M_ARENA_MAX). Elsewhere nobody reads it.
 */
const ARENAS_MOST = '2';

export function environmentOfFork(): NodeJS.ProcessEnv {
  return { MALLOC_ARENA_MAX: ARENAS_MOST, ...process.env };
}
