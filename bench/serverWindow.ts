// What the server did between two instants: its ticks from its own sums, its processor time and event loop from /metrics.
// Invariant: only ticks that committed inside the window count. Called by httpRun.ts and drainRun.ts.

import type { ServerStats } from '../api/roles/serverOptions.ts';
import { mean, rounded, type Spread, spread } from './figures.ts';
import { type ProcessorShares, watchProcessors } from './processors.ts';
import type { Subject } from './subject.ts';

export interface ServerWindow {
  readonly seconds: number;
  readonly ticks: number;
  readonly ticksPerSecond: number;
  readonly ticksWithColumns: number;
  /** Of all ticks; null without any. */
  readonly engineShare: number | null;
  readonly faults: number;
  readonly pending: Spread;
  readonly columns: Spread;
  readonly columnsMean: number | null;
  readonly phasesMs: Readonly<Record<string, Spread>>;
  readonly eventLoopLagMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly processors: ProcessorShares | null;
}

/** Prom-client's histogram ticks every 10 ms, and counts those 10 ms too. */
const LAG_RESOLUTION_MS = 10;

/** Answers what closes the window. */
export async function openWindow({
  server,
  watched,
}: Pick<Subject, 'server' | 'watched'>): Promise<() => Promise<ServerWindow>> {
  const before = await server.stats();
  await readLag(server.url);
  const processors = watchProcessors(watched);
  const startedMs = performance.now();
  return async () => {
    const seconds = (performance.now() - startedMs) / 1000;
    const shares = processors();
    const eventLoopLagMs = await readLag(server.url);
    const after = await server.stats();
    return { ...ticksBetween(before, after, seconds), eventLoopLagMs, processors: shares };
  };
}

function ticksBetween(
  before: ServerStats,
  after: ServerStats,
  seconds: number,
): Omit<ServerWindow, 'eventLoopLagMs' | 'processors'> {
  const ticks = after.ticks - before.ticks;
  const last = <T>(all: readonly T[]): readonly T[] => all.slice(Math.max(0, all.length - ticks));
  const timings = last(after.timings);
  const columns = last(after.columns);
  const names = Object.keys(timings[0] ?? {}) as (keyof ServerStats['timings'][number])[];
  return {
    seconds: rounded(seconds),
    ticks,
    ticksPerSecond: rounded(ticks / seconds),
    ticksWithColumns: after.ticksWithColumns - before.ticksWithColumns,
    engineShare: ticks === 0 ? null : rounded((after.ticksWithEngine - before.ticksWithEngine) / ticks),
    faults: after.faults - before.faults,
    pending: spread(last(after.pending)),
    columns: spread(columns),
    columnsMean: mean(columns),
    phasesMs: Object.fromEntries(names.map((name) => [name, spread(timings.map((timing) => timing[name]))])),
  };
}

/** Reading the metrics resets the histogram of the event loop: what it holds next is the window's alone. */
async function readLag(url: string): Promise<ServerWindow['eventLoopLagMs']> {
  const response = await fetch(new URL('/metrics', url));
  const text = await response.text();
  const lag = (name: string): number => {
    const found = new RegExp(
      `^nodejs_eventloop_lag_${name}_seconds\\{role="(?:api|single)"\\} (\\S+)$`,
      'm',
    ).exec(text)?.[1];
    if (found === undefined) throw new Error(`/metrics has no ${name} of the event loop's lag`);
    return rounded(Math.max(0, Number(found) * 1000 - LAG_RESOLUTION_MS));
  };
  return { p50: lag('p50'), p99: lag('p99'), max: lag('max') };
}
