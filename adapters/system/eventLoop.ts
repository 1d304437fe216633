// How late the event loop runs: the mean delay of the last whole second, for shedding load at the edge.
// Invariant: reading it costs nothing; the sampling timer never keeps the process alive.

import { monitorEventLoopDelay } from 'node:perf_hooks';

const SAMPLE_MS = 1000;
/** The histogram measures its own timer too; this much of the figure is not delay. */
const RESOLUTION_MS = 20;

export interface EventLoopLag {
  /** Milliseconds of delay, mean of the last second. The mean, so that one long pause does not shed a second of calls. */
  lagMs(): number;
  close(): void;
}

export function watchEventLoop(): EventLoopLag {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let latest = 0;
  const timer = setInterval(() => {
    const meanMs = histogram.mean / 1e6;
    latest = Number.isFinite(meanMs) ? Math.max(0, meanMs - RESOLUTION_MS) : 0;
    histogram.reset();
  }, SAMPLE_MS);
  timer.unref();
  return {
    lagMs: () => latest,
    close() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
