// Figures from samples: percentiles of a run, medians over runs, and the machine that they were taken on.
// Invariant: an empty sample has no figure (null), never a zero that looks like a good one. Called by the benches.

import { cpus, loadavg } from 'node:os';

export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Nearest rank, of any finite numbers; to three decimals, which is a microsecond of a millisecond. */
export function spread(sample: Iterable<number>): Spread {
  const sorted = Float64Array.from(sample).sort();
  const at = (share: number): number | null => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return value === undefined ? null : rounded(value);
  };
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

export function mean(sample: readonly number[]): number | null {
  return sample.length === 0 ? null : rounded(sample.reduce((sum, value) => sum + value, 0) / sample.length);
}

/** Of the values that are there; the lower of the middle two, so that it is a value that was measured. */
export function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? null;
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The figure, the bar that it is held to, and whether it clears it. */
export interface Bar {
  readonly value: number | null;
  readonly limit: number;
  readonly rule: 'atMost' | 'atLeast';
  readonly met: boolean;
}

/** No figure clears no bar. */
export function bar(value: number | null, rule: Bar['rule'], limit: number): Bar {
  const met = value !== null && (rule === 'atMost' ? value <= limit : value >= limit);
  return { value, limit, rule, met };
}

/** Every bar again, over the median of its values in all runs. */
export function medianBars(runs: readonly Readonly<Record<string, Bar>>[]): Record<string, Bar> {
  return Object.fromEntries(
    Object.entries(runs[0] ?? {}).map(([name, { rule, limit }]) => [
      name,
      bar(median(runs.map((run) => run[name]?.value ?? null)), rule, limit),
    ]),
  );
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  readonly platform: string;
  /** Over 1, 5 and 15 minutes: what else the machine was doing. */
  readonly loadAverage: readonly number[];
}

export function machine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model ?? 'unknown',
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    loadAverage: loadavg().map(rounded),
  };
}
