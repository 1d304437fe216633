// Sums over the commits of this process, for benches, the replay summary and the operator. An observer that keeps numbers only.
// Invariant: bounded: samples beyond the limit replace the oldest.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CommitObserver, TickCommit } from '../../scheduler/index.ts';
import type { ServerStats } from './serverOptions.ts';

/** A bench of ten minutes at 50 ticks a second. */
const SAMPLES_MAX = 30_000;
const RESOLUTION_MS = 10;

export interface Tally extends CommitObserver {
  stats(): ServerStats;
  close(): void;
}

export function createTally(): Tally {
  const sums = { ticks: 0, ticksWithEngine: 0, ticksWithColumns: 0, faults: 0, largestGap: 0 };
  const ticks: TickCommit['record'][] = [];
  const recordBytes: { bytes: number; entries: number }[] = [];
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  const lagAt = (percentile: number): number => Math.max(0, lag.percentile(percentile) / 1e6 - RESOLUTION_MS);
  return {
    committed({ record, changes }) {
      sums.ticks += 1;
      if (record.engineCalled) sums.ticksWithEngine += 1;
      if (record.counts.columns > 0) sums.ticksWithColumns += 1;
      if (record.fault !== null) sums.faults += 1;
      sums.largestGap = Math.max(sums.largestGap, ...record.stages.map((stage) => stage.gap));
      if (ticks.length === SAMPLES_MAX) {
        ticks.shift();
        recordBytes.shift();
      }
      ticks.push(record);
      const entries = changes.filter(
        (change) => change.type === 'requestOpened' || change.type === 'decided',
      ).length;
      recordBytes.push({ bytes: Buffer.byteLength(JSON.stringify(record)), entries });
    },
    stats: () => ({
      ...sums,
      pending: ticks.map(({ counts }) => counts.pending),
      columns: ticks.map(({ counts }) => counts.columns),
      recordBytes,
      timings: ticks.map(({ timings }) => timings),
      eventLoopLagMs: { p50: lagAt(50), p99: lagAt(99), max: Math.max(0, lag.max / 1e6 - RESOLUTION_MS) },
    }),
    close: () => lag.disable(),
  };
}
