// The machine's clocks: wall time for edges, monotonic time for measuring. Every other layer is given these.
// Invariant: decisions never read them; a tick's `now` is the database's clock. Called by the composition roots.

import type { Instant, Stopwatch } from '../../scheduler/index.ts';

export function now(): Instant {
  return Date.now();
}

/** Starts at once. */
export function startStopwatch(): Stopwatch {
  const startedAt = performance.now();
  return { elapsedMs: () => performance.now() - startedAt };
}
